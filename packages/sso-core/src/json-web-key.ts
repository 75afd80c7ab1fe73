/**
 * @module
 * Which keys of a JSON Web Key Set may verify an ID token. No I/O.
 */
import { base64url } from 'jose';
import { isRocaModulus } from './is-roca-modulus.js';
import { JWKS_MAX_KEYS, RSA_MIN_BITS } from './limits.js';
import type { IdTokenAlgorithm } from './provider.js';

/** A public key whose type, use and strength have been checked; algorithms are those that it may verify. */
export interface UsableKey {
  readonly kid: string | null;
  readonly algorithms: readonly IdTokenAlgorithm[];
  readonly jwk: Readonly<Record<string, string>>;
}

/**
 * The keys of a set that can be used, in order. A malformed, weak, symmetric or unknown key is left out and does not
 * spoil the others. RFC 8725 §3.4 and §3.5.
 */
export function usableKeys(jwks: Readonly<Record<string, unknown>>): readonly UsableKey[] | null {
  if (!Array.isArray(jwks.keys)) return null;
  const keys: readonly unknown[] = jwks.keys;
  return keys.slice(0, JWKS_MAX_KEYS).flatMap((key) => {
    const usable = toUsableKey(key);
    return usable === null ? [] : [usable];
  });
}

function toUsableKey(input: unknown): UsableKey | null {
  if (typeof input !== 'object' || input === null) return null;
  const key = input as Record<string, unknown>;
  const { kid, use, key_ops: operations, alg } = key;
  if (kid !== undefined && typeof kid !== 'string') return null;
  if (use !== undefined && use !== 'sig') return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return null;

  const material = rsaMaterial(key) ?? p256Material(key);
  if (material === null) return null;
  const algorithms = alg === undefined ? material.algorithms : material.algorithms.filter((name) => name === alg);
  if (algorithms.length === 0) return null;
  return { kid: kid ?? null, algorithms, jwk: material.jwk };
}

interface Material {
  readonly algorithms: readonly IdTokenAlgorithm[];
  readonly jwk: Readonly<Record<string, string>>;
}

function rsaMaterial({ kty, n, e }: Record<string, unknown>): Material | null {
  if (kty !== 'RSA' || typeof n !== 'string' || typeof e !== 'string') return null;
  const modulus = decode(n);
  const exponent = decode(e);
  if (modulus === null || exponent === null || bitLength(modulus) < RSA_MIN_BITS) return null;
  if (isRocaModulus(modulus)) return null;
  // An exponent of 1 makes any signature valid; an even one is no RSA key.
  if (bitLength(exponent) < 2 || ((exponent.at(-1) ?? 0) & 1) === 0) return null;
  return { algorithms: ['RS256', 'PS256'], jwk: { kty, n, e } };
}

function p256Material({ kty, crv, x, y }: Record<string, unknown>): Material | null {
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') return null;
  return { algorithms: ['ES256'], jwk: { kty, crv, x, y } };
}

function decode(text: string): Uint8Array | null {
  try {
    return base64url.decode(text);
  } catch {
    return null;
  }
}

function bitLength(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first === -1) return 0;
  return (bytes.length - first - 1) * 8 + (32 - Math.clz32(bytes[first] ?? 0));
}
