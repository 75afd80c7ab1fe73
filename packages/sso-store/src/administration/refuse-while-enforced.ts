import { SsoError } from '@ipscape/sso-core';
import type { Kysely } from 'kysely';
import type { Database } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { lockTenantAndConnections } from './lock-connections.js';
import { writeAuditEvent } from './write-audit-event.js';

interface Change {
  readonly tenantId: string;
  readonly actor: string;
  /** What was tried, for the audit trail. */
  readonly attempted: string;
}

/**
 * Runs a change that takes the tenant's way in away, unless single sign-on is its only one: nobody would get in any
 * more. The tenant stays locked until the change is made, so that it cannot be enforced in between.
 *
 * @throws {SsoError} `sso-enforced`; the refusal is audited
 */
export async function refuseWhileEnforced(
  { db }: StoreContext,
  { tenantId, actor, attempted }: Change,
  change: (transaction: Kysely<Database>) => Promise<void>,
): Promise<void> {
  const isRefused = await db.transaction().execute(async (transaction) => {
    if ((await lockTenantAndConnections(transaction, tenantId)) !== true) {
      await change(transaction);
      return false;
    }
    const details = { attempted, reason: 'sso-enforced' };
    await writeAuditEvent(transaction, { tenantId, actor, action: 'change-refused', subject: tenantId, details });
    return true;
  });
  if (isRefused) throw new SsoError('sso-enforced');
}
