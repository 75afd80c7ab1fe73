/**
 * @module
 * What vectors are made of: key pairs, signatures and a notation for cases.
 */
import { constants, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import type { Algorithm, Vector, VectorGroup } from './vector-file.js';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
export type Fields = Readonly<Record<string, unknown>>;
/** A text, and whether it is to be accepted; invalid unless it says otherwise. */
export type Case = readonly [comment: string, jws: string, result?: Vector['result'] | undefined];

export const KID = 'vector-key';
export const PAYLOAD = { foo: 'bar' };

export const encode = (value: string | Buffer | Fields): string =>
  Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString(
    'base64url',
  );

export const rsaPair = (modulusLength = 2048): KeyPair => generateKeyPairSync('rsa', { modulusLength });
export const ecPair = (namedCurve = 'P-256'): KeyPair => generateKeyPairSync('ec', { namedCurve });
export const pairFor = (alg: Algorithm): KeyPair => (alg === 'ES256' ? ecPair() : rsaPair());

interface SignOptions {
  readonly hash?: string;
  readonly saltLength?: number;
  readonly dsaEncoding?: 'der' | 'ieee-p1363';
}

export function signatureOf(
  alg: Algorithm,
  { privateKey: key }: KeyPair,
  input: string,
  { hash = 'sha256', saltLength = 32, dsaEncoding = 'ieee-p1363' }: SignOptions = {},
): Buffer {
  if (alg === 'ES256') return signBytes(hash, Buffer.from(input), { key, dsaEncoding });
  if (alg === 'RS256') return signBytes(hash, Buffer.from(input), key);
  return signBytes(hash, Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

/** A JWS with this header, signed properly whatever the header says. */
export function signed(alg: Algorithm, pair: KeyPair, header: string | Buffer | Fields, options?: SignOptions): string {
  const input = `${encode(header)}.${encode(PAYLOAD)}`;
  return `${input}.${encode(signatureOf(alg, pair, input, options))}`;
}

export const publicJwk = ({ publicKey }: KeyPair): Fields => ({ ...publicKey.export({ format: 'jwk' }) });

/** As a provider publishes it. */
export const published = (alg: Algorithm, pair: KeyPair): Fields => ({ ...publicJwk(pair), kid: KID, alg, use: 'sig' });

export type CaseGroup = Omit<VectorGroup, 'tests'> & { readonly cases: readonly Case[] };

/** What stands before the hash in a PKCS #1 block. RFC 8017 §9.2. */
export const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

export const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`);
export const toBytes = (number: bigint, size: number): Buffer =>
  Buffer.from(number.toString(16).padStart(size * 2, '0'), 'hex');

export const P256_PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
