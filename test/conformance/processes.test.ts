import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, sessionCookies, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';
import {
  type AdapterProcess,
  type AdapterProcessOptions,
  type DeathPoint,
  startAdapterProcess,
} from '../support/start-adapter-process.js';

const postgresql = (await testStores()).find(({ name }) => name === 'PostgreSQL');
if (postgresql === undefined) console.warn('PostgreSQL is not installed: tests with several processes were left out.');

describe.skipIf(postgresql === undefined)('several processes on one PostgreSQL server', () => {
  let rig: Rig;
  let options: AdapterProcessOptions;
  const running: AdapterProcess[] = [];
  beforeAll(async () => {
    const encryptionKeys = randomKey('test');
    const database = await postgresql?.open(createEncryptionKeyRing(encryptionKeys));
    if (database?.databaseUrl == null) throw new Error('No server.');
    rig = await startRig(database);
    options = { databaseUrl: database.databaseUrl, encryptionKeys, publicPort: rig.port };
  });
  afterEach(async () => {
    for (const child of running.splice(0)) await child.kill('SIGKILL');
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  async function start(count: number, dieAt?: DeathPoint): Promise<readonly AdapterProcess[]> {
    const children = await Promise.all(
      Array.from({ length: count }, () =>
        startAdapterProcess({ ...options, ...(dieAt === undefined ? {} : { dieAt }) }),
      ),
    );
    running.push(...children);
    return children;
  }

  /** A browser whose requests to the adapters go to one process after the other. */
  function roundRobin(children: readonly AdapterProcess[]): HttpBrowser {
    const browser = new HttpBrowser();
    let turn = 0;
    browser.connectTo = ({ hostname }) => (isOurs(hostname) ? children[turn++ % children.length]?.port : undefined);
    return browser;
  }

  const isOurs = (hostname: string): boolean => ['acme.localhost', 'globex.localhost'].includes(hostname);
  const sessionUrl = () => `${rig.tenants.acme.origin}/workspace/session`;

  test('R9, R10 one callback, fifty times at three processes: one session, one token request', async () => {
    const children = await start(3);
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

    // Thirty people, each step of whom meets another process.
    for (let person = 0; person < 30; person++) {
      const somebody = roundRobin(children);
      expect((await signIn(rig, somebody, { tenant: person % 2 === 0 ? 'acme' : 'globex' })).status).toBe(303);
    }
    // A secret that is rotated is the one that the next sign-in uses, everywhere.
    const { org, clientId, clientSecret } = rig.tenants.acme;
    const next = org.addClientSecret(clientId);
    await rig.store.replaceClientSecret({ tenantId: 'acme', clientSecret: next, actor: 'test' });
    org.deactivateClientSecret(clientId, clientSecret);
    Object.assign(rig.tenants.acme, { clientSecret: next });
    for (const _ of children) expect((await signIn(rig, roundRobin(children))).status).toBe(303);
  });

  test.each<[DeathPoint, { readonly sessions: number }]>([
    ['after the token answer', { sessions: 0 }],
    ['after the pin', { sessions: 0 }],
    ['after the session', { sessions: 1 }],
  ])('R11 killed %s: no half sign-in, and the next one works', async (dieAt, expected) => {
    const [child] = await start(1, dieAt);
    if (child === undefined) throw new Error('No process.');
    const browser = roundRobin([child]);
    const callback = await walkToCallback(rig, browser);
    const cookie = browser.cookieHeader(callback);
    const before = await rig.snapshot();
    await expect(browser.ask(callback, { headers: { cookie } })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await child.exited).toEqual([null, 'SIGKILL']);

    const after = await rig.snapshot();
    expect({ sessions: after.sessions - before.sessions, users: after.users }).toEqual({
      ...expected,
      users: before.users,
    });
    // Whoever is linked is linked to somebody, and nobody is linked twice.
    const orphans = await rig.database.query(`
      select 1 from identities i left join users u on u.tenant_id = i.tenant_id and u.id = i.user_id where u.id is null`);
    expect(orphans).toEqual([]);
    // Another process takes over: the code is spent, which it says kindly, and the start works.
    browser.connectTo = undefined;
    expect((await browser.ask(sessionUrl())).status).toBe(401);
    expect((await browser.ask(callback, { headers: { cookie } })).json()).toMatchObject({
      code: 'transaction-repeated',
    });
    expect((await signIn(rig, browser)).status).toBe(303);
    expect((await browser.ask(sessionUrl())).json()).toMatchObject({ user: { id: 'acme-agent' } });
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
