/**
 * @module
 * What a request is told about its tenant may be seconds old. A sign-in that begins just after Save must not fail for
 * it, and nobody should be told that single sign-on is not enabled when it is.
 */
import { SsoError, type TenantSetup } from '@ipscape/sso-core';
import type { Adapter, AdapterRequest } from './adapter-context.js';

/**
 * Runs a step with the setup that is remembered; if it is refused and another one is in force by now, once more with
 * that. What succeeds costs no query more.
 *
 * @throws SsoError as the step does
 */
export async function withCurrentSetup<Result>(
  c: AdapterRequest,
  adapter: Adapter,
  step: (setup: TenantSetup) => Promise<Result>,
): Promise<Result> {
  const remembered = c.get('setup');
  if (remembered === null) throw new SsoError('tenant-unknown');
  try {
    return await step(remembered);
  } catch (error) {
    if (!SsoError.is(error) || error.code === 'store-unavailable') throw error;
    const current = await refreshSetup(c, adapter, remembered);
    if (current.connection?.revisionId === remembered.connection?.revisionId) throw error;
    return step(current);
  }
}

/** The setup that is remembered when it has a connection; otherwise the one in force now. */
export async function findConnectedSetup(c: AdapterRequest, adapter: Adapter): Promise<TenantSetup> {
  const remembered = c.get('setup');
  if (remembered === null) throw new SsoError('tenant-unknown');
  return remembered.connection === null ? refreshSetup(c, adapter, remembered) : remembered;
}

async function refreshSetup(c: AdapterRequest, adapter: Adapter, { tenant }: TenantSetup): Promise<TenantSetup> {
  const current = await adapter.tenants.refresh(tenant.domain);
  // The domain is another tenant's by now, or nobody's.
  if (current?.tenant.id !== tenant.id) throw new SsoError('tenant-unknown');
  c.set('setup', current);
  c.set('tenant', current.tenant);
  return current;
}
