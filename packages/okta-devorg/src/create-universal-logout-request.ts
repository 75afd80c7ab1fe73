/**
 * @module Okta's Universal Logout call to an app: end all sessions of a user. Builds it; does not send it.
 * @see https://developer.okta.com/docs/guides/oin-universal-logout-overview/
 */
import { randomUUID } from 'node:crypto';
import type { OktaDevOrgUser } from './org-directory.js';
import { encodeJwtContent, signRs256 } from './sign-jwt.js';
import type { SigningKeys } from './signing-keys.js';

/** A request to send as it is. */
export interface UniversalLogoutRequest {
  readonly method: 'POST';
  /** The app's endpoint, as it was given. */
  readonly url: string;
  readonly headers: { readonly Authorization: string; readonly 'Content-Type': 'application/json' };
  /** JSON with the user as `sub_id`. RFC 9493 §3. */
  readonly body: string;
}

/** How the user is named: by e-mail address, Okta's default, or by issuer and subject. */
export type UniversalLogoutFormat = 'email' | 'iss_sub';

export interface UniversalLogoutInput {
  readonly clientId: string;
  readonly user: OktaDevOrgUser;
  /** The app's endpoint; query and fragment are not part of the audience. */
  readonly endpoint: string;
  readonly issuer: string;
  readonly format: UniversalLogoutFormat;
  readonly keys: SigningKeys;
}

const LIFETIME_SECONDS = 300;

/** Signs with the key that ID tokens are signed with. Valid from five minutes ago for five minutes. */
export function createUniversalLogoutRequest(input: UniversalLogoutInput): UniversalLogoutRequest {
  const { clientId, user, endpoint, issuer, keys } = input;
  const now = Math.floor(Date.now() / 1000);
  const { origin, pathname } = new URL(endpoint);
  const content = encodeJwtContent({
    header: { typ: 'global-token-revocation+jwt', alg: 'RS256', kid: keys.signingKey.kid },
    payload: {
      jti: randomUUID(),
      iss: issuer,
      sub: clientId,
      aud: origin + pathname,
      exp: now + LIFETIME_SECONDS,
      nbf: now - LIFETIME_SECONDS,
      iat: now,
    },
  });
  const subject =
    input.format === 'email'
      ? { format: 'email', email: user.email }
      : { format: 'iss_sub', iss: issuer, sub: user.id };
  return {
    method: 'POST',
    url: endpoint,
    headers: {
      Authorization: `Bearer ${content}.${signRs256(content, keys.signingKey)}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ sub_id: subject }),
  };
}
