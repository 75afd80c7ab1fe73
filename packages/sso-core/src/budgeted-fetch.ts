/**
 * @module
 * Keeps the trouble of one tenant's provider with that tenant. Requests of each tenant to each endpoint have a budget
 * of their own: so many at a time, none while the endpoint keeps failing, none before a rate limit is over.
 */

import QuickLRU from 'quick-lru';
import { type Bulkhead, createBulkhead } from './bulkhead.js';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.js';
import { SsoError } from './errors.js';
import {
  BUDGET_MAX_ACTIVE,
  BUDGET_MAX_WAITING,
  CACHE_MAX_ENTRIES,
  IDP_REQUEST_TIMEOUT_MS,
  RATE_LIMIT_MAX_MS,
  RATE_LIMIT_WAIT_MAX_MS,
} from './limits.js';
import type { CallBudget, SsoFetch, SsoFetchInit } from './ports.js';
import { parseRetryAfter } from './retry-after.js';

export interface BudgetedFetchOptions {
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Resolves after so many milliseconds. Default: a timer. */
  readonly wait?: (delayMs: number) => Promise<void>;
}

interface Lane {
  readonly bulkhead: Bulkhead;
  readonly breaker: CircuitBreaker;
  /** Why the last request failed. */
  lastFailure: string;
  rateLimitedUntil: number;
}

/**
 * The same fetch, within the budget that a request names; a request without one passes through.
 *
 * While an endpoint's breaker is open requests reject with `idp-unreachable` at once; while it limits the rate, with
 * `idp-rate-limited`. A GET that is told to come back within two seconds is sent a second time then; nothing else is
 * ever sent twice.
 */
export function createBudgetedFetch(
  fetch: SsoFetch,
  { now = Date.now, wait = waitFor }: BudgetedFetchOptions = {},
): SsoFetch {
  const lanes = new QuickLRU<string, Lane>({ maxSize: CACHE_MAX_ENTRIES });

  function laneOf({ tenantId, endpoint }: CallBudget, url: string): Lane {
    // With the origin: an administrator who tries out another provider does not use up the budget of the one in force.
    const name = JSON.stringify([tenantId, endpoint, new URL(url).origin]);
    let lane = lanes.get(name);
    if (lane === undefined) {
      const bulkhead = createBulkhead({ maxActive: BUDGET_MAX_ACTIVE, maxWaiting: BUDGET_MAX_WAITING });
      lane = { bulkhead, breaker: createCircuitBreaker(now), lastFailure: '', rateLimitedUntil: 0 };
      lanes.set(name, lane);
    }
    return lane;
  }

  async function call(lane: Lane, url: string, init: SsoFetchInit): Promise<Response> {
    const permit = lane.breaker.enter();
    if (permit === null) throw circuitOpen(lane);
    let isSuccess = false;
    try {
      const response = await fetch(url, init);
      isSuccess = response.status < 500;
      if (!isSuccess) lane.lastFailure = 'idp-error';
      return response;
    } catch (error) {
      lane.lastFailure = SsoError.is(error) ? error.code : 'unknown';
      throw error;
    } finally {
      permit(isSuccess);
    }
  }

  return async function budgetedFetch(url, init = {}) {
    const { budget, timeoutMs = IDP_REQUEST_TIMEOUT_MS } = init;
    if (budget === undefined) return fetch(url, init);
    const deadline = now() + timeoutMs;
    // Bounded by what was asked for, should the clock go back.
    const remainingMs = (): number => Math.min(deadline - now(), timeoutMs);
    const lane = laneOf(budget, url);
    const refuseEarly = (): void => {
      refuseWhileRateLimited(lane, now());
      if (lane.breaker.isOpen()) throw circuitOpen(lane);
    };
    refuseEarly();
    const leave = await lane.bulkhead.enter(timeoutMs);
    try {
      refuseEarly();
      for (let isFirst = true; ; isFirst = false) {
        const response = await call(lane, url, { ...init, timeoutMs: remainingMs() });
        if (response.status !== 429) return response;
        const { delayMs, isAnnounced } = parseRetryAfter(response.headers, now());
        lane.rateLimitedUntil = now() + delayMs;
        const waitMs = delayMs + jitter();
        const mayWait = isFirst && isAnnounced && (init.method ?? 'GET') === 'GET';
        if (!mayWait || waitMs > RATE_LIMIT_WAIT_MAX_MS || waitMs >= remainingMs()) return response;
        await wait(waitMs);
      }
    } finally {
      leave();
    }
  };
}

/** The same fetch, at the expense of one tenant and endpoint. */
export function withBudget(fetch: SsoFetch, budget: CallBudget): SsoFetch {
  return (url, init) => fetch(url, { ...init, budget });
}

function refuseWhileRateLimited(lane: Lane, now: number): void {
  const delayMs = lane.rateLimitedUntil - now;
  // Longer than any limit lasts: the clock went back.
  if (delayMs <= 0 || delayMs > RATE_LIMIT_MAX_MS) return;
  throw new SsoError('idp-rate-limited', {
    details: { reason: 'announced', retryAfterSeconds: Math.ceil(delayMs / 1000) },
  });
}

function circuitOpen({ lastFailure }: Lane): SsoError {
  return new SsoError('idp-unreachable', { details: { reason: 'circuit-open', lastFailure } });
}

/** So that those who were sent away together do not come back together. */
function jitter(): number {
  return Math.floor(Math.random() * 250);
}

function waitFor(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}
