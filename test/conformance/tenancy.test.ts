import { CALLBACK_PATHS, PRODUCTS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeRsaKey, signRs256 } from '../../packages/sso-core/test/signing-key.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { type Rig, sessionCookies, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';
import {
  attemptSignIn,
  expectAccepted,
  expectRejected,
  publicJwks,
  type Script,
} from '../support/scripted-provider.js';

const stores = await testStores();
const STATE_BYTES = 32;

describe.each(stores)('on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open(), { idpTimeoutMs: 1_000 });
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  const identities = () =>
    rig.database.query('select tenant_id, issuer, subject, user_id from identities order by 1, 2, 3, 4');

  describe('T4 an identity', () => {
    test('of one subject at two issuers is two, in one tenant and in two', async () => {
      await attemptSignIn(rig, { subject: 'same' });
      await attemptSignIn(rig, { subject: 'same', tenant: 'globex' });
      expect(await identities()).toMatchObject([
        { tenant_id: 'acme', subject: 'same', user_id: 'acme-agent' },
        { tenant_id: 'globex', subject: 'same', user_id: 'globex-agent' },
      ]);
    });

    test('at one issuer and client that two tenants use is two', async () => {
      const { org, clientId, clientSecret } = rig.tenants.acme;
      await rig.connect('globex', { issuer: org.origin, clientId, clientSecret });
      rig.restart();
      await attemptSignIn(rig, { subject: 'same' });
      await attemptSignIn(rig, { subject: 'same', tenant: 'globex', org: 'acme' });
      expect(await identities()).toMatchObject([
        { tenant_id: 'acme', issuer: org.origin, user_id: 'acme-agent' },
        { tenant_id: 'globex', issuer: org.origin, user_id: 'globex-agent' },
      ]);
    });

    test('of many first sign-ins at once is one row', async () => {
      const people = Array.from({ length: 50 }, () => new HttpBrowser());
      const answers = await Promise.all(people.map((person) => signIn(rig, person)));
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(303));
      expect(await identities()).toHaveLength(1);
    });

    test('cannot be two rows, whatever the code does', async () => {
      await attemptSignIn(rig, { subject: 'same' });
      const { origin } = rig.tenants.acme.org;
      const insert = (subject: string, userId: string) =>
        rig.database.query('insert into identities (tenant_id, issuer, subject, user_id) values ($1, $2, $3, $4)', [
          'acme',
          origin,
          subject,
          userId,
        ]);
      await expect(insert('same', 'acme-admin')).rejects.toThrow(/unique|duplicate/i);
      await expect(insert('another', 'acme-agent')).rejects.toThrow(/unique|duplicate/i);
      await expect(insert('third', 'globex-agent')).rejects.toThrow(/foreign key/i);
    });
  });

  describe('T6 another provider of the same tenant', () => {
    const elsewhere = async (): Promise<void> => {
      const { org, clientId, clientSecret } = rig.tenants.globex;
      await rig.connect('acme', { issuer: org.origin, clientId, clientSecret });
      rig.restart();
    };

    test('inherits no links: who was linked is held for an administrator', async () => {
      await expectAccepted(rig, await attemptSignIn(rig, { person: 'admin' }), 'acme-admin');
      await rig.database.query("delete from sessions where tenant_id = 'acme'");
      await elsewhere();
      await expectRejected(rig, await attemptSignIn(rig, { person: 'admin', org: 'globex' }), 'identity-held');
      expect(await identities()).toHaveLength(1);
      const held = await rig.database.query('select user_id, subject from held_identities');
      expect(held).toMatchObject([{ user_id: 'acme-admin', subject: 'scripted-admin' }]);
    });

    test('finds nobody by the subject that the first one gave', async () => {
      await attemptSignIn(rig, { person: 'admin', subject: 'boss' });
      await rig.database.query("delete from sessions where tenant_id = 'acme'");
      await elsewhere();
      const script: Script = { org: 'globex', subject: 'boss', claims: { email: 'nobody@acme.example' } };
      await expectRejected(rig, await attemptSignIn(rig, script), 'user-not-found');
    });
  });

  describe('T14 nobody joins by', () => {
    test.each([
      ['an address of the tenant’s own domain', 'newcomer@acme.example', 'user-not-found'],
      ['a domain that begins like it', 'agent@acme.example.evil.test', 'user-not-found'],
      ['a domain that ends like it', 'agent@notacme.example', 'user-not-found'],
      ['a sub-domain', 'agent@sub.acme.example', 'user-not-found'],
      ['a domain with a dot at its end', 'agent@acme.example.', 'email-invalid'],
      ['two domains', 'agent@evil.test@acme.example', 'email-invalid'],
      ['two addresses', 'agent@evil.test,agent@acme.example', 'email-invalid'],
    ])('%s', async (_name, email, code) => {
      const before = await rig.snapshot();
      await expectRejected(rig, await attemptSignIn(rig, { claims: { email } }), code);
      expect((await rig.snapshot()).users).toBe(before.users);
      expect(await identities()).toEqual([]);
    });
  });
});

describe('tenants', () => {
  let rig: Rig;
  beforeAll(async () => {
    const database = stores.at(-1);
    if (database === undefined) throw new Error('No database.');
    rig = await startRig(await database.open(), { idpTimeoutMs: 1_000 });
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  describe('T2 an administrator gone bad', () => {
    test('cannot have a code of another tenant’s provider sent to his own', async () => {
      // His metadata name the victim's authorization endpoint and his own token endpoint.
      const { acme, globex } = rig.tenants;
      globex.org.faults.discoveryOverrides = { authorization_endpoint: `${acme.org.origin}/oauth2/v1/authorize` };
      await rig.connect('globex', { clientId: acme.clientId });
      rig.restart();
      const browser = new HttpBrowser();
      const start = await browser.ask(startUrl(rig, { tenant: 'globex' }));
      expect(start.json()).toMatchObject({ code: 'idp-response-invalid' });
      expect(start.headers.location).toBeUndefined();
    });

    test('gains nothing by leading a victim’s callback to his own host', async () => {
      const victim = new HttpBrowser();
      const callback = new URL(await walkToCallback(rig, victim));
      const atHis = new URL(callback.pathname + callback.search, rig.tenants.globex.origin);
      const answer = await victim.ask(atHis.href, { headers: { cookie: victim.cookieHeader(callback.href) } });
      expect(answer.json()).toMatchObject({ code: 'state-mismatch' });
      expect(rig.requestsTo('globex')).toEqual([]);
      expect((await victim.request(callback.href)).status).toBe(303);
    });

    test('gets each tenant’s codes only at that tenant’s own redirect URI', async () => {
      for (const tenant of ['acme', 'globex'] as const) {
        for (const product of PRODUCTS) {
          const start = await new HttpBrowser().request(startUrl(rig, { tenant, product }));
          const { searchParams } = new URL(start.location());
          expect(searchParams.get('redirect_uri')).toBe(rig.tenants[tenant].origin + CALLBACK_PATHS[product]);
        }
      }
    });
  });

  describe('T8 two providers with one key id', () => {
    const keys = { acme: makeRsaKey('same'), globex: makeRsaKey('same') };
    const script = (tenant: 'acme' | 'globex', signer: 'acme' | 'globex' = tenant): Script => ({
      tenant,
      header: { kid: 'same' },
      sign: signRs256(keys[signer].privateKey),
      jwks: publicJwks(keys[tenant]),
    });

    test('are never taken for each other, in any order', async () => {
      for (let round = 0; round < 20; round++) {
        const tenant = round % 2 === 0 ? 'acme' : 'globex';
        rig.tenants[tenant].org.clearRequests();
        await rig.database.query('delete from sessions');
        await expectAccepted(rig, await attemptSignIn(rig, script(tenant)), `${tenant}-agent`);
        const foreign = tenant === 'acme' ? 'globex' : 'acme';
        const refused = await attemptSignIn(rig, script(tenant, foreign));
        expect(refused.answer.json()).toMatchObject({ code: 'token-invalid' });
      }
    });

    test('one provider used by two tenants gets each its own client and secret', async () => {
      const { org } = rig.tenants.acme;
      await rig.connect('globex', { issuer: org.origin, clientId: 'their-client', clientSecret: 'their-secret' });
      rig.restart();
      for (const tenant of ['acme', 'globex', 'acme', 'globex'] as const) {
        await attemptSignIn(rig, { tenant, org: 'acme' });
        const sent = rig.outgoing.findLast(({ url }) => url.endsWith('/token'))?.headers.authorization?.slice(6) ?? '';
        const { clientId, clientSecret } = rig.tenants.acme;
        const expected = tenant === 'acme' ? `${clientId}:${clientSecret}` : 'their-client:their-secret';
        expect(Buffer.from(sent, 'base64').toString()).toBe(expected);
      }
    });
  });

  describe('T11 a stranger cannot tell', () => {
    const told = ({ status, text }: Answer) => [status, text.replace(/[2-9A-Z]{4}-[2-9A-Z]{4}/g, '')];
    const callbackOf = (tenant: 'acme' | 'globex', state: string): string =>
      `${rig.tenants[tenant].origin}${CALLBACK_PATHS.workspace}?${new URLSearchParams({ state, code: 'x' })}`;

    /** The medians of many samples, taken in turns, so that whatever else the machine does is in both. */
    async function expectSameTime(samples: number, ways: Readonly<Record<string, () => Promise<Answer>>>) {
      const times: Record<string, number[]> = {};
      const statuses = new Set<number>();
      for (let sample = 0; sample < samples; sample++) {
        // So many from one network would be refused before anything is asked.
        if (sample % 200 === 0) rig.restart();
        for (const [name, ask] of Object.entries(ways)) {
          const startedAt = performance.now();
          statuses.add((await ask()).status);
          times[name] = [...(times[name] ?? []), performance.now() - startedAt];
        }
      }
      const medians = Object.values(times).map((values) => values.toSorted((x, y) => x - y)[samples / 2] ?? 0);
      expect(statuses).not.toContain(429);
      // Below another query's worth.
      expect(Math.max(...medians) - Math.min(...medians)).toBeLessThan(0.25 * Math.min(...medians) + 1);
    }

    test('one host without a tenant from another', async () => {
      const ask = (host: string) =>
        new HttpBrowser().request(startUrl(rig), { headers: { host: `${host}:${rig.port}` } });
      expect(told(await ask('nobody.localhost'))).toEqual(told(await ask('unknown.example')));
    });

    test('an unknown state from one of another tenant, by word or by time', { timeout: 90_000 }, async () => {
      const foreign = new URL(await walkToCallback(rig, new HttpBrowser(), { tenant: 'globex' }));
      const state = foreign.searchParams.get('state') ?? '';
      await expectSameTime(1_000, {
        foreign: () => new HttpBrowser().request(callbackOf('acme', state)),
        unknown: () => new HttpBrowser().request(callbackOf('acme', 'A'.repeat(43))),
      });
      const [a, b] = await Promise.all(
        [state, 'A'.repeat(43)].map((asked) => new HttpBrowser().request(callbackOf('acme', asked))),
      );
      expect(told(a ?? never())).toEqual(told(b ?? never()));
    });

    test('T5 an address of nobody from an address of another tenant, by word or by time', {
      timeout: 90_000,
    }, async () => {
      const page = async (email: string): Promise<Answer> => {
        const attempt = await attemptSignIn(rig, { claims: { email, sub: email } });
        expect(attempt.answer.json()).toMatchObject({ code: 'user-not-found' });
        return attempt.answer;
      };
      const nobody = await page('nobody@acme.example');
      const theirs = await page('admin@globex.example');
      expect(told(nobody)).toEqual(told(theirs));
      await expectSameTime(100, {
        nobody: () => page('nobody@acme.example'),
        theirs: () => page('admin@globex.example'),
      });
    });
  });

  describe('T16 a state', () => {
    test('says nothing: random bytes, no text, no number, no token', async () => {
      const states: string[] = [];
      for (let count = 0; count < 50; count++) {
        const start = await new HttpBrowser().request(startUrl(rig, { query: 'return_to=%2Fworkspace%2Freports' }));
        states.push(new URL(start.location()).searchParams.get('state') ?? '');
      }
      expect(new Set(states).size).toBe(50);
      for (const state of states) {
        const bytes = Buffer.from(state, 'base64url');
        expect(bytes).toHaveLength(STATE_BYTES);
        expect(state).not.toContain('.');
        expect(bytes.toString('latin1')).not.toMatch(/acme|workspace|reports|[{}":]{3}/);
      }
      // No byte is the same in all of them, and each bit is set in some.
      const columns = Array.from({ length: STATE_BYTES }, (_, at) =>
        states.map((state) => Buffer.from(state, 'base64url')[at] ?? 0),
      );
      for (const column of columns) {
        expect(new Set(column).size).toBeGreaterThan(20);
        expect(column.reduce((all, byte) => all | byte, 0)).toBe(255);
      }
    });

    test('with any one character changed is unknown', async () => {
      const browser = new HttpBrowser();
      const callback = new URL(await walkToCallback(rig, browser));
      const cookie = browser.cookieHeader(callback.href);
      const state = callback.searchParams.get('state') ?? '';
      for (let at = 0; at < state.length; at++) {
        const changed = new URL(callback);
        changed.searchParams.set('state', state.slice(0, at) + (state[at] === 'A' ? 'B' : 'A') + state.slice(at + 1));
        const answer = await browser.ask(changed.href, { headers: { cookie } });
        expect(answer.json()).toMatchObject({ code: 'state-mismatch' });
        expect(sessionCookies(answer)).toEqual([]);
      }
      expect(rig.requestsTo('acme')).not.toContain('token');
      expect((await browser.request(callback.href, { headers: { cookie } })).status).toBe(303);
    });
  });
});

function never(): never {
  throw new Error('No answer.');
}
