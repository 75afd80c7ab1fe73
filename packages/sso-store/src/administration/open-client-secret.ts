import { type ConnectionStore, SsoError } from '@ipscape/sso-core';
import { sql } from 'kysely';
import type { StoreContext } from '../store-context.js';
import { readClientSecret } from './client-secrets.js';
import { selectRevisions, toConnectionRevision } from './select-revisions.js';
import { writeAuditEvent } from './write-audit-event.js';

const WINDOW_MINUTES = 10;
const MAX_CHECKS = 5;

/** See {@link ConnectionStore.openClientSecret}. The audit events are the count. */
export function createClientSecretReader({ db, keys }: StoreContext): ConnectionStore['openClientSecret'] {
  return async ({ tenantId, actor, slot }) =>
    await db.transaction().execute(async (transaction) => {
      // One by one, so that none of several at once is overlooked by the count.
      await transaction
        .selectFrom('tenants')
        .select('id')
        .where('id', '=', tenantId)
        .forNoKeyUpdate()
        .executeTakeFirst();
      const row = await selectRevisions(transaction, tenantId)
        .where('r.state', '=', 'active')
        .clearOrderBy()
        .orderBy('c.enabled', 'desc')
        .orderBy('r.activated_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (row === undefined) return null;
      const { connectionId, revisionId, providerId, issuer, clientId, config } = toConnectionRevision(row);
      const recent = await sql<{ count: number }>`
        select count(*)::integer as count from audit_events
        where tenant_id = ${tenantId} and action = 'client-secret-checked'
          and occurred_at > now() - make_interval(mins => ${WINDOW_MINUTES}::integer)`.execute(transaction);
      if ((recent.rows[0]?.count ?? 0) >= MAX_CHECKS) throw new SsoError('too-many-requests');
      const revision = { tenantId, connectionId, revisionId };
      const clientSecret = await readClientSecret({ db: transaction, keys }, { revision, slot });
      if (clientSecret === null) return null;
      const event = { tenantId, actor, subject: revisionId, details: { slot } };
      await writeAuditEvent(transaction, { ...event, action: 'client-secret-checked' });
      return { connection: { connectionId, revisionId, providerId, issuer, clientId, config }, clientSecret };
    });
}
