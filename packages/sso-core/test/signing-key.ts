/**
 * @module
 * Keys and signatures made at run time. Nothing here refuses anything: a test signs what it wants to see refused.
 */
import { createHmac, createSign, generateKeyPairSync, type KeyObject, constants as rsa } from 'node:crypto';

export interface SigningKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** The public key as it stands in a key set. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

const toSigningKey = (
  kid: string,
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
  alg: string,
): SigningKey => ({
  kid,
  publicKey,
  privateKey,
  jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg },
});

export const makeRsaKey = (kid: string, modulusLength = 2048): SigningKey =>
  toSigningKey(kid, generateKeyPairSync('rsa', { modulusLength }), 'RS256');

export const makeEcKey = (kid: string): SigningKey =>
  toSigningKey(kid, generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256');

export const encodePart = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A compact JWS; the header says whatever the test wants, whatever `sign` does. */
export function makeToken(header: unknown, payload: unknown, sign: (input: string) => Buffer): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`;
  return `${input}.${sign(input).toString('base64url')}`;
}

export const signRs256 = (key: KeyObject) => (input: string) => createSign('sha256').update(input).sign(key);
export const signRs1 = (key: KeyObject) => (input: string) => createSign('sha1').update(input).sign(key);
export const signPs256 = (key: KeyObject) => (input: string) =>
  createSign('sha256').update(input).sign({ key, padding: rsa.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
export const signEs256 = (key: KeyObject) => (input: string) =>
  createSign('sha256').update(input).sign({ key, dsaEncoding: 'ieee-p1363' });
export const signHs256 = (secret: string | Buffer) => (input: string) =>
  createHmac('sha256', secret).update(input).digest();
export const signNothing = (): Buffer => Buffer.alloc(0);
