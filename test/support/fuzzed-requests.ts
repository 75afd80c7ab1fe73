/**
 * @module
 * Requests that nobody means well with, from a bounded corpus and a seed: the same seed makes the same requests.
 */
import { PRODUCTS } from '@ipscape/sso-core';
import fc from 'fast-check';

export interface FuzzedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Whether the cookies of somebody who is signed in go along. */
  readonly isSignedIn: boolean;
}

/** One of the apps' own routes, with something in place of its parameters. */
export interface FuzzedRoute {
  readonly method: string;
  readonly path: string;
  /** Something of the path is made up, so that nothing may be there. */
  readonly isMadeUp: boolean;
}

/** What Hono knows of a registered route. */
interface RegisteredRoute {
  readonly method: string;
  readonly path: string;
}

/** Where there is nothing. */
const ELSEWHERE: readonly FuzzedRoute[] = [
  ...PRODUCTS.flatMap((product) => [`/${product}/nothing`, `/${product}/`, `/${product}`]),
  ...['/', '/elsewhere', '/favicon.ico', '/robots.txt'],
].map((path) => ({ method: 'GET', path, isMadeUp: true }));

/** In place of a path parameter: well formed, and not. */
const PARAMETER_VALUES = ['00000000-0000-4000-8000-000000000000', 'A'.repeat(43), 'x', '%00', '__proto__', '1'];

/**
 * Every route of the apps, as they are registered, so that a new one cannot be forgotten. Of a middleware for a whole
 * folder there is nothing to ask.
 */
export function fuzzedRoutes(registered: readonly RegisteredRoute[]): readonly FuzzedRoute[] {
  const routes = new Map<string, FuzzedRoute>();
  for (const { method, path } of registered) {
    if (path.includes('*')) continue;
    const paths = path.includes(':')
      ? PARAMETER_VALUES.map((value) => path.replace(/:\w+(?:\{[^}]*\})?\??/g, value))
      : [path];
    for (const filled of paths) {
      const route = { method: method === 'ALL' ? 'GET' : method, path: filled, isMadeUp: filled !== path };
      routes.set(`${route.method} ${route.path}`, route);
    }
  }
  return [...routes.values()];
}

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

/** Mostly the route's own method, without which nothing behind the router is reached. */
const OTHER_METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'];

const requestTo = (routes: readonly FuzzedRoute[]): fc.Arbitrary<FuzzedRequest> =>
  fc
    .record({
      otherMethod: fc.option(fc.constantFrom(...OTHER_METHODS), { nil: null, freq: 2 }),
      route: fc.constantFrom(...routes, ...ELSEWHERE),
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
    .map(({ otherMethod, route, spell, query, isEncoded, headers, cookies, body, isSignedIn, isOwnOrigin }) => {
      const method = otherMethod ?? route.method;
      const search = isEncoded
        ? new URLSearchParams(query).toString()
        : query.map(([name, value]) => `${name}=${value.replace(/[^\x21-\x7e]/g, '')}`).join('&');
      const pairs = cookies.map(([name, value]) => `${name}=${value}`).join('; ');
      return {
        method,
        target: `${spell(route.path)}${search === '' ? '' : `?${search}`}`.slice(0, 8_000),
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

/** A request that a route's handler gets to see, with the cookies of somebody who is signed in or without. */
export function plainRequest({ method, path }: FuzzedRoute, isSignedIn: boolean): FuzzedRequest {
  const headers = { origin: 'OWN', 'content-type': 'application/json' };
  return { method, target: path, headers, body: method === 'GET' ? null : '{}', isSignedIn };
}

export const fuzzedRequests = (
  routes: readonly FuzzedRoute[],
  { seed, count }: { readonly seed: number; readonly count: number },
): readonly FuzzedRequest[] => fc.sample(requestTo(routes), { seed, numRuns: count });
export const fuzzedBytes = (seed: number, count: number): readonly string[] =>
  fc.sample(bytes, { seed, numRuns: count });
