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

interface StandingRow {
  readonly entitled: boolean;
  readonly signed_in_at: Date | null;
  readonly linked: boolean;
  readonly read_at: Date;
}

/** When the session `s` last proved settings at the issuer in force; the sign-in of a proof is no older than its start. */
const provedInForce = sql`(
  select max(a.started_at) from authorisations a
  join connection_revisions p on p.tenant_id = a.tenant_id and p.id = a.revision_id
  join connections c on c.tenant_id = a.tenant_id and c.enabled
  join connection_revisions r on r.tenant_id = c.tenant_id and r.connection_id = c.id
    and r.state = 'active' and r.issuer = p.issuer
  where a.tenant_id = s.tenant_id and a.session_id = s.id and a.matched_user_id = s.user_id
    and a.status = 'succeeded' and a.started_at > least(s.auth_time, s.created_at))`;

export function createSettingsAccess(context: StoreContext): SettingsAccess {
  const { db } = context;
  return {
    openClientSecret: createClientSecretReader(context),
    async findActorStanding(tenantId, { userId, sessionId }) {
      const { rows } = await sql<StandingRow>`
        select coalesce(t.sso_entitled, false) as entitled, s.signed_in_at, l.id is not null as linked, now() as read_at
        from (select) as one
        left join tenants t on t.id = ${tenantId}
        left join lateral (
          select greatest(least(s.auth_time, s.created_at), ${provedInForce}) as signed_in_at
          from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
          where s.tenant_id = t.id and s.id = ${sessionId} and u.id = ${userId} and s.product = 'workspace'
            and u.status = 'active' and u.role = 'administrator'
            and s.ended_at is null and s.idle_expires_at > now() and s.absolute_expires_at > now()
        ) s on true
        left join settings_sessions l on l.tenant_id = t.id and l.id = ${sessionId} and l.actor = ${userId}
          and l.expires_at > now()`.execute(db);
      const [row] = rows;
      if (row === undefined) throw new TypeError('A query of one row answered none.');
      return {
        isAdministrator: row.linked || row.signed_in_at !== null,
        isEntitled: row.entitled,
        signedInAt: row.signed_in_at,
        readAt: row.read_at,
      };
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
