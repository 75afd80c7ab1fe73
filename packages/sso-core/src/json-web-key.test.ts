import { describe, expect, test } from 'vitest';
import { makeRocaKey } from '../test/roca-key.js';
import { makeEcKey, makeRsaKey } from '../test/signing-key.js';
import { usableKeys } from './json-web-key.js';

const rsaKey = makeRsaKey('rsa').jwk;
const ecKey = makeEcKey('ec').jwk;
const weak = (bits: number) => makeRsaKey('weak', bits).jwk;
const good = { ...rsaKey, kid: 'good' };

const kids = (...keys: unknown[]) => usableKeys({ keys })?.map(({ kid }) => kid);

describe('P14 usableKeys', () => {
  test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ['an RSA key for RS256', rsaKey, ['RS256']],
    ['an RSA key for PS256', { ...rsaKey, alg: 'PS256' }, ['PS256']],
    ['an RSA key that names no algorithm', { ...rsaKey, alg: undefined }, ['RS256', 'PS256']],
    ['an RSA key with key_ops', { ...rsaKey, use: undefined, key_ops: ['verify'] }, ['RS256']],
    ['an RSA key without use', { ...rsaKey, use: undefined }, ['RS256']],
    ['a P-256 key', ecKey, ['ES256']],
    ['a P-256 key that names no algorithm', { ...ecKey, alg: undefined }, ['ES256']],
    [
      'a key with certificates, which are not looked at',
      { ...rsaKey, x5c: ['x'], x5u: 'https://evil.example' },
      ['RS256'],
    ],
  ])('accepts %s', (_name, jwk, algorithms) => {
    expect(usableKeys({ keys: [jwk] })).toMatchObject([{ algorithms }]);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['text', 'key'],
    ['a number', 7],
    ['an array', []],
    ['an empty object', {}],
    ['a symmetric key', { kty: 'oct', kid: 'oct', k: 'c2VjcmV0', alg: 'HS256' }],
    ['a symmetric key that calls itself RS256', { kty: 'oct', kid: 'oct', k: 'c2VjcmV0', alg: 'RS256' }],
    ['an unknown type', { ...rsaKey, kty: 'XYZ' }],
    ['a type in lower case', { ...rsaKey, kty: 'rsa' }],
    ['an OKP key', { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }],
    ['a P-384 key', { ...ecKey, crv: 'P-384' }],
    ['an elliptic key without y', { ...ecKey, y: undefined }],
    ['an encryption key', { ...rsaKey, use: 'enc' }],
    ['a key with an odd use', { ...rsaKey, use: ['sig'] }],
    ['a key that may only sign', { ...rsaKey, key_ops: ['sign'] }],
    ['key_ops that are no array', { ...rsaKey, key_ops: 'verify' }],
    ['a key for HS256', { ...rsaKey, alg: 'HS256' }],
    ['a key for RS1', { ...rsaKey, alg: 'RS1' }],
    ['a key for RSA-OAEP', { ...rsaKey, alg: 'RSA-OAEP' }],
    ['an RSA key for ES256', { ...rsaKey, alg: 'ES256' }],
    ['a P-256 key for RS256', { ...ecKey, alg: 'RS256' }],
    ['an algorithm in an array', { ...rsaKey, alg: ['RS256'] }],
    ['alg null', { ...rsaKey, alg: null }],
    ['a kid that is a number', { ...rsaKey, kid: 7 }],
    ['a kid that is null', { ...rsaKey, kid: null }],
    ['P14 a modulus whose primes can be computed from it (ROCA)', makeRocaKey('roca')],
    ['512 bits', weak(512)],
    ['1024 bits', weak(1024)],
    [
      '2047 bits',
      { ...rsaKey, n: Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(255, 0xff)]).toString('base64url') },
    ],
    [
      '1024 bits behind leading zeros',
      { ...rsaKey, n: Buffer.concat([Buffer.alloc(128), Buffer.alloc(128, 0xff)]).toString('base64url') },
    ],
    ['a modulus of zeros', { ...rsaKey, n: Buffer.alloc(256).toString('base64url') }],
    ['an empty modulus', { ...rsaKey, n: '' }],
    ['a modulus that is no base64url', { ...rsaKey, n: '!'.repeat(400) }],
    ['a modulus that is a number', { ...rsaKey, n: 7 }],
    ['no modulus', { ...rsaKey, n: undefined }],
    ['no exponent', { ...rsaKey, e: undefined }],
    ['exponent 0', { ...rsaKey, e: 'AA' }],
    ['exponent 1', { ...rsaKey, e: 'AQ' }],
    ['exponent 1 behind leading zeros', { ...rsaKey, e: 'AAAAAQ' }],
    ['exponent 2', { ...rsaKey, e: 'Ag' }],
    ['an even exponent', { ...rsaKey, e: 'AQAA' }],
    ['an empty exponent', { ...rsaKey, e: '' }],
  ])('leaves out %s, and keeps the good key beside it', (_name, bad) => {
    expect(kids(bad)).toEqual([]);
    expect(kids(bad, good, bad)).toEqual(['good']);
  });

  test('F9 looks at the first hundred keys', () => {
    const set = Array.from({ length: 150 }, (_, index) => ({ ...rsaKey, kid: `key-${index}` }));
    expect(kids(...set)).toHaveLength(100);
  });

  test('hands on nothing of a key but its public numbers', () => {
    expect(usableKeys({ keys: [{ ...rsaKey, d: 'private', x5u: 'https://evil.example' }] })).toEqual([
      { kid: 'rsa', algorithms: ['RS256'], jwk: { kty: 'RSA', n: rsaKey.n, e: rsaKey.e } },
    ]);
  });

  test.each([[{}], [{ keys: null }], [{ keys: {} }], [{ keys: 'x' }], [{ Keys: [] }]])(
    'finds no set in %j',
    (input) => {
      expect(usableKeys(input)).toBeNull();
    },
  );
});
