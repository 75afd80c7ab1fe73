/**
 * @module
 * What a provider may publish as a key.
 */
import { createHash } from 'node:crypto';
import {
  type CaseGroup,
  ecPair,
  encode,
  type Fields,
  type KeyPair,
  KID,
  P256_PRIME,
  PAYLOAD,
  pairFor,
  published,
  rsaPair,
  SHA256_INFO,
  signed,
  toBytes,
  toNumber,
} from './signed-cases.js';
import { ALGORITHMS, type Algorithm, type Vector } from './vector-file.js';

/** What a key set may say of a key. RFC 7517 §4, RFC 8725 §3.4 and §3.5. Each with a proper signature. */
export function keys(alg: Algorithm, pair: KeyPair): readonly CaseGroup[] {
  const jws = signed(alg, pair, { alg, kid: KID });
  const jwk = published(alg, pair);
  const without = (...names: readonly string[]): Fields =>
    Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)));
  const group = (comment: string, key: Fields | undefined, result?: Vector['result']): CaseGroup => ({
    ...(key === undefined ? {} : { public: key }),
    cases: [[comment, jws, result]],
  });
  const others = ALGORITHMS.filter((name) => name !== alg);
  return [
    group('a key without a use', without('use'), 'valid'),
    group('a key without an algorithm', without('alg'), 'valid'),
    group('a key that verifies', { ...without('use'), key_ops: ['verify'] }, 'valid'),
    group('no key', undefined),
    group('a key without an id', without('kid')),
    group('a key with another id', { ...jwk, kid: `${KID} ` }),
    group('a key for encryption', { ...jwk, use: 'enc' }),
    group('a key with a use that nobody knows', { ...jwk, use: 'SIG' }),
    group('a key that signs', { ...jwk, key_ops: ['sign'] }),
    group('a key that encrypts', { ...jwk, key_ops: ['encrypt'] }),
    group('a key that does nothing', { ...jwk, key_ops: [] }),
    group('operations that are no list', { ...jwk, key_ops: 'verify' }),
    ...others.map((name) => group(`a key for ${name}`, { ...jwk, alg: name })),
    group('a key for RSA-OAEP', { ...jwk, alg: 'RSA-OAEP' }),
    group('a key without a type', without('kty')),
    group('a type in small letters', { ...jwk, kty: String(jwk.kty).toLowerCase() }),
    group('a key that is a secret', { kty: 'oct', k: String(jwk.n ?? jwk.x), kid: KID, alg }),
    group('a key of somebody else', published(alg, pairFor(alg))),
  ];
}

export function rsaKeys(alg: 'RS256' | 'PS256', pair: KeyPair): readonly CaseGroup[] {
  const jws = signed(alg, pair, { alg, kid: KID });
  const jwk = published(alg, pair);
  const exponent = (bytes: readonly number[]): Fields => ({ ...jwk, e: encode(Buffer.from(bytes)) });
  const group = (comment: string, key: Fields, text = jws): CaseGroup => ({
    public: key,
    cases: [[comment, text]],
  });
  const weak = rsaPair(1024);
  const short = rsaPair(2040);
  return [
    group('a modulus of 1,024 bits', published(alg, weak), signed(alg, weak, { alg, kid: KID })),
    group('a modulus of 2,040 bits', published(alg, short), signed(alg, short, { alg, kid: KID })),
    group('the exponent 1', exponent([1])),
    // What verifies with the exponent 1 is the block itself.
    group('the exponent 1, and the block as a signature', exponent([1]), blockAsSignature(alg)),
    group('the exponent 0', exponent([0])),
    group('an even exponent', exponent([1, 0, 0])),
    group('the exponent 3 of a key that has another', exponent([3])),
    group('no exponent', { ...jwk, e: undefined }),
    group('no modulus', { ...jwk, n: undefined }),
    group('an empty modulus', { ...jwk, n: '' }),
    group('a modulus that is a number', { ...jwk, n: 65_537 }),
  ];
}

function blockAsSignature(alg: 'RS256' | 'PS256'): string {
  const input = `${encode({ alg, kid: KID })}.${encode(PAYLOAD)}`;
  const content = Buffer.concat([SHA256_INFO, createHash('sha256').update(input).digest()]);
  const filling = Buffer.alloc(253 - content.length, 0xff);
  return `${input}.${encode(Buffer.concat([Buffer.from([0, 1]), filling, Buffer.alloc(1), content]))}`;
}

export function ecKeys(pair: KeyPair): readonly CaseGroup[] {
  const header = { alg: 'ES256', kid: KID };
  const jws = signed('ES256', pair, header);
  const jwk = published('ES256', pair);
  const group = (comment: string, key: Fields, text = jws): CaseGroup => ({
    public: key,
    cases: [[comment, text]],
  });
  const y = toNumber(Buffer.from(String(jwk.y), 'base64url'));
  const zero = encode(Buffer.alloc(32));
  const onCurve = (curve: string): CaseGroup => {
    const other = ecPair(curve);
    return group(`a key on ${curve}`, { ...published('ES256', other), alg: 'ES256' }, signed('ES256', other, header));
  };
  return [
    onCurve('P-384'),
    onCurve('P-521'),
    onCurve('secp256k1'),
    group('a key that says another curve', { ...jwk, crv: 'P-384' }),
    group('a key without a curve', { ...jwk, crv: undefined }),
    group('a point that is not on the curve', { ...jwk, y: encode(toBytes(y ^ 1n, 32)) }),
    group('the point with its other y', { ...jwk, y: encode(toBytes(P256_PRIME - y, 32)) }),
    group('the point zero', { ...jwk, x: zero, y: zero }),
    group('x and y the other way round', { ...jwk, x: jwk.y, y: jwk.x }),
    group('no y', { ...jwk, y: undefined }),
    group('an x that is short', { ...jwk, x: String(jwk.x).slice(0, -2) }),
  ];
}
