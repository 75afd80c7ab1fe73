import { type RawBuilder, sql } from 'kysely';
import { SIGNING_KEY_RETIREMENT_SECONDS } from './signing-keys.js';
import type { StoreContext } from './store-context.js';

/** Days that a line of the sign-in log is kept. */
export const SIGN_IN_LOG_DAYS = 30;
/** Days that an admin link is kept past its expiry, so that a late try is told apart from an unknown one. */
const ADMIN_LINK_DAYS = 30;
/** Days that a proof of settings is kept after a newer one of its revision, or after its revision was superseded. */
const AUTHORISATION_DAYS = 30;

type ExpiringTable =
  | 'handoffs'
  | 'transactions'
  | 'sessions'
  | 'sign_in_log'
  | 'admin_links'
  | 'provider_logouts'
  | 'signing_keys'
  | 'settings_sessions'
  | 'idempotency_keys';

/** Past its absolute limit a session may wait for a call. */
const NO_CALL = sql`(call_expires_at is null or call_expires_at <= now())`;

/** What goes: rows whose time lies in the past, by at least so many days. */
const EXPIRING: readonly {
  readonly table: ExpiringTable;
  readonly time: RawBuilder<unknown>;
  readonly days?: number;
  /** Which of them; all by default. */
  readonly only?: RawBuilder<unknown>;
}[] = [
  { table: 'handoffs', time: sql`expires_at` },
  { table: 'transactions', time: sql`expires_at` },
  { table: 'sessions', time: sql`absolute_expires_at`, only: NO_CALL },
  { table: 'sessions', time: sql`ended_at` },
  { table: 'sign_in_log', time: sql`occurred_at`, days: SIGN_IN_LOG_DAYS },
  { table: 'admin_links', time: sql`expires_at`, days: ADMIN_LINK_DAYS },
  { table: 'settings_sessions', time: sql`expires_at` },
  { table: 'idempotency_keys', time: sql`expires_at` },
  { table: 'provider_logouts', time: sql`expires_at` },
  {
    table: 'signing_keys',
    time: sql`signs_until + make_interval(secs => ${SIGNING_KEY_RETIREMENT_SECONDS}::integer)`,
  },
];

/**
 * Deletes handoffs and transactions past their expiry, sessions that were ended or are past their absolute limit, old lines of the
 * sign-in log, old admin links and the sessions they opened, answers kept for repeated requests, old proofs of settings
 * that nothing rests on any more, used logout tokens past their expiry and keys of product tokens that are over: at most
 * `limit` rows of each, oldest first. Rows that somebody else works on are left for the next time, so that several
 * instances may do it at once. A session that merely idled out is dead already; its row goes at its absolute limit.
 */
export async function deleteExpired({ db }: StoreContext, limit: number): Promise<number> {
  const deleted = new Map<ExpiringTable, number>();
  for (const { table, time, days = 0, only = sql`true` } of EXPIRING) {
    const before = deleted.get(table) ?? 0;
    deleted.set(table, before + (await deleteBatch(db, { table, time, days, only, limit: limit - before })));
  }
  const proofs = await deleteAuthorisations(db, limit);
  return [...deleted.values()].reduce((sum, count) => sum + count, proofs);
}

/** Never the newest proof of a revision that may be, or is, in force: Save rests on it, and the page shows it. */
async function deleteAuthorisations(db: StoreContext['db'], limit: number): Promise<number> {
  const { rows } = await sql<{ deleted: number }>`
    with batch as (
      select a.tenant_id, a.id from authorisations a
      join connection_revisions r on r.tenant_id = a.tenant_id and r.id = a.revision_id
      where a.started_at <= now() - make_interval(days => ${AUTHORISATION_DAYS}::integer)
        and (r.state = 'superseded' or exists (select 1 from authorisations n
          where n.tenant_id = a.tenant_id and n.revision_id = a.revision_id and n.started_at > a.started_at))
      order by a.started_at limit ${Math.max(limit, 0)}::integer for update of a skip locked
    ), rounds as (
      delete from authorisation_rounds d using batch b where d.tenant_id = b.tenant_id and d.authorisation_id = b.id
    ), gone as (
      delete from authorisations d using batch b where d.tenant_id = b.tenant_id and d.id = b.id returning 1
    )
    select count(*)::integer as deleted from gone`.execute(db);
  return rows[0]?.deleted ?? 0;
}

async function deleteBatch(
  db: StoreContext['db'],
  {
    table,
    time,
    days,
    only,
    limit,
  }: {
    readonly table: ExpiringTable;
    readonly time: RawBuilder<unknown>;
    readonly days: number;
    readonly only: RawBuilder<unknown>;
    readonly limit: number;
  },
): Promise<number> {
  const { rows } = await sql<{ deleted: number }>`
    with batch as (
      select tenant_id, id from ${sql.table(table)}
      where ${time} <= now() - make_interval(days => ${days}::integer) and ${only}
      order by ${time} limit ${Math.max(limit, 0)}::integer for update skip locked
    ), gone as (
      delete from ${sql.table(table)} d using batch b where d.tenant_id = b.tenant_id and d.id = b.id returning 1
    )
    select count(*)::integer as deleted from gone`.execute(db);
  return rows[0]?.deleted ?? 0;
}
