/**
 * @module
 * How long a session of each product lives. The database's clock decides; these are only the lengths.
 */
import type { Product } from './products.js';

export interface SessionLimits {
  /** A session ends after this long without a request. */
  readonly idleSeconds: number;
  /** A session ends this long after the sign-in, however busy it is. */
  readonly absoluteSeconds: number;
}

const HOUR = 3600;

/** CTI Adaptor and Agent Toolbar cover a 12-hour shift with its hand-over; the Workspace a working day. */
export const SESSION_LIMITS: Readonly<Record<Product, SessionLimits>> = {
  workspace: { idleSeconds: HOUR, absoluteSeconds: 12 * HOUR },
  cti: { idleSeconds: 4 * HOUR, absoluteSeconds: 13 * HOUR },
  toolbar: { idleSeconds: 4 * HOUR, absoluteSeconds: 13 * HOUR },
};
