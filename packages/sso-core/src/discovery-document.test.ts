import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { parseDiscoveryDocument } from './discovery-document.js';

const ISSUER = 'https://acme.okta.example';
const valid = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/oauth2/v1/authorize`,
  token_endpoint: `${ISSUER}/oauth2/v1/token`,
  jwks_uri: `${ISSUER}/oauth2/v1/keys`,
  userinfo_endpoint: `${ISSUER}/oauth2/v1/userinfo`,
  end_session_endpoint: `${ISSUER}/oauth2/v1/logout`,
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
};

describe('parseDiscoveryDocument accepts', () => {
  test('a complete document', () => {
    expect(parseDiscoveryDocument(valid, ISSUER)).toEqual({
      issuer: ISSUER,
      authorizationEndpoint: valid.authorization_endpoint,
      tokenEndpoint: valid.token_endpoint,
      jwksUri: valid.jwks_uri,
      userinfoEndpoint: valid.userinfo_endpoint,
      endSessionEndpoint: valid.end_session_endpoint,
      tokenEndpointAuthMethods: valid.token_endpoint_auth_methods_supported,
      responseIssuerRequired: false,
    });
  });

  test('P2 a document of the required fields alone, with the defaults of the specification', () => {
    const { issuer, authorization_endpoint, token_endpoint, jwks_uri } = valid;
    const metadata = parseDiscoveryDocument({ issuer, authorization_endpoint, token_endpoint, jwks_uri }, ISSUER);
    expect(metadata).toMatchObject({
      userinfoEndpoint: null,
      endSessionEndpoint: null,
      tokenEndpointAuthMethods: ['client_secret_basic'],
      responseIssuerRequired: false,
    });
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['unknown fields', { registration_endpoint: 'http://evil.example', x: [1] }],
    ['a promise to send iss', { authorization_response_iss_parameter_supported: true }],
    [
      'pushed requests as a possibility',
      { require_pushed_authorization_requests: false, pushed_authorization_request_endpoint: `${ISSUER}/par` },
    ],
    ['no word about PKCE', { code_challenge_methods_supported: undefined }],
    ['members named like those of every object', JSON.parse('{"__proto__":{"issuer":"x"},"constructor":1}')],
    ['an endpoint with a query', { authorization_endpoint: `${ISSUER}/authorize?tenant=acme` }],
  ])('%s', (_name, changes) => {
    expect(parseDiscoveryDocument({ ...valid, ...changes }, ISSUER).issuer).toBe(ISSUER);
  });

  test('an issuer with a path, whose endpoints may lie anywhere on its origin', () => {
    const issuer = `${ISSUER}/oauth2/default`;
    expect(parseDiscoveryDocument({ ...valid, issuer }, issuer).tokenEndpoint).toBe(valid.token_endpoint);
  });

  test('http endpoints of an http issuer, which only development has', () => {
    const local = JSON.parse(JSON.stringify(valid).replaceAll(ISSUER, 'http://acme.okta.localhost:3010'));
    expect(parseDiscoveryDocument(local, 'http://acme.okta.localhost:3010').jwksUri).toMatch(/^http:/);
  });
});

describe('P3, P4, F7 parseDiscoveryDocument refuses', () => {
  test.each<[string, unknown]>([
    ['another host', 'https://globex.okta.example'],
    ['a longer host', `${ISSUER}.evil.example`],
    ['a trailing slash', `${ISSUER}/`],
    ['upper case in the host', 'https://ACME.okta.example'],
    ['upper case in the scheme', 'HTTPS://acme.okta.example'],
    ['the default port', `${ISSUER}:443`],
    ['a path that resolves to nothing', `${ISSUER}/x/..`],
    ['http', 'http://acme.okta.example'],
    ['user information', 'https://x@acme.okta.example'],
    ['a query', `${ISSUER}?`],
    ['a fragment', `${ISSUER}#`],
    ['a trailing dot', `${ISSUER}.`],
    ['white space', ` ${ISSUER}`],
    ['nothing', ''],
    ['the path of an authorization server', `${ISSUER}/oauth2/default`],
  ])('an issuer with %s', async (_name, issuer) => {
    const error = await caught(() => parseDiscoveryDocument({ ...valid, issuer }, ISSUER));
    expect(error).toMatchObject({ code: 'issuer-mismatch', stage: 'discovery', details: {} });
  });

  test.each([[[ISSUER]], [undefined], [null], [7], [{}]])('issuer %j', async (issuer) => {
    const error = await caught(() => parseDiscoveryDocument({ ...valid, issuer }, ISSUER));
    expect(error).toMatchObject({ code: 'idp-response-invalid', details: { reason: 'metadata', field: 'issuer' } });
  });

  test.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])('a document without %s', async (name) => {
    const error = await caught(() => parseDiscoveryDocument({ ...valid, [name]: undefined }, ISSUER));
    expect(error).toMatchObject({ code: 'idp-response-invalid', details: { reason: 'metadata', field: name } });
  });

  const endpoints = [
    'authorization_endpoint',
    'token_endpoint',
    'jwks_uri',
    'userinfo_endpoint',
    'end_session_endpoint',
  ];

  test.each(
    endpoints.flatMap((name) =>
      [7, true, null, '', [], {}, [`${ISSUER}/x`], `${ISSUER}/${'x'.repeat(2048)}`].map(
        (value) => [name, value] as const,
      ),
    ),
  )('%s %j', async (name, value) => {
    const error = await caught(() => parseDiscoveryDocument({ ...valid, [name]: value }, ISSUER));
    expect(error).toMatchObject({ code: 'idp-response-invalid', details: { reason: 'metadata', field: name } });
  });

  test.each(
    endpoints.flatMap((name) =>
      [
        'http://acme.okta.example/x',
        'https://evil.example/x',
        'https://globex.okta.example/x',
        'https://acme.okta.example.evil.example/x',
        'https://acme.okta.example@evil.example/x',
        'https://user@acme.okta.example/x',
        'https://user:password@acme.okta.example/x',
        'https://acme.okta.example:8443/x',
        'https://acme.okta.example:443/x',
        'https://169.254.169.254/latest',
        'https://acme.okta.example./x',
        'https://ACME.okta.example/x',
        'https:\\\\acme.okta.example/x',
        'https:/acme.okta.example/x',
        'ht\ntps://acme.okta.example/x',
        ' https://acme.okta.example/x',
        'https://acme.okta.example/x#fragment',
        'https://acme.okta.example/x#',
        'https://acme.okta.example?x',
        'https://acme.okta.example',
        '//acme.okta.example/x',
        '/oauth2/v1/token',
        'file:///etc/passwd',
        'javascript:alert(1)',
        'blob:https://acme.okta.example/x',
        'not a url',
      ].map((value) => [name, value] as const),
    ),
  )('%s %j', async (name, value) => {
    const error = await caught(() => parseDiscoveryDocument({ ...valid, [name]: value }, ISSUER));
    expect(error).toMatchObject({
      code: 'idp-response-invalid',
      stage: 'discovery',
      details: { reason: 'endpoint', field: name },
    });
  });

  test.each<[string, unknown]>([
    ['methods that are no list', { token_endpoint_auth_methods_supported: 'client_secret_basic' }],
    ['methods that are no text', { token_endpoint_auth_methods_supported: [7] }],
    ['a thousand methods', { token_endpoint_auth_methods_supported: Array(1000).fill('x') }],
    ['a demand in text', { require_pushed_authorization_requests: 'true' }],
    ['a promise in text', { authorization_response_iss_parameter_supported: 'true' }],
  ])('%s', async (_name, changes) => {
    const error = await caught(() => parseDiscoveryDocument({ ...valid, ...(changes as object) }, ISSUER));
    expect(error).toMatchObject({ code: 'idp-response-invalid', details: { reason: 'metadata' } });
  });

  test('P35 a provider that takes pushed authorization requests only, whatever else it offers', async () => {
    const pushed = {
      require_pushed_authorization_requests: true,
      pushed_authorization_request_endpoint: `${ISSUER}/par`,
    };
    const error = await caught(() => parseDiscoveryDocument({ ...valid, ...pushed }, ISSUER));
    expect(error).toMatchObject({ code: 'par-required', stage: 'discovery', details: {} });
  });

  test.each([[null], [undefined], [[]], ['text'], [7], [{}]])('%j', async (input) => {
    expect(await caught(() => parseDiscoveryDocument(input, ISSUER))).toMatchObject({ code: 'idp-response-invalid' });
  });
});
