/**
 * @module
 * The claim rules of an ID token, OpenID Connect Core 1.0 §3.1.3.7. No I/O. No clock: `nowSeconds` is passed in.
 */
import { CLOCK_SKEW_SECONDS, ID_TOKEN_MAX_AGE_SECONDS, ID_TOKEN_MAX_LIFETIME_SECONDS } from './limits.js';

export interface IdTokenExpectations {
  /** Compared character for character. */
  readonly issuer: string;
  readonly clientId: string;
  /** The nonce of this very sign-in. */
  readonly nonce: string;
  /** `at_hash` that the access token has; compared when the token carries one. */
  readonly accessTokenHash: string;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
}

/** Claims that have been checked. `email` and `emailVerified` are as the token had them, of any type. */
export interface CheckedClaims {
  /** 1 to 255 printable ASCII characters. OpenID Connect Core 1.0 §2. */
  readonly subject: string;
  /** Whole seconds since 1970; null when the token has no `auth_time`. */
  readonly authTimeSeconds: number | null;
  readonly email: unknown;
  readonly emailVerified: unknown;
}

/** The first rule that a token breaks. `differenceSeconds` is how far outside the limit a time lies. */
export type ClaimFault =
  | {
      readonly check: 'iss' | 'aud' | 'azp' | 'nonce' | 'sub' | 'at_hash' | 'auth_time' | 'missing';
      readonly claim: string;
    }
  | { readonly check: 'exp' | 'iat' | 'nbf'; readonly claim: string; readonly differenceSeconds: number };

export type ClaimsResult =
  | { readonly ok: true; readonly claims: CheckedClaims }
  | { readonly ok: false; readonly fault: ClaimFault };

const SUBJECT = /^[\x20-\x7e]{1,255}$/;

export function checkIdTokenClaims(
  claims: Readonly<Record<string, unknown>>,
  expected: IdTokenExpectations,
): ClaimsResult {
  const { iss, aud, azp, sub, nonce, at_hash: atHash, auth_time: authTime } = claims;
  const fault = (check: 'iss' | 'aud' | 'azp' | 'nonce' | 'sub' | 'at_hash' | 'auth_time'): ClaimsResult => ({
    ok: false,
    fault: { check, claim: check },
  });

  if (iss !== expected.issuer) return fault('iss');
  // One audience: an additional one means that somebody else may replay the token here. §3.1.3.7 steps 3 to 5.
  const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (audience !== expected.clientId) return fault('aud');
  if (azp !== undefined && azp !== expected.clientId) return fault('azp');

  const timeFault = checkTimes(claims, expected.nowSeconds);
  if (timeFault !== null) return { ok: false, fault: timeFault };

  if (nonce !== expected.nonce) return fault('nonce');
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) return fault('sub');
  if (atHash !== undefined && atHash !== expected.accessTokenHash) return fault('at_hash');
  if (authTime !== undefined && !isTime(authTime)) return fault('auth_time');

  return {
    ok: true,
    claims: {
      subject: sub,
      authTimeSeconds: authTime === undefined ? null : Math.floor(authTime),
      email: claims.email,
      emailVerified: claims.email_verified,
    },
  };
}

function checkTimes({ exp, iat, nbf }: Readonly<Record<string, unknown>>, now: number): ClaimFault | null {
  if (!isTime(exp)) return { check: 'missing', claim: 'exp' };
  if (!isTime(iat)) return { check: 'missing', claim: 'iat' };
  const tooLong = exp > now + CLOCK_SKEW_SECONDS + ID_TOKEN_MAX_LIFETIME_SECONDS;
  if (now - CLOCK_SKEW_SECONDS >= exp || tooLong)
    return { check: 'exp', claim: 'exp', differenceSeconds: Math.floor(now - exp) };
  const tooOld = now - CLOCK_SKEW_SECONDS - ID_TOKEN_MAX_AGE_SECONDS > iat;
  if (tooOld || iat > now + CLOCK_SKEW_SECONDS)
    return { check: 'iat', claim: 'iat', differenceSeconds: Math.floor(now - iat) };
  if (nbf === undefined) return null;
  if (!isTime(nbf)) return { check: 'missing', claim: 'nbf' };
  if (nbf > now + CLOCK_SKEW_SECONDS) return { check: 'nbf', claim: 'nbf', differenceSeconds: Math.floor(now - nbf) };
  return null;
}

/** A NumericDate within the range of JavaScript's dates, so that arithmetic with it means something. RFC 7519 §2. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= 8.64e12;
}
