import { SsoError } from '@ipscape/sso-core';
import { type Kysely, sql } from 'kysely';
import type { Database, SecretSlot } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { type RevisionPlace, readClientSecret, writeClientSecret } from './client-secrets.js';
import { writeAuditEvent } from './write-audit-event.js';

/**
 * Gives a revision that is about to be restored the secret in force as its next one, if it is for the same client of
 * the same issuer: the restored one's own may have been rotated away since. Sign-ins still try that one first.
 */
export async function carryOverSecret(
  { db, keys }: StoreContext,
  restored: RevisionPlace,
  actor: string,
): Promise<void> {
  const { tenantId, revisionId, connectionId } = restored;
  const from = await findSameClient(db, restored);
  if (from === null) return;
  const context = { db, keys };
  const secret = await readIfReadable(context, { ...restored, revisionId: from }, 'current');
  if (secret === null) return;
  for (const slot of ['current', 'next'] as const) {
    if ((await readIfReadable(context, restored, slot)) === secret) return;
  }
  const revision = { tenantId, connectionId, revisionId };
  const fingerprint = await writeClientSecret(context, { revision, slot: 'next', secret });
  const details = { from, fingerprint };
  await writeAuditEvent(db, { tenantId, actor, action: 'client-secret-carried-over', subject: revisionId, details });
}

async function findSameClient(
  db: Kysely<Database>,
  { tenantId, connectionId, revisionId }: RevisionPlace,
): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select a.id from connection_revisions a
    join connection_revisions r on r.tenant_id = a.tenant_id and r.connection_id = a.connection_id
      and r.issuer = a.issuer and r.client_id = a.client_id and r.id = ${revisionId}
    where a.tenant_id = ${tenantId} and a.connection_id = ${connectionId} and a.state = 'active'`.execute(db);
  return rows[0]?.id ?? null;
}

/** A secret that no key opens must not stand in the way back. */
async function readIfReadable(
  context: StoreContext,
  revision: RevisionPlace,
  slot: SecretSlot,
): Promise<string | null> {
  try {
    return await readClientSecret(context, { revision, slot });
  } catch (error) {
    if (SsoError.is(error) && error.code === 'secret-unreadable') return null;
    throw error;
  }
}
