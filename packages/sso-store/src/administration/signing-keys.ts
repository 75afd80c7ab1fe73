/**
 * @module
 * What an operator does with the keys of product tokens: look at them, replace them ahead of time or at once, and move
 * them to another encryption key. A private key is opened only to be sealed again, and never returned.
 */
import { PRODUCT_TOKEN_KEY_LEAD_SECONDS, SsoError } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { signingKeyPlace } from '../signing-key-place.js';
import { addSigningKey, auditNewKey, SIGNING_KEY_RETIREMENT_SECONDS } from '../signing-keys.js';
import type { StoreContext } from '../store-context.js';
import { notFound, refused } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

/** `next` is published and does not sign yet, `current` signs, `retired` only verifies what it signed. */
export type SigningKeyState = 'next' | 'current' | 'retired';

/** A key of product tokens that verifiers may need; never the private key. */
export interface SigningKeyStatus {
  /** As tokens and the published key set name it. */
  readonly kid: string;
  readonly state: SigningKeyState;
  /** In the future for a key that is published and does not sign yet. */
  readonly signsFrom: Date;
  /** When its successor takes over; null when there is none yet. */
  readonly signsUntil: Date | null;
  /** Id of the encryption key that the private key needs. */
  readonly keyId: string;
}

/** Names a signing key without telling it. */
export interface SigningKeyName {
  readonly tenantId: string;
  readonly kid: string;
}

/** What one batch did. All is done when `next` is null. */
export interface SigningKeyReencryption {
  /** Private keys that this batch moved to the first encryption key. */
  readonly reencrypted: number;
  /** Keys that no configured key opens; they were left as they are. */
  readonly unreadable: readonly SigningKeyName[];
  /** Where the next batch begins, or null when there is none. */
  readonly next: SigningKeyName | null;
}

/** What an operator does with the keys of product tokens. Changes are audited. */
export interface SigningKeyAdministration {
  /** The newest first; empty for a tenant that has never needed one. */
  listSigningKeys(tenantId: string): Promise<readonly SigningKeyStatus[]>;
  /**
   * Makes a successor before its time. `planned` publishes it now, and it signs after 25 hours: nobody notices. If a
   * successor is published already, it stays. `at-once` is for keys that somebody else has: it deletes all of the
   * tenant's keys and signs with the new one from now on. Tokens of the deleted keys end with their five minutes, or
   * when their verifier next fetches the keys, at the latest after an hour.
   *
   * @throws {SsoError} `not-found` for an unknown tenant
   */
  rotateSigningKeys(input: {
    readonly tenantId: string;
    readonly urgency: 'planned' | 'at-once';
    readonly actor: string;
  }): Promise<void>;
  /**
   * Encrypts up to `limit` private keys anew with the first encryption key, in one transaction, with an audit event
   * for each tenant. It may be stopped and begun again at any time.
   *
   * @throws {SsoError} `request-invalid` with reason `limit-invalid`
   */
  reencryptSigningKeys(input: {
    readonly after: SigningKeyName | null;
    readonly limit: number;
    readonly actor: string;
  }): Promise<SigningKeyReencryption>;
}

export function createSigningKeyAdministration(context: StoreContext): SigningKeyAdministration {
  const { db, keys } = context;
  return {
    async listSigningKeys(tenantId) {
      const { rows } = await sql<SigningKeyStatus>`
        select id as kid, signs_from as "signsFrom", signs_until as "signsUntil", key_id as "keyId",
               case when signs_from > now() then 'next'
                 when signs_until is null or signs_until > now() then 'current' else 'retired' end as state
        from signing_keys
        where tenant_id = ${tenantId} and (signs_until is null
          or signs_until > now() - make_interval(secs => ${SIGNING_KEY_RETIREMENT_SECONDS}::integer))
        order by signs_from desc, id`.execute(db);
      return rows;
    },
    async rotateSigningKeys({ tenantId, urgency, actor }) {
      await db.transaction().execute(async (transaction) => {
        // The tenant's row makes two rotations take turns.
        const tenant = await sql`select id from tenants where id = ${tenantId} for update`.execute(transaction);
        if (tenant.rows.length === 0) throw notFound('tenant');
        const inTransaction = { db: transaction, keys };
        const replaced =
          urgency === 'at-once'
            ? await sql`delete from signing_keys where tenant_id = ${tenantId} returning id`.execute(transaction)
            : await sql`
                update signing_keys
                set signs_until = now() + make_interval(secs => ${PRODUCT_TOKEN_KEY_LEAD_SECONDS}::integer)
                where tenant_id = ${tenantId} and signs_until is null and signs_from <= now()
                returning id`.execute(transaction);
        const hasPredecessor = urgency === 'planned' && replaced.rows.length > 0;
        const leadSeconds = hasPredecessor ? PRODUCT_TOKEN_KEY_LEAD_SECONDS : 0;
        const kid = await addSigningKey(inTransaction, { tenantId, leadSeconds });
        if (kid === null) return;
        const revoked = urgency === 'at-once' ? replaced.rows.length : 0;
        await auditNewKey(transaction, { tenantId, actor, kid, leadSeconds, revoked });
      });
    },
    async reencryptSigningKeys({ after, limit, actor }) {
      if (!Number.isInteger(limit) || limit <= 0) throw refused('limit-invalid');
      return await db.transaction().execute(async (transaction) => {
        const { rows } = await sql<SigningKeyName & { readonly ciphertext: string; readonly keyId: string }>`
          select tenant_id as "tenantId", id as kid, ciphertext, key_id as "keyId" from signing_keys
          where key_id <> ${keys.keyIds[0] ?? ''}
            and (tenant_id, id) > (${after?.tenantId ?? ''}, ${after?.kid ?? ''})
          order by tenant_id, id limit ${limit}::integer for update`.execute(transaction);
        const unreadable: SigningKeyName[] = [];
        const counts = new Map<string, number>();
        for (const row of rows) {
          if (await reencrypt({ db: transaction, keys }, row)) {
            counts.set(row.tenantId, (counts.get(row.tenantId) ?? 0) + 1);
          } else unreadable.push(toName(row));
        }
        for (const [tenantId, count] of counts) {
          const details = { keyId: keys.keyIds[0] ?? '', keys: count };
          const event = { tenantId, actor, subject: tenantId, details };
          await writeAuditEvent(transaction, { ...event, action: 'signing-keys-reencrypted' });
        }
        const last = rows.at(-1);
        return {
          reencrypted: rows.length - unreadable.length,
          unreadable,
          next: last === undefined || rows.length < limit ? null : toName(last),
        };
      });
    },
  };
}

async function reencrypt(
  { db, keys }: StoreContext,
  row: SigningKeyName & { readonly ciphertext: string; readonly keyId: string },
): Promise<boolean> {
  let privateJwk: string;
  try {
    privateJwk = keys.open(row, signingKeyPlace(row));
  } catch (error) {
    if (SsoError.is(error) && error.code === 'secret-unreadable') return false;
    throw error;
  }
  const sealed = keys.seal(privateJwk, signingKeyPlace(row));
  await db
    .updateTable('signing_keys')
    .set({ ciphertext: sealed.ciphertext, key_id: sealed.keyId })
    .where('tenant_id', '=', row.tenantId)
    .where('id', '=', row.kid)
    .execute();
  return true;
}

function toName({ tenantId, kid }: SigningKeyName): SigningKeyName {
  return { tenantId, kid };
}
