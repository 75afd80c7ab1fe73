/**
 * @module
 * Starts the renewal of a session: a sign-in at the provider without interaction, in the same window.
 */
import { type BeginSignInInput, type BegunSignIn, beginSignIn } from './begin-sign-in.js';
import { withBudget } from './budgeted-fetch.js';
import { SsoError } from './errors.js';
import { getJsonObject } from './idp-request.js';
import { RENEWAL_MAX_AUTH_AGE_SECONDS } from './session-limits.js';
import type { SignInDeps } from './sign-in-deps.js';

/** As for {@link beginSignIn}; purpose, prompt and the age of the sign-in at the provider are the renewal's own. */
export type BeginRenewalInput = Pick<BeginSignInInput, 'setup' | 'product' | 'redirectUri' | 'returnPath'>;

/**
 * Like {@link beginSignIn} with `prompt=none`, for a user who is signed in. The answer renews that user's session and
 * nobody else's. The provider is asked first whether it is there, remembered metadata notwithstanding: the window of
 * somebody at work is not sent to a server that does not answer.
 *
 * @throws {@link SsoError} as {@link beginSignIn} does; the session is as it was.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
 */
export async function beginRenewal(input: BeginRenewalInput, deps: SignInDeps): Promise<BegunSignIn> {
  const { tenant, connection } = input.setup;
  if (connection === null) throw new SsoError('sso-not-enabled', { stage: 'start' });
  const fetch = withBudget(deps.fetch, { tenantId: tenant.id, endpoint: 'discovery' });
  await getJsonObject(fetch, `${connection.issuer}/.well-known/openid-configuration`, 'discovery');
  return beginSignIn({ ...input, purpose: 'renew', prompt: 'none', maxAgeSeconds: RENEWAL_MAX_AUTH_AGE_SECONDS }, deps);
}
