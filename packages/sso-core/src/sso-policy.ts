/**
 * @module
 * Whether a product may let somebody in otherwise than by single sign-on, for the products' own services: password
 * login, password reset, invitations, magic links, API logins, remembered sessions and mobile apps ask here first.
 */

import QuickLRU from 'quick-lru';
import * as z from 'zod';
import type { SsoFetch } from './ports.js';

const POLICY_PATH = '/workspace/api/sso/policy';
/** With the adapters' own 2.5 seconds less than the five within which a change is seen everywhere. */
const MAX_AGE_MS = 2_000;
const TIMEOUT_MS = 2_000;
const MAX_ORIGINS = 10_000;

/** How a tenant's users may sign in, as the Workspace's adapter publishes it to everybody. */
export interface SsoPolicy {
  /** Whether a user can sign in with single sign-on now. */
  readonly enabled: boolean;
  /** Whether it is the only way in. */
  readonly enforced: boolean;
  /** Name of the provider for a button, or null. */
  readonly provider: string | null;
  /** Path on the tenant's host that starts a sign-in to the Workspace. */
  readonly signInPath: string;
}

/** What the look-up reaches the world and the time with. */
export interface SsoPolicyDeps {
  /** Reaches the tenants' own hosts; the platform's `fetch` will do. */
  readonly fetch: SsoFetch;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** Remembers answers by origin for two seconds. Make it once for a process. */
export interface SsoPolicyLookup {
  /**
   * The tenant's policy as of at most five seconds ago.
   *
   * @param origin - of the tenant, e.g. `https://acme.ipscape.com.au`: the product's own, never from a request's header
   *   that nobody checked
   * @throws what the fetch throws, or TypeError when the answer is not a policy
   */
  find(origin: string): Promise<SsoPolicy>;
  /**
   * Whether another way in may be used. False also when the policy cannot be had: refuse then in the words for an
   * unknown user or a wrong password.
   */
  allowsOtherSignIns(origin: string): Promise<boolean>;
}

// Tolerant of what a later version adds.
const policySchema = z.object({
  enabled: z.boolean(),
  enforced: z.boolean(),
  provider: z.string().nullable(),
  signInPath: z.string(),
});

/**
 * Asks the Workspace’s adapter of a tenant whether other ways in are open, and remembers the answer for two seconds.
 * When it cannot be had, none is.
 */
export function createSsoPolicyLookup({ fetch, now = Date.now }: SsoPolicyDeps): SsoPolicyLookup {
  const known = new QuickLRU<string, { readonly policy: Promise<SsoPolicy>; readonly until: number }>({
    maxSize: MAX_ORIGINS,
  });

  function find(origin: string): Promise<SsoPolicy> {
    const entry = known.get(origin);
    if (entry !== undefined && now() < entry.until) return entry.policy;
    const policy = load(origin, fetch);
    known.set(origin, { policy, until: now() + MAX_AGE_MS });
    policy.catch(() => known.delete(origin));
    return policy;
  }

  return {
    find,
    async allowsOtherSignIns(origin) {
      try {
        return !(await find(origin)).enforced;
      } catch {
        return false;
      }
    },
  };
}

async function load(origin: string, fetch: SsoFetch): Promise<SsoPolicy> {
  const init = { headers: { accept: 'application/json' }, timeoutMs: TIMEOUT_MS };
  const response = await fetch(new URL(POLICY_PATH, origin).href, init);
  if (response.status !== 200) throw new TypeError(`The policy was answered with status ${response.status}.`);
  const parsed = policySchema.safeParse(await response.json());
  if (!parsed.success) throw new TypeError('The answer is no policy of single sign-on.');
  return parsed.data;
}
