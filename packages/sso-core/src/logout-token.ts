/**
 * @module
 * Verifies the two tokens with which a provider asks to end a user's sessions: Okta's Universal Logout token (Global
 * Token Revocation) and the Logout Token of OpenID Connect Back-Channel Logout 1.0. Nobody asked for them, so nothing
 * binds them to a browser: signature, type, audience, age and single use are all that there is.
 */
import type { JsonObject } from './compact-jws.js';
import type { IssuerKey } from './discovery.js';
import { SsoError } from './errors.js';
import { CLOCK_SKEW_SECONDS, ID_TOKEN_MAX_AGE_SECONDS, LOGOUT_TOKEN_MAX_LIFETIME_SECONDS } from './limits.js';
import type { IdTokenAlgorithm } from './provider.js';
import { openSignedJwt, type SignedJwtDeps } from './signed-jwt.js';

export interface LogoutTokenInput {
  readonly token: string;
  readonly key: IssuerKey;
  readonly jwksUri: string;
  readonly clientId: string;
  readonly algorithms: readonly IdTokenAlgorithm[];
}

export interface LogoutTokenDeps extends SignedJwtDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What makes a token usable once: its id, and until when it has to be remembered. */
export interface VerifiedLogoutToken {
  readonly tokenId: string;
  readonly expiresAtSeconds: number;
}

export interface VerifiedBackChannelLogout extends VerifiedLogoutToken {
  readonly subject: string;
}

const UNIVERSAL_LOGOUT_TYPE = 'global-token-revocation+jwt';
const BACK_CHANNEL_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const VISIBLE = /^[\x20-\x7e]{1,255}$/;

/**
 * Verifies the bearer token of a Universal Logout request: type, signature with a key of the issuer, `iss`, `sub`
 * (the Client ID), `aud` (the endpoint, nothing else), `exp`, `nbf`, `iat` and `jti`.
 *
 * @throws {@link SsoError} `logout-token-invalid` with the failed check in `details.reason`; an `idp-…` code when no
 *   keys could be fetched.
 * @see https://developer.okta.com/docs/guides/oin-universal-logout-overview/
 */
export async function verifyUniversalLogoutToken(
  input: LogoutTokenInput & { readonly audience: string },
  deps: LogoutTokenDeps,
): Promise<VerifiedLogoutToken> {
  const claims = await open(input, (typ) => typ === UNIVERSAL_LOGOUT_TYPE, deps);
  checkAudience(claims.aud, input.audience);
  if (claims.sub !== input.clientId) throw invalid('sub');
  return checkOnceAndTimes(claims, deps);
}

/**
 * Verifies a Logout Token. Only tokens with a `sub` are supported: register the client without
 * `backchannel_logout_session_required`. An ID token is never accepted, because it has a nonce and no `events`.
 *
 * @throws {@link SsoError} `logout-token-invalid` with the failed check in `details.reason`; an `idp-…` code when no
 *   keys could be fetched.
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
 */
export async function verifyBackChannelLogoutToken(
  input: LogoutTokenInput,
  deps: LogoutTokenDeps,
): Promise<VerifiedBackChannelLogout> {
  const claims = await open(input, isBackChannelType, deps);
  checkAudience(claims.aud, input.clientId);
  const once = checkOnceAndTimes(claims, deps);
  if ('nonce' in claims) throw invalid('nonce');
  if (!hasEvent(claims.events)) throw invalid('events');
  if (typeof claims.sub !== 'string' || !VISIBLE.test(claims.sub)) throw invalid('sub');
  return { ...once, subject: claims.sub };
}

/** Back-Channel Logout 1.0 §2.4 recommends `logout+jwt`; older providers send none or `JWT`. */
function isBackChannelType(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && ['logout+jwt', 'jwt'].includes(typ.toLowerCase()));
}

async function open(
  { token, key, jwksUri, algorithms }: LogoutTokenInput,
  acceptsType: (typ: unknown) => boolean,
  deps: LogoutTokenDeps,
): Promise<JsonObject> {
  let claims: JsonObject;
  try {
    claims = await openSignedJwt({ token, key, jwksUri, algorithms, acceptsType }, deps);
  } catch (error) {
    if (SsoError.is(error) && error.code === 'token-invalid') throw invalid(String(error.details.reason));
    throw error;
  }
  if (claims.iss !== key.issuer) throw invalid('iss');
  return claims;
}

function checkAudience(aud: unknown, expected: string): void {
  const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (audience !== expected) throw invalid('aud');
}

function checkOnceAndTimes({ exp, iat, nbf, jti }: JsonObject, { now }: LogoutTokenDeps): VerifiedLogoutToken {
  const nowSeconds = now() / 1000;
  const [earliest, latest] = [nowSeconds - CLOCK_SKEW_SECONDS, nowSeconds + CLOCK_SKEW_SECONDS];
  if (!isTime(exp) || exp <= earliest) throw invalid('exp');
  if (exp > latest + LOGOUT_TOKEN_MAX_LIFETIME_SECONDS) throw invalid('exp');
  if (!isTime(iat) || iat > latest || iat < earliest - ID_TOKEN_MAX_AGE_SECONDS) throw invalid('iat');
  if (nbf !== undefined && !(isTime(nbf) && nbf <= latest)) throw invalid('nbf');
  if (typeof jti !== 'string' || !VISIBLE.test(jti)) throw invalid('jti');
  return { tokenId: jti, expiresAtSeconds: Math.ceil(exp) + CLOCK_SKEW_SECONDS };
}

function hasEvent(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, BACK_CHANNEL_EVENT)) return false;
  const event = (events as Readonly<Record<string, unknown>>)[BACK_CHANNEL_EVENT];
  return typeof event === 'object' && event !== null && !Array.isArray(event);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= 8.64e12;
}

function invalid(reason: string): SsoError {
  return new SsoError('logout-token-invalid', { details: { reason } });
}
