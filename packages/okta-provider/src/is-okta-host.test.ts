import { describe, expect, test } from 'vitest';
import { isOktaHost } from './is-okta-host.js';

describe('F2 isOktaHost', () => {
  test.each([
    'acme.okta.com',
    'acme.oktapreview.com',
    'acme.okta-emea.com',
    'acme.okta-gov.com',
    'acme.okta.mil',
    'acme.okta-miltest.com',
    'acme.trex-gov.com',
    'acme.trex-govcloud.com',
    'a.b.okta.com',
  ])('is true for %s', (host) => {
    expect(isOktaHost(host)).toBe(true);
  });

  test.each([
    'okta.com',
    '.okta.com',
    'xokta.com',
    'acmeokta.com',
    'acme-okta.com',
    'acme.okta.com.evil.test',
    'acme.okta.com.com',
    'acme.okta.co',
    'evil.test/.okta.com',
    'evil.test#.okta.com',
    'evil.test\\.okta.com',
    'user@acme.okta.com',
    'acme.okta.com.',
    'acme.okta.com:443',
    'ACME.OKTA.COM',
    'acme..okta.com',
    '-.okta.com',
    'acme.\u043ekta.com',
    'acme.okta.com\n',
    'login.acme.com',
    'acme.okta.localhost',
    '',
  ])('is false for %j', (host) => {
    expect(isOktaHost(host)).toBe(false);
  });
});
