import { createEncryptionKeyRing, openSsoStore, type SsoStore } from '@ipscape/sso-store';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeRsaKey, signRs256 } from '../../packages/sso-core/test/signing-key.js';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, sessionCookies, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';
import {
  attemptSignIn,
  expectAccepted,
  expectRejected,
  PROVIDER_KEY,
  publicJwks,
} from '../support/scripted-provider.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const stores = await testStores();
const acmeSession = (rig: Rig): string => `${rig.tenants.acme.origin}/workspace/session`;

describe('the provider’s keys', () => {
  let rig: Rig;
  beforeAll(async () => {
    const database = stores.at(-1);
    if (database === undefined) throw new Error('No database.');
    rig = await startRig(await database.open(), { idpTimeoutMs: 1_000 });
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  const keyRequests = () => rig.requestsTo('acme').filter((endpoint) => endpoint === 'keys').length;

  test.each([0, 1, 5, 29, 31])(
    'R3 that change %d seconds after the last look cost nobody a sign-in',
    async (seconds) => {
      await attemptSignIn(rig, {});
      rig.clockAheadMs = seconds * 1000;
      const next = makeRsaKey(`next-${seconds}`);
      for (let person = 0; person < 20; person++) {
        const script = { header: { kid: next.kid }, sign: signRs256(next.privateKey), jwks: publicJwks(next) };
        const { answer } = await attemptSignIn(rig, { ...script, providerAheadSeconds: seconds });
        expect(answer.status).toBe(303);
      }
      // The old key is gone from the set, and does not count any more.
      const late = await attemptSignIn(rig, { jwks: publicJwks(next), providerAheadSeconds: seconds });
      await expectRejected(rig, late, 'token-invalid');
    },
  );

  test('R4 that nobody knows cause at most three requests in ten seconds, in any number', async () => {
    await attemptSignIn(rig, {});
    rig.tenants.acme.org.clearRequests();
    const forged = async (index: number) => {
      const { answer } = await attemptSignIn(rig, { header: { kid: `forged-${index}` } });
      expect(answer.json()).toMatchObject({ code: 'token-invalid' });
    };
    // One for each five seconds, of which a busy machine adds some of its own.
    const allowed = (seconds: number, since: number): number =>
      1 + Math.floor((seconds + (performance.now() - since) / 1000) / 5);
    let startedAt = performance.now();
    for (let index = 0; index < 50; index++) {
      rig.clockAheadMs = index * 200;
      await forged(index);
    }
    expect(keyRequests()).toBeLessThanOrEqual(allowed(10, startedAt));
    // Five minutes later, and all at once.
    rig.clockAheadMs = 300_000;
    rig.tenants.acme.org.clearRequests();
    startedAt = performance.now();
    await Promise.all(Array.from({ length: 50 }, (_, index) => forged(1_000 + index)));
    expect(keyRequests()).toBeLessThanOrEqual(allowed(0, startedAt));
    rig.clockAheadMs = 0;
    await expectAccepted(rig, await attemptSignIn(rig, {}), 'acme-agent');
  });

  test('R4, R6 that cannot be fetched cause at most three requests in ten seconds, and known ones still count', async () => {
    await attemptSignIn(rig, {});
    rig.clockAheadMs = 60 * 60 * 1000 + 1;
    rig.tenants.acme.org.clearRequests();
    for (let index = 0; index < 30; index++) {
      rig.clockAheadMs += 333;
      const attempt = attemptSignIn(rig, { providerAheadSeconds: rig.clockAheadMs / 1000, jwks: 'not a set' });
      expect((await attempt).answer.status).toBe(303);
    }
    expect(keyRequests()).toBeLessThanOrEqual(3);
    // A day without any set is too long.
    rig.clockAheadMs += 24 * 60 * 60 * 1000;
    const late = await attemptSignIn(rig, { providerAheadSeconds: rig.clockAheadMs / 1000, jwks: 'not a set' });
    await expectRejected(rig, late, 'idp-response-invalid');
  });

  test('R6 that were withdrawn stop counting with the next look', async () => {
    const next = makeRsaKey('next');
    await attemptSignIn(rig, { jwks: publicJwks(PROVIDER_KEY, next) });
    rig.clockAheadMs = 60 * 60 * 1000 + 1;
    const providerAheadSeconds = rig.clockAheadMs / 1000;
    await expectRejected(
      rig,
      await attemptSignIn(rig, { jwks: publicJwks(next), providerAheadSeconds }),
      'token-invalid',
    );
  });

  // In steps of ten; at sixty itself a machine that is busy for a second would decide.
  test.each([-55, 55, ...Array.from({ length: 25 }, (_, step) => step * 10 - 120).filter((at) => Math.abs(at) !== 60)])(
    'R8 a clock that is %d seconds off',
    async (seconds) => {
      rig.clockAheadMs = seconds * 1000;
      const attempt = await attemptSignIn(rig, { claims: (good) => ({ ...good, exp: Number(good.iat) + 1 }) });
      if (Math.abs(seconds) < 60) return expectAccepted(rig, attempt, 'acme-agent');
      await expectRejected(rig, attempt, 'token-invalid');
      // The administrator's log tells it from a forgery.
      const [line] = await rig.store.listSignInLog('acme', { limit: 1, code: 'token-invalid' });
      expect(line?.reason).toBe(seconds < 0 ? 'iat' : 'exp');
      expect(rig.logLines.join('')).toMatch(/"differenceSeconds":-?\d+/);
    },
  );

  test('P24, R3 that are rotated in the middle of a hundred sign-ins cost nobody one', async () => {
    await signIn(rig, new HttpBrowser());
    const { org } = rig.tenants.acme;
    org.clearRequests();
    const people = Array.from({ length: 100 }, () => new HttpBrowser());
    const callbacks = await Promise.all(people.map((person) => walkToCallback(rig, person)));
    const answers = await Promise.all(
      people.map(async (person, index) => {
        // As a provider does it: the one before is published for a while.
        if (index === 50) await org.rotateKeys({ keepOld: true });
        return person.request(callbacks[index] ?? '');
      }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(rig.requestsTo('acme').filter((endpoint) => endpoint === 'keys')).toHaveLength(1);
    await org.rotateKeys({ keepOld: false });
    rig.clockAheadMs += 10_000;
    expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
  });

  test('R24 a hundred people at a cold start cause one look at metadata and keys', async () => {
    const people = Array.from({ length: 100 }, () => new HttpBrowser());
    const callbacks = await Promise.all(people.map((person) => walkToCallback(rig, person)));
    expect(rig.requestsTo('acme')).toEqual(['discovery']);
    const answers = await Promise.all(people.map((person, index) => person.request(callbacks[index] ?? '')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(rig.requestsTo('acme').filter((endpoint) => endpoint !== 'token')).toEqual(['discovery', 'keys']);
  });

  test('R24 metadata that could not be had are asked for again by the next person', async () => {
    rig.tenants.acme.org.faults.discovery = { status: 500 };
    const answers = await Promise.all(Array.from({ length: 20 }, () => new HttpBrowser().ask(startUrl(rig))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([502]));
    rig.tenants.acme.org.faults.discovery = undefined;
    // Past the pause after a failure.
    rig.clockAheadMs += 10_000;
    expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
  });
});

describe.each(stores)('R13 what cannot be read means no, on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  test.each(['connections', 'tenants', 'connection_secrets', 'transactions', 'identities', 'users', 'sessions'])(
    'the table %s',
    async (table) => {
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig, browser);
      const cookie = browser.cookieHeader(callback);
      const before = await rig.snapshot();
      await rig.database.query(`alter table ${table} rename to ${table}_away`);
      try {
        rig.restart();
        const start = await browser.ask(startUrl(rig));
        const answer = await browser.ask(callback, { headers: { cookie } });
        for (const { status } of [start, answer]) expect([302, 500, 503]).toContain(status);
        expect(answer.status).not.toBe(302);
        expect(sessionCookies(answer)).toEqual([]);
        expect(answer.text).not.toMatch(new RegExp(table));
        expect(JSON.stringify(answer.json())).not.toMatch(/relation|select|column/i);
        expect((await browser.ask(acmeSession(rig))).status).not.toBe(200);
      } finally {
        await rig.database.query(`alter table ${table}_away rename to ${table}`);
      }
      expect((await rig.snapshot()).sessions).toBe(before.sessions);
      rig.restart();
      expect((await signIn(rig, browser)).status).toBe(303);
    },
  );

  test('a secret under keys that are gone, and one that somebody changed', async () => {
    rig.restart(await rig.database.withKeys(createEncryptionKeyRing(randomKey('other'))));
    const { answer } = await attemptSignIn(rig, {});
    expect(answer.json()).toMatchObject({ code: 'secret-unreadable' });
    expect(rig.requestsTo('acme')).not.toContain('token');
    rig.restart();
    const secrets = await rig.database.query<{ ciphertext: string }>(
      "select ciphertext from connection_secrets where tenant_id = 'acme'",
    );
    await rig.database.query("update connection_secrets set ciphertext = 'AAAA' where tenant_id = 'acme'");
    const changed = await attemptSignIn(rig, {});
    expect(changed.answer.json()).toMatchObject({ code: 'secret-unreadable' });
    expect(secrets.length).toBeGreaterThan(0);
    rig.tenants.acme.org.faults.reset();
    await rig.connect('acme');
    rig.restart();
    expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
  });
});

const postgresql = stores.find(({ name }) => name === 'PostgreSQL');

describe.skipIf(postgresql === undefined)('a PostgreSQL server behind a network', () => {
  let rig: Rig;
  let proxy: TcpProxy;
  let store: SsoStore;
  const keys = createEncryptionKeyRing(randomKey('test'));
  beforeAll(async () => {
    const database = await postgresql?.open(keys);
    if (database?.databaseUrl == null) throw new Error('No server.');
    rig = await startRig(database, { idpTimeoutMs: 4_000 });
    const url = new URL(database.databaseUrl);
    proxy = await startTcpProxy(Number(url.port));
    url.port = String(proxy.port);
    store = await openSsoStore({ databaseUrl: url.href, encryptionKeys: keys, maxConnections: 4 });
  });
  afterAll(async () => {
    proxy?.mend();
    await store?.close();
    await proxy?.stop();
    await rig?.stop();
  });
  beforeEach(async () => {
    proxy.mend();
    await rig.repair();
    rig.restart(store);
  });

  describe('R12 that goes away', () => {
    test('before the start: 503 with a time to try again, and back without a restart', async () => {
      await signIn(rig, new HttpBrowser());
      proxy.cut();
      rig.restart(store);
      const answer = await new HttpBrowser().ask(startUrl(rig));
      expect([answer.status, answer.json().code]).toEqual([503, 'store-unavailable']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.setCookies).toEqual([]);
      proxy.mend();
      expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
    });

    test('before the claim: the code is not spent, and the same callback works afterwards', async () => {
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig, browser);
      const cookie = browser.cookieHeader(callback);
      proxy.cut();
      const answer = await browser.ask(callback, { headers: { cookie } });
      expect(answer.json()).toMatchObject({ code: 'store-unavailable' });
      expect(sessionCookies(answer)).toEqual([]);
      expect(rig.requestsTo('acme')).not.toContain('token');
      proxy.mend();
      expect((await browser.request(callback, { headers: { cookie } })).status).toBe(303);
    });

    const databaseName = (): string => new URL(rig.database.databaseUrl ?? '').pathname.slice(1);

    /** A connection of somebody else to the server. */
    async function beside(database: string): Promise<pg.Client> {
      const url = new URL(rig.database.databaseUrl ?? '');
      url.pathname = `/${database}`;
      const client = new pg.Client({ connectionString: url.href });
      client.on('error', () => {});
      await client.connect();
      return client;
    }

    /** Of the adapters alone. */
    const endConnections = (): string => `
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = '${databaseName()}' and application_name = 'ipscape-sso'`;

    /** Changes the database for connections that are made from now on; resolves to the way back. */
    async function alterDatabase(change: string, back: string): Promise<() => Promise<void>> {
      const operator = await beside('postgres');
      await operator.query(`alter database ${databaseName()} ${change}`);
      await operator.query(endConnections());
      return async () => {
        await operator.query(`alter database ${databaseName()} ${back}`);
        await operator.query(endConnections());
        await operator.end();
      };
    }

    test.each<[string, () => Promise<() => Promise<void>>]>([
      [
        'that became read-only, as after a fail-over',
        () => alterDatabase('set default_transaction_read_only = on', 'reset default_transaction_read_only'),
      ],
      ['that takes no connections', () => alterDatabase('allow_connections false', 'allow_connections true')],
      [
        'whose disk is full',
        async () => {
          const client = await beside(databaseName());
          // What PostgreSQL answers to whatever would need a page more.
          await client.query(`create function disk_full() returns trigger language plpgsql as
            $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$`);
          await client.query(`create trigger disk_full before insert or update on transactions
            for each row execute function disk_full()`);
          return async () => {
            await client.query('drop function disk_full cascade');
            await client.end();
          };
        },
      ],
      [
        'all of whose connections are waiting for something else',
        async () => {
          const client = await beside(databaseName());
          await client.query('begin');
          await client.query('lock table handoffs in access exclusive mode');
          const key = { tenantId: 'acme', handoffId: 'x', verifierHash: 'x', maxPolls: 1 };
          let isOver = false;
          const waiting = Array.from({ length: 24 }, async () => {
            while (!isOver) await store.pollHandoff(key).catch(() => null);
          });
          return async () => {
            isOver = true;
            await client.end();
            await Promise.all(waiting);
          };
        },
      ],
      [
        'that holds a lock for longer than anybody waits',
        async () => {
          const client = await beside(databaseName());
          await client.query('begin');
          await client.query('lock table transactions in access exclusive mode');
          return () => client.end();
        },
      ],
    ])('%s: the code is not spent, and the same callback works afterwards', async (_name, begin) => {
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig, browser);
      const cookie = browser.cookieHeader(callback);
      const end = await begin();
      const answers = await Promise.all([1, 2].map(() => browser.ask(callback, { headers: { cookie } })));
      await end();
      for (const answer of answers) {
        expect([answer.status, answer.json().code]).toEqual([503, 'store-unavailable']);
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        expect(sessionCookies(answer)).toEqual([]);
      }
      expect(rig.requestsTo('acme')).not.toContain('token');
      // A connection that was ended while idle may cost one more answer, never the code.
      const statuses: number[] = [];
      while (statuses.length < 5 && statuses.at(-1) !== 303)
        statuses.push((await browser.request(callback, { headers: { cookie } })).status);
      expect(statuses.at(-1)).toBe(303);
      expect(statuses.filter((status) => ![303, 503].includes(status))).toEqual([]);
    });

    test('between the claim and the session: nobody is signed in, and the next sign-in works', async () => {
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig, browser);
      const before = await rig.snapshot();
      rig.tenants.acme.org.faults.token = { delayMs: 200 };
      const pending = browser.ask(callback);
      while (!rig.requestsTo('acme').includes('token')) await new Promise((resolve) => setTimeout(resolve, 2));
      proxy.cut();
      const answer = await pending;
      expect([answer.status, answer.json().code]).toEqual([503, 'store-unavailable']);
      expect(sessionCookies(answer)).toEqual([]);
      proxy.mend();
      expect((await rig.snapshot()).sessions).toBe(before.sessions);
      rig.tenants.acme.org.faults.reset();
      expect((await signIn(rig, browser)).status).toBe(303);
    });

    test('while people are signed in: they are neither confirmed nor signed out', async () => {
      const browser = new HttpBrowser();
      await signIn(rig, browser);
      proxy.cut();
      rig.restart(store);
      const answer = await browser.ask(acmeSession(rig));
      expect([answer.status, answer.setCookies]).toEqual([503, []]);
      proxy.mend();
      expect((await browser.ask(acmeSession(rig))).status).toBe(200);
    });

    test('again and again under load: only 303 and 503 are ever answered, and every session has its person', async () => {
      const before = await rig.snapshot();
      let isOver = false;
      const disturb = (async () => {
        while (!isOver) {
          proxy.cut();
          await new Promise((resolve) => setTimeout(resolve, 20));
          proxy.mend();
          await new Promise((resolve) => setTimeout(resolve, 60));
        }
      })();
      const outcomes: number[] = [];
      const person = async (): Promise<void> => {
        for (let round = 0; round < 6; round++) {
          const browser = new HttpBrowser();
          const start = await browser.ask(startUrl(rig));
          outcomes.push(start.status);
          if (start.status !== 302) continue;
          const answer = await browser.ask(await walkToCallback(rig, browser).catch(() => startUrl(rig)));
          if (answer.status === 303) expect(sessionCookies(answer)).toHaveLength(1);
          else expect(sessionCookies(answer)).toEqual([]);
          outcomes.push(answer.status);
        }
      };
      await Promise.all(Array.from({ length: 5 }, person));
      isOver = true;
      await disturb;
      expect(outcomes.filter((status) => ![302, 303, 503].includes(status))).toEqual([]);
      const signedIn = outcomes.filter((status) => status === 303).length;
      expect((await rig.snapshot()).sessions - before.sessions).toBeGreaterThanOrEqual(signedIn);
      expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
    });
  });

  test('T13 holds none of its four connections for people whose provider hangs', async () => {
    const stuck = Array.from({ length: 20 }, () => new HttpBrowser());
    const callbacks = await Promise.all(stuck.map((browser) => walkToCallback(rig, browser)));
    rig.tenants.acme.org.faults.token = { hang: true };
    let answered = 0;
    const pending = Promise.all(
      stuck.map(async (browser, index) => {
        const { status } = await browser.ask(callbacks[index] ?? '');
        answered += 1;
        return status;
      }),
    );
    await expect.poll(() => rig.requestsTo('acme').filter((name) => name === 'token').length).toBeGreaterThan(4);
    for (let person = 0; person < 5; person++)
      expect((await signIn(rig, new HttpBrowser(), { tenant: 'globex' })).status).toBe(303);
    // All of that while they were waiting.
    expect(answered).toBe(0);
    expect(new Set(await pending)).toEqual(new Set([503]));
  });

  test.each(['Pacific/Kiritimati', 'America/St_Johns'])('R17 a time zone of %s moves no limit', async (zone) => {
    const name = new URL(rig.database.databaseUrl ?? '').pathname.slice(1);
    await rig.database.query(`alter database ${name} set timezone = '${zone}'`);
    const there = await openSsoStore({ databaseUrl: rig.database.databaseUrl ?? '', encryptionKeys: keys });
    try {
      const browser = new HttpBrowser();
      await signIn(rig, browser);
      rig.restart(there);
      const { authTime, expiresAt } = (await browser.ask(acmeSession(rig))).json() as Record<string, string>;
      expect(Math.abs(Date.parse(authTime ?? '') - Date.now())).toBeLessThan(60_000);
      expect(Date.parse(expiresAt ?? '') - Date.parse(authTime ?? '')).toBeLessThan(2 * 60 * 60 * 1000);
      // Started under one zone, cleaned up and finished under another.
      const callback = await walkToCallback(rig, browser, { query: 'other_account=true' });
      await there.deleteExpired(1_000);
      await store.deleteExpired(1_000);
      rig.restart(store);
      expect((await browser.request(callback)).status).toBe(303);
      await rig.database.query("update sessions set idle_expires_at = now() - interval '1 second'");
      rig.restart(there);
      expect((await browser.ask(acmeSession(rig))).status).toBe(401);
    } finally {
      await there.close();
      await rig.database.query(`alter database ${name} reset timezone`);
    }
  });
});
