/**
 * @module
 * Checks the signature of a compact JWS. RFC 7515 §5.2 and RFC 7518 §3; the algorithm is the caller's, never the
 * token's.
 */
import { base64url, type CryptoKey } from 'jose';
import type { IdTokenAlgorithm } from './provider.js';

/** RFC 7518 §3.3 to §3.5: a salt as long as the hash; the two numbers of an ECDSA signature side by side, 64 bytes. */
const PARAMETERS = {
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
  PS256: { name: 'RSA-PSS', saltLength: 32 },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
} as const satisfies Record<IdTokenAlgorithm, object>;

const utf8 = new TextEncoder();

/**
 * Whether the last of the three parts is the key's signature of the first two. The parts are those of
 * {@link readCompactJws}, which admits one spelling of each.
 *
 * @throws DOMException when the key was imported for another algorithm
 */
export async function isSignedBy(
  key: CryptoKey,
  algorithm: IdTokenAlgorithm,
  [header, payload, signature]: readonly [string, string, string],
): Promise<boolean> {
  const bytes = base64url.decode(signature) as Uint8Array<ArrayBuffer>;
  if (algorithm === 'ES256' && bytes.length !== 64) return false;
  return crypto.subtle.verify(PARAMETERS[algorithm], key as never, bytes, utf8.encode(`${header}.${payload}`));
}
