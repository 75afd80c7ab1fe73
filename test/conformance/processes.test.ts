import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BUDGET_MAX_ACTIVE } from '../../packages/sso-core/src/limits.js';
import { makeRsaKey, signRs256 } from '../../packages/sso-core/test/signing-key.js';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { CtiFrame } from '../support/cti-frame.js';
import { HttpBrowser } from '../support/http-browser.js';
import {
  type Rig,
  sessionCookies,
  signIn,
  startRig,
  startUrl,
  type TenantName,
  walkToCallback,
} from '../support/rig.js';
import { attemptSignIn, publicJwks } from '../support/scripted-provider.js';
import {
  type AdapterProcess,
  type AdapterProcessOptions,
  type DeathPoint,
  startAdapterProcess,
} from '../support/start-adapter-process.js';

const postgresql = (await testStores()).find(({ name }) => name === 'PostgreSQL');
if (postgresql === undefined) console.warn('PostgreSQL is not installed: tests with several processes were left out.');

/** Sign-ins that a process which dies has at the same point. */
const AT_ONCE = 20;
/** More are never at the token endpoint; the others wait for their turn, and die as well. */
const AT_DEATH: Partial<Record<DeathPoint, number>> = { 'after the token answer': BUDGET_MAX_ACTIVE };

// Four processes that start from the sources take half a minute on a machine that does something else as well.
describe.skipIf(postgresql === undefined)('several processes on one PostgreSQL server', { timeout: 120_000 }, () => {
  let rig: Rig;
  let options: AdapterProcessOptions;
  const running: AdapterProcess[] = [];
  beforeAll(async () => {
    const encryptionKeys = randomKey('test');
    const database = await postgresql?.open(createEncryptionKeyRing(encryptionKeys));
    if (database?.databaseUrl == null) throw new Error('No server.');
    rig = await startRig(database, { colleagues: AT_ONCE });
    options = { databaseUrl: database.databaseUrl, encryptionKeys, publicPort: rig.port };
  });
  afterEach(async () => {
    for (const child of running.splice(0)) await child.kill('SIGKILL');
  });
  afterAll(async () => {
    for (const child of four ?? []) await child.kill('SIGKILL');
    await rig?.stop();
  });
  beforeEach(() => rig.repair());

  async function start(count: number, dieAt?: DeathPoint): Promise<readonly AdapterProcess[]> {
    const children = await Promise.all(
      Array.from({ length: count }, () =>
        startAdapterProcess({
          ...options,
          ...(dieAt === undefined ? {} : { dieAt, dieWith: AT_DEATH[dieAt] ?? AT_ONCE }),
        }),
      ),
    );
    running.push(...children);
    return children;
  }

  /** A browser whose requests to the adapters go to one process after the other. */
  function roundRobin(children: readonly AdapterProcess[], first = 0, browser = new HttpBrowser()): HttpBrowser {
    let turn = first;
    browser.connectTo = ({ hostname }) => (isOurs(hostname) ? children[turn++ % children.length]?.port : undefined);
    return browser;
  }

  const isOurs = (hostname: string): boolean => ['acme.localhost', 'globex.localhost'].includes(hostname);
  const sessionUrl = () => `${rig.tenants.acme.origin}/workspace/session`;

  let four: readonly AdapterProcess[] | undefined;
  /** The same ones for all tests that kill none. */
  async function startFour(): Promise<readonly AdapterProcess[]> {
    four ??= (await start(4)).map((child) => running.splice(running.indexOf(child), 1)[0] ?? child);
    return four;
  }

  test('R9, R10 one callback, fifty times at four processes: one session, one token request', async () => {
    const children = await startFour();
    const browser = roundRobin(children);
    const callback = await walkToCallback(rig, browser);
    const cookie = browser.cookieHeader(callback);
    const before = await rig.snapshot();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const copy = new HttpBrowser();
        copy.connectTo = () => children[index % children.length]?.port;
        return copy.ask(callback, { headers: { cookie } });
      }),
    );
    const winners = answers.filter(({ status }) => status === 303);
    expect(winners).toHaveLength(1);
    for (const answer of answers) {
      if (answer === winners[0]) continue;
      expect(answer.json()).toMatchObject({ code: 'transaction-repeated' });
      expect(sessionCookies(answer)).toEqual([]);
    }
    expect(rig.requestsTo('acme').filter((endpoint) => endpoint === 'token')).toHaveLength(1);
    expect((await rig.snapshot()).sessions).toBe(before.sessions + 1);

    // Two hundred people, each step of whom meets another process.
    for (let group = 0; group < 20; group++) {
      const arrivals = Array.from({ length: 10 }, (_, index) =>
        signIn(rig, roundRobin(children, index), { tenant: index % 2 === 0 ? 'acme' : 'globex' }),
      );
      expect((await Promise.all(arrivals)).map(({ status }) => status)).toEqual(Array(10).fill(303));
    }
    // A secret that is rotated is the one that the next sign-in uses, everywhere.
    const { org, clientId, clientSecret } = rig.tenants.acme;
    const next = org.addClientSecret(clientId);
    await rig.store.replaceClientSecret({ tenantId: 'acme', clientSecret: next, actor: 'test' });
    org.deactivateClientSecret(clientId, clientSecret);
    Object.assign(rig.tenants.acme, { clientSecret: next });
    for (const _ of children) expect((await signIn(rig, roundRobin(children))).status).toBe(303);
  });

  test('R10 a frame’s sign-in may meet another process at each step, and new settings count everywhere at once', async () => {
    const children = await startFour();
    const cti = new CtiFrame(rig);
    roundRobin(children, 0, cti.frame);
    roundRobin(children, 1, cti.window);
    const handoff = await cti.confirmed();
    for (const _ of children) expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'confirmed' });
    expect((await cti.redeem(handoff)).status).toBe(200);
    for (const _ of children) expect((await cti.ask('/cti/session')).status).toBe(200);

    // Whoever starts a moment after the change starts with the new settings, whatever a process remembers.
    for (const [index] of children.entries()) await signIn(rig, roundRobin(children, index));
    const { org, clientId, clientSecret } = rig.tenants.globex;
    await rig.connect('acme', { issuer: org.origin, clientId, clientSecret });
    for (const [index] of children.entries()) {
      const began = await roundRobin(children, index).request(startUrl(rig));
      expect(new URL(began.location()).origin).toBe(org.origin);
    }
  });

  test('T8 two providers with one key id never stand in for each other, in two hundred sign-ins', async () => {
    const children = await startFour();
    const keys = { acme: makeRsaKey('same'), globex: makeRsaKey('same') };
    const people = async (tenant: TenantName, foreign: TenantName): Promise<void> => {
      for (let turn = 0; turn < 100; turn++) {
        const script = (signer: TenantName) => ({
          tenant,
          browser: roundRobin(children, turn),
          header: { kid: 'same' },
          sign: signRs256(keys[signer].privateKey),
          jwks: publicJwks(keys[tenant]),
        });
        const { answer, browser } = await attemptSignIn(rig, script(tenant));
        expect(answer.status).toBe(303);
        const session = (await browser.ask(`${rig.tenants[tenant].origin}/workspace/session`)).json();
        expect(session).toMatchObject({ user: { id: `${tenant}-agent` }, tenant: { id: tenant } });
        if (turn % 5 !== 0) continue;
        const crossed = await attemptSignIn(rig, script(foreign));
        expect(crossed.answer.json()).toMatchObject({ code: 'token-invalid' });
        expect(sessionCookies(crossed.answer)).toEqual([]);
      }
    };
    await Promise.all([people('acme', 'globex'), people('globex', 'acme')]);
  });

  test.each<[DeathPoint, { readonly sessions: number; readonly identities: number }]>([
    ['before the claim', { sessions: 0, identities: 0 }],
    ['after the claim', { sessions: 0, identities: 0 }],
    ['after the token answer', { sessions: 0, identities: 0 }],
    ['after the pin', { sessions: 0, identities: AT_ONCE }],
    ['after the session', { sessions: AT_ONCE, identities: AT_ONCE }],
  ])('R11 killed %s of twenty sign-ins: none is half, and everybody gets in', async (dieAt, expected) => {
    const [child] = await start(1, dieAt);
    if (child === undefined) throw new Error('No process.');
    const people = Array.from({ length: AT_ONCE }, (_, index) => ({
      person: `colleague-${index}` as const,
      browser: roundRobin([child]),
    }));
    const walks = await Promise.all(
      people.map(async ({ person, browser }) => {
        const callback = await walkToCallback(rig, browser, { person });
        return { callback, cookie: browser.cookieHeader(callback) };
      }),
    );
    const before = await rig.snapshot();
    const ask = ({ browser }: (typeof people)[number], index: number) => {
      const { callback = '', cookie = '' } = walks[index] ?? {};
      return browser.ask(callback, { headers: { cookie } });
    };
    const outcomes = await Promise.allSettled(people.map(ask));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(await child.exited).toEqual([null, 'SIGKILL']);

    const after = await rig.snapshot();
    const [linked] = await rig.database.query<{ identities: number; people: number }>(`
      select count(*)::integer as identities, count(distinct u.id)::integer as people
      from identities i left join users u on u.tenant_id = i.tenant_id and u.id = i.user_id`);
    // Whoever is linked is linked to somebody, and nobody is linked twice.
    expect({ sessions: after.sessions - before.sessions, users: after.users, ...linked }).toEqual({
      ...expected,
      people: expected.identities,
      users: before.users,
    });
    // Another process takes over: a code that is spent says so kindly, one that is not signs in, and so does a start.
    for (const [index, walker] of people.entries()) {
      const { browser, person } = walker;
      browser.connectTo = undefined;
      expect((await browser.ask(sessionUrl())).status).toBe(401);
      const again = await ask(walker, index);
      if (dieAt === 'before the claim') expect(again.status).toBe(303);
      else expect(again.json()).toMatchObject({ code: 'transaction-repeated' });
      expect((await signIn(rig, browser, { person })).status).toBe(303);
      expect((await browser.ask(sessionUrl())).json()).toMatchObject({ user: { id: `acme-${person}` } });
    }
  });

  test('T13 whatever one tenant’s provider does, at five hundred starts a second, another’s people sign in as ever', async () => {
    const [child] = await start(1);
    if (child === undefined) throw new Error('No process.');
    /** How long the slowest but one of twenty sign-ins took. */
    const slowest = async (): Promise<number> => {
      const times: number[] = [];
      for (let person = 0; person < 20; person++) {
        const startedAt = performance.now();
        expect((await signIn(rig, roundRobin([child]), { tenant: 'globex' })).status).toBe(303);
        times.push(performance.now() - startedAt);
      }
      return times.toSorted((a, b) => a - b).at(-2) ?? 0;
    };
    await slowest();
    const idleMs = await slowest();
    const { faults } = rig.tenants.acme.org;
    for (const fault of [
      { hang: true },
      { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'x'.repeat(1_000_000) },
      { status: 429, headers: { 'retry-after': '1' } },
    ]) {
      faults.discovery = fault;
      const flood = new Set<Promise<unknown>>();
      const timer = setInterval(() => {
        for (let count = 0; count < 10 && flood.size < 500; count++) {
          const request = roundRobin([child]).request(startUrl(rig));
          const done = request.then(
            ({ status }) => expect([429, 502, 503]).toContain(status),
            () => {},
          );
          flood.add(done);
          void done.finally(() => flood.delete(done));
        }
      }, 20);
      try {
        // Far less than the five seconds for which the other provider is waited for.
        expect(await slowest()).toBeLessThan(2 * idleMs + 2_500);
      } finally {
        clearInterval(timer);
        await Promise.all(flood);
      }
    }
  });

  test('R19 a process that is asked to stop finishes what it began, and begins nothing', async () => {
    const [child] = await start(1);
    if (child === undefined) throw new Error('No process.');
    const browsers = Array.from({ length: 8 }, () => roundRobin([child]));
    const callbacks = await Promise.all(browsers.map((browser) => walkToCallback(rig, browser)));
    const base = `http://acme.localhost:${child.port}`;
    expect((await new HttpBrowser().request(`${base}/readyz`)).status).toBe(200);

    rig.tenants.acme.org.faults.token = { delayMs: 300 };
    const arrived = () => rig.requestsTo('acme').filter((endpoint) => endpoint === 'token').length;
    const pending = Promise.all(browsers.map((browser, index) => browser.request(callbacks[index] ?? '')));
    while (arrived() < browsers.length) await new Promise((resolve) => setTimeout(resolve, 5));
    const stopped = child.kill('SIGTERM');
    const answers = await pending;
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(303));
    await stopped;
    expect(await child.exited).toEqual([0, null]);
    expect(child.lines).toEqual(['stopped']);
    await expect(
      new HttpBrowser().request(startUrl(rig).replace(`:${rig.port}`, `:${child.port}`)),
    ).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    // Their sessions are the database's, not the process's.
    for (const browser of browsers) {
      browser.connectTo = undefined;
      expect((await browser.ask(sessionUrl())).status).toBe(200);
    }
  });
});
