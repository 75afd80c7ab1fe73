/**
 * @module
 * Sign-ins under way. A row is claimed once and stays until it expires, so that a repeated callback is recognised.
 */
import { randomUUID } from 'node:crypto';
import type { NewTransaction, Product, Purpose, SignInTransaction, TransactionClaim } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { type ActiveConnectionRow, toActiveConnection } from './active-connection.js';
import { clientSecretPlace } from './client-secret-place.js';
import type { StoreContext } from './store-context.js';

interface TransactionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly product: Product;
  readonly purpose: Purpose;
  readonly connection_id: string;
  readonly revision_id: string;
  readonly issuer: string;
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly return_path: string;
  readonly nonce: string;
  readonly code_verifier: string;
  readonly browser_hash: string;
  readonly authorisation_id: string | null;
  readonly chooses_product: boolean;
  readonly handoff_id: string | null;
}

interface ClaimRow extends TransactionRow, ActiveConnectionRow {
  readonly expired: boolean;
  readonly ciphertext: string | null;
  readonly key_id: string | null;
}

const TRANSACTION_COLUMNS = sql.raw(
  ['id', 'tenant_id', 'product', 'purpose', 'connection_id', 'revision_id', 'issuer', 'client_id', 'redirect_uri']
    .concat([
      'return_path',
      'nonce',
      'code_verifier',
      'browser_hash',
      'authorisation_id',
      'chooses_product',
      'handoff_id',
    ])
    .map((column) => `t.${column}`)
    .join(', '),
);

/** The check of the revision is part of the statement: a start costs one round trip and cannot begin with an old one. */
export async function saveTransaction(
  { db }: StoreContext,
  transaction: NewTransaction,
): Promise<'saved' | 'superseded'> {
  const { tenantId, connectionId, revisionId } = transaction;
  const { rows } = await sql`
    insert into transactions (tenant_id, id, state_hash, product, purpose, connection_id, revision_id, issuer,
      client_id, redirect_uri, return_path, nonce, code_verifier, browser_hash, authorisation_id, chooses_product,
      handoff_id, expires_at)
    select ${tenantId}, ${randomUUID()}, ${transaction.stateHash}, ${transaction.product},
      ${transaction.purpose}, ${connectionId}, ${revisionId}, ${transaction.issuer},
      ${transaction.clientId}, ${transaction.redirectUri}, ${transaction.returnPath}, ${transaction.nonce},
      ${transaction.codeVerifier}, ${transaction.browserHash}, ${transaction.authorisationId ?? null}, ${transaction.choosesProduct ?? false},
      ${transaction.handoffId ?? null},
      now() + make_interval(secs => ${transaction.ttlSeconds}::double precision)
    where ${transaction.purpose} <> 'sign-in' or exists (
      select 1 from tenants n
      join connections c on c.tenant_id = n.id and c.id = ${connectionId} and c.enabled
      join connection_revisions r on r.tenant_id = c.tenant_id and r.connection_id = c.id
        and r.id = ${revisionId} and r.state = 'active'
      where n.id = ${tenantId} and n.sso_entitled)
    returning id`.execute(db);
  return rows.length === 0 ? 'superseded' : 'saved';
}

/**
 * Claims a transaction and reads the connection and secret that its callback works with, in one statement: for a
 * sign-in or a renewal the tenant's active revision; for a proof of settings the very revision under proof, unless a
 * newer one has replaced it. A second query tells `repeated` from `unknown` only when nothing was claimed.
 */
export async function claimTransaction(
  context: StoreContext,
  key: { readonly tenantId: string; readonly stateHash: string },
): Promise<TransactionClaim> {
  const { rows } = await sql<ClaimRow>`
    with t as (
      update transactions set claimed_at = now()
      where tenant_id = ${key.tenantId} and state_hash = ${key.stateHash} and claimed_at is null
      returning *
    )
    select ${TRANSACTION_COLUMNS}, t.expires_at <= now() as expired,
           c.id as active_connection_id, r.id as active_revision_id, c.provider_id as active_provider_id,
           r.issuer as active_issuer, r.client_id as active_client_id, r.config as active_config,
           s.ciphertext, s.key_id
    from t
    left join tenants n on n.id = t.tenant_id and n.sso_entitled
    left join connections c on c.tenant_id = n.id
      and case when t.purpose in ('sign-in', 'renew') then c.enabled else c.id = t.connection_id end
    left join connection_revisions r on r.tenant_id = c.tenant_id and r.connection_id = c.id
      and case when t.purpose in ('sign-in', 'renew') then r.state = 'active'
          else r.id = t.revision_id and r.state <> 'superseded' end
    left join connection_secrets s on s.tenant_id = r.tenant_id and s.revision_id = r.id and s.slot = 'current'
  `.execute(context.db);
  const row = rows[0];
  if (row === undefined) return await findClaimed(context, key);
  const transaction = toTransaction(row);
  if (row.expired) return { outcome: 'expired', transaction };
  return {
    outcome: 'claimed',
    transaction,
    connection: toActiveConnection(row),
    clientSecret: openSecret(context, row),
  };
}

async function findClaimed(
  { db }: StoreContext,
  key: { readonly tenantId: string; readonly stateHash: string },
): Promise<TransactionClaim> {
  const { rows } = await sql<TransactionRow>`
    select ${TRANSACTION_COLUMNS} from transactions t
    where t.tenant_id = ${key.tenantId} and t.state_hash = ${key.stateHash}`.execute(db);
  const row = rows[0];
  return row === undefined ? { outcome: 'unknown' } : { outcome: 'repeated', transaction: toTransaction(row) };
}

function openSecret({ keys }: StoreContext, row: ClaimRow): string | null {
  const { active_connection_id: connectionId, active_revision_id: revisionId, ciphertext, key_id: keyId } = row;
  if (connectionId === null || revisionId === null || ciphertext === null || keyId === null) return null;
  const place = clientSecretPlace({ tenantId: row.tenant_id, connectionId, revisionId, slot: 'current' });
  return keys.open({ keyId, ciphertext }, place);
}

function toTransaction(row: TransactionRow): SignInTransaction {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    product: row.product,
    purpose: row.purpose,
    connectionId: row.connection_id,
    revisionId: row.revision_id,
    issuer: row.issuer,
    clientId: row.client_id,
    redirectUri: row.redirect_uri,
    returnPath: row.return_path,
    nonce: row.nonce,
    codeVerifier: row.code_verifier,
    browserHash: row.browser_hash,
    ...(row.authorisation_id === null ? {} : { authorisationId: row.authorisation_id }),
    ...(row.chooses_product ? { choosesProduct: true as const } : {}),
    ...(row.handoff_id === null ? {} : { handoffId: row.handoff_id }),
  };
}
