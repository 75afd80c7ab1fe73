/**
 * @module
 * Fills an empty database with the two tenants and their people, and keeps acme's connection pointing at the local
 * Okta. Does nothing for what is there already, so that changes made by hand survive a restart.
 */
import type { OktaDevServer } from '@ipscape/okta-devorg';
import { okta } from '@ipscape/okta-provider';
import type { Tenant } from '@ipscape/sso-core';
import type { SsoStore } from '@ipscape/sso-store';
import { CRM_HOST } from './crm-page.js';
import { connectionDetails } from './local-okta.js';
import { type DevTenant, domainOf, emailOf, PEOPLE, TENANTS } from './people.js';

const actor = 'local stack';

export interface SeedOptions {
  readonly store: SsoStore;
  readonly oktaServer: OktaDevServer;
  /** Of the page that stands for a CRM. */
  readonly crmOrigin: string;
}

export async function seed({ store, oktaServer, crmOrigin }: SeedOptions): Promise<void> {
  const existing = await store.listTenants();
  for (const devTenant of TENANTS) {
    const domain = domainOf(devTenant);
    const tenant =
      existing.find((candidate) => candidate.domain === domain) ?? (await addTenant(store, devTenant, domain));
    // The local Okta's app has the sign-out redirect URIs.
    await store.setSignOutRedirect({ tenantId: tenant.id, signOutRedirect: true, actor });
    await letCrmShowCti(store, tenant, crmOrigin);
    if (devTenant.connected) await connect(store, tenant, connectionDetails(oktaServer, devTenant));
  }
}

async function addTenant(store: SsoStore, devTenant: DevTenant, domain: string): Promise<Tenant> {
  const tenant = await store.addTenant({ name: devTenant.title, domain, actor });
  await store.setSsoEntitlement({ tenantId: tenant.id, entitled: true, actor });
  for (const person of PEOPLE) {
    if (person.ipscape === null) continue;
    const { role, products, disabled } = person.ipscape;
    const user = await store.addUser({
      tenantId: tenant.id,
      email: emailOf(person, devTenant),
      name: person.name,
      role,
      products,
      actor,
    });
    if (disabled === true)
      await store.setUserStatus({ tenantId: tenant.id, userId: user.id, status: 'disabled', actor });
  }
  return tenant;
}

/** The port may be another one than at the last start. */
async function letCrmShowCti(store: SsoStore, { id: tenantId }: Tenant, crmOrigin: string): Promise<void> {
  const seen = await store.findFrameOrigins(tenantId);
  const others = seen.filter((origin) => new URL(origin).hostname !== CRM_HOST);
  await store.setFrameOrigins({ tenantId, origins: [...others, crmOrigin], seen, actor });
}

/** Through the same steps as an administrator's: a draft, its authorisation, its activation. */
async function connect(store: SsoStore, tenant: Tenant, details: ReturnType<typeof connectionDetails>): Promise<void> {
  const context = { environment: 'development' } as const;
  const parsed = okta.parseConfig(details, context);
  if (!parsed.ok) throw new Error(`The local Okta's settings were refused: ${Object.values(parsed.errors).join(' ')}`);
  const { clientId, clientSecret, ...config } = { ...parsed.config };
  const issuer = okta.issuer({ ...parsed.config }, context);
  const current = await store.findConnection(tenant.id);
  if (current?.active?.issuer === issuer && current.active.clientId === clientId) return;
  const draft = await store.createDraft({
    tenantId: tenant.id,
    providerId: okta.id,
    issuer,
    clientId,
    config,
    clientSecret: { value: clientSecret },
    actor,
  });
  await store.markAuthorised({ tenantId: tenant.id, revisionId: draft.revisionId, actor });
  await store.activateRevision({ tenantId: tenant.id, revisionId: draft.revisionId, actor });
}
