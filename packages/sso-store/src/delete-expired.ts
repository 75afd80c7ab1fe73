import { type RawBuilder, sql } from 'kysely';
import type { StoreContext } from './store-context.js';

/** Days that a line of the sign-in log is kept. */
export const SIGN_IN_LOG_DAYS = 30;
/** Days that an admin link is kept past its expiry, so that a late try is told apart from an unknown one. */
const ADMIN_LINK_DAYS = 30;

/** Past its absolute limit a session may wait for a call. */
const NO_CALL = sql`(call_expires_at is null or call_expires_at <= now())`;

/**
 * Deletes transactions past their expiry, sessions that were ended or are past their absolute limit, old lines
 * of the sign-in log and old admin links: at most `limit` rows of each, oldest first. Rows that somebody else works on are left for the
 * next time, so that several instances may do it at once. A session that merely idled out is dead already; its row
 * goes at its absolute limit.
 */
export async function deleteExpired({ db }: StoreContext, limit: number): Promise<number> {
  const transactions = await deleteBatch(db, 'transactions', sql`expires_at`, limit);
  const outlived = await deleteBatch(db, 'sessions', sql`absolute_expires_at`, limit, 0, NO_CALL);
  const ended = await deleteBatch(db, 'sessions', sql`ended_at`, limit - outlived);
  const logged = await deleteBatch(db, 'sign_in_log', sql`occurred_at`, limit, SIGN_IN_LOG_DAYS);
  const links = await deleteBatch(db, 'admin_links', sql`expires_at`, limit, ADMIN_LINK_DAYS);
  return transactions + outlived + ended + logged + links;
}

async function deleteBatch(
  db: StoreContext['db'],
  table: 'transactions' | 'sessions' | 'sign_in_log' | 'admin_links',
  time: RawBuilder<unknown>,
  limit: number,
  keepDays = 0,
  only = sql`true`,
): Promise<number> {
  const { rows } = await sql<{ deleted: number }>`
    with batch as (
      select tenant_id, id from ${sql.table(table)}
      where ${time} <= now() - make_interval(days => ${keepDays}::integer) and ${only}
      order by ${time} limit ${Math.max(limit, 0)}::integer for update skip locked
    ), gone as (
      delete from ${sql.table(table)} d using batch b where d.tenant_id = b.tenant_id and d.id = b.id returning 1
    )
    select count(*)::integer as deleted from gone`.execute(db);
  return rows[0]?.deleted ?? 0;
}
