import type { Tenant } from '@ipscape/sso-core';
import type { AdminDeps } from '../admin-deps.js';
import { isLocalTenant } from '../tenant-address.js';
import type { Finding } from './finding.js';

/** Whether the tenant may use single sign-on at all, and whether browsers find its domain. */
export async function checkTenant(deps: AdminDeps, tenant: Tenant): Promise<readonly Finding[]> {
  const { domain } = tenant;
  const entitlement: Finding = tenant.ssoEntitled
    ? { check: 'entitlement', level: 'ok', message: 'The tenant is entitled to single sign-on.', advice: null }
    : {
        check: 'entitlement',
        level: 'problem',
        message: 'The tenant is not entitled to single sign-on.',
        advice: `sso-admin tenant sso enable --tenant ${domain}`,
      };
  const found = isLocalTenant(deps, domain) || (await deps.resolves(domain));
  const address: Finding = found
    ? { check: 'domain', level: 'ok', message: `The domain ${domain} has an address.`, advice: null }
    : {
        check: 'domain',
        level: 'note',
        message: `From here the domain ${domain} has no address.`,
        advice: 'If that is so for the customer too, correct its DNS records; the sign-in is bound to this very name.',
      };
  return [entitlement, address];
}
