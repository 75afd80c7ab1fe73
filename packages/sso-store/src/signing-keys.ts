/**
 * @module
 * The keys of product tokens. Every tenant has its own, made when it is first needed. A successor is published long
 * before it signs, and a key stays published until the last token that it signed is over; so no rotation fails a
 * request. Times are the database's.
 */
import { PRODUCT_TOKEN_KEY_LEAD_SECONDS, type PublicSigningKey, type SigningKey } from '@ipscape/sso-core';
import { type Kysely, sql } from 'kysely';
import { writeAuditEvent } from './administration/write-audit-event.js';
import type { Database } from './database.js';
import { makeSigningKey } from './make-signing-key.js';
import { signingKeyPlace } from './signing-key-place.js';
import type { StoreContext } from './store-context.js';

/** A key's successor is published when it has signed for this long. */
export const SIGNING_KEY_ROTATION_DAYS = 30;
/** A token's lifetime, clocks that differ and what processes remember, several times over. */
export const SIGNING_KEY_RETIREMENT_SECONDS = 900;

const ROTATING_ACTOR = 'system:key-rotation';

interface SigningKeyRow {
  readonly id: string;
  readonly public_jwk: PublicSigningKey;
  readonly ciphertext: string;
  readonly key_id: string;
  readonly is_current: boolean;
}

/** See {@link SigningKeyStore.findSigningKey}. */
export async function findSigningKey(context: StoreContext, tenantId: string): Promise<SigningKey | null> {
  const row = (await currentRows(context, tenantId)).find(({ is_current }) => is_current);
  if (row === undefined) return null;
  const place = signingKeyPlace({ tenantId, kid: row.id });
  const privateJwk = context.keys.open({ keyId: row.key_id, ciphertext: row.ciphertext }, place);
  return { kid: row.id, privateJwk };
}

/** See {@link SigningKeyStore.listPublishedKeys}. */
export async function listPublishedKeys(context: StoreContext, tenantId: string): Promise<readonly PublicSigningKey[]> {
  return (await currentRows(context, tenantId)).map(({ public_jwk }) => public_jwk);
}

/** The published keys, the newest first; one statement unless a key is due. */
async function currentRows(context: StoreContext, tenantId: string): Promise<readonly SigningKeyRow[]> {
  const found = await readRows(context, tenantId);
  if (found.rows.length > 0 && !found.isDue) return found.rows;
  await beginRotation(context, tenantId);
  return (await readRows(context, tenantId)).rows;
}

async function readRows({ db }: StoreContext, tenantId: string) {
  const { rows } = await sql<SigningKeyRow & { is_due: boolean }>`
    select id, public_jwk, ciphertext, key_id,
           signs_from <= now() and (signs_until is null or signs_until > now()) as is_current,
           signs_until is null and signs_from <= now() - make_interval(days => ${SIGNING_KEY_ROTATION_DAYS}::integer)
             as is_due
    from signing_keys
    where tenant_id = ${tenantId}
      and (signs_until is null
        or signs_until > now() - make_interval(secs => ${SIGNING_KEY_RETIREMENT_SECONDS}::integer))
    order by signs_from desc, id`.execute(db);
  return { rows, isDue: rows.some(({ is_due }) => is_due) };
}

/** Of any number of callers on any number of instances one makes the key; the others find it made. */
async function beginRotation(context: StoreContext, tenantId: string): Promise<void> {
  await context.db.transaction().execute(async (transaction) => {
    const { rows } = await sql`
      update signing_keys set signs_until = now() + make_interval(secs => ${PRODUCT_TOKEN_KEY_LEAD_SECONDS}::integer)
      where tenant_id = ${tenantId} and signs_until is null
        and signs_from <= now() - make_interval(days => ${SIGNING_KEY_ROTATION_DAYS}::integer)
      returning id`.execute(transaction);
    const leadSeconds = rows.length === 0 ? 0 : PRODUCT_TOKEN_KEY_LEAD_SECONDS;
    const kid = await addSigningKey({ db: transaction, keys: context.keys }, { tenantId, leadSeconds });
    if (kid === null) return;
    await auditNewKey(transaction, { tenantId, actor: ROTATING_ACTOR, kid, leadSeconds, revoked: 0 });
  });
}

/** Null when the tenant has a key without an end already, or is unknown. */
export async function addSigningKey(
  { db, keys }: StoreContext,
  { tenantId, leadSeconds }: { readonly tenantId: string; readonly leadSeconds: number },
): Promise<string | null> {
  const { kid, publicJwk, privateJwk } = makeSigningKey();
  const sealed = keys.seal(privateJwk, signingKeyPlace({ tenantId, kid }));
  const { rows } = await sql`
    insert into signing_keys (tenant_id, id, public_jwk, ciphertext, key_id, signs_from)
    select t.id, ${kid}, ${JSON.stringify(publicJwk)}::jsonb, ${sealed.ciphertext}, ${sealed.keyId},
           now() + make_interval(secs => ${leadSeconds}::integer)
    from tenants t where t.id = ${tenantId}
    on conflict (tenant_id) where signs_until is null do nothing
    returning id`.execute(db);
  return rows.length === 1 ? kid : null;
}

export async function auditNewKey(
  transaction: Kysely<Database>,
  event: {
    readonly tenantId: string;
    readonly actor: string;
    readonly kid: string;
    readonly leadSeconds: number;
    readonly revoked: number;
  },
): Promise<void> {
  const { tenantId, actor, kid, leadSeconds, revoked } = event;
  const details = { signsAfterSeconds: leadSeconds, revoked };
  await writeAuditEvent(transaction, { tenantId, actor, action: 'signing-key-created', subject: kid, details });
}
