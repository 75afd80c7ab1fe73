/**
 * @module
 * What a tenant chose about the end of its sessions.
 */
import { sql } from 'kysely';
import type { StoreContext } from '../store-context.js';
import { notFound } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

export interface SessionPolicy {
  /** Whether a session that is revoked during a call ends with the call. Default: no, it ends at once. */
  readonly revocationWaitsForCalls: boolean;
}

export interface SessionPolicyAdministration {
  /** Null when there is no such tenant. */
  findSessionPolicy(tenantId: string): Promise<SessionPolicy | null>;
  /**
   * Takes effect with the next revocation; switched off, it ends at once the sessions that wait. A choice that is made
   * already changes nothing and is not audited.
   *
   * @throws {SsoError} `not-found` when there is no such tenant
   */
  setSessionPolicy(input: SessionPolicy & { readonly tenantId: string; readonly actor: string }): Promise<void>;
}

export function createSessionPolicyAdministration({ db }: StoreContext): SessionPolicyAdministration {
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
