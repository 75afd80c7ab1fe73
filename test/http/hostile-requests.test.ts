import { connect } from 'node:net';
import {
  CALLBACK_PATHS,
  PRODUCTS,
  type Product,
  redirectUris,
  SsoError,
  START_PATHS,
  UNIVERSAL_LOGOUT_PATH,
} from '@ipscape/sso-core';
import { BACK_CHANNEL_LOGOUT_PATH } from '@ipscape/sso-hono';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRedirects } from '../../packages/sso-core/test/open-redirects.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import {
  chooseUser,
  type Rig,
  type RigOptions,
  sessionCookies,
  signIn,
  startRig,
  startUrl,
  walkToCallback,
} from '../support/rig.js';
import { linkedClient, SETTINGS } from '../support/settings-link-client.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);

/** A rig for the tests of one block; every test begins with a repaired one. */
function useRig(options: RigOptions = {}): () => Rig {
  let rig: Rig | undefined;
  const get = (): Rig => {
    if (rig === undefined) throw new Error('No rig.');
    return rig;
  };
  beforeAll(async () => {
    if (database === undefined) throw new Error('No database.');
    rig = await startRig(await database.open(), options);
  });
  afterAll(() => rig?.stop());
  beforeEach(() => get().repair());
  return get;
}

/** Sends bytes as they are, and returns what came back until the other side closed. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

/** Sends a head, then chunk after chunk until somebody answers or there were enough; returns the answer. */
function pour(port: number, head: string, chunk: string, times: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    let sent = 0;
    const next = (): void => {
      while (sent < times && !socket.destroyed && received === '') {
        sent += 1;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', next);
    socket.on('data', (data) => {
      received += data.toString('latin1');
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => (received === '' ? reject(new Error(`${head} was not answered.`)) : resolve(received)));
    socket.write(head, 'latin1');
    next();
  });
}

describe('T3 the host', () => {
  const rig = useRig();
  const authority = (): string => new URL(rig().tenants.acme.origin).host;
  const expectedRedirectUri = (product: Product = 'workspace'): string =>
    rig().tenants.acme.origin + CALLBACK_PATHS[product];

  test.each<[string, (host: string) => Readonly<Record<string, string>>]>([
    ['X-Forwarded-Host', () => ({ 'x-forwarded-host': 'evil.example' })],
    ['X-Forwarded-Host of another tenant', () => ({ 'x-forwarded-host': `globex.localhost:${rig().port}` })],
    ['X_Forwarded_Host', () => ({ x_forwarded_host: 'evil.example' })],
    ['X-Forwarded-Server', () => ({ 'x-forwarded-server': 'evil.example' })],
    ['X-Forwarded-Proto and -Port', () => ({ 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' })],
    ['X-Forwarded-Prefix', () => ({ 'x-forwarded-prefix': '/evil', 'x-forwarded-path': '/evil' })],
    ['Forwarded', () => ({ forwarded: 'host=evil.example;proto=https' })],
    ['X-Host', () => ({ 'x-host': 'evil.example', 'x-http-host-override': 'evil.example' })],
    ['X-Original-URL', () => ({ 'x-original-url': 'http://evil.example/cti/login' })],
    ['X-Rewrite-URL', () => ({ 'x-rewrite-url': '/cti/login' })],
    ['Origin and Referer', () => ({ origin: 'https://evil.example', referer: 'https://evil.example/' })],
    ['capital letters', (host) => ({ host: host.toUpperCase() })],
  ])('stays the tenant’s own with %s', async (_name, headers) => {
    const browser = new HttpBrowser();
    for (const product of PRODUCTS) {
      const start = await browser.request(startUrl(rig(), { product }), { headers: headers(authority()) });
      expect(start.status).toBe(302);
      const { origin, searchParams } = new URL(start.location());
      expect(origin).toBe(rig().tenants.acme.org.origin);
      expect(searchParams.get('redirect_uri')).toBe(expectedRedirectUri(product));
    }
    const page = await browser.request(`${rig().tenants.acme.origin}/workspace/login`, {
      headers: headers(authority()),
    });
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('evil');
  });

  test.each<[string, (host: string) => string]>([
    ['another port', () => 'acme.localhost:1234'],
    ['no port', () => 'acme.localhost'],
    ['port 80', () => 'acme.localhost:80'],
    ['a trailing dot', (host) => host.replace(':', '.:')],
    ['user information', (host) => `${host}@evil.example`],
    ['user information before it', (host) => `evil.example@${host}`],
    ['another name before it', (host) => `evil.${host}`],
    ['another name behind it', () => 'acme.localhost.evil.example'],
    ['a comma and another', (host) => `${host}, evil.example`],
    ['a path', (host) => `${host}/evil`],
    ['a fragment', (host) => `${host}#`],
    ['an address', () => `127.0.0.1:${rig().port}`],
    ['an unknown name', () => `evil.example:${rig().port}`],
    ['markup', () => '<script>alert(1)</script>'],
    ['nothing', () => ''],
  ])('with %s is nobody’s, and is not repeated', async (_name, host) => {
    for (const product of PRODUCTS) {
      const headers = { host: host(authority()) };
      const answer = await new HttpBrowser().request(startUrl(rig(), { product }), { headers });
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers.location).toBeUndefined();
      expect(answer.setCookies).toEqual([]);
      expect(answer.text).not.toMatch(/evil|<script>alert|acme|1234/);
    }
  });

  test('of a request line in absolute form counts for nothing', async () => {
    const target = `http://evil.example${START_PATHS.workspace}`;
    const answer = await new HttpBrowser().request(startUrl(rig()), { target });
    const { searchParams } = new URL(answer.location());
    expect(searchParams.get('redirect_uri')).toBe(expectedRedirectUri());
    const foreign = { target: startUrl(rig()), headers: { host: 'evil.example' } };
    expect((await new HttpBrowser().request(startUrl(rig()), foreign)).status).toBe(404);
  });

  test.each([
    ['twice', (host: string) => `Host: ${host}\r\nHost: evil.example\r\n`],
    ['twice, ours last', (host: string) => `Host: evil.example\r\nHost: ${host}\r\n`],
    ['not at all', () => ''],
    ['folded', (host: string) => `Host: ${host}\r\n evil.example\r\n`],
  ])('%s is the tenant’s own or refused', async (_name, headers) => {
    const request = `GET ${START_PATHS.workspace} HTTP/1.1\r\n${headers(authority())}Connection: close\r\n\r\n`;
    const answer = await sendRaw(rig().port, request);
    const location = /^location: (.*)\r$/im.exec(answer)?.[1];
    if (location === undefined) expect(answer).toMatch(/^HTTP\/1\.1 (?:400|404) /);
    else expect(new URL(location).searchParams.get('redirect_uri')).toBe(expectedRedirectUri());
    expect(answer).not.toContain('evil');
  });

  test('T11 is the same for every stranger: no tenant’s name is told', async () => {
    const ask = (host: string): Promise<Answer> =>
      new HttpBrowser().request(startUrl(rig()), { headers: { host: `${host}:${rig().port}` } });
    const [first, second] = await Promise.all([ask('nobody.localhost'), ask('unknown.example')]);
    const withoutReference = ({ status, text }: Answer) => [status, text.replace(/[2-9A-Z]{4}-[2-9A-Z]{4}/, '')];
    expect(withoutReference(first)).toEqual(withoutReference(second));
  });
});

describe('behind a proxy that ends TLS', () => {
  const rig = useRig({ isBehindTls: true, trustedProxies: ['127.0.0.1'] });
  const forwarded = (protocol: string) => ({
    host: 'adapter.internal',
    'x-forwarded-host': 'acme.localhost',
    'x-forwarded-proto': protocol,
    'x-forwarded-for': '203.0.113.9',
  });
  let browser: HttpBrowser;
  beforeEach(() => {
    browser = new HttpBrowser();
    browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? rig().port : undefined);
    browser.forwarded = { 'x-forwarded-proto': 'https' };
  });

  test('T3 its word counts: the tenant’s host, the client’s address', async () => {
    const start = await browser.request(startUrl(rig()), { headers: forwarded('https') });
    expect(new URL(start.location()).searchParams.get('redirect_uri')).toBe(
      'https://acme.localhost/workspace/security/sso-oauth-callback',
    );
    expect(start.headers['strict-transport-security']).toBe('max-age=31536000');
    expect(rig().logLines.join('')).toContain('"client":"203.0.113.9"');
  });

  test('P37 a callback over plain http is asked again over https, and nothing is spent', async () => {
    const callback = await walkToCallback(rig(), browser);
    const cookie = browser.cookieHeader(callback);
    for (const method of ['GET', 'POST', 'HEAD']) {
      const plain = await browser.request(callback, { method, headers: { ...forwarded('http'), cookie } });
      expect([plain.status, plain.headers.location]).toEqual([308, callback]);
      expect(plain.setCookies).toEqual([]);
    }
    expect(rig().requestsTo('acme')).not.toContain('token');
    const secure = await browser.request(callback, { headers: { ...forwarded('https'), cookie } });
    expect(secure.status).toBe(303);
    expect(secure.headers.location).toBe('/workspace/');
  });

  test('O5 every route answers with all protecting headers, whatever it answers', async () => {
    const routes = rig().instance.routes.filter(({ path }) => path.startsWith('/') && !path.includes('*'));
    const operators = ['/livez', '/readyz', '/metrics'];
    const asked = new Map(routes.map(({ method, path }) => [`${method} ${path}`, { method, path }]));
    expect(asked.size).toBeGreaterThan(60);
    const snapshot: Record<string, string> = {};
    for (const { method, path } of asked.values()) {
      if (operators.includes(path)) continue;
      const target = path.replace(/:\w+(?:\{[^/]*\})?/g, 'a'.repeat(43));
      for (const accept of ['text/html', 'application/json']) {
        const origin = 'https://acme.localhost';
        const answer = await browser.request(origin + target, {
          method: method === 'ALL' ? 'GET' : method,
          headers: { ...forwarded('https'), accept, origin },
        });
        const { 'content-security-policy': policy = '', 'content-type': type = '', ...headers } = answer.headers;
        const about = `${method} ${path} ${answer.status} ${type}`;
        expect({ about, ...headers }).toMatchObject({
          about,
          'strict-transport-security': 'max-age=31536000',
          // Keys of product tokens are public, and the same for everybody.
          ...(path.endsWith('jwks.json')
            ? {}
            : { 'cache-control': 'no-store', vary: expect.stringContaining('Cookie') }),
          'x-content-type-options': 'nosniff',
          'referrer-policy': expect.stringMatching(/^(?:no-referrer|same-origin)$/),
          'cross-origin-resource-policy': 'same-origin',
        });
        expect(Object.keys(headers)).not.toContain('x-powered-by');
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
        const isPage = type.startsWith('text/html');
        expect([about, policy !== '']).toEqual([about, isPage]);
        if (!isPage) continue;
        snapshot[String(policy).replace(/sha256-[^']*/, 'sha256')] = about;
        expect(answer.text).not.toMatch(/<script(?![^>]* src="\/)|\son\w+=|javascript:/i);
      }
    }
    const base = "default-src 'none'; style-src 'sha256'; img-src data:;";
    const own = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    expect(Object.keys(snapshot).toSorted()).toEqual([`${base} ${own}`]);
  });

  test('P37, O1 a redirect to https goes to the tenant’s own host, whatever the path', async () => {
    for (const target of ['//evil.example/workspace/x', '/workspace//evil.example', '/workspace/\\evil.example']) {
      const answer = await browser.request('https://acme.localhost/', { target, headers: forwarded('http') });
      if (answer.headers.location !== undefined) expect(new URL(answer.location()).host).toBe('acme.localhost');
    }
  });

  test('P37 a tenant with the older list keeps its http addresses as text, and is served over https', async () => {
    const { org, clientId } = rig().tenants.acme;
    const legacy = 'http://acme.localhost/workspace/security/sso-oauth-callback';
    org.addRedirectUri(clientId, legacy);
    const change = { tenantId: 'acme', actor: 'test' };
    await rig().store.setLegacyHttpCallbacks({ ...change, legacyHttpCallbacks: true });
    rig().restart();
    const callback = await walkToCallback(rig(), browser);
    expect(callback.startsWith(`${legacy}?`)).toBe(true);
    const plain = await browser.request(callback, { headers: forwarded('http') });
    expect(plain.status).toBe(308);
    const finished = await browser.request(plain.location(), { headers: forwarded('https') });
    expect(finished.status).toBe(303);
    const token = rig().outgoing.find(({ url }) => url.endsWith('/token'));
    expect(new URLSearchParams(token?.body).get('redirect_uri')).toBe(legacy);
    const cti = await browser.request(startUrl(rig(), { product: 'cti' }), { headers: forwarded('https') });
    expect(new URL(cti.location()).searchParams.get('redirect_uri')).toBe('https://acme.localhost/cti/login');
    // The administrator is warned, and told the addresses that are to take their place.
    const administrator = new HttpBrowser();
    administrator.connectTo = browser.connectTo;
    administrator.forwarded = forwarded('https');
    const client = await linkedClient(rig(), administrator);
    const warning = async () => {
      const { text } = await administrator.request(`${client.tenant.origin}${SETTINGS}`);
      return /<section class="panel bad" aria-labelledby="legacy-title">.*?<\/section>/s.exec(text)?.[0] ?? '';
    };
    for (const uri of redirectUris('https://acme.localhost')) expect(await warning()).toContain(`<code>${uri}</code>`);
    await rig().store.setLegacyHttpCallbacks({ ...change, legacyHttpCallbacks: false });
    rig().restart();
    expect(await warning()).toBe('');
  });

  test.each(Object.values(CALLBACK_PATHS))(
    'P37 %s over plain http is answered with https, the same path and query',
    async (path) => {
      const answer = await browser.request(`https://acme.localhost${path}?code=x&state=y`, {
        headers: forwarded('http'),
      });
      expect([answer.status, answer.headers.location]).toEqual([308, `https://acme.localhost${path}?code=x&state=y`]);
      expect(answer.setCookies).toEqual([]);
      expect(rig().requestsTo('acme')).toEqual([]);
    },
  );

  test.each([
    ['the origin over http', 'http://acme.localhost'],
    ['another port', 'https://acme.localhost:8443'],
    ['the default port written out', 'https://acme.localhost:443'],
  ])('S10 signing out is refused to %s', async (_name, origin) => {
    const answer = await browser.post('https://acme.localhost/workspace/logout', { headers: { origin } });
    expect(answer.status).toBe(403);
  });
});

describe('O1, O2, O3 return paths', () => {
  const rig = useRig();
  const payloads = [
    ...[
      '//evil.example',
      '///evil.example',
      '////evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      '\\evil.example',
    ],
    ...['/\t/evil.example', '/\n/evil.example', '/\r/evil.example', ' //evil.example', '\u0001//evil.example'],
    ...[
      'http:evil.example',
      'https:evil.example',
      'https:/evil.example',
      'https://evil.example',
      'HTTPS://evil.example',
    ],
    ...['//evil%E3%80%82example', '//evil\u3002example', '/\uff0fevil.example', '\uff0f\uff0fevil.example'],
    ...[
      '/.//evil.example',
      '/./\\evil.example',
      '/..//evil.example',
      '/../..//evil.example',
      '/workspace/..//evil.example',
    ],
    ...['/workspace/..\\..\\/evil.example', '/workspace/../../evil.example', '/workspace/%2e%2e//evil.example'],
    ...[
      '/workspace/.%2e/%2e./evil',
      '/%2f%2fevil.example',
      '/%5cevil.example',
      '%2f%2fevil.example',
      '/%09/evil.example',
    ],
    ...['/workspace/%0d%0aLocation:%20https://evil.example', '/workspace/\r\nSet-Cookie: a=b', '/%0aevil', '/%00'],
    ...['/workspace/%c0%af%c0%afevil.example', '/%252f%252fevil.example', 'javascript:alert(1)', 'data:text/html,x'],
    ...[
      'vbscript:x',
      'blob:http://acme.localhost/x',
      '@evil.example',
      '/@evil.example',
      '//acme.localhost@evil.example',
    ],
    ...[
      '//acme.localhost:x@evil.example/workspace/',
      '?return_to=//evil.example',
      '#//evil.example',
      '',
      ' ',
      '.',
      '/',
    ],
    ...[
      '/workspace',
      '/workspacex/',
      '/cti/x',
      '/toolbar/x',
      '/evil',
      'workspace/x',
      '/WORKSPACE/x',
      '/workspace/\u202e',
    ],
    ...Object.values(CALLBACK_PATHS),
    ...Object.values(START_PATHS),
    ...[
      '/workspace/login',
      '/workspace/security/sso-login?x=y',
      '/workspace/security/%73so-login',
      '/workspace/..;/evil',
      '/workspace/%2e%2e%3b/evil',
      '/workspace/%252e%252e/evil',
      '/workspace/%252f%252fevil.example',
      '/workspace/%c0%ae%c0%ae/evil',
      '/workspace/%u002e%u002e/evil',
      `/workspace/${'x'.repeat(2100)}`,
    ],
  ];

  test.each(PRODUCTS)('of %s lead to the product itself, whatever was asked for', async (product) => {
    const { origin } = rig().tenants.acme;
    const browser = new HttpBrowser();
    for (const payload of payloads) {
      for (const name of product === 'workspace' ? ['return_to', 'target_link_uri'] : ['return_to']) {
        const given = name === 'return_to' ? payload : `${origin}${payload}`;
        const query = new URLSearchParams({ [name]: given }).toString();
        const callback = `${await walkToCallback(rig(), browser, { product, query })}&return_to=${encodeURIComponent(payload)}`;
        const { headers } = await browser.request(callback);
        const target = new URL(headers.location ?? '', origin);
        expect(headers.location, payload).toMatch(new RegExp(`^/${product}(?:/|$)`));
        expect(target.origin, payload).toBe(origin);
        expect(new URL(target.pathname, origin).href.startsWith(`${origin}/${product}`), payload).toBe(true);
        expect(headers['set-cookie']?.join(), payload).not.toContain('a=b');
        const paths: readonly string[] = [
          ...Object.values(CALLBACK_PATHS),
          ...Object.values(START_PATHS),
          '/workspace/login',
        ];
        expect(paths, payload).not.toContain(decoded(target.pathname));
      }
    }
  });

  test.each(PRODUCTS)(
    'of %s: no form of the public lists of open redirects and split headers leads away',
    async (product) => {
      const { origin } = rig().tenants.acme;
      const browser = new HttpBrowser();
      // All of them are judged where the rule is written; here is every hundredth, and every header.
      const all = openRedirects(product);
      for (const payload of all.filter((text, index) => index % 101 === 0 || text.includes('Set-Cookie'))) {
        const query = new URLSearchParams({ return_to: payload.toWellFormed() }).toString();
        const start = await browser.request(startUrl(rig(), { product, query }));
        expect(new URL(start.location()).origin).toBe(rig().tenants.acme.org.origin);
        const callback = await chooseUser(browser, start.location(), 'agent@acme.example');
        const answer = await browser.request(`${callback}&${query}`);
        const target = new URL(answer.headers.location ?? '', origin);
        expect([payload, answer.status, target.origin]).toEqual([payload, 303, origin]);
        expect(target.pathname, payload).toMatch(new RegExp(`^/${product}(?:/|$)`));
        for (const { setCookies } of [start, answer]) expect(setCookies.join(), payload).not.toContain('crlf');
      }
    },
  );

  test.each(['//evil.example', 'https://evil.example/', '/elsewhere', '/workspace/.//evil.example'])(
    'that are stored are judged again before the redirect, and at a reload of it: %s',
    async (stored) => {
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig(), browser, { query: 'return_to=%2Fworkspace%2Freports' });
      // As if a version with other rules had written it.
      await rig().database.query('update transactions set return_path = $1', [stored]);
      for (const _visit of ['first', 'reload']) {
        const { status, headers } = await browser.request(callback);
        expect([status, headers.location]).toEqual([303, '/workspace/']);
      }
    },
  );

  test('are not put into a page unless they are safe', async () => {
    for (const payload of payloads) {
      const query = new URLSearchParams({ return_to: payload });
      for (const path of ['/workspace/login', '/workspace/nothing', CALLBACK_PATHS.workspace]) {
        const page = await new HttpBrowser().request(`${rig().tenants.acme.origin}${path}?${query}`);
        const links = [...page.text.matchAll(/href="(\/[^"]*)"/g)].map(
          ([, href]) => href?.replaceAll('&amp;', '&') ?? '',
        );
        for (const link of links) {
          const url = new URL(link, rig().tenants.acme.origin);
          expect(url.pathname).toBe(START_PATHS.workspace);
          expect(url.searchParams.get('return_to') ?? '/workspace/', payload).toMatch(/^\/workspace(?:\/|$)/);
        }
      }
    }
  });
});

describe('S10 requests that another site’s page sends', () => {
  const rig = useRig();

  test.each<[string, Readonly<Record<string, string | null>>]>([
    ['no Origin', { origin: null }],
    ['no Origin and no Sec-Fetch-Site', { origin: null, 'sec-fetch-site': null }],
    ['Origin null', { origin: 'null' }],
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another site that says it is ours', { origin: 'https://evil.example' }],
    ['a sibling', { origin: 'http://evil.localhost', 'sec-fetch-site': 'same-site' }],
    ['another tenant', { origin: 'GLOBEX' }],
    ['the same name on another port', { origin: 'http://acme.localhost:1', 'sec-fetch-site': 'same-site' }],
    ['the same name over https', { origin: 'HTTPS' }],
    ['a name that begins like ours', { origin: 'SUFFIX' }],
    ['our origin, but the browser says cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['our origin, but the browser says none', { 'sec-fetch-site': 'none' }],
    ['a plain-text form', { origin: 'https://evil.example', 'content-type': 'text/plain' }],
  ])('cannot sign anybody out: %s', async (_name, headers) => {
    const { acme, globex } = rig().tenants;
    const origins: Readonly<Record<string, string>> = {
      GLOBEX: globex.origin,
      HTTPS: acme.origin.replace('http:', 'https:'),
      SUFFIX: `${acme.origin}.evil.example`,
    };
    const origin = headers.origin;
    const browser = new HttpBrowser();
    for (const product of PRODUCTS) {
      await signIn(rig(), browser, { product });
      const answer = await browser.post(`${acme.origin}/${product}/logout`, {
        headers: { ...headers, ...(typeof origin === 'string' ? { origin: origins[origin] ?? origin } : {}) },
      });
      expect(answer.status).toBe(403);
      expect(answer.setCookies).toEqual([]);
      expect((await browser.ask(`${acme.origin}/${product}/session`)).status).toBe(200);
    }
  });

  test('change nothing by any route of any product', async () => {
    const browser = new HttpBrowser();
    const { origin } = rig().tenants.acme;
    for (const product of PRODUCTS) await signIn(rig(), browser, { product, person: 'admin' });
    // A provider's servers ask these two, with a signed token and no cookie.
    const ofServers = [UNIVERSAL_LOGOUT_PATH, BACK_CHANNEL_LOGOUT_PATH];
    const routes = rig().instance.routes.filter(
      ({ method, path }) => ['POST', 'DELETE'].includes(method) && !ofServers.includes(path),
    );
    const asked = new Map(routes.map(({ method, path }) => [`${method} ${path}`, { method, path }]));
    expect(asked.size).toBeGreaterThan(30);
    const others = new Set<string>();
    for (const { method, path } of asked.values()) {
      const url = origin + path.replace(/:\w+(?:\{[^/]*\})?/g, 'a'.repeat(43));
      for (const forged of [
        { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
        { origin: `${origin}.evil.example`, 'sec-fetch-site': null },
        { origin: 'http://evil.acme.localhost', 'sec-fetch-site': 'same-site' },
        { origin: 'null', 'sec-fetch-site': null },
        { origin: null, 'sec-fetch-site': null },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
          const headers = { accept: 'application/json', 'content-type': type, ...forged };
          const answer = await browser.post(url, { method, headers });
          if (answer.status !== 403) others.add(`${method} ${path} ${answer.status}`);
          expect(answer.setCookies).toEqual([]);
        }
      }
    }
    // A tile may start a sign-in by POST, from Okta's site: OpenID Connect Core §4. These named no issuer.
    expect([...others]).toEqual([START_PATHS.workspace, START_PATHS.toolbar].map((path) => `POST ${path} 400`));
    for (const product of PRODUCTS) expect((await browser.ask(`${origin}/${product}/session`)).status).toBe(200);
  });

  test('get no permission to read an answer', async () => {
    const browser = new HttpBrowser();
    await signIn(rig(), browser);
    for (const method of ['GET', 'OPTIONS']) {
      const answer = await browser.ask(`${rig().tenants.acme.origin}/workspace/session`, {
        method,
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
      });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s does not sign out', async (method) => {
    const browser = new HttpBrowser();
    await signIn(rig(), browser);
    const { origin } = rig().tenants.acme;
    expect((await browser.request(`${origin}/workspace/logout`, { method, headers: { origin } })).status).toBe(404);
    expect((await browser.ask(`${origin}/workspace/session`)).status).toBe(200);
  });
});

describe('S3 S16 cookies', () => {
  const rig = useRig();

  test('S3 of a sibling or made by hand are not read as ours', async () => {
    const browser = new HttpBrowser();
    await signIn(rig(), browser);
    const url = `${rig().tenants.acme.origin}/workspace/session`;
    const handle = browser.findCookie(url, '__Host-ipscape-workspace') ?? '';
    const name = '__Host-ipscape-workspace';
    for (const cookie of [
      `ipscape-workspace=${handle}`,
      `__host-ipscape-workspace=${handle}`,
      `__HOST-IPSCAPE-WORKSPACE=${handle}`,
      `\u00a0${name}=${handle}`,
      // U+2000 in UTF-8.
      `\u00e2\u0080\u0080${name}=${handle}`,
      `\u00c2\u00a0${name}=${handle}`,
      `$Version=1,${name}=${handle}`,
      `="${name}=${handle}"`,
      `${name}="${handle}"`,
      `${name}=${handle}; ${name}=${'a'.repeat(43)}`,
      `${name}=${'a'.repeat(43)}; ${name}=${handle}`,
      `${name}=${handle}x`,
    ]) {
      expect((await browser.ask(url, { headers: { cookie } })).status, cookie).toBe(401);
    }
    expect((await browser.ask(url, { headers: { cookie: `a=b; ${name}=${handle}; c=d` } })).status).toBe(200);
  });

  test('S16 that are garbage never cause a fault', async () => {
    const garbage = [
      ...['=', ';', ';;;;', '=;=;=', 'a', 'a=', '=a', '__Host-ipscape-workspace', '__Host-ipscape-workspace=', '"'],
      ...[
        '__Host-ipscape-workspace=%E0%A4%A',
        '__proto__=x; constructor=y; toString=z',
        'a="b; c="d"',
        '\u00ff\u0080=\u0099',
      ],
      Array.from({ length: 200 }, (_, index) => `c${index}=v`).join('; '),
      Array.from({ length: 90 }, (_, index) => `__Host-ipscape-tx-${String(index).padStart(12, '0')}=${index}.x`).join(
        '; ',
      ),
      // What the sets for HTTP state management try: quotation marks, commas, attributes, names without a value.
      ...[
        'z=y, a=b',
        '  A=== BC  ;foo;;;   bar',
        '"BLA\\"HHH"; path=/;',
        'aBc="zz;pp" ; ;',
        'aBc="zzz "   "ppp"  ;',
        'a="B',
      ],
      ...[
        'foo=bar; Secure',
        'foo=bar; Path    =/qux',
        'foo="bar"; expires=Sun, 18-Apr-2027 21:06:29 GMT',
        '=ABC',
        '    ',
        'A =\tB',
      ],
      ...[
        '$Version=1; $Path=/',
        'foo=b;max-age=3600, c=d;path=/',
        'a=b; =; c=d',
        '\u00e6\u0098\u00a5=\u00e8\u008a\u0082; x',
        '==',
        ';=',
        '%3D=%3B',
      ],
      ...["a='b; c='d'", 'a=b,c=d,e', 'a[b]=c; a[]=d', '{"a":1}', '<script>=1', '__Host-=x; __Secure-=y; __host-a=z'],
      'x'.repeat(14_000),
      ';'.repeat(14_000),
      // As much as a header may be.
      `a=${'b'.repeat(16 * 1024 - 300)}`,
    ];
    const { origin } = rig().tenants.acme;
    for (const cookie of garbage) {
      for (const path of [
        ...PRODUCTS.map((product) => `/${product}/session`),
        '/workspace/login',
        SETTINGS,
        START_PATHS.cti,
        `${CALLBACK_PATHS.toolbar}?state=x&code=y`,
      ]) {
        const answer = await new HttpBrowser().ask(origin + path, { headers: { cookie } });
        expect([200, 302, 400, 401], `${path} ${cookie.slice(0, 40)}`).toContain(answer.status);
        expect(sessionCookies(answer)).toEqual([]);
      }
    }
    const tooLong = await new HttpBrowser().ask(`${origin}/workspace/session`, {
      headers: { cookie: 'x'.repeat(17_000) },
    });
    expect(tooLong.status).toBe(431);
  });
});

describe('O10 O11 paths and bodies', () => {
  const rig = useRig();

  test.each([
    ...[
      '//workspace/session',
      '/workspace//session',
      '/workspace/session/',
      '/WORKSPACE/session',
      '/workspace/Session',
    ],
    ...['/workspace%2Fsession', '/workspace/%2e%2e/cti/session', '/workspace/session;x', '/workspace/session%00'],
    ...[
      '/workspace/session/.',
      '/workspace/./session',
      '/%77orkspace/session',
      '/workspace/%73ession',
      '/workspace\\session',
    ],
    ...[
      '/workspace/session%20',
      '/workspace/session%',
      '/workspace/%E0%A4%A',
      '/workspace/session#x',
      '/x/../workspace/session',
    ],
    ...[
      '/workspace',
      '/',
      '/favicon.ico',
      '/.env',
      '/workspace/../../etc/passwd',
      '*',
      '/workspace/session?%',
      '/workspace/auth?a=%E0',
    ],
  ])('O10 %s lets nobody in without a session', async (target) => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const answer = await new HttpBrowser().ask(`${rig().tenants.acme.origin}/`, { target, method });
      expect([400, 401, 403, 404], method).toContain(answer.status);
      expect(answer.setCookies).toEqual([]);
    }
  });

  test('O10 no way of writing the path of a guarded route, and no header beside it, gets past its guard', async () => {
    const { origin } = rig().tenants.acme;
    const guarded = [
      ...PRODUCTS.flatMap((product) => ['session', 'session/token', 'auth'].map((path) => `/${product}/${path}`)),
      ...[SETTINGS, `${SETTINGS}/authorise/x`, '/workspace/authorize-sso'],
      ...['settings', 'audit', 'sign-in-log', 'support-bundle', 'draft', 'save', 'disable', 'enforce'].map(
        (path) => `/workspace/api/sso/${path}`,
      ),
    ];
    const writings: readonly ((path: string) => string)[] = [
      ...[
        (path: string) => path,
        (path: string) => `/${path}`,
        (path: string) => `${path}/`,
        (path: string) => `${path}//`,
      ],
      (path) => path.replaceAll('/', '//'),
      (path) => path.replace(/\/([^/]*)$/, '%2F$1'),
      (path) => path.replace(/\/([^/]*)$/, '%2f$1'),
      (path) => path.replace(/\/([^/]*)$/, '\\$1'),
      (path) => path.replace(/\/([^/]*)$/, '/./$1'),
      (path) => path.replace(/\/([^/]*)$/, '/x/../$1'),
      (path) => path.replace(/\/([^/]*)$/, '/%2e/$1'),
      (path) => path.replace(/\/(\w)/, (_all, letter: string) => `/%${letter.charCodeAt(0).toString(16)}`),
      (path) => path.replace(/(\w)$/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      ...[
        (path: string) => path.toUpperCase(),
        (path: string) => path.replace(/\w$/, (letter) => letter.toUpperCase()),
      ],
      ...[
        '/;x',
        ';x',
        '/.',
        '/..;/',
        '%00',
        '%20',
        '.json',
        '%23',
        '%3F',
        '?/workspace/login',
        '?/livez',
        '#/workspace/login',
      ].map((tail) => (path: string) => path + tail),
      ...[
        (path: string) => `/livez/..${path}`,
        (path: string) => `/workspace/login/..${path}`,
        (path: string) => `/workspace/login;${path}`,
      ],
    ];
    const beside: readonly Readonly<Record<string, string>>[] = [
      {},
      { 'user-agent': 'kube-probe/1.30' },
      {
        'user-agent': 'ELB-HealthChecker/2.0',
        'x-original-url': '/livez',
        'x-rewrite-url': '/livez',
        'x-forwarded-uri': '/livez',
      },
      { 'x-http-method-override': 'GET', 'x-method-override': 'HEAD', 'x-http-method': 'OPTIONS' },
      { 'x-ipscape-user': 'acme-admin', 'x-ipscape-role': 'administrator', authorization: 'Basic YWRtaW46YWRtaW4=' },
    ];
    for (const path of guarded) {
      for (const [index, write] of writings.entries()) {
        for (const method of ['GET', 'HEAD', 'POST']) {
          const headers = { ...beside[index % beside.length], origin };
          const answer = await new HttpBrowser().ask(`${origin}/`, { target: write(path), method, headers });
          expect([400, 401, 403, 404], `${method} ${write(path)}`).toContain(answer.status);
          expect(answer.setCookies).toEqual([]);
        }
      }
      for (const headers of beside) {
        const answer = await new HttpBrowser().ask(origin + path, { headers: { ...headers, origin } });
        expect([401, 404], path).toContain(answer.status);
      }
    }
  });

  test.each(['TRACE', 'CONNECT', 'PROPFIND', 'PURGE', 'SEARCH'])('O10 %s does nothing', async (method) => {
    const host = new URL(rig().tenants.acme.origin).host;
    const cookie = '__Host-ipscape-workspace=CANARY';
    const request = `${method} /workspace/session HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
    const answer = await sendRaw(rig().port, request);
    expect(answer).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
    expect(answer).not.toContain('CANARY');
    expect((await new HttpBrowser().ask(`${rig().tenants.acme.origin}/workspace/session`)).status).toBe(401);
  });

  test('O11 a body that nobody wants is not waited for', async () => {
    const host = new URL(rig().tenants.acme.origin).host;
    for (const path of ['/workspace/logout', '/workspace/session', '/toolbar/login', '/workspace/nothing']) {
      const head = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nAccept: application/json\r\n`;
      // The first chunk of a body that never ends.
      const answer = await sendRaw(
        rig().port,
        `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      );
      const status = path.endsWith('logout') ? 204 : path.endsWith('login') ? 400 : 404;
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });

  test('O11 no route takes ten megabytes that come in chunks, of no known length', async () => {
    const routes = rig().instance.routes.filter(({ method }) => ['POST', 'DELETE'].includes(method));
    const asked = new Map(routes.map(({ method, path }) => [`${method} ${path}`, { method, path }]));
    expect(asked.size).toBeGreaterThan(30);
    const { host } = new URL(rig().tenants.acme.origin);
    // Somebody for whom every guard opens, so that it is the length that counts.
    const browser = new HttpBrowser();
    for (const product of PRODUCTS) await signIn(rig(), browser, { product, person: 'admin' });
    const cookie = browser.cookieHeader(rig().tenants.acme.origin);
    const answers: string[] = [];
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const before = process.memoryUsage.rss();
    for (const { method, path } of asked.values()) {
      const target = path.replace(/:\w+(?:\{[^/]*\})?/g, 'a'.repeat(43)).replace('*', 'x');
      const type =
        path.includes('/api/') || path.endsWith('/handoffs') ? 'application/json' : 'application/x-www-form-urlencoded';
      const head = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nAccept: application/json\r\nX-Ipscape-Sso: 1\r\nCookie: ${cookie}\r\nContent-Type: ${type}\r\n`;
      const answer = await pour(rig().port, `${head}Transfer-Encoding: chunked\r\n\r\n`, chunk, 160);
      answers.push(`${/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]} ${target}`);
    }
    // The others have no use for a body: they answer without a look at it.
    const others = answers.filter((answer) => !answer.startsWith('413 '));
    expect(others.toSorted()).toEqual([
      ...['/cti/logout', '/toolbar/logout', '/workspace/logout'].map((path) => `204 ${path}`),
      // Of a form that begins a sign-in nothing is read that did not say how long it is.
      ...[START_PATHS.toolbar, START_PATHS.workspace].map((path) => `400 ${path}`),
      ...['/cti/session/token', '/toolbar/session/token', '/workspace/session/token'].map((path) => `401 ${path}`),
      `404 /workspace/admin-link/${'a'.repeat(43)}`,
    ]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 1024 * 1024);
  });

  test('O11 ten megabytes are neither kept nor a reason to fall', async () => {
    const url = `${rig().tenants.acme.origin}/workspace/logout`;
    const body = Buffer.alloc(10 * 1024 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    const answer = await new HttpBrowser()
      .post(url, { body, headers: { 'content-length': String(body.length), accept: 'application/json' } })
      .catch((error: NodeJS.ErrnoException) => error.code);
    // Answered before the body was through, the connection may be closed under it.
    if (typeof answer === 'object') expect(answer.status).toBe(204);
    else expect(['ECONNRESET', 'EPIPE']).toContain(answer);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5 * 1024 * 1024);
    expect((await new HttpBrowser().ask(`${rig().tenants.acme.origin}/workspace/session`)).status).toBe(401);
  });
});

describe('P30, S11 headers', () => {
  const rig = useRig();
  const common = {
    'cache-control': 'no-store',
    vary: 'Cookie, Accept',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  };
  const policy =
    /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/;

  /** Every route of every product, and requests that end in a refusal of each kind. */
  const ROUTES: readonly (readonly [string, string, number])[] = [
    ...PRODUCTS.flatMap((product) => [
      ['GET', `/${product}/session`, 401] as const,
      ['GET', `/${product}/auth`, 401] as const,
      ['POST', `/${product}/logout`, 303] as const,
      ['GET', `/${product}/signed-out`, 200] as const,
      ['GET', `/${product}/nothing`, 404] as const,
      ['GET', START_PATHS[product], 302] as const,
      ['HEAD', START_PATHS[product], 400] as const,
      ['GET', `${CALLBACK_PATHS[product]}?state=x&code=y`, 400] as const,
    ]),
    ['GET', '/workspace/login', 200],
    ['GET', `${CALLBACK_PATHS.authorise}?state=x`, 401],
    ['GET', '/elsewhere', 404],
  ];

  test.each(ROUTES)('of %s %s', async (method, path, status) => {
    const { origin } = rig().tenants.acme;
    for (const accept of ['text/html', 'application/json']) {
      const answer = await new HttpBrowser().request(origin + path, { method, headers: { origin, accept } });
      if (accept === 'text/html') expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject(common);
      expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining(['x-powered-by']));
      const isPage = answer.headers['content-type']?.startsWith('text/html') === true;
      if (isPage) expect(answer.headers['content-security-policy']).toMatch(policy);
      if (isPage) expect(answer.headers['content-security-policy']).not.toContain('unsafe');
      expect(isPage).toBe(
        (accept === 'text/html' && ![302, 303].includes(status)) ||
          path.endsWith('-out') ||
          path.endsWith('workspace/login'),
      );
    }
  });

  test('of a finished sign-in, a session and a fault', async () => {
    const browser = new HttpBrowser();
    const { origin } = rig().tenants.acme;
    const finished = await signIn(rig(), browser);
    rig().breakStore('findTenantSetup', () => new TypeError('defect'));
    const session = await browser.ask(`${origin}/workspace/session`);
    rig().restart();
    const fault = await browser.request(`${origin}/workspace/session`);
    expect([finished.status, session.status, fault.status]).toEqual([303, 200, 500]);
    for (const { headers } of [finished, session, fault]) expect(headers).toMatchObject(common);
    expect(fault.headers['content-security-policy']).toMatch(policy);
  });

  test('P30 redirects after a POST turn into a GET', async () => {
    const browser = new HttpBrowser();
    await signIn(rig(), browser);
    expect((await browser.post(`${rig().tenants.acme.origin}/workspace/logout`)).status).toBe(303);
  });
});

describe('O7, O8 the log', () => {
  const rig = useRig();

  test('of a whole sign-in has a line for each request, and nothing secret', async () => {
    const browser = new HttpBrowser();
    const { origin, clientSecret, org } = rig().tenants.acme;
    org.faults.omitEmailFromIdToken = true;
    const query = 'return_to=%2Fworkspace%2FPATH-CANARY&login_hint=HINT-CANARY@acme.example';
    const forged = { 'user-agent': 'AGENT-CANARY\u0080{"level":60}', 'x-forwarded-for': 'FOR-CANARY' };
    const start = await browser.request(startUrl(rig(), { query }), { headers: forged });
    const callback = new URL(await walkToCallback(rig(), browser, { query }));
    const cookies = browser.cookies.map(({ value }) => value);
    await browser.request(callback.href);
    cookies.push(...browser.cookies.map(({ value }) => value));
    await browser.ask(`${origin}/workspace/session`);
    await browser.request(callback.href);
    await browser.post(`${origin}/workspace/logout?everywhere=CANARY`);
    await browser.request(`${origin}/workspace/nothing/PATH-CANARY?x=QUERY-CANARY`);

    const lines = rig().logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ msg }) => msg === 'request')).toHaveLength(7);
    for (const line of rig().logLines) expect(line.match(/\n/g)).toHaveLength(1);
    const log = rig().logLines.join('');
    const sent = rig().outgoing.flatMap(({ body, headers }) => [
      ...new URLSearchParams(body).values(),
      headers.authorization,
    ]);
    const received = rig().outgoing.flatMap(({ url, answer }) =>
      url.endsWith('/token') || url.endsWith('/userinfo')
        ? Object.values(JSON.parse(answer) as Record<string, unknown>).filter((value) => typeof value === 'string')
        : [],
    );
    const secrets = [
      ...['CANARY', clientSecret, callback.searchParams.get('code'), callback.searchParams.get('state')],
      ...['state', 'nonce', 'code_challenge'].map((name) => new URL(start.location()).searchParams.get(name)),
      ...[
        ...sent,
        ...received,
        ...cookies,
        ...cookies.map((value) => value.split('.')[1]),
        'agent@acme.example',
        'Arun Agent',
      ],
    ].filter((secret): secret is string => typeof secret === 'string' && secret.length > 5);
    expect(secrets.length).toBeGreaterThan(20);
    for (const secret of secrets.filter((text) => !NO_SECRETS.has(text))) expect(log).not.toContain(secret);
  });

  test('O7 is one line for each event, whatever a stranger wrote where', async () => {
    const forged = ['\n', '\r\n', '\u2028', '\u0085', '\u001b[2J', '\u202e'].map(
      (end) => `x${end}{"level":30,"msg":"request","FORGED":true}`,
    );
    const { origin } = rig().tenants.acme;
    const { host } = new URL(origin);
    let answered = 0;
    await rig().database.query("update users set name = $1, email = $2 where id = 'acme-agent'", [
      forged[0],
      `a\n{"FORGED":1}@acme.example`,
    ]);
    for (const text of forged) {
      const query = new URLSearchParams({
        state: text,
        code: text,
        error: text,
        error_description: text,
        iss: text,
        login_hint: text,
      });
      for (const path of [CALLBACK_PATHS.workspace, START_PATHS.cti, `/workspace/${encodeURIComponent(text)}`]) {
        await new HttpBrowser().request(`${origin}${path}?${query}`, {
          headers: { 'user-agent': encodeURI(text), referer: encodeURI(text) },
        });
        answered++;
      }
      const bytes = Buffer.from(text.replaceAll(/[\r\n]/g, '')).toString('latin1');
      const head = `GET /workspace/session HTTP/1.1\r\nConnection: close\r\nUser-Agent: ${bytes}\r\nX-Forwarded-For: ${bytes}\r\n`;
      for (const name of [host, bytes]) {
        // What is no HTTP is answered by the server itself, before it is a request of ours.
        if ((await sendRaw(rig().port, `${head}Host: ${name}\r\n\r\n`)).includes('no-store')) answered++;
      }
    }
    const lines = rig().logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    await rig().database.query(
      "update users set name = 'Arun Agent', email = 'agent@acme.example' where id = 'acme-agent'",
    );
    expect(lines.filter(({ msg }) => msg === 'request')).toHaveLength(answered);
    expect(answered).toBeGreaterThan(3 * forged.length);
    for (const line of rig().logLines) expect(line).toMatch(/^[\x20-\x7e]*\n$/);
    expect(rig().logLines.join('')).not.toContain('FORGED');
  });

  test('says who asked for what, by template', async () => {
    await signIn(rig(), new HttpBrowser());
    const lines = rig().logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toEqual({
      level: 30,
      time: expect.any(String),
      reference: expect.stringMatching(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/),
      product: 'workspace',
      tenant: 'acme',
      method: 'GET',
      route: CALLBACK_PATHS.workspace,
      status: 303,
      durationMs: expect.any(Number),
      client: '127.0.0.1',
      msg: 'request',
    });
  });

  test('survives a sign-in log that cannot be written, and so does the answer', async () => {
    rig().breakStore('recordFailedSignIn', () => Object.assign(new Error('LOG-CANARY'), { params: ['LOG-CANARY'] }));
    const answer = await signIn(rig(), new HttpBrowser(), { person: 'not-in-ipscape' });
    expect(answer.status).toBe(403);
    const log = rig().logLines.join('');
    expect(log).toContain('the sign-in log could not be written');
    expect(log).not.toContain('LOG-CANARY');
  });
});

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const NO_SECRETS = new Set(['authorization_code', 'openid profile email', 'Bearer', 'en-US', 'America/Los_Angeles']);

describe('R12 the database', () => {
  const rig = useRig();
  const down = () => new Error('connection lost');

  test.each(['findTenantSetup', 'saveTransaction'] as const)(
    'gone in %s: the start is refused, and works again',
    async (method) => {
      rig().breakStore(method, () => new SsoError('store-unavailable', { cause: down() }));
      rig().restart();
      const answer = await new HttpBrowser().ask(startUrl(rig()));
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
      expect(answer.setCookies).toEqual([]);
      await rig().repair();
      expect((await signIn(rig(), new HttpBrowser())).status).toBe(303);
    },
  );

  test('gone before the claim: the code is not spent', async () => {
    const browser = new HttpBrowser();
    const callback = await walkToCallback(rig(), browser);
    rig().breakStore('claimTransaction', () => new SsoError('store-unavailable', { cause: down() }));
    expect((await browser.ask(callback)).status).toBe(503);
    expect(rig().requestsTo('acme')).not.toContain('token');
    await rig().repair();
  });

  test.each(['findIdentity', 'pinIdentity', 'openSession'] as const)(
    'gone in %s: nobody is signed in',
    async (method) => {
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig(), browser);
      const before = await rig().snapshot();
      rig().breakStore(method, () => new SsoError('store-unavailable', { cause: down() }));
      const answer = await browser.ask(callback);
      expect(answer.status).toBe(503);
      expect(sessionCookies(answer)).toEqual([]);
      expect((await rig().snapshot()).sessions).toBe(before.sessions);
      await rig().repair();
      expect((await signIn(rig(), browser)).status).toBe(303);
    },
  );

  test('gone while a session is looked up: it is neither confirmed nor ended', async () => {
    const browser = new HttpBrowser();
    await signIn(rig(), browser);
    const { origin } = rig().tenants.acme;
    rig().breakStore('findSession', () => new SsoError('store-unavailable', { cause: down() }));
    for (const path of ['/workspace/session', '/workspace/auth', '/workspace/login']) {
      const answer = await browser.ask(origin + path);
      expect(answer.status).toBe(503);
      expect(answer.setCookies).toEqual([]);
    }
    rig().breakStore('endSession', () => new SsoError('store-unavailable', { cause: down() }));
    const out = await browser.post(`${origin}/workspace/logout`);
    expect([out.status, sessionCookies(out)]).toEqual([503, []]);
    await rig().repair();
    expect((await browser.ask(`${origin}/workspace/session`)).status).toBe(200);
  });
});
