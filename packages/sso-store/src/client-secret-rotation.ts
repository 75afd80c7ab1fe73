/**
 * @module
 * The other secret, for a sign-in whose secret the provider has just refused: the administrator may be rotating it.
 */
import type { SignInStore } from '@ipscape/sso-core';
import { writeClientSecret } from './administration/client-secrets.js';
import { writeAuditEvent } from './administration/write-audit-event.js';
import { clientSecretPlace } from './client-secret-place.js';
import type { StoreContext } from './store-context.js';

/** See {@link SignInStore.findOtherClientSecret}. The current slot comes first: another sign-in may have promoted. */
export async function findOtherClientSecret(
  { db, keys }: StoreContext,
  { tenantId, revisionId, refused }: Parameters<SignInStore['findOtherClientSecret']>[0],
): Promise<string | null> {
  const rows = await db
    .selectFrom('connection_secrets')
    .select(['connection_id as connectionId', 'slot', 'ciphertext', 'key_id as keyId'])
    .where('tenant_id', '=', tenantId)
    .where('revision_id', '=', revisionId)
    .orderBy('slot')
    .execute();
  for (const { connectionId, slot, ciphertext, keyId } of rows) {
    const secret = keys.open({ keyId, ciphertext }, clientSecretPlace({ tenantId, connectionId, revisionId, slot }));
    if (secret !== refused) return secret;
  }
  return null;
}

/** See {@link SignInStore.promoteClientSecret}. */
export async function promoteClientSecret(
  { db, keys }: StoreContext,
  { tenantId, revisionId, clientSecret, actor }: Parameters<SignInStore['promoteClientSecret']>[0],
): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const next = await transaction
      .selectFrom('connection_secrets')
      .select(['connection_id as connectionId', 'ciphertext', 'key_id as keyId'])
      .where('tenant_id', '=', tenantId)
      .where('revision_id', '=', revisionId)
      .where('slot', '=', 'next')
      .forUpdate()
      .executeTakeFirst();
    if (next === undefined) return false;
    const { connectionId, keyId, ciphertext } = next;
    const revision = { tenantId, connectionId, revisionId };
    if (keys.open({ keyId, ciphertext }, clientSecretPlace({ ...revision, slot: 'next' })) !== clientSecret) {
      return false;
    }
    await transaction
      .deleteFrom('connection_secrets')
      .where('tenant_id', '=', tenantId)
      .where('revision_id', '=', revisionId)
      .where('slot', '=', 'next')
      .execute();
    const context = { db: transaction, keys };
    const fingerprint = await writeClientSecret(context, { revision, slot: 'current', secret: clientSecret });
    const action = 'next-client-secret-promoted';
    await writeAuditEvent(transaction, { tenantId, actor, action, subject: revisionId, details: { fingerprint } });
    return true;
  });
}
