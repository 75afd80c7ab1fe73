import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { json } from '../test/fake-provider.js';
import {
  encodePart,
  makeEcKey,
  makeRsaKey,
  makeToken,
  signEs256,
  signHs256,
  signNothing,
  signPs256,
  signRs1,
  signRs256,
} from '../test/signing-key.js';
import { type IdTokenInput, verifyIdToken } from './id-token.js';
import { createKeyCache } from './key-cache.js';
import type { IdTokenAlgorithm } from './provider.js';
import { webCrypto } from './web-crypto.js';

const NOW_MS = 1_800_000_000_000;
const NOW = NOW_MS / 1000;
const ISSUER = 'https://acme.okta.example';
const CLIENT_ID = '0oaClient';
const CLIENT_SECRET = 'the-client-secret';
const ACCESS_TOKEN = 'the-access-token';

const key = makeRsaKey('key-1');
const stranger = makeRsaKey('key-1');
const ecKey = makeEcKey('ec-1');
const sign = signRs256(key.privateKey);

const header = { alg: 'RS256', kid: 'key-1' };
const claims = {
  iss: ISSUER,
  aud: CLIENT_ID,
  sub: '00u1',
  iat: NOW,
  exp: NOW + 3600,
  nonce: 'the-nonce',
  at_hash: createHash('sha256').update(ACCESS_TOKEN).digest().subarray(0, 16).toString('base64url'),
};
const validToken = makeToken(header, claims, sign);

/** Verifies with a key set, and says which addresses were asked. */
async function verify(
  idToken: string,
  { keys = [key.jwk], ...changes }: Partial<IdTokenInput> & { readonly keys?: readonly unknown[] } = {},
) {
  const asked: string[] = [];
  const keyCache = createKeyCache({
    fetch: async (url) => {
      asked.push(url);
      return json({ keys });
    },
    now: () => NOW_MS,
  });
  const result = verifyIdToken(
    {
      idToken,
      accessToken: ACCESS_TOKEN,
      key: { tenantId: 'acme', revisionId: 'r1', issuer: ISSUER },
      jwksUri: `${ISSUER}/keys`,
      clientId: CLIENT_ID,
      nonce: 'the-nonce',
      algorithms: ['RS256'],
      ...changes,
    },
    { keys: keyCache, crypto: webCrypto, now: () => NOW_MS },
  );
  await result.catch(() => {});
  expect(asked.filter((url) => url !== `${ISSUER}/keys`)).toEqual([]);
  return result;
}

const withHeader = (changes: Readonly<Record<string, unknown>>) => makeToken({ ...header, ...changes }, claims, sign);
const withClaims = (changes: Readonly<Record<string, unknown>>) => makeToken(header, { ...claims, ...changes }, sign);

describe('P12, P23 verifyIdToken accepts', () => {
  test.each<[string, string, Parameters<typeof verify>[1]?]>([
    ['a token of the only key', validToken],
    ['typ JWT', withHeader({ typ: 'JWT' })],
    ['typ jwt', withHeader({ typ: 'jwt' })],
    ['a token without kid when the set has one usable key', withHeader({ kid: undefined })],
    [
      'a token without kid when only one key fits its algorithm',
      withHeader({ kid: undefined }),
      { keys: [ecKey.jwk, key.jwk] },
    ],
    [
      'a key without kid for a token without kid',
      withHeader({ kid: undefined }),
      { keys: [{ ...key.jwk, kid: undefined }] },
    ],
    [
      'an odd kid that the set has as well',
      withHeader({ kid: "' or 1=1" }),
      { keys: [{ ...key.jwk, kid: "' or 1=1" }] },
    ],
    ['no at_hash', withClaims({ at_hash: undefined })],
    [
      'PS256 of a provider that chose it',
      makeToken({ alg: 'PS256' }, claims, signPs256(key.privateKey)),
      { algorithms: ['PS256'], keys: [{ ...key.jwk, alg: undefined }] },
    ],
    [
      'ES256 of a provider that chose it',
      makeToken({ alg: 'ES256' }, claims, signEs256(ecKey.privateKey)),
      { algorithms: ['RS256', 'ES256'], keys: [ecKey.jwk] },
    ],
    [
      'a key among bad ones',
      validToken,
      {
        keys: [
          null,
          'x',
          { kty: 'oct', kid: 'key-1', k: 'AAAA' },
          makeRsaKey('key-1', 1024).jwk,
          { ...key.jwk, e: 'AQ' },
          { ...key.jwk, use: 'enc' },
          key.jwk,
        ],
      },
    ],
    [
      'the hundredth key of a set',
      validToken,
      { keys: [...Array.from({ length: 99 }, (_, n) => ({ ...stranger.jwk, kid: `k${n}` })), key.jwk] },
    ],
  ])('%s', async (_name, token, options) => {
    await expect(verify(token, options)).resolves.toMatchObject({ subject: '00u1' });
  });
});

describe('P12, P13 verifyIdToken refuses, whatever the header asks for,', () => {
  const pem = key.publicKey.export({ format: 'pem', type: 'spki' }) as string;
  const keyUrl = 'https://evil.example/keys';
  const foreign = (changes: Readonly<Record<string, unknown>>) =>
    makeToken({ ...header, ...changes }, claims, signRs256(stranger.privateKey));
  const [headerPart = '', payloadPart = '', signaturePart = ''] = validToken.split('.');

  test.each<[string, string, string, Parameters<typeof verify>[1]?]>([
    ['alg none', makeToken({ alg: 'none' }, claims, signNothing), 'alg'],
    ['alg None', makeToken({ alg: 'None' }, claims, signNothing), 'alg'],
    ['alg nOnE', makeToken({ alg: 'nOnE', kid: 'key-1' }, claims, signNothing), 'alg'],
    ['alg none with the signature kept', withHeader({ alg: 'none' }), 'alg'],
    ['HS256 with the client secret', makeToken({ alg: 'HS256' }, claims, signHs256(CLIENT_SECRET)), 'alg'],
    ['HS256 with the public key in PEM', makeToken({ alg: 'HS256' }, claims, signHs256(pem)), 'alg'],
    [
      'HS256 with the public key in PEM, without the last line feed',
      makeToken({ alg: 'HS256', kid: 'key-1' }, claims, signHs256(pem.trim())),
      'alg',
    ],
    [
      'HS256 with the public key in DER',
      makeToken({ alg: 'HS256' }, claims, signHs256(key.publicKey.export({ format: 'der', type: 'spki' }))),
      'alg',
    ],
    [
      'HS256 with the public key as JWK',
      makeToken({ alg: 'HS256', kid: 'key-1' }, claims, signHs256(JSON.stringify(key.jwk))),
      'alg',
    ],
    [
      'HS256 with a symmetric key of the set',
      makeToken({ alg: 'HS256', kid: 'oct' }, claims, signHs256(Buffer.from('secret'))),
      'alg',
      { keys: [{ kty: 'oct', kid: 'oct', k: encodePart('secret'), alg: 'HS256' }] },
    ],
    [
      'ES256 with a key of the set',
      makeToken({ alg: 'ES256', kid: 'ec-1' }, claims, signEs256(ecKey.privateKey)),
      'alg',
      { keys: [ecKey.jwk, key.jwk] },
    ],
    [
      'PS256 with the right key',
      makeToken({ ...header, alg: 'PS256' }, claims, signPs256(key.privateKey)),
      'alg',
      { keys: [{ ...key.jwk, alg: undefined }] },
    ],
    ['RS1 with the right key', makeToken({ ...header, alg: 'RS1' }, claims, signRs1(key.privateKey)), 'alg'],
    ['SHA-1 under the name RS256', makeToken(header, claims, signRs1(key.privateKey)), 'signature'],
    ['PSS under the name RS256', makeToken(header, claims, signPs256(key.privateKey)), 'signature'],
    ['HMAC under the name RS256', makeToken(header, claims, signHs256(pem)), 'signature'],
    ['RS256 in lower case', withHeader({ alg: 'rs256' }), 'alg'],
    ['alg in an array', withHeader({ alg: ['RS256'] }), 'alg'],
    ['no alg', withHeader({ alg: undefined }), 'alg'],
    ['alg null', withHeader({ alg: null }), 'alg'],
    ['a key in the header', foreign({ jwk: stranger.jwk }), 'header'],
    ['a key set address in the header', foreign({ jku: keyUrl }), 'header'],
    ['a certificate address in the header', foreign({ x5u: keyUrl }), 'header'],
    ['a certificate in the header', foreign({ x5c: ['MIIB'] }), 'header'],
    ['a right signature with a key in the header', withHeader({ jwk: key.jwk }), 'header'],
    ['a right signature with a key set address', withHeader({ jku: `${ISSUER}/keys` }), 'header'],
    ['a critical extension', withHeader({ crit: ['x'], x: 1 }), 'header'],
    ['an empty list of critical extensions', withHeader({ crit: [] }), 'header'],
    ['an unencoded payload', withHeader({ b64: false, crit: ['b64'] }), 'header'],
    ['b64 alone', withHeader({ b64: false }), 'header'],
    ['compression', withHeader({ zip: 'DEF' }), 'header'],
    ['a nested token', makeToken({ ...header, cty: 'JWT' }, validToken, sign), 'header'],
    ['a token in the place of the claims', makeToken(header, validToken, sign), 'malformed'],
    ['a logout token', withHeader({ typ: 'logout+jwt' }), 'typ'],
    ['an access token', withHeader({ typ: 'at+jwt' }), 'typ'],
    ['typ that is no text', withHeader({ typ: 7 }), 'typ'],
    ['an encrypted token', `${encodePart({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.AA.AA.AA.AA`, 'encrypted'],
    ['an encryption header on a signed token', withHeader({ enc: 'A256GCM' }), 'header'],
    ['a kid that looks like a path', withHeader({ kid: '../../etc/passwd' }), 'key-unknown'],
    ['a kid that looks like SQL', withHeader({ kid: "' or 1=1 --" }), 'key-unknown'],
    ['a kid named like a member of objects', withHeader({ kid: '__proto__' }), 'key-unknown'],
    ['a kid of another case', withHeader({ kid: 'KEY-1' }), 'key-unknown'],
    ['a kid of 60 KB', withHeader({ kid: 'k'.repeat(45_000) }), 'kid'],
    ['an empty kid', withHeader({ kid: '' }), 'kid'],
    ['a kid that is a number', withHeader({ kid: 1 }), 'kid'],
    ['a kid that is null', withHeader({ kid: null }), 'kid'],
    [
      'no kid with two keys for the algorithm',
      withHeader({ kid: undefined }),
      'key-ambiguous',
      { keys: [key.jwk, { ...stranger.jwk, kid: 'key-2' }] },
    ],
    ['a kid that two keys have', validToken, 'key-ambiguous', { keys: [key.jwk, stranger.jwk] }],
    [
      'a stranger’s signature under the right kid',
      makeToken(header, claims, signRs256(stranger.privateKey)),
      'signature',
    ],
    ['a stranger’s key of the right kid in the set', validToken, 'signature', { keys: [stranger.jwk] }],
    [
      'the hundred-and-first key of a set',
      validToken,
      'key-unknown',
      { keys: [...Array.from({ length: 100 }, (_, n) => ({ ...stranger.jwk, kid: `k${n}` })), key.jwk] },
    ],
    ['an empty set', validToken, 'key-unknown', { keys: [] }],
    [
      'a signature of a 512-bit key',
      makeToken({ alg: 'RS256' }, claims, signNothing),
      'key-unknown',
      { keys: [makeRsaKey('weak', 512).jwk] },
    ],
    ['no signature', `${headerPart}.${payloadPart}.`, 'signature'],
    ['two parts', `${headerPart}.${payloadPart}`, 'malformed'],
    ['four parts', `${validToken}.AA`, 'malformed'],
    ['nothing', '', 'malformed'],
    ['dots', '..', 'malformed'],
    ['padding', `${validToken}==`, 'malformed'],
    ['a space', `${validToken} `, 'malformed'],
    ['a line feed', `${validToken}\n`, 'malformed'],
    ['signs of another alphabet', `${headerPart}.${payloadPart}.${'+/'.repeat(171)}`, 'malformed'],
    [
      'the signature in standard base64',
      `${headerPart}.${payloadPart}.${Buffer.from(signaturePart, 'base64url').toString('base64')}`,
      'malformed',
    ],
    ['a header that is no JSON', makeToken('{', claims, sign), 'malformed'],
    ['a header that is an array', makeToken([], claims, sign), 'malformed'],
    ['a header that is null', makeToken(null, claims, sign), 'malformed'],
    ['claims that are no JSON', makeToken(header, '{', sign), 'malformed'],
    ['claims that are an array', makeToken(header, [claims], sign), 'malformed'],
    [
      'claims that are no UTF-8',
      `${headerPart}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${sign(`${headerPart}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}`).toString('base64url')}`,
      'malformed',
    ],
    ['more than 64 KB', withClaims({ filler: 'x'.repeat(70_000) }), 'too-long'],
  ])('%s', async (_name, token, reason, options) => {
    const error = await caught(() => verify(token, options));
    expect(error).toMatchObject({ code: 'token-invalid', stage: 'id-token', details: { reason } });
  });

  test.each([512, 1024])('P14 a token that a key of %d bits really signed', async (bits) => {
    const weak = makeRsaKey('weak', bits);
    const token = makeToken({ alg: 'RS256', kid: 'weak' }, claims, signRs256(weak.privateKey));
    const error = await caught(() => verify(token, { keys: [weak.jwk, key.jwk] }));
    expect(error.details).toEqual({ reason: 'key-unknown' });
  });

  test('P14 a forgery for a key with exponent 1, whose signature is the padded hash itself', async () => {
    const input = `${encodePart({ alg: 'RS256', kid: 'one' })}.${encodePart(claims)}`;
    const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');
    const hash = createHash('sha256').update(input).digest();
    const padding = Buffer.alloc(256 - 3 - digestInfo.length - hash.length, 0xff);
    const forged = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), digestInfo, hash]);
    const keys = [{ ...key.jwk, kid: 'one', e: 'AQ' }, key.jwk];
    const error = await caught(() => verify(`${input}.${forged.toString('base64url')}`, { keys }));
    expect(error.details).toEqual({ reason: 'key-unknown' });
  });

  test('P14 a key that cannot be imported, without harm to its neighbour', async () => {
    const offCurve = {
      kty: 'EC',
      crv: 'P-256',
      kid: 'bad',
      x: encodePart('x'.repeat(32)),
      y: encodePart('y'.repeat(32)),
    };
    const options = { algorithms: ['RS256', 'ES256'] as const, keys: [offCurve, key.jwk] };
    const error = await caught(() => verify(makeToken({ alg: 'ES256', kid: 'bad' }, claims, signNothing), options));
    expect(error.details).toEqual({ reason: 'key-unusable' });
    await expect(verify(validToken, options)).resolves.toMatchObject({ subject: '00u1' });
  });

  test('P12 every flip of a single bit in the text of any part', async () => {
    const results = await Promise.all(
      Array.from({ length: validToken.length }, async (_, index) => {
        const bit = 1 << (index % 7);
        const flipped = String.fromCharCode(validToken.charCodeAt(index) ^ bit);
        const token = validToken.slice(0, index) + flipped + validToken.slice(index + 1);
        return verify(token).then(
          () => `accepted at ${index}`,
          () => null,
        );
      }),
    );
    expect(results.filter((result) => result !== null)).toEqual([]);
  });

  test.each<[IdTokenAlgorithm, typeof signRs256]>([
    ['RS256', signRs256],
    ['PS256', signPs256],
  ])('P12 a signature of %s without its leading zero, which is the same number', async (algorithm, signWith) => {
    const options = { algorithms: [algorithm], keys: [{ ...key.jwk, alg: undefined }] };
    for (let attempt = 0; ; attempt++) {
      const input = `${encodePart({ alg: algorithm })}.${encodePart({ ...claims, jti: attempt })}`;
      const signature = signWith(key.privateKey)(input);
      if (signature[0] !== 0) continue;
      await expect(verify(`${input}.${signature.toString('base64url')}`, options)).resolves.toBeDefined();
      const error = await caught(() => verify(`${input}.${signature.subarray(1).toString('base64url')}`, options));
      expect(error.details).toEqual({ reason: 'signature' });
      return;
    }
  });

  test('the other spellings of the last character of the signature', async () => {
    const last = validToken.charCodeAt(validToken.length - 1);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const character of alphabet) {
      if (character.charCodeAt(0) === last) continue;
      await expect(verify(validToken.slice(0, -1) + character)).rejects.toMatchObject({ code: 'token-invalid' });
    }
  });
});

describe('verifyIdToken passes on what the claims break:', () => {
  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ['audience', { aud: 'other' }, { reason: 'aud', claim: 'aud' }],
    ['authorized party', { azp: 'other' }, { reason: 'azp', claim: 'azp' }],
    ['nonce', { nonce: 'other' }, { reason: 'nonce', claim: 'nonce' }],
    ['subject', { sub: 7 }, { reason: 'sub', claim: 'sub' }],
    ['at_hash', { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }, { reason: 'at_hash', claim: 'at_hash' }],
    ['expiry', { exp: NOW - 100 }, { reason: 'exp', claim: 'exp', differenceSeconds: 100 }],
    ['age', { iat: NOW - 1000 }, { reason: 'iat', claim: 'iat', differenceSeconds: 1000 }],
    ['missing expiry', { exp: undefined }, { reason: 'missing', claim: 'exp' }],
  ])('%s', async (_name, changes, details) => {
    const error = await caught(() => verify(withClaims(changes)));
    expect(error).toMatchObject({ code: 'token-invalid', stage: 'id-token', details });
  });

  test('P15 issuer, under a code of its own', async () => {
    const error = await caught(() => verify(withClaims({ iss: 'https://login.acme.example' })));
    expect(error).toMatchObject({ code: 'issuer-mismatch', stage: 'id-token', details: {} });
  });

  test('P20 at_hash of another access token', async () => {
    const error = await caught(() => verify(validToken, { accessToken: 'another-access-token' }));
    expect(error.details).toMatchObject({ reason: 'at_hash' });
  });
});
