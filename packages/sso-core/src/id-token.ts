/**
 * @module
 * Verifies ID tokens. This is the only place of the product that does, and the signature is always checked.
 */
import { base64url } from 'jose';
import type { IssuerKey } from './discovery.js';
import { SsoError } from './errors.js';
import { type CheckedClaims, type ClaimFault, checkIdTokenClaims } from './id-token-claims.js';
import type { KeyCache } from './key-cache.js';
import type { SsoCrypto } from './ports.js';
import type { IdTokenAlgorithm } from './provider.js';
import { openSignedJwt, tokenInvalid } from './signed-jwt.js';

/** Claims of a token that {@link verifyIdToken} accepted; nothing else makes one. */
export type VerifiedClaims = CheckedClaims & { readonly __brand: 'VerifiedClaims' };

/** A token that nobody has looked at, and what it has to agree with. Everything but the two tokens is ours. */
export interface IdTokenInput {
  /** A compact JWS. RFC 7515 §7.1. */
  readonly idToken: string;
  /** The access token that came with it, for `at_hash`. */
  readonly accessToken: string;
  /** Whose keys; its `issuer` is what `iss` has to be. */
  readonly key: IssuerKey;
  /** From the issuer's metadata; nothing in the token can name another. */
  readonly jwksUri: string;
  /** What `aud` has to be. */
  readonly clientId: string;
  /** Of this very sign-in. */
  readonly nonce: string;
  /** Those that the provider may use; every other one is refused. */
  readonly algorithms: readonly IdTokenAlgorithm[];
}

/** What the verification finds keys and checks signatures with. */
export interface IdTokenDeps {
  /** The process's one cache. */
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
 * may be off by 60 seconds, the token may be at most ten minutes old and valid for a day at most.
 *
 * @throws {@link SsoError} `token-invalid` with the failed check in `details.reason`; `issuer-mismatch` when the
 *   signed token names another issuer; an `idp-…` code when no keys could be fetched.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export async function verifyIdToken(input: IdTokenInput, deps: IdTokenDeps): Promise<VerifiedClaims> {
  const { idToken: token, key, jwksUri, algorithms } = input;
  const payload = await openSignedJwt({ token, key, jwksUri, algorithms, acceptsType: isIdTokenType }, deps);
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

/** RFC 8725 §3.11: a token of another kind, e.g. a logout token, says so. Okta's ID tokens have no `typ`. */
function isIdTokenType(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && typ.toUpperCase() === 'JWT');
}

/** OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash, base64url. All our algorithms hash with SHA-256. */
function leftHalf(hash: string): string {
  return base64url.encode(base64url.decode(hash).subarray(0, 16));
}

function faultError(fault: ClaimFault): SsoError {
  if (fault.check === 'iss') return new SsoError('issuer-mismatch', { stage: 'id-token' });
  const difference = 'differenceSeconds' in fault ? { differenceSeconds: fault.differenceSeconds } : {};
  return tokenInvalid(fault.check, { claim: fault.claim, ...difference });
}
