/**
 * @module
 * Whether somebody signed in at the provider as lately as was asked for with `max_age`.
 */
import { SsoError } from './errors.js';
import type { VerifiedClaims } from './id-token.js';
import { CLOCK_SKEW_SECONDS } from './limits.js';

/**
 * What was asked for is not taken on trust. OpenID Connect Core 1.0 §3.1.3.7, 13: a provider that does not say when the
 * user signed in has not shown that it was lately.
 *
 * @throws SsoError `interaction-required`
 */
export function checkAuthTime(
  { authTimeSeconds }: Pick<VerifiedClaims, 'authTimeSeconds'>,
  maxAgeSeconds: number,
  nowMs: number,
): void {
  const oldest = nowMs / 1000 - maxAgeSeconds - CLOCK_SKEW_SECONDS;
  if (authTimeSeconds !== null && authTimeSeconds >= oldest) return;
  throw new SsoError('interaction-required', { stage: 'id-token', details: { reason: 'auth_time' } });
}
