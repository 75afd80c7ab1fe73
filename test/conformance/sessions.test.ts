import { PRODUCTS, SESSION_LIMITS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';

const stores = await testStores();

describe.each(stores)('on $name', ({ name, open }) => {
  // What only takes time is the same on both.
  const isLast = name === stores.at(-1)?.name;
  let rig: Rig;
  let browser: HttpBrowser;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    browser = new HttpBrowser();
  });

  const sessionUrl = (product: string, tenant: 'acme' | 'globex' = 'acme') =>
    `${rig.tenants[tenant].origin}/${product}/session`;

  describe('S1 a session id', () => {
    test('that somebody planted is worth nothing before, during and after a sign-in', async () => {
      const planted = 'P'.repeat(43);
      for (const product of PRODUCTS) {
        const cookie = `__Host-ipscape-${product}=${planted}`;
        browser.setCookie(sessionUrl(product), `${cookie}; Path=/; Secure`);
        expect((await browser.ask(sessionUrl(product))).status).toBe(401);
        await signIn(rig, browser, { product });
        expect(browser.findCookie(sessionUrl(product), `__Host-ipscape-${product}`)).not.toBe(planted);
        expect((await browser.ask(sessionUrl(product))).status).toBe(200);
        expect((await new HttpBrowser().ask(sessionUrl(product), { headers: { cookie } })).status).toBe(401);
      }
    });

    test('changes with the person: the one before is nobody’s any more', async () => {
      await signIn(rig, browser, { person: 'agent' });
      const first = browser.cookieHeader(sessionUrl('workspace'));
      await signIn(rig, browser, { person: 'admin', query: 'other_account=true' });
      expect((await new HttpBrowser().ask(sessionUrl('workspace'), { headers: { cookie: first } })).status).toBe(401);
      expect((await browser.ask(sessionUrl('workspace'))).json()).toMatchObject({ user: { id: 'acme-admin' } });
    });
  });

  describe('S2 every cookie of every answer', () => {
    test('is for this host alone, over TLS, and unreadable to script', async () => {
      for (const product of PRODUCTS) {
        await browser.request(startUrl(rig, { product }));
        await signIn(rig, browser, { product });
        await browser.request(await walkToCallback(rig, new HttpBrowser(), { product }));
        await browser.post(`${rig.tenants.acme.origin}/${product}/logout`);
      }
      const own = browser.answers.filter(({ url }) => new URL(url).hostname === 'acme.localhost');
      const cookies = own.flatMap(({ setCookies }) => setCookies);
      expect(cookies.length).toBeGreaterThan(10);
      for (const cookie of cookies) {
        const [pair = '', ...attributes] = cookie.split('; ');
        expect(pair).toMatch(/^__Host-ipscape-(?:workspace|cti|toolbar|tx-[A-Za-z0-9_-]{12})=[A-Za-z0-9_.-]*$/);
        expect(attributes.slice(0, 3)).toEqual(['Path=/', 'Secure', 'HttpOnly']);
        expect(attributes.slice(3).join()).toMatch(/^SameSite=(?:Lax|None,Partitioned)(?:,Max-Age=(?:0|600))?$/);
        if (cookie.includes('SameSite=None')) expect(pair).toMatch(/^__Host-ipscape-cti=/);
      }
    });
  });

  describe('S4 a copy of the database', () => {
    test('signs nobody in', async () => {
      await signIn(rig, browser);
      const pending = await walkToCallback(rig, new HttpBrowser());
      const rows = await rig.database.query<{ text: string }>(`
        select to_jsonb(s)::text as text from sessions s union all
        select to_jsonb(t)::text from transactions t`);
      const values = rows.flatMap(({ text }) => text.match(/[A-Za-z0-9_-]{43}/g) ?? []);
      expect(values.length).toBeGreaterThan(5);
      const states = [...new Set(values)];
      for (const value of states) {
        const cookie = `__Host-ipscape-workspace=${value}`;
        expect((await new HttpBrowser().ask(sessionUrl('workspace'), { headers: { cookie } })).status).toBe(401);
        const callback = new URL(pending);
        callback.searchParams.set('state', value);
        expect((await new HttpBrowser().ask(callback.href)).json()).toMatchObject({ code: 'state-mismatch' });
      }
    });
  });

  describe('S5 the limits of a session', () => {
    test.each(['idle_expires_at', 'absolute_expires_at'])(
      'are the database’s: past %s nobody is there',
      async (limit) => {
        await signIn(rig, browser);
        // The constraint of the table keeps idle within absolute, so both are moved.
        const moved = limit === 'idle_expires_at' ? '' : ", idle_expires_at = now() - interval '1 second'";
        await rig.database.query(`update sessions set ${limit} = now() - interval '1 second'${moved}`);
        rig.restart();
        for (const _ of [1, 2]) expect((await browser.ask(sessionUrl('workspace'))).status).toBe(401);
      },
    );

    test('do not depend on the clock of a process', async () => {
      await signIn(rig, browser);
      for (const hours of [-1, 1, 24]) {
        rig.clockAheadMs = hours * 60 * 60 * 1000;
        rig.restart();
        expect((await browser.ask(sessionUrl('workspace'))).status).toBe(200);
      }
    });

    test('S14 end with the absolute one, however busy it is', async () => {
      await signIn(rig, browser);
      await rig.database.query(`
        update sessions set absolute_expires_at = now() + interval '30 seconds', idle_expires_at = now() + interval '20 seconds'`);
      for (const _ of [1, 2, 3]) {
        rig.restart();
        expect((await browser.ask(sessionUrl('workspace'))).status).toBe(200);
      }
      const [row] = await rig.database.query<{ within: boolean }>(
        'select bool_and(idle_expires_at <= absolute_expires_at) as within from sessions',
      );
      expect(row).toEqual({ within: true });
      for (const product of PRODUCTS) {
        const { idleSeconds, absoluteSeconds } = SESSION_LIMITS[product];
        expect(idleSeconds).toBeLessThanOrEqual(absoluteSeconds);
        expect(absoluteSeconds).toBeLessThanOrEqual(14 * 3600);
      }
    });
  });

  test.runIf(isLast)('S8 whoever is out is out of every product and instance within five seconds', async () => {
    const second = await rig.startSecondInstance();
    const people = { acme: browser, globex: new HttpBrowser() };
    for (const tenant of ['acme', 'globex'] as const) {
      for (const product of PRODUCTS) await signIn(rig, people[tenant], { tenant, product });
    }
    const elsewhere = new HttpBrowser();
    elsewhere.connectTo = () => second.port;
    const ask = async (product: string, tenant: 'acme' | 'globex'): Promise<readonly number[]> => {
      const url = sessionUrl(product, tenant);
      const cookie = people[tenant].cookieHeader(url);
      const answers = [browser, elsewhere].map((asking) => asking.ask(url, { headers: { cookie } }));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    const everywhere = PRODUCTS.flatMap((product) => [[product, 'acme'] as const, [product, 'globex'] as const]);
    // Both instances remember the sessions now.
    for (const [product, tenant] of everywhere) expect(await ask(product, tenant)).toEqual([200, 200]);
    const changedAt = performance.now();
    const actor = 'test';
    await rig.store.setUserStatus({ tenantId: 'acme', userId: 'acme-agent', status: 'disabled', actor });
    await rig.store.setConnectionEnabled({ tenantId: 'globex', enabled: false, actor });
    await Promise.all(
      everywhere.map(async ([product, tenant]) => {
        while ((await ask(product, tenant)).some((status) => status !== 401)) {
          expect(performance.now() - changedAt).toBeLessThan(5_000);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }),
    );
    await rig.store.setUserStatus({ tenantId: 'acme', userId: 'acme-agent', status: 'active', actor });
    await rig.store.setConnectionEnabled({ tenantId: 'globex', enabled: true, actor });
  });

  describe('S12 a value of one kind', () => {
    test('is worth nothing in the place of another', async () => {
      await signIn(rig, browser);
      const { origin } = rig.tenants.acme;
      const handle = browser.findCookie(origin, '__Host-ipscape-workspace') ?? '';
      const callback = new URL(await walkToCallback(rig, browser, { query: 'other_account=true' }));
      const transaction = browser.cookies.find(({ name }) => name.startsWith('__Host-ipscape-tx-')) ?? never();
      const [startedAt = '', secret = ''] = transaction.value.split('.');
      const values = {
        handle,
        state: callback.searchParams.get('state') ?? '',
        code: callback.searchParams.get('code') ?? '',
        secret,
        name: transaction.name.slice('__Host-ipscape-tx-'.length),
      };
      for (const [kind, value] of Object.entries(values)) {
        if (kind !== 'handle') {
          for (const slot of ['workspace', 'cti', 'toolbar', 'settings']) {
            const cookie = `__Host-ipscape-${slot}=${value}`;
            const answer = await new HttpBrowser().ask(
              `${origin}/${slot === 'settings' ? 'workspace' : slot}/session`,
              {
                headers: { cookie },
              },
            );
            expect([kind, slot, answer.status]).toEqual([kind, slot, 401]);
          }
        }
        if (kind === 'secret') continue;
        const copy = new URL(callback);
        if (kind !== 'state') copy.searchParams.set('state', value);
        const cookie = `${transaction.name}=${startedAt}.${value}`;
        const answer = await new HttpBrowser().ask(copy.href, { headers: { cookie } });
        expect(answer.status).toBe(400);
        expect(answer.headers.location).toBeUndefined();
      }
      expect(rig.requestsTo('acme').filter((endpoint) => endpoint === 'token')).toHaveLength(1);
    });
  });
});

function never(): never {
  throw new Error('There is none.');
}
