import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { EndpointFault } from '@ipscape/okta-devorg';
import { PRODUCTS, type SsoErrorCode, START_PATHS } from '@ipscape/sso-core';
import { ERROR_PAGES } from '@ipscape/sso-hono';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLocalInternet } from '../../packages/sso-core/test/local-internet.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, sessionCookies, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';
import { createThrowawayCertificate } from '../support/throwaway-certificate.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);

const ENDPOINTS = ['discovery', 'keys', 'token', 'userinfo'] as const;
type Endpoint = (typeof ENDPOINTS)[number];

const json = { 'content-type': 'application/json' };
const FAULTS = {
  'drops the connection': { dropConnection: true },
  'never answers': { hang: true },
  'answers 429': { status: 429, body: '{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit"}' },
  'answers 500': { status: 500, body: '{"error":"server_error"}' },
  'answers 503 with a page': { status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>Maintenance</h1>' },
  'answers 404 with nothing': { status: 404 },
  'redirects elsewhere': { status: 302, headers: { location: 'http://evil.localhost:1/' } },
  'answers 204': { status: 204 },
  'answers a page': { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' },
  'answers half a document': { status: 200, headers: json, body: '{"issuer":' },
  'answers a list': { status: 200, headers: json, body: '[]' },
  'answers null': { status: 200, headers: json, body: 'null' },
  'answers an empty object': { status: 200, headers: json, body: '{}' },
  'answers a megabyte': { status: 200, headers: json, body: `{"x":"${'x'.repeat(1024 * 1024)}"}` },
  'answers gzip that nobody asked for': { status: 200, headers: { ...json, 'content-encoding': 'gzip' }, body: 'x' },
} as const satisfies Record<string, EndpointFault>;
/** Where a request goes instead: not to Okta at all. */
const DETOURS = {
  'refuses connections': 'http://gone.okta.localhost:1/',
  'has a name that nobody knows': 'https://unknown.okta.com/',
  'has a certificate that nobody trusts': 'https://untrusted.okta.com/',
} as const;
type Fault = keyof typeof FAULTS | keyof typeof DETOURS;
const ALL_FAULTS = [...Object.keys(FAULTS), ...Object.keys(DETOURS)] as readonly Fault[];
const isDetour = (fault: Fault): fault is keyof typeof DETOURS => fault in DETOURS;

/** A public address, of a server with a certificate of its own making. */
const PUBLIC = '93.184.216.34';
const PATHS = {
  discovery: '/.well-known/openid-configuration',
  keys: '/oauth2/v1/keys',
  token: '/oauth2/v1/token',
  userinfo: '/oauth2/v1/userinfo',
} as const satisfies Record<Endpoint, string>;

const USUAL: Readonly<Record<Fault, SsoErrorCode>> = {
  'refuses connections': 'idp-unreachable',
  'has a name that nobody knows': 'idp-unreachable',
  'has a certificate that nobody trusts': 'idp-unreachable',
  'drops the connection': 'idp-unreachable',
  'never answers': 'idp-timeout',
  'answers 429': 'idp-rate-limited',
  'answers 500': 'idp-error',
  'answers 503 with a page': 'idp-error',
  'answers 404 with nothing': 'idp-response-invalid',
  'redirects elsewhere': 'idp-response-invalid',
  'answers 204': 'idp-response-invalid',
  'answers a page': 'idp-response-invalid',
  'answers half a document': 'idp-response-invalid',
  'answers a list': 'idp-response-invalid',
  'answers null': 'idp-response-invalid',
  'answers an empty object': 'idp-response-invalid',
  'answers a megabyte': 'idp-response-invalid',
  'answers gzip that nobody asked for': 'idp-response-invalid',
};

/** What is expected where it differs from the usual. */
const EXPECTED: Readonly<Record<Endpoint, Readonly<Record<Fault, SsoErrorCode>>>> = {
  discovery: USUAL,
  keys: USUAL,
  token: USUAL,
  userinfo: {
    ...USUAL,
    'answers a page': 'userinfo-invalid',
    'answers half a document': 'userinfo-invalid',
    'answers a list': 'userinfo-invalid',
    'answers null': 'userinfo-invalid',
    'answers an empty object': 'userinfo-invalid',
  },
};
/** Longer than the pause after a failed key request, for the adapters' clock. */
const AFTER_PAUSE_MS = 2_000;

describe('an Okta that fails', () => {
  let rig: Rig;
  let browser: HttpBrowser;
  const internet = createLocalInternet();
  const untrusted = createServer(createThrowawayCertificate(), (_request, response) => response.end('{}'));
  beforeAll(async () => {
    if (database === undefined) throw new Error('No database.');
    await new Promise<void>((resolve) => untrusted.listen(0, '127.0.0.1', resolve));
    internet.route(PUBLIC, (untrusted.address() as AddressInfo).port);
    rig = await startRig(await database.open(), {
      idpTimeoutMs: 1_000,
      fetch: {
        async resolve(name) {
          if (name === 'untrusted.okta.com') return [{ address: PUBLIC, family: 4 }];
          throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
        },
      },
    });
  });
  afterAll(async () => {
    await rig?.stop();
    internet.close();
    untrusted.close();
  });
  beforeEach(async () => {
    await rig.repair();
    browser = new HttpBrowser();
  });

  const acme = () => rig.tenants.acme;
  const requests = (endpoint: Endpoint): number => rig.requestsTo('acme').filter((name) => name === endpoint).length;

  describe.each(ENDPOINTS)('P10, P36, R1 at %s', (endpoint) => {
    test.each(ALL_FAULTS)(
      '%s: the right code in bounded time in all three products, and the next sign-in works',
      async (fault) => {
        const signedIn = new HttpBrowser();
        await signIn(rig, signedIn, { product: 'toolbar' });
        rig.restart();
        acme().org.clearRequests();
        acme().org.faults.omitEmailFromIdToken = true;

        const people = PRODUCTS.map((product) => ({ product, browser: new HttpBrowser() }));
        // A start that fails at discovery has no callback.
        const steps = await Promise.all(
          people.map(async ({ product, browser }) =>
            endpoint === 'discovery' ? startUrl(rig, { product }) : walkToCallback(rig, browser, { product }),
          ),
        );
        if (isDetour(fault)) rig.detours.set(PATHS[endpoint], DETOURS[fault]);
        else acme().org.faults[endpoint] = FAULTS[fault];
        const code = EXPECTED[endpoint][fault];
        // All at once: what one of them learns, the others need not find out.
        const pages = await Promise.all(people.map(({ browser }, index) => browser.request(steps[index] ?? '')));
        for (const [index, page] of pages.entries()) {
          expect([502, 503]).toContain(page.status);
          expect(page.status).toBe(ERROR_PAGES[code].status);
          expect(sessionCookies(page)).toEqual([]);
          expect(page.text).not.toMatch(/Maintenance|Hello|E0000047|evil|unknown\.okta|untrusted/);
          expect(page.text).toContain(`href="${START_PATHS[PRODUCTS[index] ?? 'cti']}"`);
        }
        const lines = await rig.store.listSignInLog('acme', { limit: 3 });
        expect(new Set(lines.map((line) => line.code))).toEqual(new Set([code]));
        expect(new Set(lines.map((line) => line.product))).toEqual(new Set(PRODUCTS));

        // Who has a code sends it once, or not at all after a word about the rate.
        const neverArrive = endpoint === 'discovery' || (endpoint === 'token' && isDetour(fault));
        const isSpared = endpoint === 'token' && fault === 'answers 429';
        expect(requests('token')).toBeLessThanOrEqual(neverArrive ? 0 : 3);
        expect(requests('token')).toBeGreaterThanOrEqual(neverArrive ? 0 : isSpared ? 1 : 3);
        // A GET that was sent into a connection being closed is sent again, once over a new one; a code never is.
        const isSentAgain = fault === 'drops the connection' && (endpoint === 'keys' || endpoint === 'userinfo');
        expect(requests(endpoint)).toBeLessThanOrEqual(isSentAgain ? 6 : 3);

        // Who is signed in notices nothing.
        expect((await signedIn.ask(`${acme().origin}/toolbar/session`)).status).toBe(200);
        acme().org.faults.reset();
        rig.detours.clear();
        rig.clockAheadMs += AFTER_PAUSE_MS;
        for (const { product, browser } of people) expect((await signIn(rig, browser, { product })).status).toBe(303);
      },
      10_000,
    );
  });

  test('R1 is not there at all: the person can try again', async () => {
    await rig.connect('acme', { issuer: 'http://gone.okta.localhost:1' });
    rig.restart();
    const page = await browser.request(startUrl(rig, { query: 'return_to=%2Fworkspace%2Freports' }));
    expect(page.status).toBe(502);
    expect(page.text).toContain('href="/workspace/security/sso-login?return_to=%2Fworkspace%2Freports"');
  });

  test('is not there at all: what the CRM put on the CTI address is kept for the next try', async () => {
    await rig.connect('acme', { issuer: 'http://gone.okta.localhost:1' });
    rig.restart();
    const query = 'integration=salesforce&mode=Lightning';
    const page = await browser.request(startUrl(rig, { product: 'cti', query }));
    const href = /class="button" href="([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    await rig.connect('acme');
    rig.restart();
    const finished = await signIn(rig, browser, { product: 'cti', query: href.split('?')[1] ?? '' });
    expect(finished.headers.location).toBe(`/cti/?${query}`);
    // A callback's own parameters are not the CRM's.
    const refused = await browser.request(`${acme().origin}/cti/login?state=x&code=CODE-CANARY`);
    expect(refused.text).toContain('href="/cti/login"');
    expect(refused.text).not.toContain('CANARY');
  });

  test.each(ENDPOINTS)('is slow at %s, within the limit: the sign-in succeeds', async (endpoint) => {
    acme().org.faults.omitEmailFromIdToken = true;
    acme().org.faults[endpoint] = { delayMs: 60 };
    expect((await signIn(rig, browser)).status).toBe(303);
  });

  test('F15 that is down is asked a few times, however many people start to sign in', async () => {
    acme().org.faults.discovery = { status: 503 };
    for (let turn = 0; turn < 10; turn++) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => new HttpBrowser().ask(startUrl(rig))));
      for (const answer of answers) expect(answer.status).toBe(502);
      rig.clockAheadMs += 100;
    }
    expect(requests('discovery')).toBeLessThanOrEqual(10);
    expect((await signIn(rig, new HttpBrowser(), { tenant: 'globex' })).status).toBe(303);
    acme().org.faults.reset();
    rig.clockAheadMs += 10_000;
    expect((await signIn(rig, browser)).status).toBe(303);
  }, 60_000);

  test('R7 whose token endpoint fails again and again is left alone, and found again', async () => {
    await signIn(rig, browser);
    acme().org.clearRequests();
    const callbacks: [HttpBrowser, string][] = [];
    for (let person = 0; person < 15; person++) {
      const own = new HttpBrowser();
      callbacks.push([own, await walkToCallback(rig, own)]);
    }
    acme().org.faults.token = { status: 500 };
    const codes: unknown[] = [];
    for (const [own, callback] of callbacks) codes.push((await own.ask(callback)).json().code);
    expect(codes.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'idp-error'));
    expect(codes.slice(10)).toEqual(Array.from({ length: 5 }, () => 'idp-unreachable'));
    expect(requests('token')).toBe(10);
    const [line] = await rig.store.listSignInLog('acme', { limit: 1 });
    expect(line?.reason).toBe('circuit-open');
    expect((await signIn(rig, new HttpBrowser(), { tenant: 'globex' })).status).toBe(303);

    acme().org.faults.reset();
    rig.clockAheadMs += 1_000;
    expect((await signIn(rig, browser)).status).toBe(303);
  }, 60_000);

  const resetIn = (seconds: number) => ({ 'x-rate-limit-reset': String(Math.floor(Date.now() / 1000) + seconds) });
  test.each<[string, () => Readonly<Record<string, string>>, number]>([
    ['for half a minute', () => ({ 'retry-after': '30' }), 30],
    ['until five seconds from now', () => resetIn(5), 5],
    ['until an hour ago', () => resetIn(-3600), 1],
    ['until 2038', () => ({ 'x-rate-limit-reset': '2147483647' }), 60],
    ['until no time that there is', () => ({ 'x-rate-limit-reset': '1000000000000000000' }), 60],
    ['until 1e18', () => ({ 'x-rate-limit-reset': '1e18' }), 1],
    ['until soon', () => ({ 'x-rate-limit-reset': 'soon' }), 1],
    ['without saying how long', () => ({}), 1],
  ])('R2 that limits the rate %s is left alone, within bounds', async (_name, headers, seconds) => {
    await signIn(rig, browser);
    const callbacks: [HttpBrowser, string][] = [];
    for (let person = 0; person < 3; person++) {
      const own = new HttpBrowser();
      callbacks.push([own, await walkToCallback(rig, own)]);
    }
    acme().org.clearRequests();
    acme().org.faults.token = { status: 429, headers: headers() };
    const limited = async ([own, callback] = callbacks.pop() ?? expect.fail()) =>
      expect((await own.ask(callback)).json()).toMatchObject({ code: 'idp-rate-limited' });
    await limited();
    // What was said in whole seconds, and while a busy machine took a moment as well.
    if (seconds > 2) rig.clockAheadMs += (seconds - 2) * 1000;
    if (seconds > 2) await limited();
    expect(requests('token')).toBe(1);
    acme().org.faults.reset();
    rig.clockAheadMs += 2_000;
    expect((await signIn(rig, browser)).status).toBe(303);
  });

  test('T13 for one tenant does not hold up another', async () => {
    acme().org.faults.discovery = { hang: true };
    const stuck = Array.from({ length: 40 }, () => new HttpBrowser().ask(startUrl(rig)));
    const globex = await signIn(rig, browser, { tenant: 'globex' });
    expect(globex.status).toBe(303);
    const answers = await Promise.all(stuck);
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(503));
    expect(requests('discovery')).toBe(1);
  });

  test('R6, R24 after it was seen to work serves from what is remembered', async () => {
    await signIn(rig, new HttpBrowser());
    const hourMs = 60 * 60 * 1000;
    acme().org.faults.discovery = { status: 500 };
    acme().org.faults.keys = { status: 500 };
    rig.clockAheadMs += hourMs + 1;
    // The token's own times are judged by the same clock, so Okta's is moved as well.
    acme().org.faults.idToken = {
      mutate: (header, payload) => ({
        header,
        payload: { ...payload, iat: Number(payload.iat) + 3600, exp: Number(payload.exp) + 3600 },
      }),
    };
    expect((await signIn(rig, browser)).status).toBe(303);
    expect(requests('discovery')).toBe(2);
    expect(requests('keys')).toBe(2);
  });

  test('P24, R3 whose keys were replaced a moment ago still signs people in, all at once', async () => {
    await signIn(rig, new HttpBrowser());
    await acme().org.rotateKeys({ keepOld: false });
    acme().org.clearRequests();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        signIn(rig, new HttpBrowser(), { product: PRODUCTS[index % 3] ?? 'cti' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(303));
    expect(requests('keys')).toBe(1);
  });

  test.each(['login_required', 'interaction_required', 'consent_required'])(
    'P31 that always answers %s ends on a page, not in a loop',
    async (error) => {
      for (const product of PRODUCTS) {
        const url = `${acme().origin}/${product}/session`;
        acme().org.clearRequests();
        const callback = await walkToCallback(rig, browser, { product });
        const refused = new URL(callback);
        refused.searchParams.delete('code');
        refused.searchParams.set('error', error);
        const page = await browser.request(refused.href);
        expect([page.status, page.headers.location, page.headers.refresh]).toEqual([403, undefined, undefined]);
        expect(page.text).toContain('Start again');
        expect(page.text).not.toMatch(/http-equiv="refresh"|<script/);
        for (let reload = 0; reload < 20; reload++) {
          const again = await browser.request(refused.href);
          expect([again.status, again.headers.location]).toEqual([400, undefined]);
        }
        expect(acme().org.requests.filter(({ endpoint }) => endpoint === 'authorize')).toHaveLength(1);
        expect((await browser.ask(url)).status).toBe(401);
      }
    },
  );

  test.each(['login_required', 'interaction_required', 'consent_required'])(
    'P31 that answers %s when it may ask nothing leaves the session as it is, and is asked once',
    async (error) => {
      await signIn(rig, browser, { product: 'toolbar' });
      acme().org.clearRequests();
      acme().org.faults.authorizeError = { error };
      const start = await browser.request(startUrl(rig, { product: 'toolbar', query: 'renew=true' }));
      const back = await browser.request((await browser.request(start.location())).location());
      expect([back.status, back.headers.location]).toEqual([303, '/toolbar/?renewal=interaction-required']);
      for (let reload = 0; reload < 20; reload++) {
        expect((await browser.ask(`${acme().origin}/toolbar/session`)).status).toBe(200);
      }
      expect(acme().org.requests.filter(({ endpoint }) => endpoint === 'authorize')).toHaveLength(1);
    },
  );
});
