/**
 * @module
 * What a tenant chose about the end of its sessions.
 */
import type { SessionPolicyStore } from '@ipscape/sso-core';
import { sql } from 'kysely';
import type { StoreContext } from '../store-context.js';
import { notFound } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

export function createSessionPolicyAdministration({ db }: StoreContext): SessionPolicyStore {
  return {
    async findSessionPolicy(tenantId) {
      const tenant = await db
        .selectFrom('tenants')
        .select('revocation_waits_for_calls as revocationWaitsForCalls')
        .where('id', '=', tenantId)
        .executeTakeFirst();
      return tenant ?? null;
    },
    async setSessionPolicy({ tenantId, revocationWaitsForCalls, actor }) {
      await db.transaction().execute(async (transaction) => {
        const tenant = await transaction
          .selectFrom('tenants')
          .select('revocation_waits_for_calls as waits')
          .where('id', '=', tenantId)
          .forUpdate()
          .executeTakeFirst();
        if (tenant === undefined) throw notFound('tenant');
        if (tenant.waits === revocationWaitsForCalls) return;
        await transaction
          .updateTable('tenants')
          .set({ revocation_waits_for_calls: revocationWaitsForCalls })
          .where('id', '=', tenantId)
          .execute();
        if (!revocationWaitsForCalls) {
          await transaction
            .updateTable('sessions')
            .set({ ended_at: sql<Date>`now()` })
            .where('tenant_id', '=', tenantId)
            .where('revoked_at', 'is not', null)
            .where('ended_at', 'is', null)
            .execute();
        }
        await writeAuditEvent(transaction, {
          tenantId,
          actor,
          action: 'revocation-waits-for-calls-changed',
          subject: tenantId,
          details: { revocationWaitsForCalls },
        });
      });
    },
  };
}
