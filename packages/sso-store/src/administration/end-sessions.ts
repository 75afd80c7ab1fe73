import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';

export interface EndSessionsFilter {
  readonly tenantId: string;
  readonly sessionId?: string;
  readonly userId?: string;
  readonly product?: string;
  readonly connectionId?: string;
  readonly identity?: { readonly issuer: string; readonly subject: string };
}

/**
 * Ends a tenant's sessions for good, so that undoing the change that ended them does not bring them back. Returns how
 * many of them were within their limits.
 */
export async function endSessions(transaction: Kysely<Database>, filter: EndSessionsFilter): Promise<number> {
  let update = transaction
    .updateTable('sessions')
    .set({ ended_at: sql<Date>`now()` })
    .where('tenant_id', '=', filter.tenantId)
    .where('ended_at', 'is', null);
  if (filter.sessionId !== undefined) update = update.where('id', '=', filter.sessionId);
  if (filter.userId !== undefined) update = update.where('user_id', '=', filter.userId);
  if (filter.product !== undefined) update = update.where('product', '=', filter.product);
  if (filter.connectionId !== undefined) update = update.where('connection_id', '=', filter.connectionId);
  if (filter.identity !== undefined) {
    update = update.where('issuer', '=', filter.identity.issuer).where('subject', '=', filter.identity.subject);
  }
  const alive = sql<boolean>`idle_expires_at > now() and absolute_expires_at > now()`.as('alive');
  const ended = await update.returning(alive).execute();
  return ended.filter((row) => row.alive).length;
}
