/**
 * @module
 * Everything impure that a sign-in uses, in one object.
 */
import { createBudgetedFetch } from './budgeted-fetch.js';
import { createDiscovery, type Discovery } from './discovery.js';
import { createKeyCache, type KeyCache } from './key-cache.js';
import type { SignInStore, SsoCrypto, SsoFetch } from './ports.js';
import type { Product } from './products.js';
import type { ProviderContext, ProviderRegistry } from './provider.js';
import { SESSION_LIMITS, type SessionLimits } from './session-limits.js';
import { webCrypto } from './web-crypto.js';

/** What an adapter gives to the sign-ins; the rest has defaults that are right for production. */
export interface SignInOptions {
  readonly store: SignInStore;
  /** Those that connections may name. */
  readonly providers: ProviderRegistry;
  /** Use the guarded fetch of `@ipscape/sso-core/node`: host names come from tenants and documents from strangers. */
  readonly fetch: SsoFetch;
  /** Default: WebCrypto. `@ipscape/sso-core/node` has a faster one. */
  readonly crypto?: SsoCrypto;
  /** Default `production`. */
  readonly context?: ProviderContext;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Of sessions opened from now on. Default {@link SESSION_LIMITS}. */
  readonly sessionLimits?: Readonly<Record<Product, SessionLimits>>;
}

/**
 * All that sign-ins use, complete; from {@link createSignInDeps}. Its `fetch` is the given one with a budget by tenant
 * and endpoint.
 */
export interface SignInDeps extends Required<SignInOptions> {
  readonly discovery: Discovery;
  readonly keys: KeyCache;
}

/** The dependencies of all sign-ins of one process: make them once, or nothing is remembered between sign-ins. */
export function createSignInDeps(options: SignInOptions): SignInDeps {
  const now = options.now ?? Date.now;
  const fetch = createBudgetedFetch(options.fetch, { now });
  return {
    ...options,
    crypto: options.crypto ?? webCrypto,
    context: options.context ?? { environment: 'production' },
    now,
    sessionLimits: options.sessionLimits ?? SESSION_LIMITS,
    fetch,
    discovery: createDiscovery({ fetch, now }),
    keys: createKeyCache({ fetch, now }),
  };
}
