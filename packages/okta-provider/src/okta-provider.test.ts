import { createProviderRegistry, formFields, type ProviderContext } from '@ipscape/sso-core';
import { describe, expect, test } from 'vitest';
import { okta } from './okta-provider.js';

const production: ProviderContext = { environment: 'production' };
const development: ProviderContext = { environment: 'development' };

describe('okta', () => {
  test('P1, P13, E2 asks for the three claims scopes, accepts RS256 alone and does not use email_verified', () => {
    expect(okta).toMatchObject({
      id: 'okta',
      name: 'Okta',
      scopes: ['openid', 'profile', 'email'],
      idTokenAlgorithms: ['RS256'],
      emailVerification: 'not-used',
    });
    expect(Object.isFrozen(okta)).toBe(true);
  });

  test('has a form of three fields, of which only the secret is write-only', () => {
    expect(formFields(okta).map(({ name, label, secret }) => [name, label, secret])).toEqual([
      ['clientId', 'Client ID', false],
      ['hostName', 'Host Name', false],
      ['clientSecret', 'Client Secret', true],
    ]);
    for (const { help } of formFields(okta)) expect(help).toMatch(/^[A-Z].*\.$/);
  });

  test('fits into a registry of providers', () => {
    expect(createProviderRegistry([okta]).find('okta')).toBe(okta);
  });
});

describe('issuer', () => {
  test.each([
    ['acme.okta.com', production, 'https://acme.okta.com'],
    ['acme.okta.com', development, 'https://acme.okta.com'],
    ['login.acme.com', production, 'https://login.acme.com'],
    ['acme.okta.localhost:4000', development, 'http://acme.okta.localhost:4000'],
    ['acme.localhost', development, 'http://acme.localhost'],
    // Data of a developer's machine in production: never http. The address check refuses it later.
    ['acme.okta.localhost:4000', production, 'https://acme.okta.localhost:4000'],
  ])('of %s (%o) is %s', (hostName, context, expected) => {
    expect(okta.issuer({ hostName }, context)).toBe(expected);
  });

  test.each([
    {},
    { hostName: '' },
    { hostName: 'acme.okta.com/' },
    { hostName: 'https://acme.okta.com' },
    { hostName: 'ACME.okta.com' },
    { hostName: 'acme-admin.okta.com' },
    { hostName: 'acme.okta.com@evil.test' },
    { hostName: '127.0.0.1' },
    { hostName: 'acme.okta.com:4000' },
  ])('throws for a configuration that was not parsed: %o', (config) => {
    expect(() => okta.issuer(config, development)).toThrow(TypeError);
    expect(() => okta.issuer(config, production)).toThrow(TypeError);
  });
});
