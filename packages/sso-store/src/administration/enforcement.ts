/**
 * @module
 * Single sign-on as a tenant's only way in. Whether it may be is asked in the statement that makes it so.
 */
import {
  BREAK_GLASS_MAX_AGE_DAYS,
  DIRECTORY_CHECK_MAX_AGE_MINUTES,
  type DirectoryCoverage,
  type EnforcementResult,
  type EnforcementStore,
  type StoredEnforcementCondition,
} from '@ipscape/sso-core';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { COVERAGE_COLUMNS, checkDirectoryCoverage } from './directory-coverage.js';
import { lockTenantAndConnections } from './lock-connections.js';
import { notFound } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

type CoverageRow = { readonly [Name in keyof DirectoryCoverage]: DirectoryCoverage[Name] | null };

interface FactsRow {
  readonly enforced_at: Date | null;
  readonly enforced_by: string | null;
  readonly revision_id: string | null;
  readonly connection_id: string | null;
  readonly issuer: string | null;
  readonly connection: boolean;
  readonly directory: boolean;
  readonly link: boolean;
  readonly link_at: Date | null;
}

/** One row for a tenant that exists: the conditions as they stand for the reader's snapshot. */
const factsOf = (tenantId: string) => sql`
  select t.id as tenant_id, t.sso_enforced_at as enforced_at, t.sso_enforced_by as enforced_by,
         r.id as revision_id, r.connection_id, r.issuer,
         r.id is not null as connection,
         coalesce(d.checked_at > now() - make_interval(mins => ${DIRECTORY_CHECK_MAX_AGE_MINUTES}::integer)
           and d.issuer = r.issuer and d.administrators > 0, false) as directory,
         coalesce(l.redeemed_at > now() - make_interval(days => ${BREAK_GLASS_MAX_AGE_DAYS}::integer), false) as link,
         l.redeemed_at as link_at
  from tenants t
  left join connections c on c.tenant_id = t.id and c.enabled and t.sso_entitled
  left join connection_revisions r on r.tenant_id = c.tenant_id and r.connection_id = c.id and r.state = 'active'
    and r.authorised_at is not null
  left join directory_checks d on d.tenant_id = t.id
  left join lateral (
    select max(redeemed_at) as redeemed_at from admin_links where tenant_id = t.id
  ) l on true
  where t.id = ${tenantId}`;

export function createEnforcementAdministration({ db }: StoreContext): EnforcementStore {
  return {
    async findEnforcement(tenantId) {
      const { rows } = await sql<FactsRow & CoverageRow>`
        with f as (${factsOf(tenantId)})
        select f.*, ${COVERAGE_COLUMNS} from f left join directory_checks d on d.tenant_id = f.tenant_id`.execute(db);
      const row = rows[0];
      if (row === undefined) throw notFound('tenant');
      const { enforced_at: at, enforced_by: by } = row;
      return {
        enforced: at === null ? null : { at, by: by ?? '' },
        conditions: { connection: row.connection, 'directory-check': row.directory, 'break-glass-link': row.link },
        directory: toCoverage(row),
        breakGlassProvedAt: row.link_at,
      };
    },
    async checkDirectoryCoverage({ tenantId, actor }) {
      return await db.transaction().execute(async (transaction) => {
        const coverage = await checkDirectoryCoverage(transaction, { tenantId, actor });
        const { users, covered, administrators, withoutEmail, colliding, linkedElsewhere } = coverage;
        const details = { users, covered, administrators, withoutEmail, colliding, linkedElsewhere };
        await writeAuditEvent(transaction, {
          tenantId,
          actor,
          action: 'directory-checked',
          subject: tenantId,
          details,
        });
        return coverage;
      });
    },
    async enforceSso({ tenantId, actor, revisionId }) {
      return await db.transaction().execute(async (transaction): Promise<EnforcementResult> => {
        // Whoever disables, restores or activates waits, and then finds the tenant enforced.
        await lockTenantAndConnections(transaction, tenantId);
        const { rows } = await sql<FactsRow & { readonly written: boolean; readonly same: boolean }>`
          with f as (${factsOf(tenantId)}), written as (
            update tenants t set sso_enforced_at = now(), sso_enforced_by = ${actor.userId} from f
            where t.id = f.tenant_id and t.id = ${tenantId} and t.sso_entitled and t.sso_enforced_at is null
              and f.connection and f.directory and f.link and f.revision_id = ${revisionId}
            returning t.id
          )
          select f.*, f.revision_id is not distinct from ${revisionId} as same,
                 exists (select 1 from written) as written from f`.execute(transaction);
        const row = rows[0];
        if (row === undefined) throw notFound('tenant');
        if (row.written) {
          const endedSessions = await endOtherSessions(transaction, tenantId, actor.sessionId, row);
          const event = { tenantId, actor: actor.userId, subject: tenantId };
          const details = { revisionId, endedSessions };
          await writeAuditEvent(transaction, { ...event, action: 'sso-enforced', details });
          return { outcome: 'enforced', endedSessions };
        }
        if (row.enforced_at !== null) return { outcome: 'enforced', endedSessions: 0 };
        const missing = missingOf(row);
        const event = { tenantId, actor: actor.userId, subject: tenantId };
        const details = { attempted: 'enforce', reason: `missing: ${missing.join(', ')}` };
        await writeAuditEvent(transaction, { ...event, action: 'change-refused', details });
        return { outcome: 'not-ready', missing };
      });
    },
    async liftEnforcement({ tenantId, actor }) {
      return await db.transaction().execute(async (transaction) => {
        const { rows } = await sql<{ lifted: boolean }>`
          with before as (select id, sso_enforced_at from tenants where id = ${tenantId} for no key update)
          update tenants t set sso_enforced_at = null, sso_enforced_by = null from before b where t.id = b.id
          returning b.sso_enforced_at is not null as lifted`.execute(transaction);
        if (rows[0] === undefined) throw notFound('tenant');
        if (!rows[0].lifted) return false;
        await writeAuditEvent(transaction, { tenantId, actor, action: 'sso-enforcement-lifted', subject: tenantId });
        return true;
      });
    },
  };
}

function missingOf(row: FactsRow & { readonly same: boolean }): readonly StoredEnforcementCondition[] {
  return [
    // Another revision than the one whose provider was asked is as good as none.
    ...(row.connection && row.same ? [] : (['connection'] as const)),
    ...(row.directory ? [] : (['directory-check'] as const)),
    ...(row.link ? [] : (['break-glass-link'] as const)),
  ];
}

/** Whoever signed in otherwise than with the connection in force has to do it again, and so has every other link. */
async function endOtherSessions(
  transaction: Kysely<Database>,
  tenantId: string,
  ownSessionId: string,
  { connection_id: connectionId, issuer }: FactsRow,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with ended as (
      update sessions set ended_at = now()
      where tenant_id = ${tenantId} and ended_at is null
        and not (connection_id = ${connectionId} and issuer = ${issuer})
      returning idle_expires_at > now() and absolute_expires_at > now() as alive
    ), closed as (
      update settings_sessions set expires_at = now()
      where tenant_id = ${tenantId} and expires_at > now() and id <> ${ownSessionId}
      returning true as alive
    )
    select count(*)::integer as count from (select alive from ended union all select alive from closed) e
    where alive`.execute(transaction);
  return rows[0]?.count ?? 0;
}

function toCoverage(row: CoverageRow): DirectoryCoverage | null {
  const { checkedAt, checkedBy, users, covered, administrators, withoutEmail, colliding, linkedElsewhere } = row;
  if (checkedAt === null || checkedBy === null) return null;
  return {
    checkedAt,
    checkedBy,
    users: users ?? 0,
    covered: covered ?? 0,
    administrators: administrators ?? 0,
    withoutEmail: withoutEmail ?? 0,
    colliding: colliding ?? 0,
    linkedElsewhere: linkedElsewhere ?? 0,
  };
}
