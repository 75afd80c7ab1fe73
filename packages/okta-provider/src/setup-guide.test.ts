import { redirectUris } from '@ipscape/sso-core';
import { describe, expect, test } from 'vitest';
import { setupGuide } from './setup-guide.js';

const uris = redirectUris('https://acme.ipscape.com.au');
const origin = 'https://acme.ipscape.com.au';
const copiesOf = (tenantName: string, redirectUris = uris) =>
  setupGuide({ tenantName, origin, redirectUris }).flatMap(({ copy }) => copy ?? []);

describe('setupGuide', () => {
  test('contains the four redirect URIs verbatim, each with the product it is for', () => {
    expect(copiesOf('Acme').slice(1, 5)).toEqual([
      {
        label: 'redirect URI 1, Workspace sign-in',
        value: 'https://acme.ipscape.com.au/workspace/security/sso-oauth-callback',
      },
      {
        label: 'redirect URI 2, Workspace authorisation',
        value: 'https://acme.ipscape.com.au/workspace/authorize-sso',
      },
      { label: 'redirect URI 3, CTI Adaptor sign-in', value: 'https://acme.ipscape.com.au/cti/login' },
      { label: 'redirect URI 4, Agent Toolbar sign-in', value: 'https://acme.ipscape.com.au/toolbar/login' },
    ]);
  });

  test('P37 repeats legacy and local addresses character for character', () => {
    for (const list of [
      redirectUris('https://acme.ipscape.com.au', { legacyHttpCallbacks: true }),
      redirectUris('http://acme.localhost:3000'),
    ]) {
      expect(
        copiesOf('Acme', list)
          .slice(1, 5)
          .map(({ value }) => value),
      ).toEqual(list);
    }
  });

  test('has the addresses of what an administrator may add later', () => {
    expect(
      copiesOf('Acme')
        .slice(5)
        .map(({ value }) => value),
    ).toEqual([
      'https://acme.ipscape.com.au/workspace/security/sso-login',
      'https://acme.ipscape.com.au/workspace/signed-out',
      'https://acme.ipscape.com.au/cti/signed-out',
      'https://acme.ipscape.com.au/toolbar/signed-out',
      'https://acme.ipscape.com.au/workspace/security/universal-logout',
    ]);
  });

  test('names every click and value in order', () => {
    const text = setupGuide({ tenantName: 'Acme', origin, redirectUris: uris })
      .map((step) => `${step.title} ${step.text}`)
      .join('\n');
    let position = 0;
    for (const phrase of [
      'e-mail address of each agent and user must be the same',
      'Applications > Applications',
      'Create App Integration',
      'OIDC - OpenID Connect',
      'Web Application',
      'App integration name',
      'Authorization Code',
      'DPoP',
      'leave it unticked',
      'Sign-in redirect URIs',
      'Assignments',
      'General tab',
      'Client ID',
      'Client Secret',
      'top right',
      'org authorization server',
      'Issuer',
      'Administration > Organisation settings',
      'Login and security',
      'Save and authorise',
    ]) {
      const found = text.indexOf(phrase, position);
      expect(found, phrase).toBeGreaterThanOrEqual(0);
      position = found;
    }
  });

  test.each([
    ['Acme', 'ipSCAPE (Acme)'],
    ['B\u00fccher \u65e5\u672c', 'ipSCAPE (B\u00fccher \u65e5\u672c)'],
    ['Acme \u{1f680}', 'ipSCAPE (Acme)'],
    ['\u{1f680}', 'ipSCAPE'],
    ['Ac\u0000me\n', 'ipSCAPE (Acme)'],
    ['Acme\ud83d', 'ipSCAPE (Acme)'],
    ['', 'ipSCAPE'],
  ])('proposes an app name that Okta accepts for %j', (tenantName, expected) => {
    expect(copiesOf(tenantName)[0]?.value).toBe(expected);
  });

  test('no label has the name of a button in it', () => {
    for (const { label } of copiesOf('Acme')) expect(label).not.toMatch(/save|authorise\b/i);
  });

  test('labels an address of an unknown path in general terms', () => {
    expect(copiesOf('Acme', ['https://acme.ipscape.com.au/other'])[1]?.label).toBe('redirect URI 1');
  });
});
