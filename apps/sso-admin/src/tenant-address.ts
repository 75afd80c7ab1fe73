import { tenantOrigin } from '@ipscape/sso-core';
import type { AdminDeps } from './admin-deps.js';

/** Whether the tenant is served on this machine over http. A name under `.localhost` leads nowhere else. */
export function isLocalTenant({ localPort }: Pick<AdminDeps, 'localPort'>, domain: string): boolean {
  return localPort !== null && domain.endsWith('.localhost');
}

/** The origin at which browsers reach the tenant. */
export function originOf(deps: Pick<AdminDeps, 'localPort'>, domain: string): string {
  const isLocal = isLocalTenant(deps, domain);
  return tenantOrigin(domain, isLocal ? { protocol: 'http', port: deps.localPort } : { protocol: 'https', port: null });
}
