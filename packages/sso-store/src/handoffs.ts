/**
 * @module
 * Frames that wait for a sign-in in a window of its own. Each step is one statement with its conditions, so of any
 * number of callers one takes it.
 */
import type {
  HandoffKey,
  HandoffPoll,
  HandoffRedemption,
  HandoffSignIn,
  HandoffStatus,
  HandoffStore,
  NewHandoff,
  NewSession,
  Product,
  SsoErrorCode,
} from '@ipscape/sso-core';
import { type RawBuilder, sql } from 'kysely';
import { handoffIdTokenPlace } from './id-token-place.js';
import { openSession } from './sessions.js';
import type { StoreContext } from './store-context.js';

/** What a window's sign-in left; complete once the row is signed in. */
interface SignInRow {
  readonly product: Product;
  readonly user_id: string;
  readonly connection_id: string;
  readonly transaction_id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly auth_time_seconds: number | null;
  readonly id_token_ciphertext: string | null;
  readonly id_token_key_id: string | null;
  readonly reference: string;
  readonly query: string;
}

const IS_UNDER_WAY = sql`h.redeemed_at is null and h.cancelled_at is null and h.failed_at is null and h.expires_at > now()`;

function isHandoff({ tenantId, handoffId }: HandoffKey): RawBuilder<boolean> {
  return sql<boolean>`h.tenant_id = ${tenantId} and h.id = ${handoffId}`;
}

/** Signed in by the window with this secret, and not decided yet. */
function isAsked(key: HandoffKey & { readonly windowHash: string }): RawBuilder<boolean> {
  return sql<boolean>`${isHandoff(key)} and h.window_hash = ${key.windowHash} and h.signed_in_at is not null
    and h.confirmed_at is null and ${IS_UNDER_WAY}`;
}

export function createHandoffs(context: StoreContext): HandoffStore {
  const { db } = context;
  const isOne = async (statement: RawBuilder<unknown>): Promise<boolean> =>
    (await statement.execute(db)).rows.length === 1;
  return {
    createHandoff: (handoff) => createHandoff(context, handoff),
    openHandoff: (key) => openHandoff(context, key),
    completeHandoff: (signIn) => completeHandoff(context, signIn),
    failHandoff: (key) =>
      isOne(sql`
        update handoffs h set failed_at = now(), code = ${key.code}, reference = ${key.reference}
        where ${isHandoff(key)} and h.signed_in_at is null and ${IS_UNDER_WAY} returning h.id`),
    findHandoffToConfirm: (key) => findHandoffToConfirm(context, key),
    confirmHandoff: (key) =>
      isOne(sql`update handoffs h set confirmed_at = now() where ${isAsked(key)} returning h.id`),
    refuseHandoff: (key) =>
      isOne(sql`
        update handoffs h set cancelled_at = now(), code = 'handoff-refused', reference = ${key.reference}
        where ${isAsked(key)} returning h.id`),
    pollHandoff: (key) => pollHandoff(context, key),
    cancelHandoff: (key) =>
      isOne(sql`
        update handoffs h set cancelled_at = now()
        where ${isHandoff(key)} and h.verifier_hash = ${key.verifierHash} and ${IS_UNDER_WAY} returning h.id`),
    redeemHandoff: (redemption) => redeemHandoff(context, redemption),
  };
}

async function createHandoff({ db }: StoreContext, handoff: NewHandoff) {
  const { tenantId, handoffId, verifierHash, userAgentHash, number, query, ttlSeconds } = handoff;
  const { rows } = await sql<{ now: Date; expiresAt: Date }>`
    insert into handoffs (tenant_id, id, verifier_hash, user_agent_hash, number, query, expires_at)
    values (${tenantId}, ${handoffId}, ${verifierHash}, ${userAgentHash}, ${number}, ${query},
      now() + make_interval(secs => ${ttlSeconds}::integer))
    returning now() as now, expires_at as "expiresAt"`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new TypeError('An insert without a row.');
  return row;
}

async function openHandoff({ db }: StoreContext, key: HandoffKey & { readonly userAgentHash: string }) {
  const { rows } = await sql<{ query: string }>`
    update handoffs h set opened_at = now()
    where ${isHandoff(key)} and h.user_agent_hash = ${key.userAgentHash} and h.opened_at is null and ${IS_UNDER_WAY}
    returning h.query`.execute(db);
  return rows[0] ?? null;
}

async function completeHandoff({ db, keys }: StoreContext, signIn: HandoffSignIn): Promise<boolean> {
  const place = handoffIdTokenPlace(signIn.tenantId, signIn.handoffId);
  const idToken = signIn.idToken === null ? null : keys.seal(signIn.idToken, place);
  const { rows } = await sql`
    update handoffs h set signed_in_at = now(), window_hash = ${signIn.windowHash}, product = ${signIn.product},
      user_id = ${signIn.userId}, connection_id = ${signIn.connectionId}, transaction_id = ${signIn.transactionId},
      issuer = ${signIn.issuer}, subject = ${signIn.subject}, reference = ${signIn.reference},
      auth_time_seconds = ${signIn.authTimeSeconds}::double precision,
      id_token_ciphertext = ${idToken?.ciphertext ?? null}, id_token_key_id = ${idToken?.keyId ?? null}
    where ${isHandoff(signIn)} and h.opened_at is not null and h.signed_in_at is null and ${IS_UNDER_WAY}
    returning h.id`.execute(db);
  return rows.length === 1;
}

async function findHandoffToConfirm({ db }: StoreContext, key: HandoffKey & { readonly windowHash: string }) {
  const { rows } = await sql<{ number: string; name: string; email: string }>`
    select h.number, u.name, u.email from handoffs h
    join users u on u.tenant_id = h.tenant_id and u.id = h.user_id
    where ${isAsked(key)}`.execute(db);
  const [row] = rows;
  return row === undefined ? null : { number: row.number, user: { name: row.name, email: row.email } };
}

/** Counts first, whatever is then found: guesses at a verifier use the handoff up. */
async function pollHandoff(
  { db }: StoreContext,
  key: HandoffKey & { readonly verifierHash: string; readonly maxPolls: number },
): Promise<HandoffPoll | 'too-many' | null> {
  const { rows } = await sql<HandoffPoll & { polls: number; isOwn: boolean; isLive: boolean }>`
    update handoffs h set polls = least(h.polls + 1, ${key.maxPolls}::integer + 1) where ${isHandoff(key)}
    returning h.polls, h.verifier_hash = ${key.verifierHash} as "isOwn", h.code,
      case when h.code is null then null else h.reference end as reference,
      case when h.redeemed_at is not null then 'redeemed' when h.cancelled_at is not null then 'cancelled'
        when h.failed_at is not null then 'failed' when h.expires_at <= now() then 'expired'
        when h.confirmed_at is not null then 'confirmed' when h.opened_at is not null then 'opened'
        else 'created' end as status`.execute(db);
  const [row] = rows;
  if (row === undefined) return null;
  if (row.polls > key.maxPolls) return 'too-many';
  if (!row.isOwn) return null;
  return {
    status: row.status satisfies HandoffStatus,
    code: row.code satisfies SsoErrorCode | null,
    reference: row.reference,
  };
}

/** The winner of the update opens the session; the database undoes the update when that fails. */
async function redeemHandoff(context: StoreContext, redemption: HandoffRedemption): Promise<{ query: string } | null> {
  const { handleHash, idleSeconds, absoluteSeconds, tenantId, handoffId } = redemption;
  return context.db.transaction().execute(async (db) => {
    const { rows } = await sql<SignInRow>`
      update handoffs h set redeemed_at = now()
      where ${isHandoff(redemption)} and h.verifier_hash = ${redemption.verifierHash}
        and h.user_agent_hash = ${redemption.userAgentHash} and ${IS_UNDER_WAY}
        and h.confirmed_at > now() - make_interval(secs => ${redemption.redeemWithinSeconds}::integer)
      returning h.product, h.user_id, h.connection_id, h.transaction_id, h.issuer, h.subject, h.auth_time_seconds,
        h.id_token_ciphertext, h.id_token_key_id, h.reference, h.query`.execute(db);
    const [row] = rows;
    if (row === undefined) return null;
    const session: NewSession = {
      tenantId,
      userId: row.user_id,
      product: row.product,
      connectionId: row.connection_id,
      transactionId: row.transaction_id,
      issuer: row.issuer,
      subject: row.subject,
      handleHash,
      authTimeSeconds: row.auth_time_seconds,
      idleSeconds,
      absoluteSeconds,
      reference: row.reference,
      idToken: openIdToken(context, row, { tenantId, handoffId }),
    };
    await openSession({ ...context, db }, session);
    return { query: row.query };
  });
}

function openIdToken({ keys }: StoreContext, row: SignInRow, { tenantId, handoffId }: HandoffKey): string | null {
  const { id_token_ciphertext: ciphertext, id_token_key_id: keyId } = row;
  if (ciphertext === null || keyId === null) return null;
  return keys.open({ keyId, ciphertext }, handoffIdTokenPlace(tenantId, handoffId));
}
