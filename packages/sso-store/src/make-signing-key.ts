/**
 * @module
 * New keys for product tokens: ES256, RFC 7518 §3.4.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { PublicSigningKey } from '@ipscape/sso-core';

export interface NewSigningKey {
  readonly kid: string;
  readonly publicJwk: PublicSigningKey;
  /** The private key as a JWK in JSON. */
  readonly privateJwk: string;
}

/** A key pair on P-256. Its `kid` is its RFC 7638 thumbprint, so no two keys ever share one. */
export function makeSigningKey(): NewSigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' });
  const material = { crv: 'P-256', kty: 'EC', x, y } as const;
  // RFC 7638 §3.2: the required members alone, in this order, without white space.
  const kid = createHash('sha256').update(JSON.stringify(material)).digest('base64url');
  return {
    kid,
    publicJwk: { ...material, kid, alg: 'ES256', use: 'sig' },
    privateJwk: JSON.stringify({ ...material, d }),
  };
}
