import type { Kysely } from 'kysely';
import type { Database } from '../database.js';

/** Locks a tenant's connections: everything that changes which one is in force does it first. */
export async function lockConnections(transaction: Kysely<Database>, tenantId: string): Promise<void> {
  await transaction
    .selectFrom('connections')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .orderBy('id')
    .forUpdate()
    .execute();
}

/**
 * Locks the tenant and then its connections, in the order of whoever makes a draft. Returns whether single sign-on is
 * the tenant's only way in, which nobody can change before the transaction ends; null for an unknown tenant.
 */
export async function lockTenantAndConnections(
  transaction: Kysely<Database>,
  tenantId: string,
): Promise<boolean | null> {
  const tenant = await transaction
    .selectFrom('tenants')
    .select('sso_enforced_at')
    .where('id', '=', tenantId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  await lockConnections(transaction, tenantId);
  return tenant === undefined ? null : tenant.sso_enforced_at !== null;
}
