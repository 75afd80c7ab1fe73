/**
 * @module
 * Whether an administrator signed in at the provider recently enough to change the settings. Pure.
 */
import type { ActorStanding } from './connection-store.js';
import { SsoError } from './errors.js';
import { CLOCK_SKEW_SECONDS, RECENT_SIGN_IN_MAX_AGE_SECONDS } from './limits.js';

/**
 * A session lasts a working day, and a desk is left unattended: what decides who gets in is changed only by whoever
 * proved within the hour who they are. A link of the Service Desk lasts no longer than that itself.
 *
 * @throws {@link SsoError} `recent-sign-in-required`, with the time of the last one as `details.signedInAt`
 */
export function requireRecentSignIn({ signedInAt, readAt }: ActorStanding): void {
  if (signedInAt === null) return;
  const ageSeconds = (readAt.getTime() - signedInAt.getTime()) / 1000;
  // The time is the provider's, the database's clock judges it.
  if (ageSeconds <= RECENT_SIGN_IN_MAX_AGE_SECONDS + CLOCK_SKEW_SECONDS) return;
  throw new SsoError('recent-sign-in-required', { details: { signedInAt: signedInAt.toISOString() } });
}
