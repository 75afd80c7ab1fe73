/**
 * A session's handle on the host of another tenant: no browser brings it there, so somebody copied it.
 */
import { PRODUCTS, type Product, SsoError } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDeps, run } from '../../apps/sso-admin/test/captured-io.js';
import * as schemas from '../../apps/workspace-auth/src/settings/settings-api-schemas.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { CtiFrame } from '../support/cti-frame.js';
import { type Answer, HttpBrowser, send } from '../support/http-browser.js';
import { type Rig, signIn, startRig, type TenantName } from '../support/rig.js';
import { openSettings, parsed } from '../support/settings-client.js';

const ACTION = 'session-presented-elsewhere';
const ADDRESS = '203.0.113.7';
const NONSENSE = 'x'.repeat(43);
/** What a product's front end asks about its own session. */
const REQUESTS: readonly (readonly [method: string, path: string, body?: string])[] = [
  ['GET', 'session'],
  ['GET', 'session?passive=true'],
  ['GET', 'auth'],
  ['POST', 'session/token'],
  ['POST', 'session/activity', '{}'],
  ['POST', 'session/activity', '{"call":"started"}'],
  ['POST', 'logout'],
  ['POST', 'logout?everywhere=true'],
];

describe.each(await testStores())('T7 a handle that was copied to another tenant’s host, on $name', ({ open }) => {
  let rig: Rig;
  /** Handles of live sessions of acme's. */
  const handles = new Map<string, string>();
  let seen = 0;

  beforeAll(async () => {
    rig = await startRig(await open(), { trustedProxies: ['127.0.0.1'] });
    for (const product of PRODUCTS) handles.set(product, await signInFor(product));
    const cti = new CtiFrame(rig);
    cti.frame.acceptsCookies = false;
    handles.set('bearer', String((await cti.redeem(await cti.confirmed())).json().bearer));
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await forget();
    seen = (await eventsOf('acme')).length;
  });

  async function signInFor(product: Product, person: 'agent' | 'toolbar-only' = 'agent'): Promise<string> {
    const browser = new HttpBrowser();
    await signIn(rig, browser, { product, person });
    return browser.findCookie(rig.tenants.acme.origin, `__Host-ipscape-${product}`) ?? '';
  }
  const eventsOf = async (tenant: TenantName) =>
    (await rig.store.listAuditEvents(tenant, { limit: 500 })).filter(({ action }) => action === ACTION);
  /** Of acme, since the test began. */
  const newEvents = async () => (await eventsOf('acme')).slice(0, -seen || undefined);
  /** As if the last event of every session were from an hour ago. */
  const forget = () => rig.database.query(`update sessions set presented_elsewhere_at = now() - interval '1 hour'`);

  interface Presented {
    readonly tenant?: TenantName;
    readonly carrier?: string;
    readonly request?: (typeof REQUESTS)[number];
    readonly port?: number;
  }
  function present(handle: string, { tenant = 'globex', carrier = 'workspace', ...rest }: Presented = {}) {
    const [method, path, body = ''] = rest.request ?? ['GET', 'session'];
    const { origin } = rig.tenants[tenant];
    const product = carrier === 'bearer' ? 'cti' : carrier;
    const headers = {
      accept: 'application/json',
      'x-forwarded-for': ADDRESS,
      'x-ipscape-sso': '1',
      ...(carrier === 'bearer'
        ? { authorization: `Bearer ${handle}` }
        : { cookie: `__Host-ipscape-${product}=${handle}` }),
      ...(method === 'GET'
        ? {}
        : { origin, 'content-type': 'application/json', 'content-length': String(body.length) }),
    };
    const port = rest.port === undefined ? {} : { port: rest.port };
    return send(`${origin}/${product}/${path}`, { method, headers, body, ...port });
  }
  /** All of an answer but what differs with every one. */
  function contentOf({ status, headers: { date: _, ...headers }, text }: Answer) {
    return { status, headers, text: text.replace(/"reference":"[^"]*"/, '') };
  }
  const handleOf = (name: string): string => handles.get(name) ?? '';

  test.each([...PRODUCTS, 'bearer'])(
    'as %s: every route answers as to nonsense, and its own tenant has one event each time',
    async (carrier) => {
      const before = await rig.store.listAuditEvents('globex');
      for (const request of REQUESTS) {
        await forget();
        const expected = contentOf(await present(NONSENSE, { carrier, request }));
        expect(expected.status).toBe(request[1].startsWith('logout') ? 204 : 401);
        for (let time = 0; time < 2; time++) {
          const answer = contentOf(await present(handleOf(carrier), { carrier, request }));
          expect([request, answer]).toEqual([request, expected]);
        }
      }
      const product = carrier === 'bearer' ? 'cti' : carrier;
      const event = {
        id: expect.any(String),
        occurredAt: expect.any(Date),
        actor: 'unknown',
        action: ACTION,
        subject: 'acme-agent',
        clientAddress: ADDRESS,
        details: {
          product,
          sessionId: expect.any(String),
          presentedHost: 'globex.localhost',
          presentedProduct: product,
        },
      };
      expect(await newEvents()).toEqual(REQUESTS.map(() => event));
      expect(await rig.store.listAuditEvents('globex')).toEqual(before);
      rig.restart();
      const own = await present(handleOf(carrier), { tenant: 'acme', carrier });
      expect([own.status, own.json().user]).toMatchObject([200, { id: 'acme-agent' }]);
    },
  );

  test('as another product’s tells of both', async () => {
    await present(handleOf('toolbar'), { carrier: 'cti' });
    expect(await newEvents()).toMatchObject([{ details: { product: 'toolbar', presentedProduct: 'cti' } }]);
  });

  test('by many at once, in two instances, is one event, and an hour later the next', async () => {
    const { port } = await rig.startSecondInstance();
    const many = () =>
      Promise.all(Array.from({ length: 10 }, (_, n) => present(handleOf('workspace'), n % 2 === 0 ? { port } : {})));
    expect((await many()).map(({ status }) => status)).toEqual(Array(10).fill(401));
    expect(await newEvents()).toHaveLength(1);
    await rig.database.query(
      `update sessions set presented_elsewhere_at = presented_elsewhere_at - interval '59 minutes'`,
    );
    await many();
    expect(await newEvents()).toHaveLength(1);
    await forget();
    await many();
    expect(await newEvents()).toHaveLength(2);
  });

  test.each<[what: string, end: (handle: string) => Promise<unknown>]>([
    [
      'was signed out',
      (handle) => present(handle, { tenant: 'acme', carrier: 'toolbar', request: ['POST', 'logout'] }),
    ],
    ['idled out', () => rig.database.query('update sessions set idle_expires_at = now() where user_id = $1', [OTHER])],
    ['was revoked', () => rig.store.revokeSessions({ tenantId: 'acme', userId: OTHER, actor: 'test' })],
    [
      'is a disabled user’s',
      () => rig.store.setUserStatus({ tenantId: 'acme', userId: OTHER, status: 'disabled', actor: 'test' }),
    ],
  ])('of a session that %s is no event', async (_what, end) => {
    const handle = await signInFor('toolbar', 'toolbar-only');
    expect((await present(handle, { tenant: 'acme', carrier: 'toolbar' })).status).toBe(200);
    await end(handle);
    for (const tenant of ['globex', 'acme'] as const) await present(handle, { tenant, carrier: 'toolbar' });
    expect(await newEvents()).toEqual([]);
  });

  test('is none on its own host, or when it is nonsense', async () => {
    const handle = handleOf('cti');
    expect((await present(handle, { tenant: 'acme', carrier: 'cti' })).status).toBe(200);
    // A cookie of another product is not looked for elsewhere: the tenant is the right one.
    expect((await present(handle, { tenant: 'acme', carrier: 'toolbar' })).status).toBe(401);
    for (const other of [NONSENSE, handle.slice(1), `${handle}x`, handle.toUpperCase(), '', '%', "' or true --"]) {
      expect([other, (await present(other, { carrier: 'cti' })).status]).toEqual([other, 401]);
    }
    expect(await newEvents()).toEqual([]);
    expect(await eventsOf('globex')).toEqual([]);
  });

  test('is told in words to the tenant’s administrator, over the API, and to the Service Desk', async () => {
    const admin = await openSettings(rig);
    await present(handleOf('workspace'));
    const { events } = parsed(await admin.get('audit?limit=1'), schemas.auditPage);
    expect(events).toMatchObject([{ action: ACTION, subject: 'acme-agent', clientAddress: ADDRESS }]);
    const { text } = await admin.page();
    const trail = text.slice(text.indexOf('id="audit-trail"'));
    for (const part of [`(${ACTION})`, 'it was copied', `from ${ADDRESS}`, 'globex.localhost']) {
      expect(trail).toContain(part);
    }
    expect(trail).toMatch(/about <bdi>agent@acme\.example<\/bdi>/);
    const tail = await run(createTestDeps(rig.store), ['audit', 'tail', '--tenant', 'acme.localhost', '--limit', '1']);
    expect(tail.out).toMatch(new RegExp(`unknown +${ACTION} +acme-agent +${ADDRESS} +.*globex\\.localhost`));
  });

  test('is looked for after the tenant’s own sessions, and not at all when there is one', async () => {
    const calls: string[] = [];
    const counted = new Proxy(rig.store, {
      get: (target, name, receiver) => {
        if (name !== 'withClientAddress') calls.push(String(name));
        return Reflect.get(target, name, receiver) as unknown;
      },
    });
    rig.restart(counted);
    const asked = async (tenant: TenantName) => {
      calls.length = 0;
      await present(handleOf('workspace'), { tenant });
      return [...calls];
    };
    expect(await asked('acme')).toEqual(['findTenantSetup', 'findSession', 'touchSession']);
    expect(await asked('globex')).toEqual(['findTenantSetup', 'findSession', 'recordForeignSession']);
    expect(await asked('acme')).toEqual([]);
    rig.restart();
  });

  test('is answered the same when the database fails just then, and the log says so without the handle', async () => {
    const expected = contentOf(await present(NONSENSE));
    rig.breakStore('recordForeignSession', () => new SsoError('store-unavailable'));
    expect(contentOf(await present(handleOf('workspace')))).toEqual(expected);
    expect(await newEvents()).toEqual([]);
    const log = rig.logLines.join('');
    expect(log).toContain('foreign handle not looked for');
    expect(log).not.toContain(handleOf('workspace'));
    await rig.repair();
  });
});

const OTHER = 'acme-toolbar-only';
