import {
  beginSignIn,
  CALLBACK_PATHS,
  MAX_TRANSACTIONS_PER_BROWSER,
  PRODUCTS,
  type Product,
  type Purpose,
  redirectUri,
} from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { CtiFrame } from '../support/cti-frame.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import {
  chooseUser,
  type Rig,
  sessionCookies,
  signIn,
  startRig,
  startUrl,
  type TenantName,
  walkToCallback,
} from '../support/rig.js';

const stores = await testStores();

interface Cell {
  readonly tenant: TenantName;
  readonly product: Product;
  readonly purpose: Purpose;
}

const TENANTS: readonly TenantName[] = ['acme', 'globex'];
const CELLS: readonly Cell[] = TENANTS.flatMap((tenant) => [
  ...PRODUCTS.map((product) => ({ tenant, product, purpose: 'sign-in' as const })),
  { tenant, product: 'workspace' as const, purpose: 'authorise' as const },
]);
const CALLBACK_ROUTES = Object.values(CALLBACK_PATHS);

// The last one is a server where there is one: what is judged here is the same on both.
describe.each(stores.slice(-1))('what a sign-in is bound to, on $name', ({ open }) => {
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

  const pathOf = ({ product, purpose }: Cell): string =>
    CALLBACK_PATHS[purpose === 'authorise' ? 'authorise' : product];
  const tokenRequests = (): number =>
    TENANTS.flatMap((name) => rig.requestsTo(name)).filter((e) => e === 'token').length;

  /** Up to the callback's address. A proof of settings is started without the administrator whom it belongs to. */
  async function walk({ tenant, product, purpose }: Cell, person: HttpBrowser): Promise<URL> {
    if (purpose === 'sign-in') return new URL(await walkToCallback(rig, person, { tenant, product }));
    const { origin, domain } = rig.tenants[tenant];
    const setup = await rig.store.findTenantSetup(domain);
    if (setup === null) throw new Error('No such tenant.');
    const uri = redirectUri(origin, product, purpose);
    const begun = await beginSignIn(
      { setup, product, purpose, redirectUri: uri, returnPath: '/workspace/' },
      rig.signIn,
    );
    const cookie = `__Host-ipscape-tx-${begun.transactionName}=0.${begun.browserSecret}`;
    person.setCookie(origin, `${cookie}; Path=/; Secure`);
    return new URL(await chooseUser(person, begun.authorizationUrl, `agent@${tenant}.example`));
  }

  function expectRefused(answer: Answer, code: string): void {
    expect(answer.json()).toMatchObject({ code });
    expect([400, 401, 403, 409]).toContain(answer.status);
    expect(sessionCookies(answer)).toEqual([]);
  }

  describe('S6, P6 another browser', () => {
    test.each(PRODUCTS)('that is clean gets no session of %s from somebody’s callback address', async (product) => {
      const callback = await walkToCallback(rig, new HttpBrowser(), { product });
      expectRefused(await browser.ask(callback), 'cookie-blocked');
      expect(tokenRequests()).toBe(0);
    });

    test.each(PRODUCTS)('with a sign-in to %s of its own neither, and may finish its own', async (product) => {
      const theirs = await walkToCallback(rig, new HttpBrowser(), { product });
      const own = await walkToCallback(rig, browser, { product, person: 'admin' });
      expectRefused(await browser.ask(theirs), 'browser-mismatch');
      expect((await browser.ask(own)).status).toBe(303);
      expect((await browser.ask(`${rig.tenants.acme.origin}/${product}/session`)).json()).toMatchObject({
        user: { id: 'acme-admin' },
      });
    });

    test('that is signed in stays who it is', async () => {
      await signIn(rig, browser, { person: 'admin' });
      const url = `${rig.tenants.acme.origin}/workspace/session`;
      const theirs = await walkToCallback(rig, new HttpBrowser());
      expectRefused(await browser.ask(theirs), 'browser-mismatch');
      expect((await browser.ask(url)).json()).toMatchObject({ user: { id: 'acme-admin' } });
    });

    test('cannot use its own cookie under the other’s name', async () => {
      const victim = new HttpBrowser();
      const theirs = await walkToCallback(rig, victim);
      await browser.request(startUrl(rig));
      const nameOfTheirs = /__Host-ipscape-tx-[^=]*/.exec(victim.cookieHeader(theirs))?.[0];
      const own = /=(.*)/.exec(browser.cookieHeader(theirs))?.[1];
      expectRefused(await browser.ask(theirs, { headers: { cookie: `${nameOfTheirs}=${own}` } }), 'browser-mismatch');
    });

    test('P26 cannot inject somebody’s code into its own sign-in', async () => {
      const theirs = new URL(await walkToCallback(rig, new HttpBrowser(), { person: 'admin' }));
      const own = new URL(await walkToCallback(rig, browser));
      own.searchParams.set('code', theirs.searchParams.get('code') ?? '');
      expectRefused(await browser.ask(own.href), 'grant-rejected');
    });
  });

  describe('S7 tabs', () => {
    test('of ten that finish in reverse the newest seven succeed and the others may start again', async () => {
      const starts: string[] = [];
      for (let tab = 0; tab < 10; tab++) starts.push((await browser.request(startUrl(rig))).location());
      const callbacks: string[] = [];
      for (const start of starts) callbacks.push(await chooseUser(browser, start, 'agent@acme.example'));
      const answers: Answer[] = [];
      for (const callback of callbacks.toReversed()) answers.push(await browser.request(callback));
      expect(answers.map(({ status }) => status)).toEqual([...Array(7).fill(303), ...Array(3).fill(400)]);
      for (const late of answers.slice(7)) {
        expect(late.text).toContain('Start again');
        expect(sessionCookies(late)).toEqual([]);
      }
      expect((await browser.ask(`${rig.tenants.acme.origin}/workspace/session`)).status).toBe(200);
    });

    test('of all products, a thousand of them, never make the browser’s header grow', async () => {
      for (const product of PRODUCTS) await signIn(rig, browser, { product });
      const sizes: number[] = [];
      for (let start = 0; start < 1000; start++) {
        await browser.request(startUrl(rig, { product: PRODUCTS[start % 3] ?? 'cti' }));
        sizes.push(browser.cookieHeader(rig.tenants.acme.origin).length);
      }
      expect(new Set(sizes.slice(MAX_TRANSACTIONS_PER_BROWSER)).size).toBe(1);
      expect(Math.max(...sizes)).toBeLessThan(1000);
    });

    test('nor do windows of the CTI Adaptor that nobody answers; the newest can be', async () => {
      const cti = new CtiFrame(rig);
      let last = await cti.create();
      await cti.signInWindow(last);
      for (let window = 0; window < 9; window++) {
        last = await cti.create();
        expect((await cti.signInWindow(last)).text).toContain(last.number);
        expect(cti.window.cookies.filter(({ name }) => name.includes('-handoff-')).length).toBe(
          Math.min(window + 2, 7),
        );
      }
      expect((await cti.decide(last)).status).toBe(200);
    });
  });

  describe('S9, P6, P10 the same callback again', () => {
    test.each(PRODUCTS)('of %s by reload goes on, without a second request to Okta', async (product) => {
      const callback = await walkToCallback(rig, browser, { product, query: `return_to=%2F${product}%2Freports` });
      const answers = [await browser.request(callback)];
      for (let reload = 0; reload < 5; reload++) answers.push(await browser.request(callback));
      expect(answers.map(({ status, headers }) => [status, headers.location])).toEqual(
        Array(6).fill([303, `/${product}/reports`]),
      );
      expect(answers.flatMap(sessionCookies)).toHaveLength(1);
      expect(tokenRequests()).toBe(1);
    });

    test('by Back after signing out, or in a later sign-in, is refused in a friendly way', async () => {
      const callback = await walkToCallback(rig, browser);
      await browser.request(callback);
      await signIn(rig, browser);
      expectRefused(await browser.ask(callback), 'transaction-repeated');
      expect((await browser.ask(`${rig.tenants.acme.origin}/workspace/session`)).status).toBe(200);
      await browser.post(`${rig.tenants.acme.origin}/workspace/logout`);
      const page = await browser.request(callback);
      expect(page.text).toContain('This sign-in was already used');
      expect(tokenRequests()).toBe(2);
    });

    test('by somebody else is refused, signed in or not', async () => {
      const callback = await walkToCallback(rig, browser);
      await browser.request(callback);
      const stranger = new HttpBrowser();
      expectRefused(await stranger.ask(callback), 'transaction-repeated');
      await signIn(rig, stranger, { person: 'admin' });
      expectRefused(await stranger.ask(callback), 'transaction-repeated');
    });

    test('after a refusal stays refused', async () => {
      const callback = new URL(await walkToCallback(rig, browser));
      const cookie = browser.cookieHeader(callback.href);
      const bad = new URL(callback);
      bad.searchParams.set('error', 'access_denied');
      expectRefused(await browser.ask(bad.href), 'response-invalid');
      expectRefused(await browser.ask(callback.href, { headers: { cookie } }), 'transaction-repeated');
      expect(tokenRequests()).toBe(0);
    });
  });

  describe.each(CALLBACK_ROUTES)('P7, P28 %s', (path) => {
    const cell = CELLS.find((entry) => pathOf(entry) === path && entry.tenant === 'acme');

    test.each(['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('spends nothing by %s', async (method) => {
      if (cell === undefined) throw new Error('No such cell.');
      const callback = await walk(cell, browser);
      const cookie = browser.cookieHeader(callback.href);
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = callback.search.slice(1);
      const hasBody = ['POST', 'PUT', 'PATCH'].includes(method);
      for (const [url, headers] of [
        [callback.href, {}],
        [callback.href, { origin: rig.tenants.acme.org.origin }],
        [callback.href, { 'x-http-method-override': 'GET', 'x-http-method': 'GET', 'x-method-override': 'GET' }],
        [callback.href, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
        ...(hasBody
          ? ([
              [callback.origin + callback.pathname, form],
              [callback.origin + callback.pathname, { ...form, origin: rig.tenants.acme.org.origin }],
              [callback.origin + callback.pathname, { ...form, origin: callback.origin }],
              // Half of the answer in the address, half in the body.
              [`${callback.origin}${callback.pathname}?code=${callback.searchParams.get('code')}`, form],
              [`${callback.origin}${callback.pathname}?state=${callback.searchParams.get('state')}`, form],
            ] as const)
          : []),
      ] as const) {
        const answer = await browser.request(url, {
          method,
          headers: { ...headers, cookie, ...(hasBody ? { 'content-length': String(body.length) } : {}) },
          ...(hasBody ? { body } : {}),
        });
        // What POST opens is a window for a frame, and only for a page of this origin.
        expect([400, 401, 403, 404]).toContain(answer.status);
        expect(answer.setCookies).toEqual([]);
      }
      expect(tokenRequests()).toBe(0);
      // A proof of settings belongs to an administrator's session, which nobody has here.
      const expected = path === CALLBACK_PATHS.authorise ? 401 : 303;
      expect((await browser.request(callback.href, { headers: { cookie } })).status).toBe(expected);
    });
  });

  describe('the answer of the provider', () => {
    test.each<[string, string, (url: URL) => unknown]>([
      ['no state', 'state-mismatch', (url) => url.searchParams.delete('state')],
      ['an empty state', 'state-mismatch', (url) => url.searchParams.set('state', '')],
      [
        'a state with another last character',
        'state-mismatch',
        changeState((state) => state.slice(0, -1) + other(state)),
      ],
      ['a state with another first character', 'state-mismatch', changeState((state) => other(state) + state.slice(1))],
      ['a state in another case', 'state-mismatch', changeState(swapCase)],
      ['a state with a space', 'state-mismatch', changeState((state) => `${state} `)],
      ['a state with NUL', 'state-mismatch', changeState((state) => `${state}\0`)],
      ['a state of 8 KB', 'state-mismatch', changeState((state) => state.repeat(190))],
      ['two states', 'state-mismatch', (url) => url.searchParams.append('state', 'x')],
      [
        'the same state twice',
        'state-mismatch',
        (url) => url.searchParams.append('state', url.searchParams.get('state') ?? ''),
      ],
      ['a state as a list', 'state-mismatch', renameTo('state', 'state[]')],
      ['two codes', 'response-invalid', (url) => url.searchParams.append('code', 'x')],
      ['a code as a list', 'response-invalid', renameTo('code', 'code[]')],
      ['no code', 'response-invalid', (url) => url.searchParams.delete('code')],
      ['an empty code', 'response-invalid', (url) => url.searchParams.set('code', '')],
      ['a code of 3 KB', 'response-invalid', (url) => url.searchParams.set('code', 'x'.repeat(3000))],
      ['a code with a line break', 'response-invalid', (url) => url.searchParams.set('code', 'x\r\ny: z')],
      ['a code and an error', 'response-invalid', (url) => url.searchParams.set('error', 'access_denied')],
      ['two issuers', 'response-invalid', (url) => ['a', 'b'].map((iss) => url.searchParams.append('iss', iss))],
      ['another issuer', 'response-issuer-mismatch', (url) => url.searchParams.set('iss', 'https://evil.example')],
      [
        'the issuer of another tenant',
        'response-issuer-mismatch',
        (url) => url.searchParams.set('iss', rig.tenants.globex.org.origin),
      ],
      ['an empty issuer', 'response-issuer-mismatch', (url) => url.searchParams.set('iss', '')],
    ])('P6, P7, P8, P10 with %s is refused, and nothing is sent to Okta', async (_name, code, change) => {
      const url = new URL(await walkToCallback(rig, browser));
      change(url);
      expectRefused(await browser.ask(url.href), code);
      expect(tokenRequests()).toBe(0);
    });

    test.each(['state', 'code', 'error', 'error_description'])(
      'P6, P9, P10 with a %s of a megabyte is not read at all, and its sign-in goes on',
      async (name) => {
        const callback = await walkToCallback(rig, browser);
        const url = new URL(callback);
        url.searchParams.set(name, 'x'.repeat(1024 * 1024));
        // The server closes the connection as soon as the address is too long, at times before all of it is sent.
        const answer = await browser.ask(url.href).catch((error: NodeJS.ErrnoException) => error.code);
        if (typeof answer === 'object') expect([answer.status, answer.text]).toEqual([431, '']);
        else expect(['ECONNRESET', 'EPIPE']).toContain(answer);
        expect(tokenRequests()).toBe(0);
        expect((await browser.request(callback)).status).toBe(303);
      },
    );

    test('P9 that denies access says that the app may have to be assigned, whatever the provider’s text is', async () => {
      for (const description of ['<script>alert(1)</script>', 'User is not assigned to the client application.']) {
        const url = new URL(await walkToCallback(rig, browser));
        url.searchParams.delete('code');
        url.searchParams.set('error', 'access_denied');
        url.searchParams.set('error_description', description);
        const page = await browser.request(url.href);
        expect(page.status).toBe(403);
        expect(page.text).toMatch(/assign(?:ed| you) to/);
        expect(page.text).not.toMatch(/<script|alert\(|client application/);
      }
    });

    test.each<[string, string]>([
      ['access_denied', 'idp-denied'],
      ['temporarily_unavailable', 'idp-error'],
      ['unknown_to_everybody', 'idp-denied'],
      ['x'.repeat(5_000), 'idp-denied'],
      ['"><script>alert(1)</script>', 'idp-denied'],
    ])('P9 with error %.40s shows nothing of it', async (error, code) => {
      const url = new URL(await walkToCallback(rig, browser));
      url.searchParams.delete('code');
      url.searchParams.set('error', error);
      url.searchParams.set('error_description', '<img src=x onerror=alert(1)>\n{"level":60}');
      const answer = await browser.request(url.href);
      expect(answer.text).not.toMatch(/onerror|alert\(|unknown_to|x{50}/);
      expect(answer.text.length).toBeLessThan(8_000);
      expect(rig.logLines.join('')).toContain(`"code":"${code}"`);
      expect(rig.logLines.join('')).not.toMatch(/onerror|alert\(|x{50}/);
    });

    test('P8 may name its issuer, and must when it promised to', async () => {
      const named = new URL(await walkToCallback(rig, browser));
      named.searchParams.set('iss', rig.tenants.acme.org.origin);
      expect((await browser.ask(named.href)).status).toBe(303);
      rig.tenants.acme.org.faults.discoveryOverrides = { authorization_response_iss_parameter_supported: true };
      rig.restart();
      expectRefused(await browser.ask(await walkToCallback(rig, browser)), 'response-issuer-mismatch');
    });
  });

  describe('a tenant', () => {
    test.each(PRODUCTS)('T7 does not know the sessions of another in %s, even by a copied cookie', async (product) => {
      await signIn(rig, browser, { product });
      const cookie = browser.cookieHeader(rig.tenants.acme.origin);
      const { origin } = rig.tenants.globex;
      const before = await rig.snapshot();
      for (const path of ['session', 'auth', 'session/token', 'session/activity']) {
        const method = path.includes('/') ? 'POST' : 'GET';
        const headers = { cookie, origin, 'x-ipscape-sso': '1', 'content-type': 'application/json' };
        const body = method === 'GET' ? {} : { body: '{}' };
        const answer = await new HttpBrowser().ask(`${origin}/${product}/${path}`, { method, headers, ...body });
        expect([path, answer.status]).toEqual([path, 401]);
        expect(answer.setCookies.filter((line) => !line.includes('Max-Age=0'))).toEqual([]);
      }
      expect((await new HttpBrowser().post(`${origin}/${product}/logout`, { headers: { cookie } })).status).toBe(303);
      expect((await rig.snapshot()).sessions).toBe(before.sessions);
      rig.restart();
      expect((await browser.ask(`${rig.tenants.acme.origin}/${product}/session`)).status).toBe(200);
    });

    test('T5 does not know the users of another, whatever its provider says', async () => {
      const mutate = (header: object, payload: object) => ({
        header: { ...header },
        payload: { ...payload, email: 'agent@globex.example', tid: 'globex' },
      });
      rig.tenants.acme.org.faults.idToken = { mutate };
      const answer = await signIn(rig, browser);
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('There is no ipSCAPE user');
    });

    test('T2, F7 cannot send its users to the provider of another', async () => {
      const { org } = rig.tenants.acme;
      rig.tenants.globex.org.faults.discoveryOverrides = {
        authorization_endpoint: `${org.origin}/oauth2/v1/authorize`,
      };
      const start = await browser.ask(startUrl(rig, { tenant: 'globex' }));
      expect(start.status).toBe(502);
      expect(start.json()).toMatchObject({ code: 'idp-response-invalid' });
      expect(start.headers.location).toBeUndefined();
    });

    test('P29, T2 cannot be entered with a tile of another', async () => {
      const query = `iss=${encodeURIComponent(rig.tenants.globex.org.origin)}`;
      for (const hostile of [query, `${query}&${query}`, 'iss=', 'iss=https%3A%2F%2Fevil.example']) {
        const start = await browser.ask(startUrl(rig, { query: hostile }));
        expectRefused(start, 'response-issuer-mismatch');
        expect(start.setCookies).toEqual([]);
      }
      // Whoever is signed in stays so, and renews nothing by it.
      await signIn(rig, browser, { product: 'toolbar' });
      const renewal = await browser.ask(startUrl(rig, { product: 'toolbar', query: `renew=true&${query}` }));
      expect([renewal.status, renewal.headers.location]).toEqual([303, '/toolbar/?renewal=response-issuer-mismatch']);
      expect(renewal.setCookies).toEqual([]);
    });
  });

  describe('S12 a cookie of one kind is not one of another', () => {
    test('a session of one product is none of the others', async () => {
      await signIn(rig, browser, { product: 'toolbar' });
      const { origin } = rig.tenants.acme;
      const handle = browser.findCookie(origin, '__Host-ipscape-toolbar');
      for (const product of ['workspace', 'cti']) {
        const cookie = `__Host-ipscape-${product}=${handle}`;
        expect((await browser.ask(`${origin}/${product}/session`, { headers: { cookie } })).status).toBe(401);
      }
    });

    test('a sign-in’s secret is no session, and a session’s handle is no sign-in’s secret', async () => {
      const { origin } = rig.tenants.acme;
      await signIn(rig, browser, { product: 'cti' });
      const handle = browser.findCookie(origin, '__Host-ipscape-cti');
      const callback = await walkToCallback(rig, browser);
      const [name = '', value = ''] = (/__Host-ipscape-tx-\S+/.exec(browser.cookieHeader(origin))?.[0] ?? '').split(
        '=',
      );
      for (const swapped of [value, value.split('.')[1], new URL(callback).searchParams.get('state')]) {
        const cookie = `__Host-ipscape-workspace=${swapped}`;
        expect((await browser.ask(`${origin}/workspace/session`, { headers: { cookie } })).status).toBe(401);
      }
      const cookie = `${name}=${value.split('.')[0]}.${handle}`;
      expectRefused(await browser.ask(callback, { headers: { cookie } }), 'browser-mismatch');
    });
  });

  describe('a connection that changes while the person is at Okta', () => {
    const tenantId = 'acme';
    const actor = 'test';
    test.each<[string, string, () => Promise<unknown>]>([
      ['gets a new revision', 'connection-changed', () => rig.connect('acme')],
      ['is disabled', 'connection-changed', () => rig.store.setConnectionEnabled({ tenantId, enabled: false, actor })],
      [
        'loses its entitlement',
        'connection-changed',
        () => rig.store.setSsoEntitlement({ tenantId, entitled: false, actor }),
      ],
      ['moves to another provider', 'connection-changed', () => rig.connect('acme', { providerId: 'okta-strict' })],
    ])('%s: nobody is signed in', async (_name, code, change) => {
      const callback = await walkToCallback(rig, browser);
      await change();
      expectRefused(await browser.ask(callback), code);
      expect(tokenRequests()).toBe(0);
    });
  });
});

function changeState(change: (state: string) => string): (url: URL) => void {
  return (url) => url.searchParams.set('state', change(url.searchParams.get('state') ?? ''));
}

function renameTo(name: string, next: string): (url: URL) => void {
  return (url) => {
    url.searchParams.set(next, url.searchParams.get(name) ?? '');
    url.searchParams.delete(name);
  };
}

/** A letter that the text neither begins nor ends with. */
function other(text: string): string {
  return ['a', 'b', 'c'].find((letter) => !text.startsWith(letter) && !text.endsWith(letter)) ?? 'd';
}

function swapCase(text: string): string {
  return [...text]
    .map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
    .join('');
}
