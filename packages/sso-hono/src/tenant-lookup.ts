/**
 * @module
 * Remembers tenants' setups for a moment, so that a burst of sign-ins asks the database once.
 */
import type { SignInStore, TenantSetup } from '@ipscape/sso-core';
import QuickLRU from 'quick-lru';

/** Half of the five seconds within which a change must be seen everywhere. */
const MAX_AGE_MS = 2_500;
const MAX_TENANTS = 10_000;

/**
 * Finds the setup of a host's domain, remembered for a moment. Null for a domain that is nobody's; that is remembered
 * too.
 */
export interface TenantLookup {
  /** As it was at most two and a half seconds ago. */
  (domain: string): Promise<TenantSetup | null>;
  /** As it is now: asks the database, and remembers the answer. */
  refresh(domain: string): Promise<TenantSetup | null>;
}

/**
 * Failures are not remembered; an unknown domain is, so that asking for one again and again costs nothing.
 *
 * @param now - milliseconds of a clock that never jumps
 */
export function createTenantLookup(
  store: Pick<SignInStore, 'findTenantSetup'>,
  now: () => number = () => performance.now(),
): TenantLookup {
  const known = new QuickLRU<string, { readonly setup: Promise<TenantSetup | null>; readonly until: number }>({
    maxSize: MAX_TENANTS,
  });
  function refresh(domain: string): Promise<TenantSetup | null> {
    const setup = store.findTenantSetup(domain);
    const entry = { setup, until: now() + MAX_AGE_MS };
    known.set(domain, entry);
    setup.catch(() => {
      if (known.get(domain) === entry) known.delete(domain);
    });
    return setup;
  }
  function find(domain: string): Promise<TenantSetup | null> {
    const entry = known.get(domain);
    return entry !== undefined && now() < entry.until ? entry.setup : refresh(domain);
  }
  return Object.assign(find, { refresh });
}
