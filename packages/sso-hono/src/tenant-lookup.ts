/**
 * @module
 * Remembers tenants' setups for a moment, so that a burst of sign-ins asks the database once.
 */
import { createLruMap, type SignInStore, type TenantSetup } from '@ipscape/sso-core';

/** Half of the five seconds within which a change must be seen everywhere. */
const MAX_AGE_MS = 2_500;
const MAX_TENANTS = 10_000;

export type TenantLookup = (domain: string) => Promise<TenantSetup | null>;

/** Failures are not remembered; an unknown domain is, so that asking for one again and again costs nothing. */
export function createTenantLookup(
  store: Pick<SignInStore, 'findTenantSetup'>,
  now: () => number = Date.now,
): TenantLookup {
  const known = createLruMap<{ readonly setup: Promise<TenantSetup | null>; readonly until: number }>(MAX_TENANTS);
  return (domain) => {
    const entry = known.get(domain);
    if (entry !== undefined && now() < entry.until) return entry.setup;
    const setup = store.findTenantSetup(domain);
    known.set(domain, { setup, until: now() + MAX_AGE_MS });
    setup.catch(() => known.delete(domain));
    return setup;
  };
}
