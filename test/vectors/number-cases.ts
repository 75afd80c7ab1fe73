/**
 * @module
 * Blocks, numbers and salts that a verification of RSA or ECDSA has to tell from the right ones.
 */
import { constants, createHash, privateEncrypt } from 'node:crypto';
import {
  type Case,
  encode,
  type KeyPair,
  KID,
  P256_PRIME,
  PAYLOAD,
  publicJwk,
  SHA256_INFO,
  signatureOf,
  signed,
  toBytes,
  toNumber,
} from './signed-cases.js';
import type { Vector } from './vector-file.js';

const SHA1_INFO = Buffer.from('3021300906052b0e03021a05000414', 'hex');

/** RFC 8017 §9.2: one block is right, and nothing that only looks like it. */
export function pkcs1Blocks(pair: KeyPair): readonly Case[] {
  const size = 256;
  const input = `${encode({ alg: 'RS256', kid: KID })}.${encode(PAYLOAD)}`;
  const hash = createHash('sha256').update(input).digest();
  const block = (comment: string, bytes: Buffer, result?: Vector['result']): Case => {
    const key = { key: pair.privateKey, padding: constants.RSA_NO_PADDING };
    return [comment, `${input}.${encode(privateEncrypt(key, bytes))}`, result];
  };
  /** `00 type FF… 00 content`, as long as the modulus. */
  const padded = (content: Buffer, { type = 1, fill = 0xff, end = 0 } = {}): Buffer => {
    const filling = Buffer.alloc(size - 3 - content.length, fill);
    return Buffer.concat([Buffer.from([0, type]), filling, Buffer.from([end]), content]);
  };
  /** A short filling, and what is left over behind the content: Bleichenbacher's forgery of 2006. */
  const unfilled = (content: Buffer, filling: number): Buffer => {
    const start = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(filling, 0xff), Buffer.from([0]), content]);
    return Buffer.concat([start, Buffer.alloc(size - start.length)]);
  };
  const info = Buffer.concat([SHA256_INFO, hash]);
  const withoutNull = Buffer.concat([
    Buffer.from('302f300b0609608648016503040201', 'hex'),
    Buffer.from('0420', 'hex'),
    hash,
  ]);
  const longLength = Buffer.concat([Buffer.from('308131300d060960864801650304020105000420', 'hex'), hash]);
  const indefinite = Buffer.concat([
    Buffer.from('3080300d060960864801650304020105000420', 'hex'),
    hash,
    Buffer.alloc(2),
  ]);
  const extraParameter = Buffer.concat([
    Buffer.from('3033300f060960864801650304020105000500', 'hex'),
    Buffer.from('0420', 'hex'),
    hash,
  ]);
  const sha1 = Buffer.concat([SHA1_INFO, createHash('sha1').update(input).digest()]);
  return [
    block('the block that is right', padded(info), 'valid'),
    block('what is left over behind the hash, eight bytes of filling', unfilled(info, 8)),
    block('what is left over behind the hash, no filling', unfilled(info, 0)),
    block('what is left over inside the algorithm', padded(extraParameter)),
    block('no NULL for parameters', padded(withoutNull)),
    block('a length in its long form', padded(longLength)),
    block('a length without end', padded(indefinite)),
    block('the hash without its name', padded(hash)),
    block('a hash of zeros', padded(Buffer.concat([SHA256_INFO, Buffer.alloc(32)]))),
    block('a hash cut short', padded(Buffer.concat([SHA256_INFO, hash.subarray(0, 31)]))),
    block('a hash with a byte more', padded(Buffer.concat([SHA256_INFO, hash, Buffer.alloc(1)]))),
    block('SHA-1', padded(sha1)),
    block('the name of SHA-1 before SHA-256', padded(Buffer.concat([SHA1_INFO, hash]))),
    block('type 0', padded(info, { type: 0, fill: 0 })),
    block('type 2', padded(info, { type: 2, fill: 0x55 })),
    block('a filling of zeros', padded(info, { fill: 0 })),
    block('a filling with other bytes', padded(info, { fill: 0xfe })),
    block('no zero behind the filling', padded(info, { end: 0xff })),
    block('nothing but filling', Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(size - 2, 0xff)])),
    ...rsaNumbers(pair, input),
  ];
}

/** RFC 8017 §5.2.2: a signature is a number below the modulus, written with as many bytes. */
function rsaNumbers(pair: KeyPair, input: string): readonly Case[] {
  const modulus = toNumber(Buffer.from(String(publicJwk(pair).n), 'base64url'));
  const good = toNumber(signatureOf('RS256', pair, input));
  const as = (number: bigint, size = 256): string => `${input}.${encode(toBytes(number, size))}`;
  return [
    ['the number 1', as(1n)],
    ['the modulus', as(modulus)],
    ['the modulus less 1', as(modulus - 1n)],
    ['the modulus less the signature', as(modulus - good)],
    ['the signature plus the modulus', as(good + modulus, good + modulus < 1n << 2048n ? 256 : 257)],
  ];
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** RFC 7518 §3.4: two numbers between 1 and the order less 1, 32 bytes each. */
export function ecdsaNumbers(pair: KeyPair): readonly Case[] {
  const input = `${encode({ alg: 'ES256', kid: KID })}.${encode(PAYLOAD)}`;
  const bytes = signatureOf('ES256', pair, input);
  const [r, s] = [toNumber(bytes.subarray(0, 32)), toNumber(bytes.subarray(32))];
  const as = (first: bigint, second: bigint, size = 32): string =>
    `${input}.${encode(Buffer.concat([toBytes(first, size), toBytes(second, size)]))}`;
  const der = signatureOf('ES256', pair, input, { dsaEncoding: 'der' });
  const special = {
    0: 0n,
    1: 1n,
    'the order': P256_ORDER,
    'the order less 1': P256_ORDER - 1n,
    'the prime': P256_PRIME,
  };
  const pairs = Object.entries(special).flatMap(([first, one]) =>
    Object.entries(special).map(([second, two]): Case => [`r is ${first}, s is ${second}`, as(one, two)]),
  );
  return [
    ...pairs,
    // Whoever has one signature can write the other: ECDSA has two for each text, and RFC 7518 refuses neither.
    ['s less the order', as(r, P256_ORDER - s), 'valid'],
    ['r alone less the order', as(P256_ORDER - r, s)],
    ['r and s the other way round', as(s, r)],
    ['r is 0', as(0n, s)],
    ['s is 0', as(r, 0n)],
    ['s is the order', as(r, P256_ORDER)],
    ['each number in 33 bytes', as(r, s, 33)],
    ['each number in 48 bytes', as(r, s, 48)],
    ['as DER', `${input}.${encode(der)}`],
    [
      'as DER, filled up to 64 bytes or cut',
      `${input}.${encode(Buffer.concat([der, Buffer.alloc(64)]).subarray(0, 64))}`,
    ],
  ];
}

/** RFC 7518 §3.5: the salt is as long as the hash. */
export function pssSalts(pair: KeyPair): readonly Case[] {
  const salted = (saltLength: number, result?: Vector['result']): Case => [
    `a salt of ${saltLength} bytes`,
    signed('PS256', pair, { alg: 'PS256', kid: KID }, { saltLength }),
    result,
  ];
  return [salted(32, 'valid'), ...[0, 1, 20, 31, 33, 48, 64, 222].map((length) => salted(length))];
}
