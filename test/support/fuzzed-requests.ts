/**
 * @module
 * Requests that nobody means well with, from a bounded corpus and a seed: the same seed makes the same requests.
 */
import { CALLBACK_PATHS, PRODUCTS, START_PATHS } from '@ipscape/sso-core';
import fc from 'fast-check';

export interface FuzzedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Whether the cookies of somebody who is signed in go along. */
  readonly isSignedIn: boolean;
}

const SETTINGS = '/workspace/administration/organisation-settings/login-and-security';

/** Every route that a stranger can reach, and some that do not exist. */
export const ROUTES: readonly string[] = [
  ...PRODUCTS.flatMap((product) =>
    ['session', 'session/token', 'auth', 'logout', 'signed-out', '.well-known/jwks.json', 'nothing', ''].map(
      (name) => `/${product}/${name}`,
    ),
  ),
  ...Object.values(START_PATHS),
  ...Object.values(CALLBACK_PATHS),
  '/workspace/login',
  '/workspace/admin-link/AAAA',
  SETTINGS,
  `${SETTINGS}/authorise/00000000-0000-4000-8000-000000000000`,
  ...['settings', 'draft', 'authorise', 'authorisations/x', 'save', 'enable', 'disable', 'rollback', 'sign-in-log'].map(
    (name) => `/workspace/api/sso/${name}`,
  ),
  ...['audit', 'directory-check', 'held-identities', 'held-identities/approve', 'held-identities/refuse'].map(
    (name) => `/workspace/api/sso/${name}`,
  ),
  '/workspace/api/openapi.json',
  '/cti/handoffs',
  '/cti/handoffs/x',
  '/cti/sso.js',
  ...['/', '/livez', '/readyz', '/metrics', '/elsewhere', '/favicon.ico'],
];

/** What has broken software before. */
const NAUGHTY: readonly string[] = [
  ...['', ' ', '0', '-1', '1e309', 'NaN', 'null', 'undefined', 'true', '[]', '{}', '[object Object]', '__proto__'],
  ...['constructor', 'toString', 'hasOwnProperty', '../', '..\\', '/etc/passwd', '%00', '%', '%E0%A4%A', '%c0%af'],
  ...['%0d%0aSet-Cookie:a=b', '\t', '"', "'", '`', '<script>alert(1)</script>', '</script>', '{{7*7}}', '\u0024{7*7}'],
  ...["' or 1=1 --", '; drop table users', '$(id)', '|id', '\u202e', '\u0000', '\ufeff', 'ı', 'İ', 'ſ', '\u{1f511}'],
  ...['\ud800', 'a'.repeat(300), 'x'.repeat(5_000), '//evil.example', '\\\\evil', 'javascript:alert(1)', 'data:,x'],
  ...['http://169.254.169.254/', 'file:///etc/passwd', 'A'.repeat(43), 'eyJhbGciOiJub25lIn0.e30.', '-'.repeat(43)],
  ...['a@b', 'admin@acme.example', '9'.repeat(400), '\u0660', '1/0', '*', '?', '#', '&', '=', ';', ',', ':', '::1'],
];
const PARAMETERS = ['state', 'code', 'error', 'error_description', 'iss', 'return_to', 'login_hint', 'target_link_uri']
  .concat(['other_account', 'everywhere', 'integration', 'product', 'reference', 'limit', '__proto__', 'state[]', 'x'])
  .concat(['revisionId', 'id', 'hostName', 'clientId', 'clientSecret', 'providerId', 'seenRevisionId', 'values']);
const HEADERS = ['accept', 'accept-language', 'origin', 'referer', 'content-type', 'authorization', 'x-forwarded-host']
  .concat(['x-forwarded-for', 'x-forwarded-proto', 'forwarded', 'sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-mode'])
  .concat([
    'x-http-method-override',
    'if-none-match',
    'range',
    'user-agent',
    'cookie',
    'x-original-url',
    'traceparent',
  ]);
const USUAL = [
  'text/html',
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'same-origin',
  '*/*',
].concat(['cross-site', 'iframe', 'document', 'http://acme.localhost', 'null', 'Bearer x', 'Basic eA==', 'bytes=0-']);

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAUGHTY) },
  { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
);

const spelling = fc.constantFrom<(path: string) => string>(
  ...Array.from({ length: 8 }, () => (path: string) => path),
  (path) => `/${path}`,
  (path) => `${path}/`,
  (path) => path.toUpperCase(),
  (path) => path.replace('/', '/./'),
  (path) => path.replace(/\/(\w)/, (_, letter: string) => `/%${letter.charCodeAt(0).toString(16)}`),
  (path) => `${path};x=y`,
  (path) => `${path}%2f..`,
  (path) => `${path}\\`,
);

const json = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .dictionary(fc.constantFrom(...PARAMETERS), fc.oneof(text, fc.integer(), fc.constant(null), fc.array(text)), {
      maxKeys: 5,
    })
    .map((value) => JSON.stringify(value)),
  fc.constantFrom('{', '[]', 'null', '"x"', '{"__proto__":{"x":1}}', '['.repeat(5_000), '{"a":1e999}', '\ufeff{}', ''),
);

/** Header values as Node writes them: one byte each, no line break. */
function toHeader(value: string): string {
  return value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 2_000);
}

const request: fc.Arbitrary<FuzzedRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'),
    route: fc.constantFrom(...ROUTES),
    spell: spelling,
    query: fc.array(fc.tuple(fc.constantFrom(...PARAMETERS), text), { maxLength: 4 }),
    isEncoded: fc.boolean(),
    headers: fc.array(fc.tuple(fc.constantFrom(...HEADERS), fc.oneof(fc.constantFrom(...USUAL), text)), {
      maxLength: 4,
    }),
    cookies: fc.array(
      fc.tuple(
        fc.constantFrom(
          '__Host-ipscape-workspace',
          '__Host-ipscape-cti',
          '__Host-ipscape-tx-AAAAAAAAAAAA',
          'a',
          '',
          '$Version',
        ),
        text,
      ),
      { maxLength: 3 },
    ),
    body: fc.option(fc.oneof(json, text), { nil: null }),
    isSignedIn: fc.boolean(),
    isOwnOrigin: fc.boolean(),
  })
  .map(({ method, route, spell, query, isEncoded, headers, cookies, body, isSignedIn, isOwnOrigin }) => {
    const search = isEncoded
      ? new URLSearchParams(query).toString()
      : query.map(([name, value]) => `${name}=${value.replace(/[^\x21-\x7e]/g, '')}`).join('&');
    const pairs = cookies.map(([name, value]) => `${name}=${value}`).join('; ');
    return {
      method,
      target: `${spell(route)}${search === '' ? '' : `?${search}`}`.slice(0, 8_000),
      headers: {
        ...(isOwnOrigin ? { origin: 'OWN', 'content-type': 'application/json' } : {}),
        ...(pairs === '' ? {} : { cookie: toHeader(pairs) }),
        ...Object.fromEntries(headers.map(([name, value]) => [name, toHeader(value)])),
      },
      body: method === 'GET' || method === 'HEAD' ? null : body,
      isSignedIn,
    };
  });

/** Bytes that are hardly HTTP. */
const bytes: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('GET', 'POST', 'get', '', '\x16\x03\x01'), text, fc.array(text, { maxLength: 3 }))
  .map(([method, target, lines]) => `${method} /workspace/${target} HTTP/1.1\r\nHost: ${lines.join('\r\n')}\r\n\r\n`);

export const fuzzedRequests = (seed: number, count: number): readonly FuzzedRequest[] =>
  fc.sample(request, { seed, numRuns: count });
export const fuzzedBytes = (seed: number, count: number): readonly string[] =>
  fc.sample(bytes, { seed, numRuns: count });
