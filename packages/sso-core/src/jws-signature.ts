/**
 * @module
 * Checks the signature of a compact JWS. RFC 7515 §5.2; the algorithm is the caller's, never the token's.
 */
import { base64url, type CryptoKey } from 'jose';
import type { SsoCrypto } from './ports.js';
import type { IdTokenAlgorithm } from './provider.js';

const utf8 = new TextEncoder();

/**
 * Whether the last of the three parts is the key's signature of the first two. The parts are those of
 * {@link readCompactJws}, which admits one spelling of each.
 *
 * @throws when the key was imported for another algorithm
 */
export async function isSignedBy(
  { key, algorithm }: { readonly key: CryptoKey; readonly algorithm: IdTokenAlgorithm },
  [header, payload, encoded]: readonly [string, string, string],
  crypto: Pick<SsoCrypto, 'verify'>,
): Promise<boolean> {
  const signature = base64url.decode(encoded);
  // RFC 7518 §3.4, RFC 8017 §8.1.2 and §8.2.2: platforms also take an RSA signature without its leading zeros.
  if (signature.length !== (algorithm === 'ES256' ? 64 : modulusBytes(key))) return false;
  return crypto.verify({ key, algorithm, signature, data: utf8.encode(`${header}.${payload}`) });
}

function modulusBytes({ algorithm }: CryptoKey): number {
  return Math.ceil(((algorithm as { readonly modulusLength?: number }).modulusLength ?? 0) / 8);
}
