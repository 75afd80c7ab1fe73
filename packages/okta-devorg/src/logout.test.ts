import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { send, TestApp, TestBrowser } from '../test/okta-test-client.js';
import { type StartedOktaDevOrg, startOktaDevOrg } from './start-okta-dev-org.js';

const ADA = 'ada.agent@acme.example';
const BOB = 'bob@acme.example';
const SIGNED_OUT = 'http://app.localhost/signed-out';

let org: StartedOktaDevOrg;
let browser: TestBrowser;
let idToken: string;
beforeAll(async () => {
  org = await startOktaDevOrg({
    users: [
      { email: ADA, name: 'Ada Agent' },
      { email: BOB, name: 'Bob' },
    ],
    apps: [
      {
        label: 'Desk',
        redirectUris: ['http://app.localhost/callback'],
        postLogoutRedirectUris: [SIGNED_OUT],
        assigned: 'everyone',
      },
    ],
  });
});
afterAll(() => org.stop());
beforeEach(async () => {
  browser = new TestBrowser();
  const app = new TestApp(org);
  const code = (await app.signIn(browser, ADA)).location().searchParams.get('code') ?? '';
  idToken = String((await app.exchange(code)).json().id_token);
});

describe('logout', () => {
  it('ends the Okta session and goes to the registered address with the state', async () => {
    const response = await logout({ id_token_hint: idToken, post_logout_redirect_uri: SIGNED_OUT, state: 's-1' });
    expect([response.status, response.headers.location]).toEqual([302, `${SIGNED_OUT}?state=s-1`]);
    expect(await isSignedIn()).toBe(false);
  });

  it('goes to the org without an address', async () => {
    expect((await logout({ id_token_hint: idToken })).headers.location).toBe(`${org.origin}/`);
    expect(await isSignedIn()).toBe(false);
  });

  it('redirects at once when there is no session', async () => {
    const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: SIGNED_OUT });
    expect((await send(`${org.origin}/oauth2/v1/logout?${query}`)).headers.location).toBe(SIGNED_OUT);
  });

  it('takes a POST', async () => {
    const form = { id_token_hint: idToken, post_logout_redirect_uri: SIGNED_OUT };
    expect((await browser.fetch(`${org.origin}/oauth2/v1/logout`, { form })).headers.location).toBe(SIGNED_OUT);
    expect(await isSignedIn()).toBe(false);
  });

  it.each([
    ['no hint', { post_logout_redirect_uri: SIGNED_OUT }, "Invalid value for 'id_token_hint' parameter."],
    ['a hint with another signature', { changed: 'yes' }, "Invalid value for 'id_token_hint' parameter."],
    [
      'an unregistered address',
      { post_logout_redirect_uri: `${SIGNED_OUT}/` },
      "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings.",
    ],
  ])('refuses %s on its own page and keeps the session', async (what, params, description) => {
    const hint = what === 'a hint with another signature' ? `${idToken.slice(0, -8)}AAAAAAAA` : idToken;
    const response = await logout(what === 'no hint' ? params : { id_token_hint: hint, ...params });
    expect(response.status).toBe(400);
    expect(response.text).toContain(`Description: ${description.replaceAll("'", '&#39;')}`);
    expect(await isSignedIn()).toBe(true);
  });

  it('refuses the token of another user', async () => {
    await new TestApp(org).signIn(browser, BOB, { prompt: 'login' });
    const response = await logout({ id_token_hint: idToken });
    expect(response.status).toBe(400);
    expect(response.text).toContain('Error Code: id_token_does_not_match_session');
    expect(await isSignedIn()).toBe(true);
  });
});

function logout(params: Readonly<Record<string, string>>) {
  return browser.fetch(`${org.origin}/oauth2/v1/logout?${new URLSearchParams(params)}`);
}

async function isSignedIn(): Promise<boolean> {
  const response = await browser.fetch(new TestApp(org).authorizeUrl({ prompt: 'none' }));
  return response.location().searchParams.has('code');
}
