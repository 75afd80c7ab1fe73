import type { ProviderContext } from '@ipscape/sso-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oktaConfigSchema, parseOktaConfig } from './parse-okta-config.js';

const production: ProviderContext = { environment: 'production' };
const development: ProviderContext = { environment: 'development' };
const CANARY = 'canary-7f3a91';
const valid = { clientId: '0oa1a2b3c4d5e6f7g8h9', hostName: 'acme.okta.com', clientSecret: 'q-Zx_91kPlm0Tn4v' };

const errorsOf = (input: Record<string, unknown>, context = production): Readonly<Record<string, string>> => {
  const result = parseOktaConfig(input, context);
  return result.ok ? {} : result.errors;
};

describe('accepts', () => {
  test('valid settings as they are, without a repair', () => {
    expect(parseOktaConfig(valid, production)).toEqual({ ok: true, config: valid, repairs: [] });
  });

  test.each([
    ['clientId', 'abcdef'],
    ['clientId', 'a'.repeat(100)],
    ['clientId', "My$App-_.+!*'(),"],
    ['clientSecret', 'x'],
    ['clientSecret', '!"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~'],
    ['clientSecret', 'star*in*the*middle'],
  ])('%s %j', (field, value) => {
    expect(parseOktaConfig({ ...valid, [field]: value }, production)).toMatchObject({ ok: true, repairs: [] });
  });

  test('pasted values, and tells every repair with its field', () => {
    const result = parseOktaConfig(
      {
        clientId: ` ${valid.clientId}\n`,
        hostName: 'https://acme-admin.okta.com/',
        clientSecret: `\u00a0${valid.clientSecret} `,
      },
      production,
    );
    expect(result).toMatchObject({ ok: true, config: valid });
    expect(result.ok && result.repairs.map(({ field }) => field)).toEqual([
      'clientId',
      'hostName',
      'hostName',
      'hostName',
      'clientSecret',
    ]);
  });

  test('a .localhost name with a port in development alone', () => {
    const local = { ...valid, hostName: 'acme.okta.localhost:4000' };
    expect(parseOktaConfig(local, development)).toEqual({ ok: true, config: local, repairs: [] });
    expect(Object.keys(errorsOf(local))).toEqual(['hostName']);
  });
});

describe('F2 says before it is saved that a host is none of Okta’s own', () => {
  test.each([
    ...['login.acme.com', 'acme.okta.com.evil.test', 'acmeokta.com', 'xokta.com', 'acme-okta.com', 'acme.okta.co'],
    ...['okta.com.evil.test', 'LOGIN.acme.com.', 'https://login.acme.com/', 'xn--kta-emd.com'],
  ])('%s', (hostName) => {
    const result = parseOktaConfig({ ...valid, hostName }, production);
    const host = result.ok ? result.config.hostName : '';
    expect(result).toMatchObject({ ok: true, notices: [expect.stringContaining(`${host} is not one of Okta's own`)] });
  });

  test.each(['acme.okta.com', 'acme.oktapreview.com', 'ACME.okta-emea.com.', 'acme.okta-gov.com', 'acme.okta.mil'])(
    'and nothing of %s',
    (hostName) => {
      expect(parseOktaConfig({ ...valid, hostName }, production)).not.toHaveProperty('notices');
    },
  );
});

describe('refuses', () => {
  test.each<[field: string, value: unknown, message: RegExp]>([
    ['clientId', '', /^Fill in/],
    ['clientId', '   ', /^Fill in/],
    ['clientId', undefined, /^Fill in/],
    ['clientId', 42, /must be text/],
    ['clientId', ['0oa1a2b3c4d5e6f7g8h9'], /must be text/],
    ['clientId', { toString: () => 'abcdefgh' }, /must be text/],
    ['clientId', '{clientId}', /placeholder/],
    ['clientId', '$\u007bclientId}', /placeholder/],
    ['clientId', '{{client_id}}', /placeholder/],
    ['clientId', '<client-id>', /placeholder/],
    ['clientId', 'YOUR_CLIENT_ID', /placeholder/],
    ['clientId', 'ALL_CLIENTS', /reserved/],
    ['clientId', 'abcde', /6 to 100/],
    ['clientId', 'a'.repeat(101), /6 to 100/],
    ['clientId', '0oa1a2b3 c4d5e6f7g8h9', /6 to 100/],
    ['clientId', '0oa1a2b3c4d5e6f7g8h9\u0000', /6 to 100/],
    ['clientId', '0oa1a2b3c4d5e6f7g8\u04309', /6 to 100/],
    ['clientId', '<script>alert(1)</script>', /placeholder/],
    ['clientId', 'https://acme.okta.com', /6 to 100/],
    ['hostName', undefined, /^Fill in/],
    ['hostName', '', /^Fill in/],
    ['hostName', 1, /must be text/],
    ['hostName', '{yourOktaDomain}', /placeholder/],
    ['hostName', 'acme.okta.com:443', /Did you mean acme\.okta\.com\?$/],
    ['hostName', '127.0.0.1', /numeric address/],
    ['clientSecret', '', /^Fill in/],
    ['clientSecret', ' \t ', /^Fill in/],
    ['clientSecret', null, /^Fill in/],
    ['clientSecret', true, /must be text/],
    ['clientSecret', '********', /hidden secret/],
    ['clientSecret', '*', /hidden secret/],
    ['clientSecret', ' ******** ', /hidden secret/],
    ['clientSecret', '\u2022\u2022\u2022\u2022', /hidden secret/],
    ['clientSecret', '\u25cf'.repeat(64), /hidden secret/],
    ['clientSecret', '........', /hidden secret/],
    ['clientSecret', '********a1B2', /hidden secret/],
    ['clientSecret', '\u2022\u2022\u2022\u2022\u2022\u2022a1B2', /hidden secret/],
    ['clientSecret', 'a1B2********', /hidden secret/],
    ['clientSecret', '{clientSecret}', /placeholder/],
    ['clientSecret', '$\u007bclientSecret}', /placeholder/],
    ['clientSecret', '<client_secret>', /placeholder/],
    ['clientSecret', 'your-client-secret', /placeholder/],
    ['clientSecret', 'two words', /a space/],
    ['clientSecret', 'line\nbreak', /a space/],
    ['clientSecret', 'nul\u0000', /a space/],
    ['clientSecret', 'zero\u200bwidth', /a space/],
    ['clientSecret', 's\u0435cret', /a space/],
    ['clientSecret', valid.clientId, /Client ID again/],
  ])('%s %j', (field, value, message) => {
    const errors = errorsOf({ ...valid, [field]: value });
    expect(Object.keys(errors)).toEqual([field]);
    expect(errors[field]).toMatch(message);
  });

  test('unknown settings', () => {
    expect(Object.keys(errorsOf({ ...valid, issuer: 'https://evil.test' }))).toEqual(['issuer']);
  });

  test.each(['__proto__', 'constructor', 'toString'])('A16 an unknown setting named %s', (name) => {
    const errors = errorsOf(JSON.parse(`{"${name}":"x","clientId":"${valid.clientId}"}`));
    expect(Object.keys(errors).sort()).toEqual([name, 'clientSecret', 'hostName'].sort());
    expect(Object.getPrototypeOf(errors)).toBe(Object.prototype);
  });

  test('values that are only inherited', () => {
    expect(Object.keys(errorsOf(Object.create(valid))).sort()).toEqual(['clientId', 'clientSecret', 'hostName']);
  });

  test('every bad field at once', () => {
    expect(Object.keys(errorsOf({ clientId: 'x', hostName: 'okta.com', clientSecret: '****' })).sort()).toEqual([
      'clientId',
      'clientSecret',
      'hostName',
    ]);
  });
});

test('a secret has at most 1024 characters', () => {
  expect(errorsOf({ ...valid, clientSecret: 'a'.repeat(1024) })).toEqual({});
  const tooLong = parseOktaConfig({ ...valid, clientSecret: `${CANARY}${'a'.repeat(1024)}` }, production);
  expect(tooLong).toMatchObject({ ok: false, errors: { clientSecret: expect.stringMatching(/at most 1024/) } });
  expect(JSON.stringify(tooLong)).not.toContain('canary');
});

describe('A1 secrets', () => {
  test.each([
    ['clientSecret', `${CANARY} with a space`],
    ['clientSecret', `{${CANARY}}`],
    ['clientSecret', `\u2022${CANARY}`],
    ['clientId', `${CANARY} pasted into the wrong field`],
    ['hostName', CANARY],
    ['hostName', `https://evil.test/${CANARY}`],
    ['hostName', `${CANARY}@acme.okta.com`],
    ['hostName', `acme.okta.com?${CANARY}`],
  ])('never come back in a message: %s %j', (field, value) => {
    const result = parseOktaConfig({ ...valid, clientSecret: 'another value', [field]: value }, production);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain('canary');
    const parsed = oktaConfigSchema.safeParse({ ...valid, [field]: value });
    expect(JSON.stringify(parsed.error?.issues) + parsed.error?.message).not.toContain('canary');
  });

  test('never come back in a repair', () => {
    const result = parseOktaConfig({ ...valid, clientSecret: ` ${CANARY} ` }, production);
    expect(result.ok && JSON.stringify(result.repairs)).not.toContain('canary');
  });
});

test('never throws, and settings that were accepted are accepted again unchanged', () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.anything());
  const input = fc.oneof(
    fc.dictionary(fc.string(), value),
    fc.record({ clientId: value, hostName: fc.oneof(value, fc.domain()), clientSecret: value }),
    fc.record({
      clientId: fc.stringMatching(/^\s?[a-z0-9]{6,20}\s?$/),
      hostName: fc.domain(),
      clientSecret: fc.stringMatching(/^\s?[!-~]{1,40}\s?$/),
    }),
  );
  fc.assert(
    fc.property(input, fc.constantFrom(production, development), (typed, context) => {
      const result = parseOktaConfig(typed, context);
      if (result.ok) {
        expect(parseOktaConfig({ ...result.config }, context)).toEqual({ ...result, repairs: [] });
        expect(oktaConfigSchema.safeParse(result.config).success).toBe(true);
      } else {
        expect(Object.keys(result.errors).length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 2000 },
  );
});
