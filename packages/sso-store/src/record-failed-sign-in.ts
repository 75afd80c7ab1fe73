import type { SignInLogEntry } from '@ipscape/sso-core';
import { sql } from 'kysely';
import type { StoreContext } from './store-context.js';

/** Writes one line of a tenant's sign-in log. */
export async function recordFailedSignIn({ db }: StoreContext, entry: SignInLogEntry): Promise<void> {
  await sql`
    insert into sign_in_log (tenant_id, reference, product, purpose, stage, code, reason, user_id)
    values (${entry.tenantId}, ${entry.reference}, ${entry.product}, ${entry.purpose}, ${entry.stage},
      ${entry.code}, ${entry.reason}, ${entry.userId})`.execute(db);
}
