/**
 * @module
 * Whether an administrator signed in at the provider recently enough to change the settings. Pure.
 */
import type { ActorStanding } from './connection-store.js';
import { SsoError } from './errors.js';
import { CLOCK_SKEW_SECONDS, RECENT_SIGN_IN_MAX_AGE_SECONDS } from './limits.js';

/** Whether a sign-in is of the last hour. The time is the provider's and the database's clock judges it: a minute more. */
export function isRecentSignIn(signedInAt: Date, readAt: Date): boolean {
  const ageSeconds = (readAt.getTime() - signedInAt.getTime()) / 1000;
  return ageSeconds <= RECENT_SIGN_IN_MAX_AGE_SECONDS + CLOCK_SKEW_SECONDS;
}

/**
 * A session lasts a working day, and a desk is left unattended: what decides who gets in is changed only by whoever
 * proved within the hour who they are. A link of the Service Desk lasts no longer than that itself.
 *
 * @throws {@link SsoError} `recent-sign-in-required`, with the time of the last one as `details.signedInAt`
 */
export function requireRecentSignIn({ signedInAt, readAt }: ActorStanding): void {
  if (signedInAt === null || isRecentSignIn(signedInAt, readAt)) return;
  throw new SsoError('recent-sign-in-required', { details: { signedInAt: signedInAt.toISOString() } });
}
