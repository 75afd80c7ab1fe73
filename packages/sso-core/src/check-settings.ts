/**
 * @module
 * What can be found out about settings without a user.
 */

import { withBudget } from './budgeted-fetch.js';
import type { StoredRevision } from './connection-store.js';
import { SsoError } from './errors.js';
import type { SsoFetch, Tenant } from './ports.js';
import type { OidcProvider } from './provider.js';
import type { SignInDeps } from './sign-in-deps.js';

/**
 * Resolves when nothing speaks against the settings: the provider publishes a valid document with exactly this issuer,
 * and does not say that it has no such client.
 *
 * @throws SsoError as discovery does, or `client-rejected`
 */
export async function checkSettings(
  revision: StoredRevision,
  { tenant, provider, deps }: { readonly tenant: Tenant; readonly provider: OidcProvider; readonly deps: SignInDeps },
): Promise<void> {
  const { revisionId, issuer, clientId } = revision;
  const key = { tenantId: tenant.id, revisionId, issuer };
  deps.discovery.expire(key);
  await deps.discovery.find(key);
  const probe = provider.clientIdProbe?.(issuer, clientId);
  // The client secret or a code never goes there, but the request itself must not leave the provider either.
  if (probe === undefined || new URL(probe).origin !== new URL(issuer).origin) return;
  const answer = await askProbe(probe, withBudget(deps.fetch, { tenantId: tenant.id, endpoint: 'client-check' }));
  if (answer.status === 400) {
    const explanation = provider.explainError({
      stage: 'authorization',
      error: 'invalid_client',
      errorDescription: "Invalid value for 'client_id' parameter.",
      status: 400,
    });
    const advice = explanation === null ? {} : { advice: explanation.advice };
    throw new SsoError('client-rejected', { stage: 'authorization', details: { reason: 'client-unknown' }, ...advice });
  }
  // The provider would issue tokens for this client under another name, which no sign-in accepts.
  if (answer.issuer !== null && answer.issuer !== issuer) {
    throw new SsoError('issuer-mismatch', { stage: 'discovery', details: { reason: 'client' } });
  }
}

/** Whatever goes wrong here says nothing about the client. */
async function askProbe(
  probe: string,
  fetch: SsoFetch,
): Promise<{ readonly status: number; readonly issuer: string | null }> {
  try {
    const response = await fetch(probe, { headers: { accept: 'application/json' } });
    if (response.status !== 200) return { status: response.status, issuer: null };
    const body: unknown = await response.json();
    const issuer = typeof body === 'object' && body !== null && 'issuer' in body ? body.issuer : null;
    return { status: 200, issuer: typeof issuer === 'string' ? issuer : null };
  } catch {
    return { status: 0, issuer: null };
  }
}
