/**
 * @module
 * A provider's request to end a user's sessions, as one transaction: the token is used up, the sessions end and the
 * audit event says so, or nothing of it happens.
 */
import type { ProviderLogoutRequest, ProviderLogoutResult } from '@ipscape/sso-core';
import { type Kysely, sql } from 'kysely';
import { endSessions } from './administration/end-sessions.js';
import { writeAuditEvent } from './administration/write-audit-event.js';
import type { Database } from './database.js';
import type { StoreContext } from './store-context.js';

export async function endSessionsByProvider(
  { db }: StoreContext,
  request: ProviderLogoutRequest,
): Promise<ProviderLogoutResult> {
  const { tenantId, issuer, kind } = request;
  return await db.transaction().execute(async (transaction): Promise<ProviderLogoutResult> => {
    const { rows: used } = await sql`
      insert into provider_logouts (tenant_id, id, expires_at)
      values (${tenantId}, ${request.tokenHash}, to_timestamp(${request.tokenExpiresAtSeconds}::double precision))
      on conflict do nothing returning id`.execute(transaction);
    if (used.length === 0) return { outcome: 'repeated' };
    const userIds = await findUserIds(transaction, request);
    if (userIds.length === 0) return { outcome: 'user-unknown' };
    let endedSessions = 0;
    for (const userId of userIds) {
      const count = await endSessions(transaction, { tenantId, userId });
      endedSessions += count;
      const details = { kind, issuer, count };
      const event = {
        tenantId,
        actor: 'provider',
        action: 'sessions-ended-by-provider',
        subject: userId,
        details,
      } as const;
      await writeAuditEvent(transaction, event);
    }
    return { outcome: 'ended', endedSessions };
  });
}

/** By address: everybody who has it. To end one session too many is the safe mistake here. */
async function findUserIds(
  transaction: Kysely<Database>,
  { tenantId, issuer, user }: ProviderLogoutRequest,
): Promise<readonly string[]> {
  const rows =
    'subject' in user
      ? await transaction
          .selectFrom('identities')
          .select('user_id as id')
          .where((where) => where.and({ tenant_id: tenantId, issuer, subject: user.subject }))
          .execute()
      : await transaction
          .selectFrom('users')
          .select('id')
          .where((where) => where.and({ tenant_id: tenantId, email_canonical: user.canonicalEmail }))
          .orderBy('id')
          .execute();
  return rows.map((row) => row.id);
}
