/**
 * @module
 * Who may change a tenant's settings at this moment, and the sessions of those who cannot sign in yet.
 */
import { randomUUID } from 'node:crypto';
import type { ConnectionStore, SettingsSessionStore } from '@ipscape/sso-core';
import { sql } from 'kysely';
import type { StoreContext } from '../store-context.js';
import { createClientSecretReader } from './open-client-secret.js';
import { writeAuditEvent } from './write-audit-event.js';

type SettingsAccess = SettingsSessionStore &
  Pick<ConnectionStore, 'findActorStanding' | 'recordRefusal' | 'openClientSecret'>;

export function createSettingsAccess(context: StoreContext): SettingsAccess {
  const { db } = context;
  return {
    openClientSecret: createClientSecretReader(context),
    async findActorStanding(tenantId, { userId, sessionId }) {
      const { rows } = await sql<{ entitled: boolean; administrator: boolean }>`
        select t.sso_entitled as entitled, exists (
          select 1 from users u
          where u.tenant_id = t.id and u.id = ${userId} and u.status = 'active' and u.role = 'administrator'
            and exists (
              select 1 from sessions s where s.tenant_id = t.id and s.id = ${sessionId} and s.user_id = u.id
                and s.product = 'workspace' and s.ended_at is null and s.idle_expires_at > now()
                and s.absolute_expires_at > now())
        ) or exists (
          select 1 from settings_sessions s where s.tenant_id = t.id and s.id = ${sessionId}
            and s.actor = ${userId} and s.expires_at > now()
        ) as administrator
        from tenants t where t.id = ${tenantId}`.execute(db);
      return { isAdministrator: rows[0]?.administrator ?? false, isEntitled: rows[0]?.entitled ?? false };
    },
    async recordRefusal({ tenantId, actor, attempted, reason }) {
      const details = { attempted, reason };
      await writeAuditEvent(db, { tenantId, actor, action: 'change-refused', subject: tenantId, details });
    },
    async openSettingsSession({ tenantId, actor, handleHash, ttlSeconds }) {
      await sql`
        insert into settings_sessions (tenant_id, id, handle_hash, actor, expires_at)
        values (${tenantId}, ${randomUUID()}, ${handleHash}, ${actor},
          now() + make_interval(secs => ${ttlSeconds}::integer))`.execute(db);
    },
    async findSettingsSession({ tenantId, handleHash }) {
      const { rows } = await sql<{ session_id: string; actor: string }>`
        select s.id as session_id, s.actor from settings_sessions s
        where s.tenant_id = ${tenantId} and s.handle_hash = ${handleHash} and s.expires_at > now()`.execute(db);
      const row = rows[0];
      return row === undefined ? null : { sessionId: row.session_id, actor: row.actor };
    },
  };
}
