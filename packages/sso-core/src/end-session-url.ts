/**
 * @module
 * Where a browser signs out at the provider. OpenID Connect RP-Initiated Logout 1.0 §2.
 */
import { SECRET_BYTES } from './limits.js';
import type { SignedOutEverywhere, TenantSetup } from './ports.js';
import type { SignInDeps } from './sign-in-deps.js';

/** A session that has ended here, and where the browser is to come back to from the provider. */
export interface EndSessionInput {
  /** As it is now; its connection may be another than the session's. */
  readonly setup: TenantSetup;
  /** From {@link SessionStore.signOutEverywhere}. */
  readonly signedOut: SignedOutEverywhere;
  /** Registered at the provider as sign-out redirect URI. Used only where the tenant says that it is. */
  readonly postLogoutRedirectUri: string;
}

/**
 * The provider's end-session address for a session that has ended here, or null when there is nothing to ask it: no
 * such endpoint, no ID token, or a connection to another issuer by now. Never rejects, because the sessions have
 * ended already: a provider that cannot be reached is one that is not asked.
 */
export async function findEndSessionUrl(
  { setup, signedOut, postLogoutRedirectUri }: EndSessionInput,
  deps: Pick<SignInDeps, 'discovery' | 'crypto'>,
): Promise<string | null> {
  const { tenant, connection } = setup;
  const { issuer, idToken } = signedOut;
  if (idToken === null || connection?.issuer !== issuer) return null;
  const key = { tenantId: tenant.id, revisionId: connection.revisionId, issuer };
  const metadata = await deps.discovery.find(key).catch(() => null);
  if (metadata?.endSessionEndpoint == null) return null;
  const url = new URL(metadata.endSessionEndpoint);
  url.searchParams.set('id_token_hint', idToken);
  if (signedOut.returnsFromProvider) {
    url.searchParams.set('post_logout_redirect_uri', postLogoutRedirectUri);
    // Nothing hangs on its return: the page behind the address says "signed out" to everybody.
    url.searchParams.set('state', deps.crypto.randomToken(SECRET_BYTES));
  }
  return url.href;
}
