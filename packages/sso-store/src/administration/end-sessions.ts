import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';

export interface EndSessionsFilter {
  readonly tenantId: string;
  readonly userId?: string;
  readonly connectionId?: string;
  readonly identity?: { readonly issuer: string; readonly subject: string };
}

/** Ends a tenant's sessions for good, so that undoing the change that ended them does not bring them back. */
export async function endSessions(transaction: Kysely<Database>, filter: EndSessionsFilter): Promise<void> {
  let update = transaction
    .updateTable('sessions')
    .set({ ended_at: sql<Date>`now()` })
    .where('tenant_id', '=', filter.tenantId)
    .where('ended_at', 'is', null);
  if (filter.userId !== undefined) update = update.where('user_id', '=', filter.userId);
  if (filter.connectionId !== undefined) update = update.where('connection_id', '=', filter.connectionId);
  if (filter.identity !== undefined) {
    update = update.where('issuer', '=', filter.identity.issuer).where('subject', '=', filter.identity.subject);
  }
  await update.execute();
}
