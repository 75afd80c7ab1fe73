/**
 * @module
 * Verifies ID tokens. This is the only place of the product that does, and it always checks the signature.
 */
import { base64url, type CompactVerifyResult, type CryptoKey, compactVerify } from 'jose';
import { forbiddenHeader, isKeyId, parseJsonObject, readCompactJws } from './compact-jws.js';
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
  const read = readCompactJws(idToken);
  if (!read.ok) throw invalid(read.fault);
  const { header } = read;
  const algorithm = algorithms.find((name) => name === header.alg);
  if (algorithm === undefined) throw invalid('alg');
  const forbidden = forbiddenHeader(header);
  if (forbidden !== null) throw invalid('header', { header: forbidden });
  const { kid, typ } = header;
  // RFC 8725 §3.11: a token of another kind, e.g. a logout token or a product token, says so.
  if (typ !== undefined && (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT')) throw invalid('typ');
  if (kid !== undefined && !isKeyId(kid)) throw invalid('kid');
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
