import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestApp, TestBrowser } from '../test/okta-test-client.js';
import { type StartedOktaDevOrg, startOktaDevOrg } from './start-okta-dev-org.js';

const ADA = 'ada.agent@acme.example';

let org: StartedOktaDevOrg;
beforeAll(async () => {
  org = await startOktaDevOrg();
});
afterAll(() => org.stop());
afterEach(() => {
  vi.useRealTimers();
  org.changeUser(ADA, { status: 'ACTIVE' });
});

const REDIRECT_URI_TEXT = "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.";

describe('errors on the page of Okta', () => {
  it.each([
    ['another path', { redirect_uri: 'http://localhost:3000/callback/' }, 'invalid_request', REDIRECT_URI_TEXT],
    ['another case', { redirect_uri: 'http://localhost:3000/Callback' }, 'invalid_request', REDIRECT_URI_TEXT],
    ['another port', { redirect_uri: 'http://localhost:3001/callback' }, 'invalid_request', REDIRECT_URI_TEXT],
    ['another host', { redirect_uri: 'http://127.0.0.1:3000/callback' }, 'invalid_request', REDIRECT_URI_TEXT],
    ['an added query', { redirect_uri: 'http://localhost:3000/callback?a=1' }, 'invalid_request', REDIRECT_URI_TEXT],
    ['no redirect URI', { redirect_uri: undefined }, 'invalid_request', REDIRECT_URI_TEXT],
    ['an unknown client', { client_id: '0oaUNKNOWN' }, 'invalid_client', "Invalid value for 'client_id' parameter."],
    ['no client', { client_id: undefined }, 'invalid_client', "Invalid value for 'client_id' parameter."],
  ])('shows %s', async (_what, changes, error, description) => {
    const response = await new TestBrowser().fetch(new TestApp(org).authorizeUrl(changes));
    expect(response.status).toBe(400);
    expect(response.headers.location).toBeUndefined();
    expect(response.headers['content-type']).toMatch(/^text\/html/);
    expect(response.text).toContain('400 Bad Request');
    expect(response.text).toContain(`Error Code: ${error}`);
    expect(response.text).toContain(`Description: ${description.replaceAll("'", '&#39;')}`);
  });
});

const STATE_TEXT = "The authentication request has an invalid 'state' parameter.";
const MAX_AGE_TEXT = "Invalid value for 'max_age' parameter. It should be within range 0 - 2^31-1.";
const CHALLENGE_TEXT = 'PKCE code challenge contains illegal characters.';
const METHOD_TEXT = 'PKCE code challenge method is not supported. Valid values: [S256]';
const PROMPT_TEXT =
  "Invalid value for 'prompt' parameter. Supported values: [none, consent, login, consent login, enroll_authenticator]";
const RESPONSE_TYPE_TEXT =
  'The response type is not supported by the authorization server. Configured response types: [code].';

describe('errors by redirect', () => {
  it.each([
    ['no state', { state: undefined }, 'invalid_request', STATE_TEXT],
    ['an empty state', { state: '' }, 'invalid_request', STATE_TEXT],
    ['a state in base64', { state: 'ab+/=' }, 'invalid_request', STATE_TEXT],
    ['no scope', { scope: undefined }, 'invalid_scope', 'No scopes were requested.'],
    ['a custom scope', { scope: 'openid custom' }, 'invalid_scope', 'Custom scopes are not allowed for this request.'],
    [
      'no openid scope',
      { scope: 'email' },
      'invalid_scope',
      "Requests for ID tokens or access tokens with OpenID scopes require the 'openid' scope.",
    ],
    ['an implicit response type', { response_type: 'id_token' }, 'unsupported_response_type', RESPONSE_TYPE_TEXT],
    ['no response type', { response_type: undefined }, 'unsupported_response_type', RESPONSE_TYPE_TEXT],
    [
      'an unknown response mode',
      { response_mode: 'jwt' },
      'unsupported_response_mode',
      'The response mode is not supported by the authorization server. Valid response modes: [query, fragment, form_post, okta_post_message].',
    ],
    [
      'okta_post_message',
      { response_mode: 'okta_post_message' },
      'unsupported_response_mode',
      "'okta_post_message' response mode cannot be used with the 'code' response type.",
    ],
    [
      'a request object',
      { request: 'x.y.z' },
      'request_not_supported',
      'The authorize request object is not supported by this client.',
    ],
    [
      'a request URI',
      { request_uri: 'urn:okta:x' },
      'request_uri_not_supported',
      'The authorize request uri is not supported by this client.',
    ],
    ['an unknown prompt', { prompt: 'select_account' }, 'invalid_request', PROMPT_TEXT],
    ['prompt none with another', { prompt: 'none login' }, 'invalid_request', PROMPT_TEXT],
    ['a negative max_age', { max_age: '-1' }, 'invalid_request', MAX_AGE_TEXT],
    ['a max_age too large', { max_age: '2147483648' }, 'invalid_request', MAX_AGE_TEXT],
    ['prompt none with max_age 0', { prompt: 'none', max_age: '0' }, 'invalid_request', MAX_AGE_TEXT],
    ['an unknown idp', { idp: '0oaX' }, 'invalid_request', 'Identity provider is not valid.'],
    [
      'an authentication class out of reach',
      { acr_values: 'urn:okta:loa:2fa:any' },
      'unmet_authentication_requirements',
      "Unable to meet the authentication requirements imposed by 'acr_values' parameter.",
    ],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request', METHOD_TEXT],
    ['a challenge without a method', { code_challenge_method: undefined }, 'invalid_request', METHOD_TEXT],
    ['a padded challenge', { code_challenge: `${'a'.repeat(43)}=` }, 'invalid_request', CHALLENGE_TEXT],
    ['a short challenge', { code_challenge: 'a'.repeat(42) }, 'invalid_request', CHALLENGE_TEXT],
    [
      'no session for prompt none',
      { prompt: 'none' },
      'login_required',
      'The client specified not to prompt, but the user is not logged in.',
    ],
  ])('reports %s', async (_what, changes, error, description) => {
    const response = await new TestBrowser().fetch(new TestApp(org).authorizeUrl(changes));
    expect(response.status).toBe(302);
    const state = 'state' in changes ? changes.state : 'state-1';
    const answer = new URLSearchParams({
      ...(state === undefined ? {} : { state }),
      error,
      error_description: description,
    });
    expect(response.headers.location).toBe(`http://localhost:3000/callback?${answer}`);
    expect(response.headers['referrer-policy']).toBe('no-referrer');
  });

  it('reports a parameter given twice', async () => {
    const url = new TestApp(org).authorizeUrl();
    url.searchParams.append('nonce', 'again');
    const { searchParams } = (await new TestBrowser().fetch(url)).location();
    expect(searchParams.get('error_description')).toBe('The request contained multiple parameters with the same name.');
  });

  it('reports in the fragment when the answer belongs there', async () => {
    const app = new TestApp(org);
    const url = app.authorizeUrl({ response_mode: 'fragment', state: 'a+b' });
    expect((await new TestBrowser().fetch(url)).location().hash).toMatch(/^#state=a%2Bb&error=invalid_request&/);
    const silent = app.authorizeUrl({ response_mode: 'fragment', prompt: 'none' });
    expect((await new TestBrowser().fetch(silent)).location().hash).toMatch(/^#state=state-1&error=login_required&/);
  });

  it('reports by form_post without an issuer', async () => {
    const url = new TestApp(org).authorizeUrl({ response_mode: 'form_post', prompt: 'none' });
    const page = await new TestBrowser().fetch(url);
    expect(page.text).toContain('name="error"');
    expect(page.text).not.toContain('name="iss"');
  });

  it.each([
    [
      'too old',
      { max_age: '60' },
      'The client specified not to prompt, but the client app requires re-authentication or MFA.',
    ],
    ['of a suspended user', {}, 'The client specified not to prompt, but the user is not logged in.'],
  ])('reports a session %s for prompt none', async (what, changes, description) => {
    const app = new TestApp(org);
    const browser = new TestBrowser();
    await app.signIn(browser, ADA);
    if (what === 'too old') setMinutesLater(2);
    else org.changeUser(ADA, { status: 'SUSPENDED' });
    const { searchParams } = (await browser.fetch(app.authorizeUrl({ prompt: 'none', ...changes }))).location();
    expect(Object.fromEntries(searchParams)).toEqual({
      state: 'state-1',
      error: 'login_required',
      error_description: description,
    });
  });
});

/** oidc-provider reads the clock itself; only the date is replaced, timers are not. */
function setMinutesLater(minutes: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
}
