import type { Tenant } from '@ipscape/sso-core';
import type { AdminDeps } from './admin-deps.js';
import { suggest } from './nearest.js';
import { Refusal } from './refusal.js';

/** The tenant with a domain (in any case) or id. @throws {Refusal} `tenant-unknown` */
export async function findTenant({ store }: AdminDeps, domainOrId: string): Promise<Tenant> {
  const setup = await store.findTenantSetup(domainOrId.toLowerCase());
  const tenant = setup?.tenant ?? (await store.findTenant(domainOrId));
  if (tenant !== null) return tenant;
  const domains = (await store.listTenants()).map(({ domain }) => domain);
  throw new Refusal({
    code: 'tenant-unknown',
    message: `No tenant has the domain or id "${domainOrId}".${suggest(domainOrId, domains)}`,
    advice: '"sso-admin tenant list" shows the tenants.',
  });
}
