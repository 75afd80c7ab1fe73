/**
 * @module
 * How a JWS is written, what its header asks for, and what stands where the signature should.
 */
import { createHash, createHmac } from 'node:crypto';
import {
  type Case,
  ecPair,
  encode,
  type Fields,
  type KeyPair,
  KID,
  PAYLOAD,
  pairFor,
  publicJwk,
  signatureOf,
  signed,
} from './signed-cases.js';
import type { Algorithm } from './vector-file.js';

/** How a JWS may be written down. RFC 7515 §7.1: three parts in base64url without padding, and nothing else. */
export function spellings(alg: Algorithm, pair: KeyPair): readonly Case[] {
  const good = signed(alg, pair, { alg, kid: KID });
  const [header = '', payload = '', signature = ''] = good.split('.');
  const json = { payload, protected: header, signature };
  const bytes = Buffer.from(signature, 'base64url');
  const standard = `${header}.${payload}.${bytes.toString('base64')}`;
  // The last of 342 or 86 characters carries four bits that are zero.
  const lastOf = (text: string): string => String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
  return [
    ['as it should be', good, 'valid'],
    ['without a signature', `${header}.${payload}.`],
    ['without the last point', `${header}.${payload}`],
    ['without a payload', `${header}..${signature}`],
    ['without a header', `.${payload}.${signature}`],
    ['nothing', ''],
    ['points alone', '..'],
    ['one part too many', `${good}.${signature}`],
    ['an empty part too many', `${good}.`],
    ['five parts, as if encrypted', `${good}.${payload}.${signature}`],
    ['the payload of somebody else', `${header}.${encode({ foo: 'baz' })}.${signature}`],
    ['the header of somebody else', `${encode({ alg, kid: KID, a: 1 })}.${payload}.${signature}`],
    ['padding', `${good}==`],
    ['the standard alphabet with padding', standard],
    ['white space before', ` ${good}`],
    ['white space after', `${good} `],
    ['a line break in the signature', `${header}.${payload}.${signature.slice(0, 40)}\n${signature.slice(40)}`],
    ['a line break in the payload', `${header}.${payload.slice(0, 4)}\r\n${payload.slice(4)}.${signature}`],
    ['a character of no alphabet', `${header}.${payload}.${signature.slice(0, -1)}!`],
    ['a null character', `${header}.${payload}.${signature}\0`],
    ['spare bits in the signature', good.slice(0, -1) + lastOf(good)],
    ['flattened JSON', JSON.stringify(json)],
    ['general JSON', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
    ['“Bearer” before it', `Bearer ${good}`],
  ];
}

/** What a header may ask for. RFC 7515 §4, RFC 7797, RFC 8725 §3.1 and §3.10. */
export function headers(alg: Algorithm, pair: KeyPair): readonly Case[] {
  const asked = (more: Fields): string => signed(alg, pair, { alg, kid: KID, ...more });
  const named = (name: unknown): string => signed(alg, pair, { alg: name, kid: KID });
  const other = ecPair();
  const hashed = (secret: string | Buffer): string => {
    const input = `${encode({ alg: 'HS256', kid: KID })}.${encode(PAYLOAD)}`;
    return `${input}.${encode(createHmac('sha256', secret).update(input).digest())}`;
  };
  const unsigned = (name: string): Case => [
    `the algorithm ${name}, unsigned`,
    `${encode({ alg: name, kid: KID })}.${encode(PAYLOAD)}.`,
  ];
  const { publicKey } = pair;
  const jwk = publicJwk(pair);
  return [
    ['a header with more that says nothing here', asked({ foo: 'bar' }), 'valid'],
    ['a key embedded', asked({ jwk })],
    ['a key of the sender’s own embedded', signed('ES256', other, { alg: 'ES256', jwk: publicJwk(other) })],
    ['an address of keys', asked({ jku: 'https://vectors.example/keys' })],
    ['an address of certificates', asked({ x5u: 'https://vectors.example/certificates' })],
    ['a certificate embedded', asked({ x5c: ['MIIB'] })],
    ['an extension that must be understood', asked({ crit: ['exp'], exp: 1 })],
    ['an empty list of what must be understood', asked({ crit: [] })],
    ['a payload that is not encoded', asked({ b64: false, crit: ['b64'] })],
    ['a payload that is not encoded, not critical', asked({ b64: false })],
    ['a payload that is compressed', asked({ zip: 'DEF' })],
    ['no algorithm', signed(alg, pair, { kid: KID })],
    ['an algorithm that is a list', named([alg])],
    ['an algorithm in small letters', named(alg.toLowerCase())],
    ['an algorithm with white space', named(`${alg} `)],
    ['an algorithm that is an empty text', named('')],
    ['an algorithm of another strength', named(`${alg.slice(0, 2)}512`)],
    ['the algorithm EdDSA', named('EdDSA')],
    unsigned('none'),
    unsigned('None'),
    unsigned('NONE'),
    unsigned('nOnE'),
    ['the algorithm none with a signature', named('none')],
    ['a MAC keyed with the public key as PEM', hashed(publicKey.export({ format: 'pem', type: 'spki' }))],
    ['a MAC keyed with the public key as DER', hashed(publicKey.export({ format: 'der', type: 'spki' }))],
    ['a MAC keyed with the public key as JWK', hashed(JSON.stringify(jwk))],
    ['a MAC keyed with the modulus or the point', hashed(Buffer.from(String(jwk.n ?? jwk.x), 'base64url'))],
    ['a MAC keyed with nothing', hashed('')],
    ['a key id of nobody', signed(alg, pair, { alg, kid: 'nobody' })],
    ['a key id that is a number', signed(alg, pair, { alg, kid: 1 })],
    ['a key id that is empty', signed(alg, pair, { alg, kid: '' })],
    ['a header that is no JSON', signed(alg, pair, `{"alg":"${alg}","kid":"${KID}"`)],
    ['a header that is a list', signed(alg, pair, `[{"alg":"${alg}","kid":"${KID}"}]`)],
    ['a header that is null', signed(alg, pair, 'null')],
    ['a header with bytes that are no UTF-8', signed(alg, pair, Buffer.from(`{"alg":"${alg}","a":"\xff"}`, 'latin1'))],
    ['a header with a comma at its end', signed(alg, pair, `{"alg":"${alg}","kid":"${KID}",}`)],
    ['a header between others', signed(alg, pair, `{"alg":"${alg}","kid":"${KID}"}{}`)],
  ];
}

/** What stands where the signature should. */
export function signatures(alg: Algorithm, pair: KeyPair): readonly Case[] {
  const input = `${encode({ alg, kid: KID })}.${encode(PAYLOAD)}`;
  const bytes = signatureOf(alg, pair, input);
  const as = (signature: Buffer): string => `${input}.${encode(signature)}`;
  const flipped = (index: number): string => {
    const copy = Buffer.from(bytes);
    copy[index] = (copy[index] ?? 0) ^ 1;
    return as(copy);
  };
  return [
    ['the first bit turned', flipped(0)],
    ['a bit in the middle turned', flipped(bytes.length / 2)],
    ['the last bit turned', flipped(bytes.length - 1)],
    ['a byte less', as(bytes.subarray(0, -1))],
    ['a byte more', as(Buffer.concat([bytes, Buffer.alloc(1)]))],
    ['a zero before', as(Buffer.concat([Buffer.alloc(1), bytes]))],
    ['its first byte missing', as(bytes.subarray(1))],
    ['zeros', as(Buffer.alloc(bytes.length))],
    ['a lone zero', as(Buffer.alloc(1))],
    ['bits all set', as(Buffer.alloc(bytes.length, 0xff))],
    ['the hash itself', as(createHash('sha256').update(input).digest())],
    ['of another key', as(signatureOf(alg, pairFor(alg), input))],
    ['of another text', as(signatureOf(alg, pair, `${input}.`))],
    ['over SHA-1', as(signatureOf(alg, pair, input, { hash: 'sha1', saltLength: 20 }))],
    ['over SHA-384', as(signatureOf(alg, pair, input, { hash: 'sha384', saltLength: 48 }))],
    ['over SHA-512', as(signatureOf(alg, pair, input, { hash: 'sha512', saltLength: 64 }))],
  ];
}
