/**
 * @module
 * How many sign-ins may be under way. A sign-in that succeeds gives back what it took, so the limits count what was
 * begun and never finished: a call centre that starts its shift behind one address takes little, a flood takes all.
 */

import QuickLRU from 'quick-lru';
import { toClientNetwork } from './client-network.js';
import { createTokenBuckets, type RateLimit } from './token-buckets.js';

/** Of one half of a sign-in. */
export interface SignInStepLimits {
  /** From one network to one tenant: the network's other tenants are not held up. */
  readonly network: RateLimit;
  /** From one network to all tenants. */
  readonly networkOfAllTenants: RateLimit;
  /**
   * To one tenant from all networks from which nobody signed in to it for a week. Others are not held up by them: a
   * flood from many networks locks no call centre out.
   */
  readonly strangers: RateLimit;
}

/** For one product in one process: with more instances there is as much more. */
export interface SignInLimits {
  /** Of what leads to the provider. */
  readonly start: SignInStepLimits;
  /** Of what comes back from it; each may cost the provider a request. */
  readonly callback: SignInStepLimits;
  /** Lines that refusals add to one tenant's sign-in log. Further ones are in the process's own log alone. */
  readonly logLines: RateLimit;
}

/**
 * For one product in one process. Twenty starts a second that are never finished, besides 2,000 at once, is more than
 * any call centre has: 20,000 agents who arrive within five minutes and stay 40 seconds at the provider leave 2,700
 * under way, of which 800 have come back as tokens by then.
 */
export const SIGN_IN_LIMITS: SignInLimits = {
  start: {
    network: { burst: 2_000, perSecond: 20 },
    networkOfAllTenants: { burst: 5_000, perSecond: 50 },
    strangers: { burst: 5_000, perSecond: 20 },
  },
  // Each may cost the provider a request, of which it allows a tenant only so many.
  callback: {
    network: { burst: 2_000, perSecond: 20 },
    networkOfAllTenants: { burst: 5_000, perSecond: 50 },
    strangers: { burst: 1_000, perSecond: 5 },
  },
  logLines: { burst: 2_000, perSecond: 0.2 },
};

export type SignInStep = 'start' | 'callback';

export interface SignInClient {
  readonly tenantId: string;
  readonly clientAddress: string | null;
}

export interface LimitRefusal {
  readonly limit: keyof SignInStepLimits;
  /** Until it is worth trying again, at least 1. */
  readonly retryAfterSeconds: number;
}

export interface SignInLimiter {
  /** Takes what the step costs, or says why it may not be taken; then nothing was taken. */
  admit(step: SignInStep, client: SignInClient): LimitRefusal | null;
  /** Somebody signed in: gives back what start and callback cost, and remembers the network. */
  succeed(client: SignInClient): void;
  /** Whether one more line may be written to the tenant's sign-in log. */
  admitLogLine(tenantId: string): boolean;
}

const MAX_NETWORKS = 20_000;
const MAX_TENANTS = 10_000;
const MAX_KNOWN_NETWORKS = 50_000;
const KNOWN_FOR_MS = 7 * 24 * 60 * 60 * 1000;

export function createSignInLimiter(limits: SignInLimits, now: () => number): SignInLimiter {
  const steps = { start: createStep(limits.start, now), callback: createStep(limits.callback, now) };
  const logLines = createTokenBuckets({ ...limits.logLines, maxKeys: MAX_TENANTS, now });
  /** By network and tenant: when somebody signed in last. */
  const known = new QuickLRU<string, number>({ maxSize: MAX_KNOWN_NETWORKS });

  return {
    admit(step, client) {
      const keys = keysOf(client);
      const isKnown = now() - (known.get(keys.network) ?? Number.NEGATIVE_INFINITY) < KNOWN_FOR_MS;
      const buckets = steps[step].filter(({ limit }) => limit !== 'strangers' || !isKnown);
      for (const { limit, bucket } of buckets) {
        const waitMs = bucket.waitMs(keys[limit]);
        if (waitMs > 0) return { limit, retryAfterSeconds: Math.ceil(waitMs / 1000) };
      }
      for (const { limit, bucket } of buckets) bucket.take(keys[limit]);
      return null;
    },
    succeed(client) {
      const keys = keysOf(client);
      for (const { limit, bucket } of [...steps.start, ...steps.callback]) bucket.giveBack(keys[limit]);
      known.set(keys.network, now());
    },
    admitLogLine(tenantId) {
      if (logLines.waitMs(tenantId) > 0) return false;
      logLines.take(tenantId);
      return true;
    },
  };
}

function createStep(limits: SignInStepLimits, now: () => number) {
  const bucket = (limit: keyof SignInStepLimits, maxKeys: number) => ({
    limit,
    bucket: createTokenBuckets({ ...limits[limit], maxKeys, now }),
  });
  return [
    bucket('network', MAX_NETWORKS),
    bucket('networkOfAllTenants', MAX_NETWORKS),
    bucket('strangers', MAX_TENANTS),
  ];
}

/** A network has no white space, so two pairs never make one key. */
function keysOf({ tenantId, clientAddress }: SignInClient): Readonly<Record<keyof SignInStepLimits, string>> {
  const network = toClientNetwork(clientAddress);
  return { network: `${network} ${tenantId}`, networkOfAllTenants: network, strangers: tenantId };
}
