import { describe, expect, test } from 'vitest';
import { checkIdTokenClaims } from './id-token-claims.js';

const NOW = 1_800_000_000;

const expected = {
  issuer: 'https://acme.okta.example',
  clientId: '0oaClient',
  nonce: 'nonce-of-this-sign-in',
  accessTokenHash: 'hash-of-the-access-token',
  nowSeconds: NOW,
};

const valid = {
  iss: expected.issuer,
  aud: expected.clientId,
  sub: '00u1',
  iat: NOW - 1,
  exp: NOW + 3600,
  nonce: expected.nonce,
  at_hash: expected.accessTokenHash,
  auth_time: NOW - 100,
  email: 'ann@acme.example',
  email_verified: true,
};

const check = (changes: Readonly<Record<string, unknown>>) => {
  const claims: Record<string, unknown> = { ...valid, ...changes };
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete claims[name];
  return checkIdTokenClaims(claims, expected);
};

describe('checkIdTokenClaims accepts', () => {
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['a token with every claim', {}],
    ['an audience of one in an array', { aud: [expected.clientId] }],
    ['azp of this client', { azp: expected.clientId }],
    ['no at_hash, which the code flow leaves optional', { at_hash: undefined }],
    ['no auth_time', { auth_time: undefined }],
    ['exp 59 seconds past', { exp: NOW - 59 }],
    ['a fraction of a second', { exp: NOW + 0.5, iat: NOW - 0.5 }],
    ['iat 10 minutes and 60 seconds old', { iat: NOW - 660 }],
    ['iat 60 seconds ahead', { iat: NOW + 60 }],
    ['nbf 60 seconds ahead', { nbf: NOW + 60 }],
    ['nbf 0', { nbf: 0 }],
    ['exp a day and 60 seconds ahead', { exp: NOW + 86_400 + 60 }],
    ['a subject of one character', { sub: 'x' }],
    ['a subject of 255 characters', { sub: 'x'.repeat(255) }],
    ['claims that nobody reads', { groups: ['admin'], __proto__x: 1, constructor: 'x' }],
  ])('%s', (_name, changes) => {
    expect(check(changes)).toMatchObject({ ok: true });
  });

  test('what the token says about the user, unchanged and of any type', () => {
    expect(check({ sub: ' AbC ', email: ['x'], email_verified: 'false', auth_time: 12.9 })).toEqual({
      ok: true,
      claims: { subject: ' AbC ', authTimeSeconds: 12, email: ['x'], emailVerified: 'false' },
    });
  });

  test('P19 subjects that differ in case as different subjects', () => {
    const subjects = ['abc', 'ABC'].map((sub) => check({ sub }));
    expect(subjects).toMatchObject([{ claims: { subject: 'abc' } }, { claims: { subject: 'ABC' } }]);
  });
});

describe('P15, P16, P17, P18, P19, P20 checkIdTokenClaims refuses', () => {
  const notTimes = [
    undefined,
    null,
    '',
    `${NOW}`,
    '1e300',
    1e300,
    'NaN',
    Number.NaN,
    Infinity,
    -Infinity,
    -1,
    true,
    [],
    {},
  ];

  test.each<[claim: string, value: unknown]>([
    ['iss', undefined],
    ['iss', null],
    ['iss', ''],
    ['iss', `${expected.issuer}1`],
    ['iss', `${expected.issuer}/`],
    ['iss', 'https://ACME.okta.example'],
    ['iss', 'HTTPS://acme.okta.example'],
    ['iss', 'http://acme.okta.example'],
    ['iss', 'https://acme.okta.example:443'],
    ['iss', 'https://acme.okta.example/x/..'],
    ['iss', 'https://globex.okta.example'],
    ['iss', 'https://login.acme.example'],
    ['iss', [expected.issuer]],
    ['iss', { toString: () => expected.issuer }],
    ['aud', undefined],
    ['aud', null],
    ['aud', ''],
    ['aud', `${expected.clientId}1`],
    ['aud', expected.clientId.slice(0, -1)],
    ['aud', expected.clientId.toLowerCase()],
    ['aud', '0oaOtherTenant'],
    ['aud', 7],
    ['aud', []],
    ['aud', [[expected.clientId]]],
    ['aud', ['0oaOther']],
    ['aud', [expected.clientId, '0oaOther']],
    ['aud', ['0oaOther', expected.clientId]],
    ['aud', [expected.clientId, expected.clientId]],
    ['aud', { 0: expected.clientId, length: 1 }],
    ['azp', null],
    ['azp', ''],
    ['azp', '0oaOther'],
    ['azp', [expected.clientId]],
    ['nonce', undefined],
    ['nonce', null],
    ['nonce', ''],
    ['nonce', `${expected.nonce}1`],
    ['nonce', 'nonce-of-an-older-sign-in'],
    ['nonce', [expected.nonce]],
    ['sub', undefined],
    ['sub', null],
    ['sub', ''],
    ['sub', 'x'.repeat(256)],
    ['sub', 7],
    ['sub', { id: '00u1' }],
    ['sub', ['00u1']],
    ['sub', '00u1\u0000'],
    ['sub', '00u1\n'],
    ['sub', '00\u00fc1'],
    ['at_hash', null],
    ['at_hash', ''],
    ['at_hash', 'hash-of-another-access-token'],
    ['at_hash', [expected.accessTokenHash]],
    ...notTimes.slice(1).map((value): [string, unknown] => ['auth_time', value]),
  ])('%s %j', (claim, value) => {
    expect(check({ [claim]: value })).toEqual({ ok: false, fault: { check: claim, claim } });
  });

  test.each([
    ...notTimes.map((value): [string, unknown] => ['exp', value]),
    ...notTimes.map((value): [string, unknown] => ['iat', value]),
    ...notTimes.slice(1).map((value): [string, unknown] => ['nbf', value]),
  ])('%s %j, which is no time', (claim, value) => {
    expect(check({ [claim]: value })).toEqual({ ok: false, fault: { check: 'missing', claim } });
  });

  test.each([
    ['exp', NOW - 60, 60],
    ['exp', NOW - 61, 61],
    ['exp', NOW - 360, 360],
    ['exp', 0, NOW],
    ['exp', NOW + 86_461, -86_461],
    ['exp', NOW + 10 * 365 * 86_400, -10 * 365 * 86_400],
    ['iat', NOW - 661, 661],
    ['iat', NOW - 7 * 86_400, 7 * 86_400],
    ['iat', NOW + 61, -61],
    ['nbf', NOW + 61, -61],
  ])('%s %d and says by how much: %d seconds', (claim, value, differenceSeconds) => {
    expect(check({ [claim]: value })).toEqual({ ok: false, fault: { check: claim, claim, differenceSeconds } });
  });

  test('a second audience even when azp names this client', () => {
    expect(check({ aud: [expected.clientId, '0oaOther'], azp: expected.clientId })).toMatchObject({ ok: false });
  });

  test('P17 an old token however far in the future it expires', () => {
    expect(check({ iat: NOW - 3600, exp: NOW + 86_400 })).toMatchObject({ fault: { check: 'iat' } });
  });
});

test.each([-120, -110, -100, -90, -80, -70, -61, -60, -30, 0, 30, 60, 61, 70, 80, 90, 100, 110, 120])(
  'P17, R8 with our clock %d seconds off, a fresh token is accepted within 60 seconds and refused beyond',
  (offset) => {
    const fresh = { ...valid, iat: NOW, exp: NOW + 3600, nbf: NOW };
    const result = checkIdTokenClaims(fresh, { ...expected, nowSeconds: NOW + offset });
    // A clock that is ahead only shortens the ten minutes; one that is behind sees a token from the future.
    const accepted = offset >= -60;
    expect(result.ok).toBe(accepted);
    if (!accepted) expect(result).toMatchObject({ fault: { check: 'iat', differenceSeconds: offset } });
  },
);
