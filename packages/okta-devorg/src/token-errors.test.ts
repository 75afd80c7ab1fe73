import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { basic, send, TestApp, TestBrowser } from '../test/okta-test-client.js';
import { type StartedOktaDevOrg, startOktaDevOrg } from './start-okta-dev-org.js';

const ADA = 'ada.agent@acme.example';

let org: StartedOktaDevOrg;
beforeAll(async () => {
  org = await startOktaDevOrg({
    apps: [
      { label: 'Desk', redirectUris: ['http://app.localhost/a', 'http://app.localhost/b'], assigned: 'everyone' },
      { label: 'Tool', redirectUris: ['http://tool.localhost/a'], assigned: 'everyone' },
      { label: 'Off', redirectUris: ['http://off.localhost/a'], assigned: 'everyone', status: 'INACTIVE' },
    ],
  });
});
afterAll(() => org.stop());
afterEach(() => {
  vi.useRealTimers();
});

interface Case {
  readonly changes?: Readonly<Record<string, string | undefined>>;
  readonly headers?: (app: TestApp) => Record<string, string>;
  readonly body?: (app: TestApp) => Record<string, string>;
}

const BAD_BASIC = 'Found Authentication header but was not valid client credentials.';
const BAD_CODE = 'The authorization code is invalid or has expired.';
const BAD_CLIENT_ID = "Invalid value for 'client_id' parameter.";
const BAD_REDIRECT_URI = "The 'redirect_uri' does not match the redirection URI used in the authorization request.";
const TWO_CREDENTIALS =
  'Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body.';

const CASES: readonly (readonly [string, Case, number, string, string])[] = [
  [
    'a wrong secret in the header',
    { headers: ({ client }) => ({ Authorization: basic(client.clientId, 'wrong') }) },
    401,
    'invalid_client',
    'The client secret supplied for a confidential client is invalid.',
  ],
  [
    'a wrong secret in the body',
    { headers: () => ({}), body: ({ client }) => ({ client_id: client.clientId, client_secret: 'wrong' }) },
    401,
    'invalid_client',
    'The client secret supplied for a confidential client is invalid.',
  ],
  [
    'an unknown client',
    { headers: () => ({ Authorization: basic('0oaUNKNOWN', 'x') }) },
    401,
    'invalid_client',
    BAD_CLIENT_ID,
  ],
  [
    'an inactive app',
    {
      headers: () => {
        const off = org.clients[2];
        return { Authorization: basic(off?.clientId ?? '', off?.clientSecrets[0]?.value ?? '') };
      },
    },
    401,
    'invalid_client',
    BAD_CLIENT_ID,
  ],
  ['no credentials', { headers: () => ({}) }, 401, 'invalid_client', 'No client credentials found.'],
  [
    'a client id alone',
    { headers: () => ({}), body: ({ client }) => ({ client_id: client.clientId }) },
    401,
    'invalid_client',
    'No client credentials found.',
  ],
  [
    'credentials in both places, equal',
    { body: ({ client, secret }) => ({ client_id: client.clientId, client_secret: secret }) },
    401,
    'invalid_request',
    TWO_CREDENTIALS,
  ],
  ['a Bearer header', { headers: () => ({ Authorization: 'Bearer x' }) }, 401, 'invalid_client', BAD_BASIC],
  [
    'a Basic header without colon',
    { headers: () => ({ Authorization: 'Basic eA==' }) },
    401,
    'invalid_client',
    BAD_BASIC,
  ],
  [
    'a Basic header that is not base64',
    { headers: () => ({ Authorization: 'Basic ***' }) },
    401,
    'invalid_client',
    BAD_BASIC,
  ],
  [
    'another client id in the body',
    { body: () => ({ client_id: '0oaOTHER' }) },
    401,
    'invalid_client',
    'Client authentication failed. Either the client or the client credentials are invalid.',
  ],
  ['an unknown code', { changes: { code: 'x' } }, 400, 'invalid_grant', BAD_CODE],
  ['no code', { changes: { code: undefined } }, 400, 'invalid_grant', BAD_CODE],
  [
    'a code of another client',
    {
      headers: () => {
        const tool = org.clients[1];
        return { Authorization: basic(tool?.clientId ?? '', tool?.clientSecrets[0]?.value ?? '') };
      },
    },
    400,
    'invalid_grant',
    "The grant was issued to another client. Please make sure the 'client_id' matches the one used at the authorize request.",
  ],
  [
    'another registered redirect URI',
    { changes: { redirect_uri: 'http://app.localhost/b' } },
    400,
    'invalid_grant',
    BAD_REDIRECT_URI,
  ],
  ['no redirect URI', { changes: { redirect_uri: undefined } }, 400, 'invalid_grant', BAD_REDIRECT_URI],
  [
    'no verifier',
    { changes: { code_verifier: undefined } },
    400,
    'invalid_request',
    'PKCE code verifier is required by the application.',
  ],
  [
    'another verifier',
    { changes: { code_verifier: 'v'.repeat(43) } },
    400,
    'invalid_grant',
    'PKCE verification failed.',
  ],
  [
    'a short verifier',
    { changes: { code_verifier: 'v'.repeat(42) } },
    400,
    'invalid_grant',
    'PKCE verification failed.',
  ],
  [
    'no grant type',
    { changes: { grant_type: undefined } },
    400,
    'invalid_request',
    "The token request must specify a 'grant_type'. Valid values: [authorization_code]",
  ],
  [
    'a grant type the app does not have',
    { changes: { grant_type: 'client_credentials' } },
    400,
    'unauthorized_client',
    'The client is not authorized to use the provided grant type. Configured grant types: [authorization_code].',
  ],
  [
    'an unknown grant type',
    { changes: { grant_type: 'magic' } },
    400,
    'unsupported_grant_type',
    'The authorization grant type is not supported by the authorization server. Configured grant types: [authorization_code, implicit, refresh_token, password, client_credentials, urn:ietf:params:oauth:grant-type:device_code].',
  ],
];

describe('the token endpoint', () => {
  it.each(CASES)('refuses %s', async (_what, { changes, headers, body }, status, error, description) => {
    const app = new TestApp(org);
    const code = await freshCode(app);
    const response = await app.exchange(code, { ...changes, ...body?.(app) }, headers?.(app));
    expect(response.json()).toEqual({ error, error_description: description });
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.headers['cache-control']).toBe('no-cache, no-store');
  });

  it('refuses a code used twice', async () => {
    const app = new TestApp(org);
    const code = await freshCode(app);
    expect((await app.exchange(code)).status).toBe(200);
    expect((await app.exchange(code)).json()).toEqual({ error: 'invalid_grant', error_description: BAD_CODE });
  });

  it.each([
    [299, 200],
    [301, 400],
  ])('answers a code that is %i seconds old with %i', async (seconds, status) => {
    const app = new TestApp(org);
    const code = await freshCode(app);
    // oidc-provider reads the clock itself; only the date is replaced, timers are not.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
    const response = await app.exchange(code);
    expect(response.status).toBe(status);
    if (status === 400) expect(response.json()).toEqual({ error: 'invalid_grant', error_description: BAD_CODE });
  });

  it('refuses a verifier for a request that had no challenge', async () => {
    const app = new TestApp(org);
    const code = await freshCode(app, { code_challenge: undefined, code_challenge_method: undefined });
    expect((await app.exchange(code)).json()).toEqual({
      error: 'invalid_request',
      error_description: 'PKCE code challenge should be specified in the authorize request for code verification.',
    });
  });

  it('refuses a parameter given twice', async () => {
    const app = new TestApp(org);
    const form = new URLSearchParams({ grant_type: 'authorization_code', code: 'x', redirect_uri: app.redirectUri });
    form.append('code', 'y');
    const response = await send(`${org.origin}/oauth2/v1/token`, { form, headers: app.basic });
    expect(response.json().error_description).toBe('The request contained multiple parameters with the same name.');
  });

  it('refuses credentials in the query', async () => {
    const app = new TestApp(org);
    const query = new URLSearchParams({ client_id: app.client.clientId, client_secret: app.secret });
    const response = await send(`${org.origin}/oauth2/v1/token?${query}`, {
      form: { grant_type: 'authorization_code' },
    });
    expect(response.status).toBe(400);
    expect(response.json().error_description).toBe('Client credentials cannot be supplied via query parameters.');
  });

  it('refuses GET with an API error', async () => {
    const response = await send(`${org.origin}/oauth2/v1/token`);
    expect([response.status, response.json().errorCode]).toEqual([405, 'E0000022']);
  });

  it('answers JSON even to a caller that prefers HTML', async () => {
    const app = new TestApp(org);
    const response = await app.exchange('x', {}, { ...app.basic, Accept: 'text/html' });
    expect(response.json().error).toBe('invalid_grant');
  });
});

async function freshCode(app: TestApp, changes: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  const redirect = await app.signIn(new TestBrowser(), ADA, changes);
  return redirect.location().searchParams.get('code') ?? '';
}
