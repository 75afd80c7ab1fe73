import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basic, send, TestApp, TestBrowser } from '../test/okta-test-client.js';
import { type StartedOktaDevOrg, startOktaDevOrg } from './start-okta-dev-org.js';

const ADA = 'ada.agent@acme.example';

let org: StartedOktaDevOrg;
let clientId: string;
beforeEach(async () => {
  org = await startOktaDevOrg({ customDomain: 'login.acme.localhost' });
  clientId = org.clients[0]?.clientId ?? '';
});
afterEach(() => org.stop());

describe('apps', () => {
  it('creates ids and secrets in the shapes of Okta', () => {
    expect(clientId).toMatch(/^0oa[A-Za-z0-9]{17}$/);
    expect(org.clients[0]?.clientSecrets).toEqual([{ value: expect.stringMatching(/^[\w-]{64}$/), status: 'ACTIVE' }]);
  });

  it('accepts two active secrets, and neither after it is deactivated', async () => {
    const first = org.clients[0]?.clientSecrets[0]?.value ?? '';
    const second = org.addClientSecret(clientId);
    expect(await statusWith(first)).toBe(200);
    expect(await statusWith(second)).toBe(200);
    expect(() => org.addClientSecret(clientId)).toThrow('at most two');
    org.deactivateClientSecret(clientId, first);
    expect(await statusWith(first)).toBe(401);
    expect(await statusWith(second)).toBe(200);
    expect(await statusWith(org.addClientSecret(clientId))).toBe(200);
    expect(org.clients[0]?.clientSecrets).toHaveLength(2);
    expect(() => org.deactivateClientSecret(clientId, 'other')).toThrow('No such client secret');
  });

  it('adds and removes redirect URIs', async () => {
    const app = new TestApp(org);
    const changes = { redirect_uri: 'http://new.localhost/callback' };
    expect((await new TestBrowser().fetch(app.authorizeUrl(changes))).status).toBe(400);
    org.addRedirectUri(clientId, changes.redirect_uri);
    expect((await app.signIn(new TestBrowser(), ADA, changes)).location().host).toBe('new.localhost');
    org.removeRedirectUri(clientId, changes.redirect_uri);
    expect((await new TestBrowser().fetch(app.authorizeUrl(changes))).status).toBe(400);
  });

  it('assigns and unassigns users', async () => {
    const app = new TestApp(org);
    org.unassign(clientId, ADA.toUpperCase());
    expect((await app.signIn(new TestBrowser(), ADA)).location().searchParams.get('error')).toBe('access_denied');
    org.assign(clientId, ADA);
    expect((await app.signIn(new TestBrowser(), ADA)).location().searchParams.has('code')).toBe(true);
  });

  it('hides an inactive app everywhere', async () => {
    const app = new TestApp(org);
    const { access_token: accessToken } = await app.tokens(ADA);
    org.setClientStatus(clientId, 'INACTIVE');
    expect((await new TestBrowser().fetch(app.authorizeUrl())).text).toContain('Error Code: invalid_client');
    const headers = { Authorization: `Bearer ${accessToken}` };
    expect((await send(`${org.origin}/oauth2/v1/userinfo`, { headers })).status).toBe(401);
  });

  it.each([
    ['ORG_URL', 'custom', 'origin'],
    ['CUSTOM_URL', 'org', 'customOrigin'],
    ['DYNAMIC', 'custom', 'customOrigin'],
    ['DYNAMIC', 'org', 'origin'],
  ] as const)('issues for %s at the %s address tokens of the issuer at %s', async (mode, at, issuer) => {
    org.setIssuerMode(clientId, mode);
    const app = new TestApp(org, { origin: at === 'custom' ? (org.customOrigin ?? '') : org.origin });
    const { id_token: idToken = '', access_token: accessToken } = await app.tokens(ADA);
    expect(decodeJwt(idToken).iss).toBe(org[issuer]);
    const headers = { Authorization: `Bearer ${accessToken}` };
    expect((await send(`${app.origin}/oauth2/v1/userinfo`, { headers })).status).toBe(200);
  });

  it.each(['assign', 'unassign', 'addClientSecret'] as const)('throws at %s for an unknown app', (method) => {
    expect(() => org[method]('0oaUNKNOWN', ADA)).toThrow('No such app: 0oaUNKNOWN');
  });
});

describe('users', () => {
  it('adds a user', async () => {
    const added = org.addUser({ email: 'New@acme.example', name: 'New' });
    const { id_token: idToken = '' } = await new TestApp(org).tokens('New@acme.example');
    expect(decodeJwt(idToken)).toMatchObject({ sub: added.id, email: 'New@acme.example' });
    expect(() => org.addUser({ email: 'new@acme.example', name: 'Again' })).toThrow('User exists');
  });

  it('keeps id and assignment when the e-mail address changes', async () => {
    const [before] = org.users;
    org.assign(clientId, ADA);
    org.changeUser(ADA, { email: 'ada@new.example', login: 'ada', emailVerified: false });
    const tokens = await new TestApp(org).tokens('ada@new.example');
    expect(decodeJwt(tokens.id_token ?? '')).toMatchObject({
      sub: before?.id,
      email: 'ada@new.example',
      preferred_username: 'ada',
    });
    expect(() => org.changeUser(ADA, {})).toThrow('No such user');
  });
});

describe('keys', () => {
  it.each([
    [true, 2],
    [false, 1],
  ])('signs with a new key at once, keepOld %s publishing %i', async (keepOld, published) => {
    const app = new TestApp(org);
    const before = (await app.tokens(ADA)).id_token ?? '';
    await org.rotateKeys({ keepOld });
    const after = (await app.tokens(ADA)).id_token ?? '';
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    const keys = (await send(`${org.origin}/oauth2/v1/keys`)).json() as { keys: [] };
    expect(keys.keys).toHaveLength(published);
    await jwtVerify(after, createLocalJWKSet(keys));
    const old = jwtVerify(before, createLocalJWKSet(keys));
    if (keepOld) await old;
    else await expect(old).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  it('keeps codes and sessions', async () => {
    const app = new TestApp(org);
    const browser = new TestBrowser();
    const code = (await app.signIn(browser, ADA)).location().searchParams.get('code') ?? '';
    await org.rotateKeys();
    expect((await app.exchange(code)).status).toBe(200);
    expect((await browser.fetch(app.authorizeUrl({ prompt: 'none' }))).location().searchParams.has('code')).toBe(true);
  });
});

describe('Universal Logout', () => {
  it.each([
    ['email', 'ORG_URL', 'origin'],
    ['iss_sub', 'CUSTOM_URL', 'customOrigin'],
  ] as const)('names the user by %s for an app with %s', async (format, mode, at) => {
    org.setIssuerMode(clientId, mode);
    const endpoint = 'https://app.example/logout?tenant=1';
    const request = org.universalLogoutRequest({ clientId, email: ADA, endpoint, format });
    const keys = (await send(`${org.origin}/oauth2/v1/keys`)).json() as { keys: [] };
    const [scheme, token = ''] = request.headers.Authorization.split(' ');
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      typ: 'global-token-revocation+jwt',
      issuer: org[at] ?? '',
      subject: clientId,
      audience: 'https://app.example/logout',
    });
    expect([scheme, request.method, request.url]).toEqual(['Bearer', 'POST', endpoint]);
    const now = payload.iat ?? 0;
    expect([payload.exp, payload.nbf]).toEqual([now + 300, now - 300]);
    const named = { email: { email: ADA }, iss_sub: { iss: org[at], sub: org.users[0]?.id } }[format];
    expect(JSON.parse(request.body)).toEqual({ sub_id: { format, ...named } });
  });

  it('throws for an unknown user', () => {
    const input = { clientId, email: 'nobody@acme.example', endpoint: 'https://app.example/logout' };
    expect(() => org.universalLogoutRequest(input)).toThrow('No such user');
  });
});

describe('state', () => {
  it('keeps ids, secrets and keys over a restart', async () => {
    org.addClientSecret(clientId);
    const state = JSON.parse(JSON.stringify(org.exportState()));
    const again = await startOktaDevOrg({ customDomain: 'login.acme.localhost', state });
    expect(again.users.map(({ id }) => id)).toEqual(org.users.map(({ id }) => id));
    expect(again.clients.map(toIdentity)).toEqual(org.clients.map(toIdentity));
    expect(again.exportState()).toEqual(org.exportState());
    await again.stop();
  });

  it('gives way to ids and secrets in the options', async () => {
    const app = { label: 'Example app', redirectUris: [], assigned: 'everyone' as const };
    const apps = [{ ...app, clientId: '0oa1a2b3c4d5E6F7g5d7', clientSecret: 's'.repeat(64) }];
    const again = await startOktaDevOrg({ apps, state: org.exportState() });
    expect(again.clients[0]).toMatchObject({
      clientId: '0oa1a2b3c4d5E6F7g5d7',
      clientSecrets: [{ value: 's'.repeat(64), status: 'ACTIVE' }],
    });
    await again.stop();
  });
});

async function statusWith(secret: string): Promise<number> {
  const app = new TestApp(org);
  const code = (await app.signIn(new TestBrowser(), ADA)).location().searchParams.get('code') ?? '';
  return (await app.exchange(code, {}, { Authorization: basic(clientId, secret) })).status;
}

function toIdentity({ clientId: id, clientSecrets }: (typeof org.clients)[number]) {
  return { id, clientSecrets };
}
