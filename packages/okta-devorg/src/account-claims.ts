/**
 * @module Which claims Okta puts into an ID token of the code flow (few) and into `/userinfo` (all). Pure.
 */
import type { OktaDevFaults } from './okta-dev-faults.js';
import { createIdTokenId } from './okta-id.js';
import type { OktaDevOrgUser } from './org-directory.js';

export interface AccountClaimsInput {
  readonly user: OktaDevOrgUser;
  readonly orgId: string;
  readonly scopes: ReadonlySet<string>;
  readonly faults: OktaDevFaults;
}

type Claims = Record<string, unknown> & { sub: string };

/** oidc-provider's `claims` setting: everything {@link toIdTokenClaims} or {@link toUserinfoClaims} may return. */
export const CLAIMS_BY_SCOPE: Readonly<Record<string, readonly string[]>> = {
  openid: ['sub', 'ver', 'jti', 'idp', 'amr', 'auth_time', 'at_hash', 'name', 'email', 'preferred_username'].concat([
    'email_verified',
    'given_name',
    'family_name',
    'locale',
    'zoneinfo',
    'updated_at',
  ]),
  email: ['email', 'email_verified'],
  profile: ['name', 'preferred_username', 'given_name', 'family_name', 'locale', 'zoneinfo', 'updated_at'],
  address: ['address'],
  phone: ['phone_number'],
  groups: ['groups'],
};

/**
 * Returns the thin token's claims: `name` and `preferred_username` for the profile scope, `email` for the email scope.
 * oidc-provider replaces `at_hash`, here the access token itself, by its hash.
 */
export function toIdTokenClaims(input: AccountClaimsInput, accessToken: string | undefined): Claims {
  const { user, scopes, faults } = input;
  const profile = scopes.has('profile') ? { name: user.name, preferred_username: user.login } : {};
  const email = scopes.has('email') && !faults.omitEmail ? { email: user.email } : {};
  const scoped: Record<string, unknown> = faults.fatIdToken ? toUserinfoClaims(input) : { ...profile, ...email };
  if (faults.omitEmailFromIdToken) {
    delete scoped.email;
    delete scoped.email_verified;
  }
  return {
    ...scoped,
    sub: user.id,
    ver: 1,
    jti: createIdTokenId(),
    idp: input.orgId,
    ...(accessToken === undefined ? {} : { at_hash: accessToken }),
  };
}

/** Returns the claims of `/userinfo`. */
export function toUserinfoClaims({ user, scopes, faults }: AccountClaimsInput): Claims {
  const email = {
    email: user.email,
    ...(user.emailVerified === undefined ? {} : { email_verified: user.emailVerified }),
  };
  const profile = {
    name: user.name,
    locale: 'en-US',
    preferred_username: user.login,
    given_name: user.givenName,
    family_name: user.familyName,
    zoneinfo: 'America/Los_Angeles',
    updated_at: user.updatedAt,
  };
  return {
    sub: user.id,
    ...(scopes.has('profile') ? profile : {}),
    ...(scopes.has('email') && !faults.omitEmail ? email : {}),
  };
}
