import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { exampleProvider, json } from '../test/fake-provider.js';
import { parseDiscoveryDocument } from './discovery-document.js';
import { SsoError } from './errors.js';
import type { SsoFetchInit } from './ports.js';
import type { OidcProvider } from './provider.js';
import { exchangeCode } from './token-exchange.js';

const ISSUER = 'https://acme.okta.example';
const SECRET = 'secret-canary-_.~+/=%: ü';

const metadataOf = (methods: readonly string[]) =>
  parseDiscoveryDocument(
    {
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/keys`,
      token_endpoint_auth_methods_supported: methods,
    },
    ISSUER,
  );

async function exchange(
  answer: () => Response | Promise<Response>,
  {
    provider = exampleProvider,
    methods = ['client_secret_basic'],
  }: { provider?: OidcProvider; methods?: string[] } = {},
) {
  const requests: { readonly url: string; readonly init: SsoFetchInit }[] = [];
  const result = exchangeCode(
    {
      metadata: metadataOf(methods),
      provider,
      clientId: '0oaClient',
      clientSecret: SECRET,
      code: 'code-canary',
      redirectUri: 'https://acme.example/cti/login',
      codeVerifier: 'verifier-canary'.padEnd(43, 'x'),
    },
    async (url, init = {}) => {
      requests.push({ url, init });
      return answer();
    },
  );
  await result.catch(() => {});
  expect(requests).toHaveLength(1);
  return { result, request: requests[0] };
}

const tokens = { access_token: 'access', token_type: 'Bearer', expires_in: 3600, id_token: 'id.to.ken' };
const refusal = async (answer: () => Response | Promise<Response>, options?: Parameters<typeof exchange>[1]) =>
  caught(async () => (await exchange(answer, options)).result);

describe('exchangeCode sends', () => {
  test('P10 one POST with the code, the redirect URI and the verifier, and the deadline of token requests', async () => {
    const { result, request } = await exchange(() => json(tokens));
    await result;
    expect(request?.url).toBe(`${ISSUER}/token`);
    expect(request?.init).toMatchObject({ method: 'POST', timeoutMs: 10_000 });
    expect(Object.fromEntries(new URLSearchParams(request?.init.body))).toEqual({
      grant_type: 'authorization_code',
      code: 'code-canary',
      redirect_uri: 'https://acme.example/cti/login',
      code_verifier: 'verifier-canary'.padEnd(43, 'x'),
    });
  });

  test.each([[['client_secret_basic']], [['client_secret_post']], [['client_secret_basic', 'client_secret_post']]])(
    'P27 the credentials in one place and never in the address (%j)',
    async (methods) => {
      const { request } = await exchange(() => json(tokens), { methods });
      const inHeader = request?.init.headers?.authorization !== undefined;
      const inBody = new URLSearchParams(request?.init.body).get('client_secret') === SECRET;
      expect([inHeader, inBody]).toEqual([
        methods.includes('client_secret_basic'),
        !methods.includes('client_secret_basic'),
      ]);
      expect(request?.url).toBe(`${ISSUER}/token`);
    },
  );
});

describe('P11 exchangeCode accepts', () => {
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['the usual answer', {}],
    ['bearer in any case', { token_type: 'bEaReR' }],
    ['no expires_in', { expires_in: undefined }],
    ['an odd expires_in, which decides nothing', { expires_in: 'soon' }],
    ['tokens and scopes that are not used', { refresh_token: 7, scope: ['x'], device_secret: 'x' }],
  ])('%s', async (_name, changes) => {
    const { result } = await exchange(() => json({ ...tokens, ...changes }));
    await expect(result).resolves.toEqual({ idToken: 'id.to.ken', accessToken: 'access' });
  });

  test('a content type with a charset', async () => {
    const { result } = await exchange(
      () => new Response(JSON.stringify(tokens), { headers: { 'content-type': 'Application/JSON; charset=UTF-8' } }),
    );
    await expect(result).resolves.toMatchObject({ accessToken: 'access' });
  });
});

describe('P11 exchangeCode refuses', () => {
  const field = (name: string) => ({ reason: 'token-response', field: name });
  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ['no ID token', { id_token: undefined }, field('id_token')],
    ['an empty ID token', { id_token: '' }, field('id_token')],
    ['an ID token in an array', { id_token: ['id.to.ken'] }, field('id_token')],
    ['an ID token that is null', { id_token: null }, field('id_token')],
    ['no access token', { access_token: undefined }, field('access_token')],
    ['an access token that is a number', { access_token: 7 }, field('access_token')],
    ['no token type', { token_type: undefined }, field('token_type')],
    ['a token type that is an array', { token_type: ['Bearer'] }, field('token_type')],
    ['token type mac', { token_type: 'mac' }, { reason: 'token-type' }],
    ['an empty token type', { token_type: '' }, { reason: 'token-type' }],
  ])('%s', async (_name, changes, details) => {
    expect(await refusal(() => json({ ...tokens, ...changes }))).toMatchObject({
      code: 'idp-response-invalid',
      stage: 'token',
      details,
    });
  });

  test('P35 tokens that are bound to a DPoP key', async () => {
    expect(await refusal(() => json({ ...tokens, token_type: 'DPoP' }))).toMatchObject({ code: 'dpop-required' });
  });

  const raw =
    (body: BodyInit | null, type = 'application/json', status = 200) =>
    () =>
      new Response(body, { status, headers: { 'content-type': type } });

  test.each<[string, () => Response, string]>([
    ['HTML', raw('<html>', 'text/html'), 'idp-response-invalid'],
    ['HTML that calls itself JSON', raw('<html>'), 'idp-response-invalid'],
    ['JSON that calls itself HTML', raw(JSON.stringify(tokens), 'text/html'), 'idp-response-invalid'],
    ['JSON that calls itself nothing', () => new Response(Buffer.from(JSON.stringify(tokens))), 'idp-response-invalid'],
    ['a type that begins like JSON', raw(JSON.stringify(tokens), 'application/jsonp'), 'idp-response-invalid'],
    [
      'a form',
      raw('access_token=access&token_type=bearer', 'application/x-www-form-urlencoded'),
      'idp-response-invalid',
    ],
    [
      'UTF-16',
      raw(Buffer.from(JSON.stringify(tokens), 'utf16le'), 'application/json; charset=utf-16'),
      'idp-response-invalid',
    ],
    ['another charset', raw(JSON.stringify(tokens), 'application/json; charset=iso-8859-1'), 'idp-response-invalid'],
    [
      'a charset that begins alike',
      raw(JSON.stringify(tokens), 'application/json;charset=utf-8x'),
      'idp-response-invalid',
    ],
    [
      'Latin-1',
      raw(Buffer.from(JSON.stringify({ ...tokens, x: 'ü' }), 'latin1'), 'application/json'),
      'idp-response-invalid',
    ],
    ['two tokens of a kind', raw(JSON.stringify(tokens).replace('{', '{"id_token":"a.b.c",')), 'idp-response-invalid'],
    ['an empty body', raw(''), 'idp-response-invalid'],
    ['an array', raw(JSON.stringify([tokens])), 'idp-response-invalid'],
    ['201', raw(JSON.stringify(tokens), 'application/json', 201), 'idp-response-invalid'],
    ['302', raw(null, 'text/html', 302), 'idp-response-invalid'],
    ['400 with tokens', raw(JSON.stringify(tokens), 'application/json', 400), 'idp-response-invalid'],
    ['400 with HTML', raw('<html>', 'text/html', 400), 'idp-response-invalid'],
    ['403 without a body', raw(null, 'text/html', 403), 'idp-response-invalid'],
    ['401 without a body', raw(null, 'text/html', 401), 'client-rejected'],
    ['401 with JSON that says nothing', raw('{}', 'application/json', 401), 'client-rejected'],
    ['429', raw('{"error":"invalid_client"}', 'application/json', 429), 'idp-rate-limited'],
    ['500', raw('{"error":"invalid_client"}', 'application/json', 500), 'idp-error'],
    ['503 with tokens', raw(JSON.stringify(tokens), 'application/json', 503), 'idp-error'],
  ])('%s', async (_name, answer, code) => {
    expect(await refusal(answer)).toMatchObject({ code, stage: 'token' });
  });

  test.each<[string, string, string]>([
    ['invalid_client', 'client-rejected', 'invalid_client'],
    ['invalid_grant', 'grant-rejected', 'invalid_grant'],
    ['invalid_request', 'request-rejected', 'invalid_request'],
    ['unauthorized_client', 'request-rejected', 'unauthorized_client'],
    ['unsupported_grant_type', 'request-rejected', 'unsupported_grant_type'],
    ['invalid_scope', 'request-rejected', 'invalid_scope'],
    ['invalid_dpop_proof', 'dpop-required', 'invalid_dpop_proof'],
    ['use_dpop_nonce', 'dpop-required', 'use_dpop_nonce'],
    ['server_error', 'idp-error', 'server_error'],
    ['temporarily_unavailable', 'idp-error', 'temporarily_unavailable'],
    ['something_new', 'idp-response-invalid', 'unknown'],
    ['', 'idp-response-invalid', 'unknown'],
    ['constructor', 'idp-response-invalid', 'unknown'],
    ['toString', 'idp-response-invalid', 'unknown'],
    ['__proto__', 'idp-response-invalid', 'unknown'],
    ['code-canary', 'idp-response-invalid', 'unknown'],
  ])('error %j as %s', async (error, code, reason) => {
    for (const status of [400, 200]) {
      expect(
        await refusal(() => json({ error, error_description: 'x', ...(status === 200 ? tokens : {}) }, status)),
      ).toMatchObject({
        code,
        stage: 'token',
        details: { status, reason },
      });
    }
  });

  test('an error in the provider’s own shape, in the provider’s own words', async () => {
    const seen: unknown[] = [];
    const provider: OidcProvider = {
      ...exampleProvider,
      explainError: (input) => {
        seen.push(input);
        return { code: 'client-rejected', advice: 'x' };
      },
    };
    const body = { errorCode: 'E0000011', errorSummary: 's'.repeat(5000) };
    expect(await refusal(() => json(body, 400), { provider })).toMatchObject({
      code: 'client-rejected',
      details: { reason: 'E0000011', status: 400 },
    });
    expect(seen).toEqual([{ stage: 'token', error: 'E0000011', errorDescription: 's'.repeat(1000), status: 400 }]);
    // An explanation does not make prose a code.
    const prose = await refusal(() => json({ error: 'Sorry, code-canary\nis no good' }, 400), { provider });
    expect(prose.details).toEqual({ reason: 'unknown', status: 400 });
  });

  test.each<[string, () => never, string]>([
    [
      'a dropped connection',
      () => {
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      },
      'idp-unreachable',
    ],
    [
      'a timeout',
      () => {
        throw new DOMException('x', 'TimeoutError');
      },
      'idp-timeout',
    ],
    [
      'an abort',
      () => {
        throw new DOMException('x', 'AbortError');
      },
      'idp-timeout',
    ],
    [
      'a forbidden address',
      () => {
        throw new SsoError('idp-address-forbidden');
      },
      'idp-address-forbidden',
    ],
  ])('%s after exactly one POST', async (_name, answer, code) => {
    expect(await refusal(answer)).toMatchObject({ code, stage: 'token' });
  });

  test('P10 a body that breaks off, after exactly one POST', async () => {
    const broken = () =>
      new Response(new ReadableStream({ pull: (c) => c.error(new TypeError('reset')) }), {
        headers: { 'content-type': 'application/json' },
      });
    expect(await refusal(broken)).toMatchObject({ code: 'idp-unreachable', stage: 'token' });
  });
});
