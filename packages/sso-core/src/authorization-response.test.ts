import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { exampleProvider } from '../test/fake-provider.js';
import { parseAuthorizationCode, parseState } from './authorization-response.js';

const ISSUER = 'https://acme.okta.example';
const STATE = 'A-Za_z0-9'.padEnd(43, 'x');
const expected = { issuer: ISSUER, issuerRequired: false, provider: exampleProvider };

const read = (query: string, changes: Partial<typeof expected> = {}) =>
  parseAuthorizationCode(new URLSearchParams(query), { ...expected, ...changes });

describe('P6, P7 parseState', () => {
  test.each([STATE, 'x', 'x'.repeat(128)])('accepts %j', (state) => {
    expect(parseState(new URLSearchParams({ state, code: 'x' }))).toBe(state);
  });

  test.each([
    '',
    'code=x',
    'State=x',
    'state[]=x',
    'state',
    'state=',
    `state=${'x'.repeat(129)}`,
    `state=${'x'.repeat(1_000_000)}`,
    `state=${STATE}&state=${STATE}`,
    `state=${STATE}&state=`,
    'state=a+b',
    'state=a%2Bb',
    'state=a.b',
    'state=a%00',
    'state=a%0A',
    'state=%0Aa',
    'state=%C3%A4',
    'state=__proto__%20',
    `state=${STATE}%3D`,
  ])('refuses %j', async (query) => {
    const error = await caught(() => parseState(new URLSearchParams(query)));
    expect(error).toMatchObject({ code: 'state-mismatch', stage: 'callback' });
  });
});

describe('parseAuthorizationCode returns the code', () => {
  test.each<[string, string, Partial<typeof expected>?]>([
    ['code=abc', 'abc'],
    [`code=${'x'.repeat(2048)}`, 'x'.repeat(2048)],
    ['code=%21~%2B%2F%3D', '!~+/='],
    ['code=abc&session_state=x&scope=openid&unknown=1&unknown=2', 'abc'],
    [`code=abc&iss=${encodeURIComponent(ISSUER)}`, 'abc'],
    [`code=abc&iss=${encodeURIComponent(ISSUER)}`, 'abc', { issuerRequired: true }],
  ])('of %j', (query, code, changes) => {
    expect(read(query, changes)).toBe(code);
  });
});

describe('P7, P8, P9, P10 parseAuthorizationCode refuses', () => {
  test.each([
    ['', 'code'],
    ['code=', 'code'],
    ['code[]=abc', 'code'],
    ['Code=abc', 'code'],
    [`code=${'x'.repeat(2049)}`, 'code'],
    [`code=${'x'.repeat(1_000_000)}`, 'code'],
    ['code=a%0D%0Ab', 'code'],
    ['code=a%00', 'code'],
    ['code=a+b', 'code'],
    ['code=a%20', 'code'],
    ['code=%C3%A4', 'code'],
    ['code=a&code=b', 'repeated'],
    ['code=a&code=a', 'repeated'],
    ['code=a&iss=x&iss=x', 'repeated'],
    [`code=a&iss=${ISSUER}&iss=${ISSUER}`, 'repeated'],
    ['error=access_denied&error=access_denied', 'repeated'],
    ['error=access_denied&error_description=a&error_description=b', 'repeated'],
    ['code=a&error=access_denied', 'code-and-error'],
    ['code=&error=access_denied', 'code-and-error'],
    ['code=a&error=', 'code-and-error'],
  ])('%j', async (query, reason) => {
    expect(await caught(() => read(query))).toMatchObject({
      code: 'response-invalid',
      stage: 'callback',
      details: { reason },
    });
  });

  test.each<[string, Partial<typeof expected>?]>([
    ['code=a&iss='],
    ['code=a&iss=https%3A%2F%2Fglobex.okta.example'],
    [`code=a&iss=${ISSUER}%2F`],
    ['code=a&iss=https%3A%2F%2FACME.okta.example'],
    ['error=access_denied&iss=https%3A%2F%2Fevil.example'],
    ['code=a', { issuerRequired: true }],
    ['error=access_denied', { issuerRequired: true }],
  ])('%j for its issuer (%j)', async (query, changes) => {
    expect(await caught(() => read(query, changes))).toMatchObject({ code: 'response-issuer-mismatch', details: {} });
  });
});

describe('P9 an error answer of the provider', () => {
  const hostile = '<script>alert(1)</script>';

  test.each([
    ['error=access_denied', 'idp-denied', 'access_denied'],
    [`error=access_denied&error_description=${encodeURIComponent(hostile)}`, 'idp-denied', 'access_denied'],
    ['error=access_denied&error_description=User+is+not+assigned', 'user-not-assigned', 'access_denied'],
    [`error=access_denied&error_description=${'x'.repeat(5000)}not+assigned`, 'idp-denied', 'access_denied'],
    ['error=server_error', 'idp-denied', 'server_error'],
    ['error=temporarily_unavailable', 'idp-denied', 'temporarily_unavailable'],
    ['error=login_required', 'idp-denied', 'login_required'],
    ['error=consent_required', 'idp-denied', 'consent_required'],
    ['error=something_new', 'idp-denied', 'unknown'],
    ['error=constructor', 'idp-denied', 'unknown'],
    ['error=__proto__', 'idp-denied', 'unknown'],
    ['error=', 'idp-denied', 'unknown'],
    [`error=${encodeURIComponent(hostile)}`, 'idp-denied', 'unknown'],
    [`error=${'x'.repeat(100_000)}`, 'idp-denied', 'unknown'],
    ['error=a%0D%0Ab', 'idp-denied', 'unknown'],
  ])('%j is %s and says no more than %s', async (query, code, reason) => {
    const error = await caught(() => read(query));
    expect(error).toMatchObject({ code, stage: 'authorization', details: { reason } });
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain('script');
  });
});
