import { expect, test } from 'vitest';
import { redirectUri, redirectUris, tenantOrigin } from './products.js';

const ORIGIN = 'https://acme.example';

test('the four redirect URIs are the ones that administrators have typed into their provider', () => {
  expect(redirectUris(ORIGIN)).toEqual([
    'https://acme.example/workspace/security/sso-oauth-callback',
    'https://acme.example/workspace/authorize-sso',
    'https://acme.example/cti/login',
    'https://acme.example/toolbar/login',
  ]);
});

test('P37 a tenant of the older list has http in the two of the Workspace, and nowhere else', () => {
  expect(redirectUris(ORIGIN, { legacyHttpCallbacks: true })).toEqual([
    'http://acme.example/workspace/security/sso-oauth-callback',
    'http://acme.example/workspace/authorize-sso',
    'https://acme.example/cti/login',
    'https://acme.example/toolbar/login',
  ]);
});

test.each(['cti', 'toolbar'] as const)('%s does not prove connections', (product) => {
  expect(() => redirectUri(ORIGIN, product, 'authorise')).toThrow(TypeError);
});

test.each([
  [{ protocol: 'https', port: null }, 'https://acme.example'],
  [{ protocol: 'http', port: 3000 }, 'http://acme.example:3000'],
] as const)('the origin of a tenant under %j is %s', (scheme, origin) => {
  expect(tenantOrigin('acme.example', scheme)).toBe(origin);
});
