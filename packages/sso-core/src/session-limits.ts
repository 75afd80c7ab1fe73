/**
 * @module
 * How long a session of each product lives. The database's clock decides; these are only the lengths.
 */
import type { Product } from './products.js';

/** How long a session lives, whichever limit is reached first; a call can put the end off. */
export interface SessionLimits {
  /** A session ends after this long without a request. */
  readonly idleSeconds: number;
  /** A session ends this long after the sign-in, however busy it is. */
  readonly absoluteSeconds: number;
}

const MINUTE = 60;
const HOUR = 3600;

/** CTI Adaptor and Agent Toolbar cover a 12-hour shift with its hand-over; the Workspace a working day. */
export const SESSION_LIMITS: Readonly<Record<Product, SessionLimits>> = {
  workspace: { idleSeconds: HOUR, absoluteSeconds: 12 * HOUR },
  cti: { idleSeconds: 4 * HOUR, absoluteSeconds: 13 * HOUR },
  toolbar: { idleSeconds: 4 * HOUR, absoluteSeconds: 13 * HOUR },
};

/** A call that is not reported again within this long is over: the tab that reported it may be gone. */
export const CALL_LEASE_SECONDS = 3 * MINUTE;

/**
 * How long the end of a session waits for a call at most, counted from the ordinary end or from the revocation.
 * Nobody takes calls in the Workspace.
 */
export const CALL_DEFERRAL_SECONDS: Readonly<Record<Product, number>> = {
  workspace: 0,
  cti: 2 * HOUR,
  toolbar: 2 * HOUR,
};

/** A front end warns this long before the end. */
export const SESSION_WARNING_SECONDS = 15 * MINUTE;

/** From this long before the absolute limit a session is worth renewing, at the next quiet moment. */
export const SESSION_RENEWAL_SECONDS = 4 * HOUR;

/**
 * A renewal needs an interactive sign-in at the provider at most this long ago (`max_age`): renewals alone never keep
 * somebody signed in for longer.
 */
export const RENEWAL_MAX_AUTH_AGE_SECONDS = 24 * HOUR;
