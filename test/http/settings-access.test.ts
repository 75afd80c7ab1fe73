import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser, type HttpRequest } from '../support/http-browser.js';
import { chooseUser, type PersonKey, type Rig, referenceOf, signIn, startRig } from '../support/rig.js';
import {
  API,
  linkedClient,
  SETTINGS,
  type SettingsClient,
  settingsClient,
  signedInClient,
} from '../support/settings-link-client.js';
import { digestTenant, listSettingsRoutes, type SettingsRoute, type Values } from '../support/settings-routes.js';

const stores = await testStores();

/** Refusals are audited, and a session in use is touched; nothing else may change by what is refused. */
const LOGS = ['audit_events', 'sign_in_log', 'sessions'];

describe.each(stores)('who may do what to the settings, on $name', ({ open }) => {
  let rig: Rig;
  let administrator: SettingsClient;
  let routes: readonly SettingsRoute[];
  beforeAll(async () => {
    rig = await startRig(await open());
    routes = await listSettingsRoutes(settingsClient(rig, new HttpBrowser()));
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from authorisation_rounds');
    await rig.database.query('delete from authorisations');
    administrator = await signedInClient(rig, new HttpBrowser());
  });

  const nameOf = ({ method, path }: SettingsRoute): string => `${method} ${path}`;
  const writes = () => routes.filter(({ method }) => method === 'POST');

  /** One of everything that a tenant's routes name by an id, and its own people. */
  async function ownedBy(client: SettingsClient): Promise<Values> {
    const { id: tenantId, org, name } = client.tenant;
    const revisionId = await client.draft();
    const begun = (await client.post('authorise', { revisionId })).json() as {
      authorisation: { authorisationId: string };
    };
    const held = { issuer: org.origin, subject: `held-of-${name}`, userId: `${name}-agent` };
    await rig.store.holdIdentity({ tenantId, ...held });
    return { id: begun.authorisation.authorisationId, revisionId, seenRevisionId: revisionId, ...held };
  }

  /** What a request needs beside ids. */
  const harmless = ({ typed }: SettingsClient): Values => ({ providerId: 'okta', values: typed });

  test('T12 another tenant’s ids are not found, on every route, and nothing is written', async () => {
    const other = await linkedClient(rig, new HttpBrowser(), 'globex');
    const foreign = await ownedBy(other);
    const own = await ownedBy(administrator);
    const secrets = [...Object.values(foreign), '@globex.example', other.tenant.clientId];
    const theirs = await digestTenant(rig.database, 'globex');
    let named = 0;
    for (const route of routes) {
      const ids = route.names.filter((name) => name in foreign);
      // An id that this test does not know would be sent as a word, and found by nobody.
      const unknown = route.names.filter((name) => /id$/i.test(name) && !(name in foreign) && name !== 'providerId');
      expect([nameOf(route), unknown]).toEqual([nameOf(route), []]);
      if (ids.length === 0) continue;
      named++;
      const ours = await digestTenant(rig.database, 'acme', LOGS);
      const values = { ...harmless(administrator), ...foreign };
      const answer = await route.send(administrator, values);
      // What was seen last is compared, never looked up: another tenant's is as wrong as any other.
      const isCompared = ids.includes('seenRevisionId');
      const status = isCompared ? 409 : route.path.startsWith(`${SETTINGS}#`) ? 400 : 404;
      expect([nameOf(route), answer.status]).toEqual([nameOf(route), status]);
      if (isCompared) expect(answer.json()).toMatchObject({ newest: { revisionId: own.revisionId } });
      for (const secret of secrets) expect(answer.text).not.toContain(secret);
      // An id that nobody has gets the very same answer.
      const nobodys = Object.fromEntries(ids.map((name) => [name, 'x'.repeat(String(foreign[name]).length)]));
      const unknownAnswer = await route.send(administrator, { ...values, ...nobodys });
      expect(withoutReference(unknownAnswer)).toEqual(withoutReference(answer));
      expect(await digestTenant(rig.database, 'acme', LOGS)).toEqual(ours);
    }
    expect(named).toBeGreaterThanOrEqual(8);
    expect(await digestTenant(rig.database, 'globex')).toEqual(theirs);
  });

  test('T12 what names no id shows and changes the own tenant’s only', async () => {
    const foreign = await ownedBy(await linkedClient(rig, new HttpBrowser(), 'globex'));
    const theirs = await digestTenant(rig.database, 'globex');
    for (const route of routes.filter(({ names }) => names.every((name) => !(name in foreign)))) {
      const answer = await route.send(administrator, harmless(administrator));
      expect([nameOf(route), answer.status < 500]).toEqual([nameOf(route), true]);
      expect(answer.text).not.toContain('globex');
    }
    expect(await digestTenant(rig.database, 'globex')).toEqual(theirs);
  });

  test('T12, S12 one tenant’s session and one link’s session are nothing at another tenant', async () => {
    const linked = await linkedClient(rig, new HttpBrowser());
    for (const client of [administrator, linked]) {
      const cookie = client.browser.cookieHeader(client.tenant.origin);
      const stranger = new HttpBrowser();
      const origin = rig.tenants.globex.origin;
      for (const pair of cookie.split('; ')) stranger.setCookie(origin, `${pair}; Path=/; Secure`);
      const theirs = await digestTenant(rig.database, 'globex', LOGS);
      const elsewhere = settingsClient(rig, stranger, 'globex');
      for (const route of routes) {
        const answer = await route.send(elsewhere, harmless(elsewhere), { headers: { accept: 'application/json' } });
        expect([nameOf(route), answer.status]).toEqual([nameOf(route), 401]);
      }
      expect(await digestTenant(rig.database, 'globex', LOGS)).toEqual(theirs);
    }
  });

  test('S8 whoever came by a link is signed out with everybody, and with nobody else', async () => {
    const linked = await linkedClient(rig, new HttpBrowser());
    const elsewhere = await linkedClient(rig, new HttpBrowser(), 'globex');
    await rig.store.revokeSessions({ tenantId: 'acme', userId: 'acme-agent', actor: 'test' });
    await rig.store.revokeSessions({ tenantId: 'acme', product: 'cti', actor: 'test' });
    expect((await linked.get('settings')).status).toBe(200);
    await rig.store.revokeSessions({ tenantId: 'acme', actor: 'test' });
    expect((await linked.get('settings')).status).toBe(401);
    expect((await elsewhere.get('settings')).status).toBe(200);
    const [event] = await rig.store.listAuditEvents('acme', { limit: 1 });
    expect(event).toMatchObject({ action: 'sessions-revoked', details: { settingsSessions: expect.any(Number) } });
  });

  test.each<[string, PersonKey | null, number, string]>([
    ['nobody', null, 401, 'session-required'],
    ['an agent', 'agent', 403, 'administrator-required'],
  ])('A11 %s may use no route, and nothing is written', async (_name, person, status, code) => {
    const values = { ...harmless(administrator), ...(await ownedBy(administrator)) };
    const browser = new HttpBrowser();
    if (person !== null) await signIn(rig, browser, { person });
    const client = settingsClient(rig, browser);
    const before = await digestTenant(rig.database, 'acme', LOGS);
    for (const route of routes) {
      const answer = await route.send(client, values, { headers: { accept: 'application/json' } });
      expect([nameOf(route), answer.status, answer.json().code]).toEqual([nameOf(route), status, code]);
      for (const value of Object.values(values)) expect(answer.text).not.toContain(JSON.stringify(value));
    }
    expect(await digestTenant(rig.database, 'acme', LOGS)).toEqual(before);
  });

  describe('A11 an administrator who', () => {
    const tenantId = 'acme';
    const userId = 'acme-admin';
    const setRole = (role: string) =>
      rig.database.query('update users set role = $1 where tenant_id = $2 and id = $3', [role, tenantId, userId]);
    const LOSSES: Readonly<Record<string, () => Promise<unknown>>> = {
      'is none any more': () => setRole('agent'),
      'is disabled': () => rig.store.setUserStatus({ tenantId, userId, status: 'disabled', actor: 'test' }),
      'was signed out elsewhere': () =>
        rig.database.query('update sessions set ended_at = now() where tenant_id = $1 and user_id = $2', [
          tenantId,
          userId,
        ]),
    };
    async function restore(): Promise<void> {
      await setRole('administrator');
      await rig.store.setUserStatus({ tenantId, userId, status: 'active', actor: 'test' });
    }

    test.each(Object.keys(LOSSES))('%s between the page and Save changes nothing', async (name) => {
      const revisionId = await administrator.draft();
      await administrator.authorise(revisionId);
      const values = { ...harmless(administrator), ...(await ownedBy(administrator)), revisionId };
      // What the instance remembers of the session is fresh.
      expect((await administrator.get('settings')).status).toBe(200);
      await LOSSES[name]?.();
      const before = await digestTenant(rig.database, tenantId, LOGS);
      try {
        for (const route of writes()) {
          const answer = await route.send(administrator, values, { headers: { accept: 'application/json' } });
          expect([nameOf(route), [401, 403].includes(answer.status)]).toEqual([nameOf(route), true]);
        }
        expect(await digestTenant(rig.database, tenantId, LOGS)).toEqual(before);
        const [refused] = await rig.store.listAuditEvents(tenantId, { limit: 1 });
        if (name !== 'is disabled') expect(refused).toMatchObject({ action: 'change-refused', actor: userId });
      } finally {
        await restore();
      }
    });

    test.each(Object.keys(LOSSES))('%s while at Okta proves nothing', async (name) => {
      const revisionId = await administrator.draft();
      const { open: url } = (await administrator.post('authorise', { revisionId })).json() as { open: string };
      const { browser, tenant } = administrator;
      const leaving = await browser.request(tenant.origin + url);
      const oktaUrl = /content="0;url=([^"]*)"/.exec(leaving.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
      const callback = await chooseUser(browser, oktaUrl, 'admin@acme.example');
      await LOSSES[name]?.();
      try {
        const answer = await browser.ask(callback);
        expect([401, 403]).toContain(answer.status);
        expect(rig.requestsTo('acme').filter((endpoint) => endpoint === 'token')).toHaveLength(1);
        expect((await rig.store.findRevision(tenantId, revisionId))?.state).toBe('draft');
      } finally {
        await restore();
      }
    });
  });

  describe('S10, A12', () => {
    const FORGED: Readonly<Record<string, HttpRequest['headers']>> = {
      'of a form of another site': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      'of fetch without CORS': { origin: 'https://evil.example', 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': null },
      'with the origin null': { origin: 'null', 'sec-fetch-site': null },
      'without an origin': { origin: null, 'sec-fetch-site': null },
      'of a sub-domain': { origin: 'http://evil.acme.localhost', 'sec-fetch-site': 'same-site' },
      'of another tenant': { origin: 'http://globex.localhost', 'sec-fetch-site': 'cross-site' },
      'of the same host on another port': { origin: 'http://acme.localhost:1', 'sec-fetch-site': 'same-site' },
      'of a name that begins alike': { origin: 'http://acme.localhost.evil.example', 'sec-fetch-site': 'cross-site' },
      'with two origins': { origin: 'http://acme.localhost, https://evil.example', 'sec-fetch-site': null },
      'that the browser calls cross-site': { 'sec-fetch-site': 'cross-site' },
      'that the browser calls same-site': { 'sec-fetch-site': 'same-site' },
    };

    test.each(Object.keys(FORGED))('a POST %s is refused on every route', async (name) => {
      await refusesAll({ headers: FORGED[name] ?? {} }, (answer) => {
        expect(answer.json()).toMatchObject({ status: 403, code: 'request-forbidden' });
      });
    });

    test.each<[string, string | null]>([
      ['text/plain', 'text/plain'],
      ['of no type', null],
      ['multipart/form-data', 'multipart/form-data; boundary=x'],
      ['that only begins like JSON', 'application/jsonp'],
    ])('a body that is %s is refused on every route', async (_name, type) => {
      await refusesAll({ headers: { 'content-type': type } }, (answer) => {
        expect(answer.json()).toMatchObject({ status: 400, code: 'request-invalid' });
      });
    });

    async function refusesAll(options: HttpRequest, check: (answer: Answer) => void): Promise<void> {
      const values = { ...harmless(administrator), ...(await ownedBy(administrator)) };
      const before = await digestTenant(rig.database, 'acme');
      for (const route of writes()) {
        const headers = { accept: 'application/json', ...options.headers };
        const answer = await route.send(administrator, values, { headers });
        expect([nameOf(route), answer.status >= 400]).toEqual([nameOf(route), true]);
        check(answer);
        expectNoCors(answer);
      }
      expect(await digestTenant(rig.database, 'acme')).toEqual(before);
    }

    test('the link of the Service Desk is redeemed by a page of ours only', async () => {
      const origin = rig.tenants.acme.origin;
      const url = `${origin}/workspace/admin-link/${'a'.repeat(43)}`;
      for (const headers of Object.values(FORGED)) {
        const answer = await new HttpBrowser().post(url, { headers: { accept: 'application/json', ...headers } });
        expect(answer.json()).toMatchObject({ status: 403, code: 'request-forbidden' });
      }
    });

    test('no answer lets another origin read it, and no other method does anything', async () => {
      const { browser, tenant } = administrator;
      const before = await digestTenant(rig.database, 'acme', LOGS);
      for (const route of routes) {
        const url = tenant.origin + route.path.replace(/#.*/, '').replace('{id}', 'x');
        const evil = { origin: 'https://evil.example', accept: 'application/json' };
        const asked = { ...evil, 'access-control-request-method': 'POST' };
        expectNoCors(await browser.request(url, { method: 'OPTIONS', headers: asked }));
        expectNoCors(await browser.request(url, { headers: evil }));
        for (const method of ['PUT', 'PATCH', 'DELETE']) {
          const answer = await browser.post(url, { method, headers: { accept: 'application/json' } });
          expect([method, route.path, answer.status]).toEqual([method, route.path, 404]);
        }
        const isRead = routes.some(({ method, path }) => method === 'GET' && path === route.path);
        if (route.method === 'POST' && !isRead && !route.path.startsWith(SETTINGS)) {
          expect((await browser.ask(url)).status).toBe(404);
        }
      }
      expect(await digestTenant(rig.database, 'acme', LOGS)).toEqual(before);
    });
  });

  describe('O5, A12 headers', () => {
    const POLICY =
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src data:; SCRIPTbase-uri 'none'; form-action 'self'; frame-ancestors 'none'$/;
    const withScript = new RegExp(POLICY.source.replace('SCRIPT', "script-src 'self'; connect-src 'self'; "));
    const withoutScript = new RegExp(POLICY.source.replace('SCRIPT', ''));

    test('of every page: nothing is loaded from elsewhere, nobody frames it, nothing is kept', async () => {
      const { browser, tenant } = administrator;
      const { id } = await ownedBy(administrator);
      const nobody = new HttpBrowser();
      const html = { headers: { accept: 'text/html' } };
      const pages: readonly (readonly [Promise<Answer>, number, RegExp, string])[] = [
        [browser.request(tenant.origin + SETTINGS), 200, withScript, 'same-origin'],
        [administrator.submit({ action: 'authorise' }), 400, withScript, 'same-origin'],
        [administrator.submit({ action: 'nothing' }), 400, withScript, 'same-origin'],
        [browser.request(`${tenant.origin}${SETTINGS}/authorise/${id}`), 200, withoutScript, 'no-referrer'],
        [browser.request(`${tenant.origin}${SETTINGS}/authorise/x`), 404, withoutScript, 'no-referrer'],
        [browser.request(`${tenant.origin}/workspace/admin-link/${'a'.repeat(43)}`), 200, withoutScript, 'same-origin'],
        [
          nobody.post(`${tenant.origin}/workspace/admin-link/${'a'.repeat(43)}`, html),
          404,
          withoutScript,
          'no-referrer',
        ],
        [
          nobody.post(tenant.origin + SETTINGS, { headers: { ...html.headers, origin: 'null' } }),
          403,
          withoutScript,
          'no-referrer',
        ],
      ];
      for (const [asked, status, policy, referrer] of pages) {
        const answer = await asked;
        expect([answer.url, answer.status]).toEqual([answer.url, status]);
        expect(answer.headers['content-security-policy']).toMatch(policy);
        expectPrivate(answer, referrer);
      }
    });

    test('of every answer of the API', async () => {
      const values = { ...harmless(administrator), ...(await ownedBy(administrator)) };
      for (const route of routes.filter(({ path }) => path.startsWith(API))) {
        expectPrivate(await route.send(administrator, values), 'no-referrer');
        expectPrivate(await route.send(settingsClient(rig, new HttpBrowser()), values), 'no-referrer');
      }
    });

    function expectPrivate({ url, headers }: Answer, referrer: string): void {
      expect({ url, ...headers }).toMatchObject({
        url,
        'cache-control': 'no-store',
        'referrer-policy': referrer,
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers.vary).toContain('Cookie');
    }
  });

  describe('O1 no request moves the browser elsewhere', () => {
    const HOSTILE = ['//evil.example', '/\\evil.example', 'https://evil.example', '/%2f/evil.example', '/../evil'];

    test.each(HOSTILE)('by %s', async (hostile) => {
      const { browser, tenant } = administrator;
      const nobody = new HttpBrowser();
      const query = new URLSearchParams({ return_to: hostile, redirect_uri: hostile, next: hostile });
      const asked = [
        nobody.request(`${tenant.origin}${SETTINGS}?${query}`),
        nobody.request(`${tenant.origin}${SETTINGS}/authorise/${encodeURIComponent(hostile)}?${query}`),
        browser.request(`${tenant.origin}${SETTINGS}/authorise/${encodeURIComponent(hostile)}?${query}`),
        browser.request(`${tenant.origin}/workspace/authorize-sso?${query}&state=${encodeURIComponent(hostile)}`),
        nobody.request(`${tenant.origin}/workspace/admin-link/${encodeURIComponent(hostile)}?${query}`),
        administrator.submit({ action: 'authorise', return_to: hostile }),
      ];
      for (const answer of await Promise.all(asked)) {
        if (answer.headers.location !== undefined) expect(new URL(answer.location()).origin).toBe(tenant.origin);
        expect(answer.text).not.toMatch(/(?:href|action|content|url)="?[^">]*evil\.example/i);
        expect([303, 400, 401, 404]).toContain(answer.status);
      }
    });
  });
});

function withoutReference(answer: Answer): Readonly<Record<string, unknown>> {
  const reference = referenceOf(answer);
  const text =
    reference === ''
      ? answer.text
      : answer.text.replaceAll(reference, '').replace(/name="idempotencyKey" value="[^"]*"/g, '');
  // The page shows its own audit trail, which has grown by the refusal.
  const withoutKeys = text.replaceAll(/name="idempotencyKey" value="[^"]*"/g, '');
  return { status: answer.status, text: withoutKeys.replace(/<section aria-labelledby="audit-title"[\s\S]*/, '') };
}

function expectNoCors({ headers }: Answer): void {
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
}
