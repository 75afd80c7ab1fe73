import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../test/okta-test-client.js';
import { type OktaDevServer, startOktaDevServer } from './start-okta-dev-server.js';

const MEMBERS = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'registration_endpoint',
  'jwks_uri',
  'response_types_supported',
  'response_modes_supported',
  'grant_types_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
  'id_token_encryption_alg_values_supported',
  'id_token_encryption_enc_values_supported',
  'scopes_supported',
  'token_endpoint_auth_methods_supported',
  'claims_supported',
  'code_challenge_methods_supported',
  'introspection_endpoint',
  'introspection_endpoint_auth_methods_supported',
  'revocation_endpoint',
  'revocation_endpoint_auth_methods_supported',
  'end_session_endpoint',
  'request_parameter_supported',
  'request_object_signing_alg_values_supported',
  'device_authorization_endpoint',
  'dpop_signing_alg_values_supported',
];

const NAMES = ['openid-configuration', 'oauth-authorization-server'];

let server: OktaDevServer;
beforeAll(async () => {
  const app = { label: 'Desk', redirectUris: ['http://app.localhost/a'], assigned: 'everyone' as const };
  server = await startOktaDevServer({
    orgs: [
      { name: 'acme', users: [], apps: [app], customDomain: 'login.acme.localhost' },
      { name: 'umbrella', users: [], apps: [{ ...app, initiateLoginUri: 'http://app.localhost/login?t=1' }] },
    ],
  });
});
afterAll(() => server.stop());

describe('discovery', () => {
  it.each(NAMES)('serves %s as Okta does', async (name) => {
    const { origin } = server.org('umbrella');
    const response = await send(`${origin}/.well-known/${name}`);
    const document = response.json();
    expect(response.status).toBe(200);
    expect(Object.keys(document)).toEqual(MEMBERS);
    expect(document).toMatchObject({
      issuer: origin,
      authorization_endpoint: `${origin}/oauth2/v1/authorize`,
      token_endpoint: `${origin}/oauth2/v1/token`,
      jwks_uri: `${origin}/oauth2/v1/keys`,
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
      request_parameter_supported: true,
    });
    expect(response.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'max-age=86400, must-revalidate',
      vary: 'Origin',
    });
    expect(response.headers).toHaveProperty('expires');
    expect(response.headers).not.toHaveProperty('x-rate-limit-limit');
  });

  it('narrows to one app', async () => {
    const org = server.org('umbrella');
    const clientId = org.clients[0]?.clientId;
    const document = (await send(`${org.origin}/.well-known/openid-configuration?client_id=${clientId}`)).json();
    expect(Object.keys(document)).toEqual(
      MEMBERS.filter((member) => member !== 'request_object_signing_alg_values_supported'),
    );
    expect(document).toMatchObject({
      issuer: org.origin,
      registration_endpoint: `${org.origin}/oauth2/v1/clients/${clientId}`,
      jwks_uri: `${org.origin}/oauth2/v1/keys?client_id=${clientId}`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code'],
      request_parameter_supported: false,
    });
  });

  it.each(['0oaUNKNOWN', 'inactive'])('answers 400 for the client id of an app that is %s', async (what) => {
    const org = server.org('umbrella');
    const clientId = org.clients[0]?.clientId ?? '';
    if (what === 'inactive') org.setClientStatus(clientId, 'INACTIVE');
    const asked = what === 'inactive' ? clientId : what;
    const response = await send(`${org.origin}/.well-known/openid-configuration?client_id=${asked}`);
    org.setClientStatus(clientId, 'ACTIVE');
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({
      errorCode: 'invalid_client',
      errorSummary: "Invalid value for 'client_id' parameter.",
      errorLink: 'invalid_client',
      errorId: expect.stringMatching(/^oae\w{22}$/),
      errorCauses: [],
    });
  });

  it('answers on the Admin Console host with the issuer without -admin', async () => {
    const { port } = server;
    const admin = `http://umbrella-admin.okta.localhost:${port}`;
    const response = await send(`${admin}/.well-known/openid-configuration`);
    expect(response.json().issuer).toBe(`http://umbrella.okta.localhost:${port}`);
    const elsewhere = await send(`${admin}/oauth2/v1/authorize?x=1`);
    expect(elsewhere.headers.location).toBe(`http://umbrella.okta.localhost:${port}/oauth2/v1/authorize?x=1`);
  });

  it.each([
    ['ORG_URL', 'acme.okta.localhost', 'acme.okta.localhost'],
    ['ORG_URL', 'login.acme.localhost', 'acme.okta.localhost'],
    ['CUSTOM_URL', 'acme.okta.localhost', 'login.acme.localhost'],
    ['CUSTOM_URL', 'login.acme.localhost', 'login.acme.localhost'],
    ['DYNAMIC', 'acme.okta.localhost', 'acme.okta.localhost'],
    ['DYNAMIC', 'login.acme.localhost', 'login.acme.localhost'],
  ] as const)('has for %s at %s the issuer %s', async (mode, host, issuer) => {
    const org = server.org('acme');
    const clientId = org.clients[0]?.clientId ?? '';
    expect(org.clients[0]?.issuerMode).toBe('CUSTOM_URL');
    org.setIssuerMode(clientId, mode);
    const origin = `http://${host}:${server.port}`;
    const document = (await send(`${origin}/.well-known/openid-configuration?client_id=${clientId}`)).json();
    org.setIssuerMode(clientId, 'CUSTOM_URL');
    expect(document.issuer).toBe(`http://${issuer}:${server.port}`);
    expect(document.token_endpoint).toBe(`${origin}/oauth2/v1/token`);
  });
});

describe('other documents', () => {
  it('serves the keys with a long, counting lifetime', async () => {
    const response = await send(`${server.org('acme').origin}/oauth2/v1/keys`);
    const { keys } = response.json() as { keys: readonly Record<string, string>[] };
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {})).toEqual(['kty', 'alg', 'kid', 'use', 'e', 'n']);
    expect(keys[0]).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig', e: 'AQAB' });
    expect(Buffer.from(keys[0]?.n ?? '', 'base64url')).toHaveLength(256);
    const maxAge = Number(/^max-age=(\d+), must-revalidate$/.exec(response.headers['cache-control'] ?? '')?.[1]);
    expect(maxAge).toBeGreaterThan(3_700_000);
  });

  it.each([
    ['acme', { alternate: 'http://login.acme.localhost' }],
    ['umbrella', {}],
  ])('tells who %s is', async (name, { alternate }: { alternate?: string }) => {
    const { origin } = server.org(name);
    expect((await send(`${origin}/.well-known/okta-organization`)).json()).toEqual({
      id: expect.stringMatching(/^00o\w{17}$/),
      _links: {
        organization: { href: origin },
        ...(alternate ? { alternate: { href: `${alternate}:${server.port}` } } : {}),
      },
      pipeline: 'idx',
    });
  });

  it.each([
    ['/oauth2/default/.well-known/openid-configuration', 401, 'E0000015'],
    ['/oauth2/default/v1/authorize?client_id=x', 401, 'E0000015'],
    ['/oauth2/default', 401, 'E0000015'],
    ['/oauth2/v1/clients', 401, 'E0000011'],
    ['/api/v1/apps', 401, 'E0000011'],
  ])('refuses %s', async (path, status, errorCode) => {
    const response = await send(server.org('umbrella').origin + path);
    expect([response.status, response.json().errorCode]).toEqual([status, errorCode]);
  });
});

describe('the server', () => {
  it.each([
    ['another name', 'http://other.okta.localhost'],
    ['the address', 'http://127.0.0.1'],
    ['a name inside a name', 'http://acme.okta.localhost.evil.example'],
  ])('has no org for %s', async (_what, origin) => {
    const response = await send(`${origin}:${server.port}/.well-known/openid-configuration`);
    expect(response.status).toBe(404);
    expect(response.text).toContain('There is no Okta org at this address.');
  });

  it('has no org at another port', async () => {
    const { origin } = server.org('acme');
    expect((await send(`${origin}/oauth2/v1/keys`, { headers: { Host: 'acme.okta.localhost:1' } })).status).toBe(404);
    expect((await send(`${origin}/oauth2/v1/keys`, { headers: { Host: 'acme.okta.localhost' } })).status).toBe(200);
  });

  it('has no page elsewhere', async () => {
    expect((await send(`${server.org('acme').origin}/nowhere`)).status).toBe(404);
  });

  it('knows its orgs by name', () => {
    expect([...server.orgs.keys()]).toEqual(['acme', 'umbrella']);
    expect(server.org('acme').host).toBe(`acme.okta.localhost:${server.port}`);
    expect(() => server.org('other')).toThrow('No such org: other');
  });

  it.each([
    ['Two orgs at acme.okta.localhost', ['acme', 'acme']],
    ['Two orgs at acme-admin.okta.localhost', ['acme', 'acme-admin']],
    ['Not a name for an org: Acme', ['Acme']],
  ])('refuses to start: %s', async (message, names) => {
    const orgs = names.map((name) => ({ name, users: [], apps: [] }));
    await expect(startOktaDevServer({ orgs })).rejects.toThrow(message);
  });

  it('records requests without query and identifiers', async () => {
    const org = server.org('umbrella');
    org.clearRequests();
    await send(`${org.origin}/oauth2/v1/authorize?client_id=x&state=secret`);
    await send(`${org.origin}/signin/secret`);
    expect(org.requests).toEqual([
      { method: 'GET', path: '/oauth2/v1/authorize', endpoint: 'authorize', at: expect.any(Date) },
      { method: 'GET', path: '/signin/{id}', endpoint: 'sign-in', at: expect.any(Date) },
    ]);
    org.clearRequests();
    expect(org.requests).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('has a tile that sends only the issuer', async () => {
    const org = server.org('umbrella');
    const clientId = org.clients[0]?.clientId ?? '';
    const page = await send(`${org.origin}/`);
    expect(page.text).toContain(`href="/home/oidc_client/${clientId}"`);
    const tile = await send(`${org.origin}/home/oidc_client/${clientId}`);
    expect(tile.status).toBe(302);
    expect(tile.headers.location).toBe(`http://app.localhost/login?t=1&iss=${encodeURIComponent(org.origin)}`);
    expect(org.tileUrl(clientId)).toBe(tile.headers.location);
  });

  it('has no tile for an app without an initiate login URI', async () => {
    const org = server.org('acme');
    const clientId = org.clients[0]?.clientId ?? '';
    expect((await send(`${org.origin}/`)).text).toContain('No app has a tile here.');
    expect((await send(`${org.origin}/home/oidc_client/${clientId}`)).status).toBe(400);
    expect(() => org.tileUrl(clientId)).toThrow('no initiate login URI');
  });
});
