import { describe, expect, test } from 'vitest';
import { type AuthorizationRequest, buildAuthorizationUrl } from './authorization-request.js';

const request: AuthorizationRequest = {
  authorizationEndpoint: 'https://acme.okta.example/oauth2/v1/authorize',
  clientId: '0oaClient',
  redirectUri: 'https://acme.example/cti/login',
  scopes: ['openid', 'profile', 'email'],
  state: 'the-state',
  nonce: 'the-nonce',
  codeChallenge: 'the-challenge',
};

describe('buildAuthorizationUrl', () => {
  test('P1, P2 sends exactly the parameters of the code flow with PKCE', () => {
    const url = new URL(buildAuthorizationUrl(request));
    expect(url.origin + url.pathname).toBe(request.authorizationEndpoint);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: '0oaClient',
      redirect_uri: 'https://acme.example/cti/login',
      response_type: 'code',
      scope: 'openid profile email',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: 'the-challenge',
      code_challenge_method: 'S256',
    });
  });

  test('P1, P29 adds login_hint and prompt only when asked, and as data only', () => {
    const url = new URL(
      buildAuthorizationUrl({ ...request, loginHint: 'ann@x.example&scope=admin\r\n#', prompt: 'none' }),
    );
    expect(url.searchParams.get('login_hint')).toBe('ann@x.example&scope=admin\r\n#');
    expect(url.searchParams.get('prompt')).toBe('none');
    expect(url.searchParams.getAll('scope')).toEqual(['openid profile email']);
    expect(url.hash).toBe('');
  });

  test('P1 keeps the endpoint’s own query but lets it set none of ours', () => {
    const endpoint = `${request.authorizationEndpoint}?org=acme&state=x&state=y&code_challenge_method=plain&redirect_uri=z`;
    const { searchParams } = new URL(buildAuthorizationUrl({ ...request, authorizationEndpoint: endpoint }));
    expect(searchParams.get('org')).toBe('acme');
    expect(searchParams.getAll('state')).toEqual(['the-state']);
    expect(searchParams.getAll('code_challenge_method')).toEqual(['S256']);
    expect(searchParams.getAll('redirect_uri')).toEqual([request.redirectUri]);
  });
});
