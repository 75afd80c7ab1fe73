import { type RawBuilder, sql } from 'kysely';
import { SIGNING_KEY_RETIREMENT_SECONDS } from './signing-keys.js';
import type { StoreContext } from './store-context.js';

/** Days that a line of the sign-in log is kept. */
export const SIGN_IN_LOG_DAYS = 30;
/** Days that an admin link is kept past its expiry, so that a late try is told apart from an unknown one. */
const ADMIN_LINK_DAYS = 30;

/**
 * Deletes transactions past their expiry, sessions that were ended or are past their absolute limit, old lines
 * of the sign-in log, old admin links and keys of product tokens that are over: at most `limit` rows of each, oldest
 * first. Rows that somebody else works on are left for the
 * next time, so that several instances may do it at once. A session that merely idled out is dead already; its row
 * goes at its absolute limit.
 */
export async function deleteExpired({ db }: StoreContext, limit: number): Promise<number> {
  const transactions = await deleteBatch(db, 'transactions', sql`expires_at`, limit);
  const outlived = await deleteBatch(db, 'sessions', sql`absolute_expires_at`, limit);
  const ended = await deleteBatch(db, 'sessions', sql`ended_at`, limit - outlived);
  const logged = await deleteBatch(db, 'sign_in_log', sql`occurred_at`, limit, SIGN_IN_LOG_DAYS);
  const links = await deleteBatch(db, 'admin_links', sql`expires_at`, limit, ADMIN_LINK_DAYS);
  const keys = await deleteBatch(
    db,
    'signing_keys',
    sql`signs_until + make_interval(secs => ${SIGNING_KEY_RETIREMENT_SECONDS}::integer)`,
    limit,
  );
  return transactions + outlived + ended + logged + links + keys;
}

async function deleteBatch(
  db: StoreContext['db'],
  table: 'transactions' | 'sessions' | 'sign_in_log' | 'admin_links' | 'signing_keys',
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
