/**
 * @module
 * Verifies ID tokens. This is the only place of the product that does, and it always checks the signature.
 */
import { base64url, type CompactVerifyResult, compactVerify } from 'jose';
import type { IssuerKey } from './discovery.js';
import { SsoError } from './errors.js';
import { type CheckedClaims, type ClaimFault, checkIdTokenClaims } from './id-token-claims.js';
import type { KeyCache } from './key-cache.js';
import type { SsoCrypto } from './ports.js';
import type { IdTokenAlgorithm } from './provider.js';

/** Claims of a token that {@link verifyIdToken} accepted; nothing else makes one. */
export type VerifiedClaims = CheckedClaims & { readonly __brand: 'VerifiedClaims' };

export interface IdTokenInput {
  readonly idToken: string;
  /** The access token that came with it, for `at_hash`. */
  readonly accessToken: string;
  readonly key: IssuerKey;
  readonly jwksUri: string;
  readonly clientId: string;
  readonly nonce: string;
  readonly algorithms: readonly IdTokenAlgorithm[];
}

export interface IdTokenDeps {
  readonly keys: KeyCache;
  readonly crypto: SsoCrypto;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

const MAX_TOKEN_LENGTH = 64 * 1024;
/** Header members that would have the token choose its own key or meaning. RFC 7515 §4.1, RFC 7797, RFC 8725 §3.10. */
const FORBIDDEN_HEADERS = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'enc', 'zip', 'cty'] as const;

/**
 * Claims of an ID token whose signature, issuer, audience, times, nonce and `at_hash` have all been checked.
 *
 * The signature is checked with a key from the issuer's own key set and one of `algorithms`, whatever the token's
 * header asks for. `iss` and `aud` are compared exactly; an audience beside ours is refused; `exp`, `iat` and `nbf`
 * may be off by 60 seconds and the token may be at most ten minutes old.
 *
 * @throws {@link SsoError} `token-invalid` with the failed check in `details.reason`; `issuer-mismatch` when the
 *   signed token names another issuer; an `idp-…` code when no keys could be fetched.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export async function verifyIdToken(input: IdTokenInput, deps: IdTokenDeps): Promise<VerifiedClaims> {
  const { algorithm, kid } = parseHeader(input.idToken, input.algorithms);
  const key = await deps.keys.find({ ...input.key, jwksUri: input.jwksUri, kid, algorithm });
  const payload = await verifySignature(input.idToken, key, algorithm);
  const result = checkIdTokenClaims(payload, {
    issuer: input.key.issuer,
    clientId: input.clientId,
    nonce: input.nonce,
    accessTokenHash: leftHalf(await deps.crypto.sha256(input.accessToken)),
    nowSeconds: (deps.now ?? Date.now)() / 1000,
  });
  if (!result.ok) throw faultError(result.fault);
  return result.claims as VerifiedClaims;
}

function parseHeader(
  idToken: string,
  algorithms: readonly IdTokenAlgorithm[],
): { readonly algorithm: IdTokenAlgorithm; readonly kid: string | null } {
  if (idToken.length > MAX_TOKEN_LENGTH) throw invalid('too-long');
  const parts = idToken.split('.');
  if (parts.length !== 3) throw invalid(parts.length === 5 ? 'encrypted' : 'malformed');
  if (!parts.every(isBase64url)) throw invalid('malformed');
  const header = parseJsonObject(base64url.decode(parts[0] ?? ''));
  if (header === null) throw invalid('malformed');
  const algorithm = algorithms.find((name) => name === header.alg);
  if (algorithm === undefined) throw invalid('alg');
  for (const name of FORBIDDEN_HEADERS) if (name in header) throw invalid('header', { header: name });
  const { kid, typ } = header;
  // RFC 8725 §3.11: a token of another kind, e.g. a logout token, says so.
  if (typ !== undefined && (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT')) throw invalid('typ');
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 255)) throw invalid('kid');
  return { algorithm, kid: kid ?? null };
}

async function verifySignature(
  idToken: string,
  key: CryptoKey,
  algorithm: IdTokenAlgorithm,
): Promise<Readonly<Record<string, unknown>>> {
  let verified: CompactVerifyResult;
  try {
    verified = await compactVerify(idToken, key, { algorithms: [algorithm] });
  } catch {
    throw invalid('signature');
  }
  const payload = parseJsonObject(verified.payload);
  if (payload === null) throw invalid('malformed');
  return payload;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BASE64URL_TEXT = /^[A-Za-z0-9_-]*$/;
/** Bits of the last character that carry nothing, by the length's rest of a division by four. */
const SPARE_BITS: readonly number[] = [0, 0, 0b1111, 0b11];

/** Whether a text is the only base64url spelling of its bytes. RFC 7515 §2: no padding, white space or other characters. */
function isBase64url(text: string): boolean {
  if (!BASE64URL_TEXT.test(text) || text.length % 4 === 1) return false;
  return (BASE64URL.indexOf(text.charAt(text.length - 1)) & (SPARE_BITS[text.length % 4] ?? 0)) === 0;
}

/** OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash, base64url. All our algorithms hash with SHA-256. */
function leftHalf(hash: string): string {
  return base64url.encode(base64url.decode(hash).subarray(0, 16));
}

function invalid(reason: string, details: Readonly<Record<string, string | number>> = {}): SsoError {
  return new SsoError('token-invalid', { stage: 'id-token', details: { reason, ...details } });
}

function faultError(fault: ClaimFault): SsoError {
  if (fault.check === 'iss') return new SsoError('issuer-mismatch', { stage: 'id-token' });
  const difference = 'differenceSeconds' in fault ? { differenceSeconds: fault.differenceSeconds } : {};
  return invalid(fault.check, { claim: fault.claim, ...difference });
}
