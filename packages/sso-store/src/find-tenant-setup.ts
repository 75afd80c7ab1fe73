import type { TenantSetup } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { type ActiveConnectionRow, toActiveConnection } from './active-connection.js';
import type { StoreContext } from './store-context.js';

interface TenantSetupRow extends ActiveConnectionRow {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly sso_entitled: boolean;
  readonly legacy_http_callbacks: boolean;
  readonly sso_enforced: boolean;
  readonly frame_origins: readonly string[];
}

/** The tenant that is served under a domain, with its active connection: one query. */
export async function findTenantSetup({ db }: StoreContext, domain: string): Promise<TenantSetup | null> {
  const { rows } = await sql<TenantSetupRow>`
    select t.id, t.name, d.domain, t.sso_entitled, t.legacy_http_callbacks,
           t.sso_enforced_at is not null as sso_enforced, t.frame_origins,
           c.id as active_connection_id, r.id as active_revision_id, c.provider_id as active_provider_id,
           r.issuer as active_issuer, r.client_id as active_client_id, r.config as active_config
    from tenant_domains d
    join tenants t on t.id = d.tenant_id
    left join connections c on c.tenant_id = t.id and c.enabled and t.sso_entitled
    left join connection_revisions r on r.tenant_id = c.tenant_id and r.connection_id = c.id and r.state = 'active'
    where d.domain = ${domain}`.execute(db);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    tenant: {
      id: row.id,
      name: row.name,
      domain: row.domain,
      ssoEntitled: row.sso_entitled,
      legacyHttpCallbacks: row.legacy_http_callbacks,
      ssoEnforced: row.sso_enforced,
      frameOrigins: row.frame_origins,
    },
    connection: toActiveConnection(row),
  };
}
