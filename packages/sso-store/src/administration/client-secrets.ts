/**
 * @module
 * Client secrets of a revision in two slots, because a provider keeps two active while one replaces the other. They
 * are opened only to be sealed again in another place.
 */
import type { Kysely } from 'kysely';
import { clientSecretPlace } from '../client-secret-place.js';
import type { Database, SecretSlot } from '../database.js';
import type { StoreContext } from '../store-context.js';
import type { ConnectionAdministration, NewClientSecret } from './connection-administration.js';
import { notFound, refused } from './refusals.js';
import { type AuditAction, writeAuditEvent } from './write-audit-event.js';

export interface RevisionPlace {
  readonly tenantId: string;
  readonly connectionId: string;
  readonly revisionId: string;
}

/** Seals the secret to the slot, in place of what is there, and returns its fingerprint. */
export async function writeClientSecret(
  { db, keys }: StoreContext,
  { revision, slot, secret }: { readonly revision: RevisionPlace; readonly slot: SecretSlot; readonly secret: string },
): Promise<string> {
  if (secret === '') throw refused('client-secret-empty');
  const { keyId, ciphertext } = keys.seal(secret, clientSecretPlace({ ...revision, slot }));
  const fingerprint = keys.fingerprintOf(secret);
  const key = {
    tenant_id: revision.tenantId,
    connection_id: revision.connectionId,
    revision_id: revision.revisionId,
    slot,
  };
  await db
    .deleteFrom('connection_secrets')
    .where((where) => where.and(key))
    .execute();
  await db
    .insertInto('connection_secrets')
    .values({ ...key, ciphertext, key_id: keyId, fingerprint })
    .execute();
  return fingerprint;
}

/** The secret in a revision's slot, or null when the slot is empty. */
export async function readClientSecret(
  { db, keys }: StoreContext,
  { revision, slot }: { readonly revision: RevisionPlace; readonly slot: SecretSlot },
): Promise<string | null> {
  const row = await db
    .selectFrom('connection_secrets')
    .select(['ciphertext', 'key_id'])
    .where('tenant_id', '=', revision.tenantId)
    .where('revision_id', '=', revision.revisionId)
    .where('slot', '=', slot)
    .executeTakeFirst();
  if (row === undefined) return null;
  return keys.open({ keyId: row.key_id, ciphertext: row.ciphertext }, clientSecretPlace({ ...revision, slot }));
}

export function createClientSecretAdministration({
  db,
  keys,
}: StoreContext): Pick<
  ConnectionAdministration,
  'replaceClientSecret' | 'setNextClientSecret' | 'discardNextClientSecret' | 'promoteNextClientSecret'
> {
  async function set(input: NewClientSecret, slot: SecretSlot, action: AuditAction): Promise<void> {
    const { tenantId, actor, clientSecret: secret } = input;
    await db.transaction().execute(async (transaction) => {
      const context = { db: transaction, keys };
      const revision = await lockActiveRevision(transaction, tenantId);
      if (slot === 'next' && (await readClientSecret(context, { revision, slot: 'current' })) === secret) {
        throw refused('client-secret-same');
      }
      const fingerprint = await writeClientSecret(context, { revision, slot, secret });
      await writeAuditEvent(transaction, {
        tenantId,
        actor,
        action,
        subject: revision.revisionId,
        details: { fingerprint },
      });
    });
  }

  return {
    replaceClientSecret: (input) => set(input, 'current', 'client-secret-replaced'),
    setNextClientSecret: (input) => set(input, 'next', 'next-client-secret-set'),
    async discardNextClientSecret({ tenantId, actor }) {
      await db.transaction().execute(async (transaction) => {
        const { revisionId } = await lockActiveRevision(transaction, tenantId);
        const discarded = await transaction
          .deleteFrom('connection_secrets')
          .where('tenant_id', '=', tenantId)
          .where('revision_id', '=', revisionId)
          .where('slot', '=', 'next')
          .returning('fingerprint')
          .executeTakeFirst();
        if (discarded === undefined) throw notFound('next-client-secret');
        const action = 'next-client-secret-discarded';
        const { fingerprint } = discarded;
        await writeAuditEvent(transaction, { tenantId, actor, action, subject: revisionId, details: { fingerprint } });
      });
    },
    async promoteNextClientSecret({ tenantId, actor }) {
      await db.transaction().execute(async (transaction) => {
        const context = { db: transaction, keys };
        const revision = await lockActiveRevision(transaction, tenantId);
        const secret = await readClientSecret(context, { revision, slot: 'next' });
        if (secret === null) throw notFound('next-client-secret');
        const fingerprint = await writeClientSecret(context, { revision, slot: 'current', secret });
        await transaction
          .deleteFrom('connection_secrets')
          .where('tenant_id', '=', tenantId)
          .where('revision_id', '=', revision.revisionId)
          .where('slot', '=', 'next')
          .execute();
        const action = 'next-client-secret-promoted';
        await writeAuditEvent(transaction, {
          tenantId,
          actor,
          action,
          subject: revision.revisionId,
          details: { fingerprint },
        });
      });
    },
  };
}

async function lockActiveRevision(transaction: Kysely<Database>, tenantId: string): Promise<RevisionPlace> {
  const row = await transaction
    .selectFrom('connection_revisions as r')
    .innerJoin('connections as c', (join) =>
      join.onRef('c.tenant_id', '=', 'r.tenant_id').onRef('c.id', '=', 'r.connection_id'),
    )
    .select(['r.connection_id as connectionId', 'r.id as revisionId'])
    .where('r.tenant_id', '=', tenantId)
    .where('r.state', '=', 'active')
    .orderBy('c.enabled', 'desc')
    .orderBy('r.activated_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw notFound('active-revision');
  return { tenantId, ...row };
}
