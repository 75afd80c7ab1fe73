/**
 * @module
 * Decides which user of the tenant signed in. Pure: no I/O, no clock.
 *
 * The order is the rule. Whoever is pinned to the identity is that user, whatever the e-mail address says now. Only an
 * identity that nobody is pinned to may find a user by e-mail address, once, and only a user who has no identity yet:
 * otherwise whoever is given a leaver's address would inherit the leaver's account.
 */
import { canonicaliseEmail } from './email.js';
import type { SsoErrorCode } from './errors.js';
import type { DirectoryUser, IdentityMatch } from './ports.js';
import type { Product } from './products.js';
import type { OidcProvider } from './provider.js';

/** The provider's word about an address; both come from the same document. */
export interface EmailClaim {
  /** As the document had it, of any type; undefined when it has none. */
  readonly email: unknown;
  /** As the document had it: only the boolean `true` vouches for the address. */
  readonly emailVerified: unknown;
}

/** All that the decision rests on; nothing else is looked up. */
export interface MatchInput {
  readonly product: Product;
  /** What the store found for the identity and the claim's address in canonical form. */
  readonly match: IdentityMatch;
  readonly emailClaim: EmailClaim;
  /** Whether the provider has to vouch for the address; from its definition. */
  readonly policy: Pick<OidcProvider, 'emailVerification' | 'refuseExplicitlyUnverified'>;
}

/** Who signed in, or the first reason why nobody did. */
export type MatchDecision =
  | { readonly action: 'sign-in'; readonly user: DirectoryUser }
  /** Pin the identity to the user, then sign in. */
  | { readonly action: 'link'; readonly user: DirectoryUser }
  | {
      readonly action: 'reject';
      readonly code: Extract<
        SsoErrorCode,
        | 'email-missing'
        | 'email-invalid'
        | 'email-unverified'
        | 'user-not-found'
        | 'user-ambiguous'
        | 'user-inactive'
        | 'identity-held'
        | 'product-not-permitted'
      >;
      /** For the tenant's administrator, when it is known who tried. */
      readonly userId: string | null;
    };

/**
 * Decides who signed in: the user pinned to the identity, else, once, the only user of the tenant with the address who
 * has no identity yet. Pure.
 */
export function decideMatch({ product, match, emailClaim, policy }: MatchInput): MatchDecision {
  if (match.pinned !== null) return permit('sign-in', match.pinned, product);

  const { email, emailVerified } = emailClaim;
  if (email === undefined || email === null || email === '') return reject('email-missing');
  if (canonicaliseEmail(email) === null) return reject('email-invalid');
  // Only the booleans count: some providers send the text "false", which is truthy.
  if (policy.emailVerification === 'required' && emailVerified !== true) return reject('email-unverified');
  if (policy.refuseExplicitlyUnverified === true && emailVerified === false) return reject('email-unverified');

  const [candidate, ...others] = match.candidates;
  if (candidate === undefined) return reject('user-not-found');
  if (others.length > 0) return reject('user-ambiguous');
  const { user, linkedElsewhere } = candidate;
  if (user.status !== 'active') return reject('user-inactive', user);
  if (linkedElsewhere) return reject('identity-held', user);
  return permit('link', user, product);
}

function permit(action: 'sign-in' | 'link', user: DirectoryUser, product: Product): MatchDecision {
  if (user.status !== 'active') return reject('user-inactive', user);
  if (!user.products.includes(product)) return reject('product-not-permitted', user);
  return { action, user };
}

function reject(code: Extract<MatchDecision, { action: 'reject' }>['code'], user?: DirectoryUser): MatchDecision {
  return { action: 'reject', code, userId: user?.id ?? null };
}
