import { PRODUCTS, SESSION_LIMITS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { CtiFrame } from '../support/cti-frame.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';
import { linkedClient, SETTINGS } from '../support/settings-link-client.js';

const stores = await testStores();

const FIRST_PARTY = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const FRAME = 'Path=/; Secure; HttpOnly; SameSite=None; Partitioned';
/** With a star for what is random. */
const EVERY_COOKIE: readonly string[] = [
  ...['workspace', 'cti', 'toolbar'].flatMap((product) => [
    `__Host-ipscape-${product}=*; ${FIRST_PARTY}`,
    `__Host-ipscape-${product}=; ${FIRST_PARTY}; Max-Age=0`,
  ]),
  `__Host-ipscape-settings=*; ${FIRST_PARTY}`,
  `__Host-ipscape-tx-*=*; ${FIRST_PARTY}; Max-Age=600`,
  `__Host-ipscape-tx-*=; ${FIRST_PARTY}; Max-Age=0`,
  `__Host-ipscape-handoff-*=*; ${FIRST_PARTY}; Max-Age=300`,
  `__Host-ipscape-handoff-*=; ${FIRST_PARTY}; Max-Age=0`,
  // The CTI Adaptor's in a frame of another site: the session, and what shows that the frame keeps cookies.
  `__Host-ipscape-cti=*; ${FRAME}`,
  `__Host-ipscape-cti=; ${FRAME}; Max-Age=0`,
  `__Host-ipscape-frame=*; ${FRAME}; Max-Age=600`,
];

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

  test('S2 every cookie of every answer of every flow is one of these', async () => {
    const people = [browser];
    const somebody = (): HttpBrowser => people[people.push(new HttpBrowser()) - 1] ?? never();
    const { origin } = rig.tenants.acme;
    for (const product of PRODUCTS) {
      // One more than there may be at once; then one that is finished, one that is refused, and a renewal.
      for (let start = 0; start < 8; start++) await browser.request(startUrl(rig, { product }));
      await signIn(rig, browser, { product });
      await signIn(rig, somebody(), { product, person: 'not-in-ipscape' });
      await signIn(rig, browser, { product, query: 'renew=true' });
      await browser.post(`${origin}/${product}/logout${product === 'cti' ? '?everywhere=true' : ''}`);
    }
    for (const decision of ['confirm', 'refuse']) {
      const cti = new CtiFrame(rig);
      people.push(cti.frame, cti.window);
      const handoff = await cti.create();
      await cti.signInWindow(handoff);
      await cti.decide(handoff, decision);
      await cti.redeem(handoff);
      await cti.ask('/cti/logout', { method: 'POST' });
    }
    const linked = await linkedClient(rig, somebody());
    await linked.authorise(await linked.draft());
    const cookies = people
      .flatMap(({ answers }) => answers)
      .filter(({ url }) => url.startsWith(origin))
      .flatMap(({ setCookies }) => setCookies)
      .map((cookie) =>
        cookie
          .replace(/^(__Host-ipscape-(?:tx|handoff)-)[A-Za-z0-9_-]{12}=/, '$1*=')
          .replace(/^([^=]*)=[A-Za-z0-9_.-]+;/, '$1=*;'),
      );
    expect([...new Set(cookies)].toSorted()).toEqual(EVERY_COOKIE.toSorted());
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

    test('do not depend on the clock of a process: an hour wrong, each says the same a moment before and after', async () => {
      await signIn(rig, browser);
      const limits = { idle: [600, 3600], absolute: [600, 600] } as const;
      for (const [name, [idle, absolute]] of Object.entries(limits)) {
        for (const [left, status] of [
          [30, 200],
          [-1, 401],
        ] as const) {
          for (const hours of [0, -1, 1, 24]) {
            const shift = name === 'idle' ? idle - left : absolute - left;
            await rig.database.query(
              `update sessions set ended_at = null,
                 idle_expires_at = now() + make_interval(secs => $1), absolute_expires_at = now() + make_interval(secs => $2)`,
              [idle - shift, absolute - shift],
            );
            rig.clockAheadMs = hours * 60 * 60 * 1000;
            rig.restart();
            const answer = await browser.ask(sessionUrl('workspace'));
            expect([name, left, hours, answer.status]).toEqual([name, left, hours, status]);
          }
        }
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

  test('S12 a value of one kind is worth nothing in any place of another', async () => {
    const { origin } = rig.tenants.acme;
    const json = { accept: 'application/json' };
    await signIn(rig, browser);
    const token = await browser.post(`${origin}/workspace/session/token`, { headers: json });
    const settings = new HttpBrowser();
    const linked = await linkedClient(rig, settings);
    const revision = await linked.draft();
    const { authorisationId } = await linked.authorise(revision);
    // A frame that keeps no cookies has a bearer; of another handoff the window has still to confirm.
    const cti = new CtiFrame(rig);
    const redeemed = await cti.confirmed();
    cti.frame.acceptsCookies = false;
    const bearer = String((await cti.redeem(redeemed, { cookie: null })).json().bearer);
    const open = await cti.create();
    await cti.signInWindow(open);
    const windowCookie = cti.window.cookies.find(({ name }) => name.startsWith('__Host-ipscape-handoff-')) ?? never();
    const callback = new URL(await walkToCallback(rig, browser, { query: 'other_account=true' }));
    const transaction = browser.cookies.find(({ name }) => name.startsWith('__Host-ipscape-tx-')) ?? never();
    const [startedAt = '', secret = ''] = transaction.value.split('.');

    const values: Readonly<Record<string, string>> = {
      session: browser.findCookie(origin, '__Host-ipscape-workspace') ?? never(),
      bearer,
      settings: settings.findCookie(origin, '__Host-ipscape-settings') ?? never(),
      'product token': String(token.json().token),
      state: callback.searchParams.get('state') ?? never(),
      code: callback.searchParams.get('code') ?? never(),
      'secret of a sign-in': secret,
      'name of a sign-in': transaction.name.slice('__Host-ipscape-tx-'.length),
      'id of a handoff': open.id,
      'verifier of a handoff': open.verifier,
      'secret of a window': windowCookie.value,
      'id of an authorisation': authorisationId,
      'id of a revision': revision,
    };
    const ask = async (path: string, headers: Readonly<Record<string, string>>): Promise<number> =>
      (await new HttpBrowser().ask(origin + path, { headers })).status;
    /** Where a value counts, and what it is answered there when it is of another kind. */
    const slots: Readonly<Record<string, readonly [own: string, (value: string) => Promise<number>, refused: number]>> =
      {
        ...Object.fromEntries(
          PRODUCTS.map((product) => [
            `session of ${product}`,
            [
              product === 'workspace' ? 'session' : '',
              (value: string) => ask(`/${product}/session`, { cookie: `__Host-ipscape-${product}=${value}` }),
              401,
            ],
          ]),
        ),
        bearer: ['bearer', (value) => ask('/cti/session', { authorization: `Bearer ${value}` }), 401],
        settings: ['settings', (value) => ask(SETTINGS, { cookie: `__Host-ipscape-settings=${value}` }), 401],
        state: [
          'state',
          (value) =>
            ask(`${callback.pathname}?${new URLSearchParams({ code: 'x', state: value })}`, {
              cookie: `${transaction.name}=${startedAt}.${'a'.repeat(43)}`,
            }),
          400,
        ],
        'secret of a sign-in': [
          'secret of a sign-in',
          // Whatever is tried spends the sign-in, so each has one of its own.
          async (value) => {
            const own = new HttpBrowser();
            const url = await walkToCallback(rig, own);
            const [cookie = never()] = own.cookies.filter(({ name }) => name.startsWith('__Host-ipscape-tx-'));
            const tried = value === secret ? cookie.value : `${startedAt}.${value}`;
            return (await new HttpBrowser().ask(url, { headers: { cookie: `${cookie.name}=${tried}` } })).status;
          },
          400,
        ],
        'verifier of a handoff': [
          'verifier of a handoff',
          async (value) => (await cti.poll({ id: open.id, verifier: value })).status,
          404,
        ],
        'secret of a window': [
          'secret of a window',
          (value) => ask(`/cti/handoffs/${open.id}/confirm`, { cookie: `${windowCookie.name}=${value}` }),
          400,
        ],
        'link of the Service Desk': [
          '',
          async (value) =>
            (
              await new HttpBrowser().post(`${origin}/workspace/admin-link/${encodeURIComponent(value)}`, {
                headers: json,
              })
            ).status,
          404,
        ],
      };
    for (const [slot, [own, use, refused]] of Object.entries(slots)) {
      for (const [kind, value] of Object.entries(values).filter(([kind]) => kind !== own)) {
        const status = await use(value);
        expect([kind, 'as', slot, status]).toEqual([kind, 'as', slot, refused]);
      }
    }
    // All of them are good where they belong, with one exception: a state without its browser's secret.
    for (const [slot, [own, use]] of Object.entries(slots).filter(([slot, [own]]) => own !== '' && slot !== 'state')) {
      expect([slot, (await use(values[own] ?? '')) < 400]).toEqual([slot, true]);
    }
  });
});

function never(): never {
  throw new Error('There is none.');
}
