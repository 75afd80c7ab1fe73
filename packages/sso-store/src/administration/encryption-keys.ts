/**
 * @module
 * Which encryption keys the stored secrets need, and moving them to the first one. A secret is opened only to be
 * sealed again, and never returned.
 */
import { SsoError } from '@ipscape/sso-core';
import { type Kysely, sql } from 'kysely';
import { clientSecretPlace } from '../client-secret-place.js';
import type { Database, SecretSlot } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { refused } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

/** One key of the ring, or one that only the database knows; never the key itself. */
export interface EncryptionKeyStatus {
  /** As the configuration names it. */
  readonly id: string;
  /** Whether this process was given the key. */
  readonly configured: boolean;
  /** Whether new secrets are encrypted with it: the first of the configured keys. */
  readonly encrypts: boolean;
  /** Stored client secrets and private signing keys that need it. */
  readonly secrets: number;
  /** When the database first saw a process with the key; null when it never did. */
  readonly firstUsedAt: Date | null;
}

/** Names a stored client secret without telling it. */
export interface ClientSecretKey {
  readonly tenantId: string;
  readonly revisionId: string;
  readonly slot: SecretSlot;
}

/** What one batch did. All is done when `next` is null. */
export interface ReencryptionBatch {
  /** Secrets that this batch moved to the first key. */
  readonly reencrypted: number;
  /** Secrets that no configured key opens; they were left as they are. */
  readonly unreadable: readonly ClientSecretKey[];
  /** Where the next batch begins, or null when there is none. */
  readonly next: ClientSecretKey | null;
}

/** Whether one stored secret can still be used; never the secret. */
export interface ClientSecretCheck {
  readonly slot: SecretSlot;
  /** Id of the encryption key that the secret needs. */
  readonly keyId: string;
  /** False when no configured key opens it: then no sign-in can use it. */
  readonly readable: boolean;
}

/** What an operator does when encryption keys rotate. */
export interface EncryptionKeyAdministration {
  /** The configured keys in their order, then any other that the database knows. Counts over all tenants. */
  listEncryptionKeys(): Promise<readonly EncryptionKeyStatus[]>;
  /**
   * Encrypts up to `limit` secrets anew with the first key, in one transaction, with an audit event for each tenant.
   * Their fingerprints change with the key. It may be stopped and begun again at any time: what is done is not found
   * a second time. Every running instance must have the first key before.
   *
   * @throws {SsoError} `request-invalid` with reason `limit-invalid`
   */
  reencryptClientSecrets(input: {
    readonly after: ClientSecretKey | null;
    readonly limit: number;
    readonly actor: string;
  }): Promise<ReencryptionBatch>;
  /** Whether the secrets of the tenant's active revisions can be decrypted. */
  checkClientSecrets(tenantId: string): Promise<readonly ClientSecretCheck[]>;
}

interface SecretRow {
  readonly tenantId: string;
  readonly connectionId: string;
  readonly revisionId: string;
  readonly slot: SecretSlot;
  readonly ciphertext: string;
  readonly keyId: string;
}

export function createEncryptionKeyAdministration(context: StoreContext): EncryptionKeyAdministration {
  const { db, keys } = context;
  return {
    async listEncryptionKeys() {
      const { rows } = await sql<{ id: string; secrets: number; firstUsedAt: Date | null }>`
        with stored as (select key_id from connection_secrets union all select key_id from signing_keys),
          needed as (select key_id, count(*)::integer as secrets from stored group by key_id)
        select coalesce(k.id, n.key_id) as id, k.first_used_at as "firstUsedAt", coalesce(n.secrets, 0) as secrets
        from encryption_keys k full join needed n on n.key_id = k.id
        order by k.first_used_at, 1`.execute(db);
      const known = new Map(rows.map((row) => [row.id, row]));
      const ids = [...new Set([...keys.keyIds, ...known.keys()])];
      return ids.map((id) => ({
        id,
        configured: keys.keyIds.includes(id),
        encrypts: keys.keyIds[0] === id,
        secrets: known.get(id)?.secrets ?? 0,
        firstUsedAt: known.get(id)?.firstUsedAt ?? null,
      }));
    },
    async reencryptClientSecrets({ after, limit, actor }) {
      if (!Number.isInteger(limit) || limit <= 0) throw refused('limit-invalid');
      return await db.transaction().execute(async (transaction) => {
        const rows = await lockBatch({ db: transaction, keys }, after, limit);
        const unreadable: ClientSecretKey[] = [];
        const counts = new Map<string, number>();
        for (const row of rows) {
          if (await reencrypt({ db: transaction, keys }, row)) {
            counts.set(row.tenantId, (counts.get(row.tenantId) ?? 0) + 1);
          } else unreadable.push(toKey(row));
        }
        await auditReencryption(transaction, { counts, keyId: keys.keyIds[0] ?? '', actor });
        const last = rows.at(-1);
        return {
          reencrypted: rows.length - unreadable.length,
          unreadable,
          next: last === undefined || rows.length < limit ? null : toKey(last),
        };
      });
    },
    async checkClientSecrets(tenantId) {
      const { rows } = await sql<SecretRow>`
        select s.tenant_id as "tenantId", s.connection_id as "connectionId", s.revision_id as "revisionId", s.slot,
               s.ciphertext, s.key_id as "keyId"
        from connection_secrets s
        join connection_revisions r on r.tenant_id = s.tenant_id and r.id = s.revision_id
        where s.tenant_id = ${tenantId} and r.state = 'active' order by s.slot`.execute(db);
      return rows.map((row) => ({ slot: row.slot, keyId: row.keyId, readable: open(context, row) !== null }));
    },
  };
}

async function lockBatch({ db, keys }: StoreContext, after: ClientSecretKey | null, limit: number) {
  const { rows } = await sql<SecretRow>`
    select tenant_id as "tenantId", connection_id as "connectionId", revision_id as "revisionId", slot, ciphertext,
           key_id as "keyId"
    from connection_secrets
    where key_id <> ${keys.keyIds[0] ?? ''}
      and (tenant_id, revision_id, slot) > (${after?.tenantId ?? ''}, ${after?.revisionId ?? ''}, ${after?.slot ?? ''})
    order by tenant_id, revision_id, slot limit ${limit}::integer for update`.execute(db);
  return rows;
}

async function reencrypt(context: StoreContext, row: SecretRow): Promise<boolean> {
  const secret = open(context, row);
  if (secret === null) return false;
  const sealed = context.keys.seal(secret, clientSecretPlace(row));
  await context.db
    .updateTable('connection_secrets')
    .set({
      ciphertext: sealed.ciphertext,
      key_id: sealed.keyId,
      fingerprint: context.keys.fingerprintOf(secret),
    })
    .where('tenant_id', '=', row.tenantId)
    .where('revision_id', '=', row.revisionId)
    .where('slot', '=', row.slot)
    .execute();
  return true;
}

function open({ keys }: StoreContext, row: SecretRow): string | null {
  try {
    return keys.open(row, clientSecretPlace(row));
  } catch (error) {
    if (SsoError.is(error) && error.code === 'secret-unreadable') return null;
    throw error;
  }
}

async function auditReencryption(
  transaction: Kysely<Database>,
  input: { readonly counts: ReadonlyMap<string, number>; readonly keyId: string; readonly actor: string },
): Promise<void> {
  for (const [tenantId, secrets] of input.counts) {
    await writeAuditEvent(transaction, {
      tenantId,
      actor: input.actor,
      action: 'client-secrets-reencrypted',
      subject: tenantId,
      details: { keyId: input.keyId, secrets },
    });
  }
}

function toKey({ tenantId, revisionId, slot }: SecretRow): ClientSecretKey {
  return { tenantId, revisionId, slot };
}
