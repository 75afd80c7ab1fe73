import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { basic, send, TestApp, TestBrowser } from '../test/okta-test-client.js';
import { type StartedOktaDevOrg, startOktaDevOrg } from './start-okta-dev-org.js';

const ADA = 'ada.agent@acme.example';
const BOB = 'bob@acme.example';
const UNA = 'una@acme.example';

let org: StartedOktaDevOrg;
let browser: TestBrowser;
beforeAll(async () => {
  org = await startOktaDevOrg({
    users: [
      { email: ADA, name: 'Ada Agent' },
      { email: BOB, name: 'Bob <b>', login: 'bob@corp.local', emailVerified: false },
      { email: UNA, name: 'Una Assigned', emailVerified: undefined },
      { email: 'sue@acme.example', name: 'Sue', status: 'SUSPENDED' },
    ],
    apps: [
      { label: 'Desk', redirectUris: ['http://app.localhost/callback'], assigned: [ADA, BOB, 'sue@acme.example'] },
      { label: 'Tool', redirectUris: ['http://tool.localhost/cb?tenant=1'], assigned: 'everyone' },
    ],
  });
});
afterAll(() => org.stop());
beforeEach(() => {
  browser = new TestBrowser();
});

describe('the code flow', () => {
  it('signs a user in and answers with a code and the state, and no issuer', async () => {
    const redirect = await new TestApp(org).signIn(browser, ADA);
    expect(redirect.status).toBe(302);
    expect(redirect.headers.location).toMatch(/^http:\/\/app\.localhost\/callback\?code=[^&]+&state=state-1$/);
    expect(redirect.headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-cache, no-store' });
  });

  it('issues a thin ID token that the published keys verify', async () => {
    const app = new TestApp(org);
    const before = Math.floor(Date.now() / 1000);
    const tokens = await app.tokens(ADA);
    expect(Object.keys(tokens)).toEqual(['token_type', 'expires_in', 'access_token', 'scope', 'id_token']);
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'openid profile email' });
    const keys = (await send(`${org.origin}/oauth2/v1/keys`)).json() as { keys: [] };
    const { payload, protectedHeader } = await jwtVerify(tokens.id_token ?? '', createLocalJWKSet(keys), {
      issuer: org.origin,
      audience: app.client.clientId,
      algorithms: ['RS256'],
    });
    expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'kid']);
    expect(protectedHeader.kid).toMatch(/^[\w-]{43}$/);
    expect(Object.keys(payload).sort()).toEqual(
      'amr at_hash aud auth_time email exp iat idp iss jti name nonce preferred_username sub ver'.split(' '),
    );
    expect(payload).toMatchObject({
      sub: org.users[0]?.id,
      aud: app.client.clientId,
      name: 'Ada Agent',
      email: ADA,
      preferred_username: ADA,
      ver: 1,
      nonce: 'nonce-1',
      amr: ['pwd'],
    });
    expect(payload.sub).toMatch(/^00u[A-Za-z0-9]{17}$/);
    expect(payload.idp).toMatch(/^00o[A-Za-z0-9]{17}$/);
    expect(payload.jti).toMatch(/^ID\.[\w-]{43}$/);
    expect(payload.auth_time).toBeGreaterThanOrEqual(before);
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
    const hash = createHash('sha256')
      .update(tokens.access_token ?? '')
      .digest();
    expect(payload.at_hash).toBe(hash.subarray(0, 16).toString('base64url'));
  });

  it('leaves name and e-mail out of the ID token without their scopes', async () => {
    const { id_token: idToken = '' } = await new TestApp(org).tokens(ADA, { scope: 'openid' });
    expect(decodeJwt(idToken)).not.toHaveProperty('name');
    expect(decodeJwt(idToken)).not.toHaveProperty('email');
  });

  it.each([
    [ADA, { email: ADA, email_verified: true, preferred_username: ADA, given_name: 'Ada', family_name: 'Agent' }],
    [BOB, { email: BOB, email_verified: false, preferred_username: 'bob@corp.local' }],
  ])('has the full claims of %s at userinfo', async (email, claims) => {
    const tokens = await new TestApp(org, { client: org.clients[1] }).tokens(email);
    const response = await userinfo(tokens.access_token ?? '');
    expect(response.status).toBe(200);
    expect(response.json()).toMatchObject({ ...claims, sub: decodeJwt(tokens.id_token ?? '').sub, locale: 'en-US' });
    expect(response.json()).not.toHaveProperty('ver');
    expect(response.json().updated_at).toBeTypeOf('number');
  });

  it('leaves email_verified out for a user who has none', async () => {
    const { access_token: accessToken = '' } = await new TestApp(org, { client: org.clients[1] }).tokens(UNA);
    expect((await userinfo(accessToken)).json()).not.toHaveProperty('email_verified');
  });

  it.each(['client_secret_basic', 'client_secret_post'])('accepts %s', async (method) => {
    const app = new TestApp(org);
    const code = (await app.signIn(browser, ADA)).location().searchParams.get('code') ?? '';
    const inBody = { client_id: app.client.clientId, client_secret: app.secret };
    const response = method === 'client_secret_post' ? await app.exchange(code, inBody, {}) : await app.exchange(code);
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({ 'cache-control': 'no-cache, no-store', pragma: 'no-cache', expires: '0' });
  });

  it('works without PKCE and without a nonce', async () => {
    const app = new TestApp(org);
    const changes = { code_challenge: undefined, code_challenge_method: undefined, nonce: undefined };
    const code = (await app.signIn(browser, ADA, changes)).location().searchParams.get('code') ?? '';
    const { id_token: idToken } = (await app.exchange(code, { code_verifier: undefined })).json();
    expect(decodeJwt(String(idToken))).not.toHaveProperty('nonce');
  });

  it('takes an authorize request by POST', async () => {
    const url = new TestApp(org).authorizeUrl();
    const { response } = await browser.open(`${org.origin}${url.pathname}`, { form: url.searchParams });
    expect(response.text).toContain(`>${ADA}</button>`);
  });

  it('keeps the query of a redirect URI', async () => {
    const redirect = await new TestApp(org, { client: org.clients[1] }).signIn(browser, ADA);
    expect(redirect.headers.location).toMatch(/^http:\/\/tool\.localhost\/cb\?tenant=1&code=[^&]+&state=state-1$/);
  });

  it('answers form_post with a page that holds code and state and no issuer', async () => {
    const page = await new TestApp(org).signIn(browser, ADA, { response_mode: 'form_post' });
    expect(page.status).toBe(200);
    expect([...page.text.matchAll(/name="(\w+)"/g)].map((match) => match[1]).sort()).toEqual(['code', 'state']);
  });

  it('introspects and revokes an access token', async () => {
    const app = new TestApp(org);
    const { access_token: token = '' } = await app.tokens(ADA);
    const post = (name: string) => send(`${org.origin}/oauth2/v1/${name}`, { form: { token }, headers: app.basic });
    expect((await post('introspect')).json()).toMatchObject({ active: true, client_id: app.client.clientId });
    expect((await post('revoke')).status).toBe(200);
    expect((await post('introspect')).json()).toEqual({ active: false });
    expect((await userinfo(token)).status).toBe(401);
  });
});

describe('the sign-in page', () => {
  it('offers every user by e-mail address, says what it is, and cannot be framed', async () => {
    const { response } = await browser.open(new TestApp(org).authorizeUrl());
    expect(response.text).toContain('<title>Sign in – Acme Okta (local)</title>');
    expect(response.text).toContain('This is a local stand-in for Okta, for development only.');
    const names = [...response.text.matchAll(/<button type="submit" name="email"[^>]*>([^<]*)<\/button>/g)];
    expect(names.map((match) => match[1])).toEqual(org.users.map((user) => user.email));
    expect(response.text).toContain('Bob &lt;b&gt;');
    expect(response.text).not.toContain('<script');
    expect(response.headers['x-frame-options']).toBe('SAMEORIGIN');
    expect(response.headers['content-security-policy']).toContain("frame-ancestors 'self'");
    expect(response.headers['content-security-policy']).not.toContain('form-action');
    expect(response.headers['content-type']).toBe('text/html;charset=utf-8');
  });

  it.each(['BOB@corp.local', 'bob@acme.EXAMPLE', ' bob@acme.example '])(
    'accepts the user name %j',
    async (username) => {
      const app = new TestApp(org);
      const page = await browser.open(app.authorizeUrl());
      const { response } = await browser.open(page.url, { form: { username } });
      const tokens = (await app.exchange(response.location().searchParams.get('code') ?? '')).json();
      expect(decodeJwt(String(tokens.id_token)).email).toBe(BOB);
    },
  );

  it.each(['nobody" onfocus="', 'sue@acme.example'])('refuses the user name %j and keeps it', async (username) => {
    const page = await browser.open(new TestApp(org).authorizeUrl());
    const { response } = await browser.open(page.url, { form: { username } });
    expect(response.status).toBe(200);
    expect(response.text).toContain('Unable to sign in');
    expect(response.text).toContain(`value="${username.replaceAll('"', '&quot;')}"`);
  });

  it('fills in the login hint', async () => {
    const { response } = await browser.open(new TestApp(org).authorizeUrl({ login_hint: BOB }));
    expect(response.text).toMatch(new RegExp(`<input id="username"[^>]*value="${BOB}"`));
  });

  it('cancels with access_denied', async () => {
    const page = await browser.open(new TestApp(org).authorizeUrl());
    const { response } = await browser.open(page.url, { form: { action: 'cancel' } });
    expect(response.headers.location).toBe(
      'http://app.localhost/callback?state=state-1&error=access_denied&error_description=The+resource+owner+or+authorization+server+denied+the+request.',
    );
  });

  it('says that the request expired when it is opened without its cookie', async () => {
    const page = await browser.open(new TestApp(org).authorizeUrl());
    const { response } = await new TestBrowser().open(page.url);
    expect(response.status).toBe(400);
    expect(response.text).toContain('Request expired, please start over and try again.');
  });
});

describe('a request that is finished', () => {
  it('says that it expired when the browser goes back to it', async () => {
    const page = await browser.open(new TestApp(org).authorizeUrl());
    const resume = (await browser.fetch(page.url, { form: { email: ADA } })).location();
    await browser.fetch(resume);
    const response = await browser.fetch(resume);
    expect(response.status).toBe(400);
    expect(response.text).toContain('Request expired, please start over and try again.');
    expect(response.headers['content-security-policy']).toContain("frame-ancestors 'self'");
    expect((await browser.open(page.url)).response.status).toBe(400);
  });
});

describe('the Okta session', () => {
  it('makes the next sign-in silent, for another app too', async () => {
    await new TestApp(org).signIn(browser, ADA);
    const redirect = await browser.fetch(new TestApp(org, { client: org.clients[1] }).authorizeUrl({ prompt: 'none' }));
    expect(redirect.location().searchParams.get('code')).toBeTruthy();
  });

  it('asks again for prompt=login, and another user can sign in', async () => {
    const app = new TestApp(org);
    await app.signIn(browser, ADA);
    const redirect = await app.signIn(browser, BOB, { prompt: 'login' });
    const tokens = (await app.exchange(redirect.location().searchParams.get('code') ?? '')).json();
    expect(decodeJwt(String(tokens.id_token)).email).toBe(BOB);
    expect((await browser.fetch(app.authorizeUrl())).location().searchParams.get('code')).toBeTruthy();
  });

  it('asks again for max_age=0 and ignores prompt=consent', async () => {
    const app = new TestApp(org);
    await app.signIn(browser, ADA);
    expect((await browser.open(app.authorizeUrl({ max_age: '0' }))).response.text).toContain('Choose a user');
    expect((await browser.fetch(app.authorizeUrl({ prompt: 'consent' }))).location().host).toBe('app.localhost');
  });

  it('ends for every browser with endSessions', async () => {
    const app = new TestApp(org);
    await app.signIn(browser, ADA);
    org.endSessions();
    const redirect = await browser.fetch(app.authorizeUrl({ prompt: 'none' }));
    expect(redirect.location().searchParams.get('error')).toBe('login_required');
  });

  it('is forgotten with forgetSignIns, as is a code that nobody exchanged', async () => {
    const app = new TestApp(org);
    const redirect = await app.signIn(browser, ADA);
    org.forgetSignIns();
    const exchange = await app.exchange(redirect.location().searchParams.get('code') ?? '');
    expect([exchange.status, exchange.json().error]).toEqual([400, 'invalid_grant']);
    const silent = await browser.fetch(app.authorizeUrl({ prompt: 'none' }));
    expect(silent.location().searchParams.get('error')).toBe('login_required');
  });

  it('stops counting when the user is suspended', async () => {
    const app = new TestApp(org);
    await app.signIn(browser, BOB);
    org.changeUser(BOB, { status: 'SUSPENDED' });
    const page = await browser.open(app.authorizeUrl());
    org.changeUser(BOB, { status: 'ACTIVE' });
    expect(page.response.text).toContain('Choose a user');
    expect((await browser.open(page.url, { form: { email: ADA } })).response.location().host).toBe('app.localhost');
  });

  it('refuses an unassigned user by redirect, signed in before or now', async () => {
    const denied =
      'http://app.localhost/callback?state=state-1&error=access_denied&error_description=User+is+not+assigned+to+the+client+application.';
    const app = new TestApp(org);
    expect((await app.signIn(browser, UNA)).headers.location).toBe(denied);
    expect((await browser.fetch(app.authorizeUrl())).headers.location).toBe(denied);
    expect((await browser.fetch(app.authorizeUrl({ prompt: 'none' }))).headers.location).toBe(denied);
    const page = await browser.open(app.authorizeUrl({ prompt: 'login' }));
    const { response } = await browser.open(page.url, { form: { email: ADA } });
    expect(response.location().searchParams.get('code')).toBeTruthy();
  });
});

describe('userinfo', () => {
  it.each([
    ['an unknown token', 401, 'Bearer error="invalid_token", error_description="The access token is invalid"'],
    [
      'a token for openid only',
      403,
      'Bearer error="insufficient_scope", error_description="The access token must provide access to at least one of these scopes - profile, email, address or phone"',
    ],
  ])('refuses %s', async (what, status, header) => {
    const token =
      what === 'an unknown token' ? 'x' : (await new TestApp(org).tokens(ADA, { scope: 'openid' })).access_token;
    const response = await userinfo(token ?? '');
    expect([response.status, response.headers['www-authenticate']]).toEqual([status, header]);
  });

  it('refuses a token in the query', async () => {
    const response = await send(`${org.origin}/oauth2/v1/userinfo?access_token=x`);
    expect(response.status).toBe(400);
    expect(response.json().error_description).toBe('The access token cannot be presented in a query string.');
  });

  it('refuses a client that authenticates with its secret instead of a token', async () => {
    const { clientId } = new TestApp(org).client;
    const headers = { Authorization: basic(clientId, 'x') };
    expect((await send(`${org.origin}/oauth2/v1/userinfo`, { headers })).status).toBe(401);
  });
});

function userinfo(accessToken: string) {
  return send(`${org.origin}/oauth2/v1/userinfo`, { headers: { Authorization: `Bearer ${accessToken}` } });
}
