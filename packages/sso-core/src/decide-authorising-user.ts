/**
 * @module
 * Whether the person who signed in at the provider proves the settings. Pure.
 */
import type { SettingsActor } from './connection-settings.js';
import { decideMatch, type EmailClaim } from './decide-match.js';
import type { SsoErrorCode } from './errors.js';
import type { DirectoryUser, IdentityMatch } from './ports.js';
import type { OidcProvider } from './provider.js';

export interface AuthorisingUserInput {
  readonly match: IdentityMatch;
  readonly emailClaim: EmailClaim;
  readonly provider: Pick<OidcProvider, 'emailVerification' | 'refuseExplicitlyUnverified'>;
  readonly actor: SettingsActor;
}

export interface AuthorisingUser {
  /** Whom the answer matched, if anybody. */
  readonly user: DirectoryUser | null;
  readonly refusal: SsoErrorCode | null;
}

/**
 * Only the administrator proves the settings: whoever saves a connection must be able to sign in with it. Somebody who
 * came by the Service Desk's link has no user of their own, so any administrator of the tenant will do.
 */
export function decideAuthorisingUser({ match, emailClaim, provider, actor }: AuthorisingUserInput): AuthorisingUser {
  // A user with an identity of another provider is held at the first sign-in; that is no fault of the settings.
  const candidates = match.candidates.map(({ user }) => ({ user, linkedElsewhere: false }));
  const decision = decideMatch({ product: 'workspace', match: { ...match, candidates }, emailClaim, policy: provider });
  if (decision.action === 'reject') return { user: null, refusal: decision.code };
  const { user } = decision;
  if (actor.userId.startsWith('admin-link:')) {
    return { user, refusal: user.role === 'administrator' ? null : 'administrator-required' };
  }
  return { user, refusal: user.id === actor.userId ? null : 'user-mismatch' };
}
