import { type RawBuilder, sql } from 'kysely';
import type { StoreContext } from './store-context.js';

/** Days that a line of the sign-in log is kept. */
export const SIGN_IN_LOG_DAYS = 30;
/** Days that an admin link is kept past its expiry, so that a late try is told apart from an unknown one. */
const ADMIN_LINK_DAYS = 30;
/** Days that a proof of settings is kept after a newer one of its revision, or after its revision was superseded. */
const AUTHORISATION_DAYS = 30;

/**
 * Deletes transactions past their expiry, sessions that were ended or are past their absolute limit, old lines of the
 * sign-in log, old admin links and the sessions they opened, answers kept for repeated requests, and old proofs of
 * settings that nothing rests on any more: at most `limit` rows of each, oldest first. Rows that somebody else works
 * on are left for the next time, so that several instances may do it at once. A session that merely idled out is dead
 * already; its row goes at its absolute limit.
 */
export async function deleteExpired({ db }: StoreContext, limit: number): Promise<number> {
  const transactions = await deleteBatch(db, 'transactions', sql`expires_at`, limit);
  const outlived = await deleteBatch(db, 'sessions', sql`absolute_expires_at`, limit);
  const ended = await deleteBatch(db, 'sessions', sql`ended_at`, limit - outlived);
  const logged = await deleteBatch(db, 'sign_in_log', sql`occurred_at`, limit, SIGN_IN_LOG_DAYS);
  const links = await deleteBatch(db, 'admin_links', sql`expires_at`, limit, ADMIN_LINK_DAYS);
  const settings = await deleteBatch(db, 'settings_sessions', sql`expires_at`, limit);
  const answers = await deleteBatch(db, 'idempotency_keys', sql`expires_at`, limit);
  const proofs = await deleteAuthorisations(db, limit);
  return transactions + outlived + ended + logged + links + settings + answers + proofs;
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
  table: 'transactions' | 'sessions' | 'sign_in_log' | 'admin_links' | 'settings_sessions' | 'idempotency_keys',
  time: RawBuilder<unknown>,
  limit: number,
  keepDays = 0,
): Promise<number> {
  const { rows } = await sql<{ deleted: number }>`
    with batch as (
      select tenant_id, id from ${sql.table(table)}
      where ${time} <= now() - make_interval(days => ${keepDays}::integer)
      order by ${time} limit ${Math.max(limit, 0)}::integer for update skip locked
    ), gone as (
      delete from ${sql.table(table)} d using batch b where d.tenant_id = b.tenant_id and d.id = b.id returning 1
    )
    select count(*)::integer as deleted from gone`.execute(db);
  return rows[0]?.deleted ?? 0;
}
