/**
 * @module
 * Sessions. The row is the truth, and every limit is computed from the database's clock.
 */
import { randomUUID } from 'node:crypto';
import { type NewSession, type SessionKey, type SessionView, SsoError, type UserRole } from '@ipscape/sso-core';
import { type RawBuilder, sql } from 'kysely';
import { idTokenPlace } from './id-token-place.js';
import { SESSION_LIFE_COLUMNS, type SessionLifeRow, toSessionLife } from './session-life.js';
import type { StoreContext } from './store-context.js';

interface SessionRow extends SessionLifeRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly domain: string;
  readonly user_id: string;
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  readonly auth_time: Date;
  readonly transaction_id: string;
}

/**
 * Opens the session, writes the sign-in log and dates the identity in one statement. A sign-in that was under way when
 * the user's sessions were ended opens none: whoever ended them does not know of it.
 *
 * @throws {SsoError} `user-inactive` when the tenant has no such active user; `product-not-permitted`;
 *   `transaction-expired` when the user was signed out meanwhile; `connection-changed` when the identity is not the
 *   user's, or the connection not in force with its issuer. Nothing is written then.
 */
export async function openSession(context: StoreContext, session: NewSession): Promise<void> {
  const source = sql`permitted u where not ${wasOvertaken(session)}`;
  const { rows } = await sql<{ id: string }>`
    with ${permitted(session)}, ${openedFrom(context, session, 'sign-in', source)}
    select id from opened`.execute(context.db);
  if (rows.length === 0) throw await explainRefusal(context, session);
}

/**
 * What a session rests on: an active user who may use the product, the identity that is pinned to them, and the
 * connection in force with the identity's issuer. As one row, or none, and locked until the statement's end: whoever
 * takes one of these away at the same moment waits and then ends the session, or has done it before and there is none.
 * What was waited for is what is judged, here and by whoever reads it.
 *
 * The user comes before any session in every order of locks, and nobody who holds a connection or an identity waits for
 * a user.
 */
export function permitted(session: NewSession): RawBuilder<unknown> {
  const { tenantId, userId, product, connectionId, issuer, subject } = session;
  return sql`permitted as materialized (
      select u.tenant_id, u.id, u.signed_out_at from users u
      join identities i on i.tenant_id = u.tenant_id and i.user_id = u.id
        and i.issuer = ${issuer} and i.subject = ${subject}
      join connections c on c.tenant_id = u.tenant_id and c.id = ${connectionId} and c.enabled
      join connection_revisions r on r.tenant_id = c.tenant_id and r.connection_id = c.id
        and r.state = 'active' and r.issuer = i.issuer
      where u.tenant_id = ${tenantId} and u.id = ${userId} and u.status = 'active' and ${product} = any(u.products)
      for no key update of i for share of u, c, r
    )`;
}

function wasOvertaken({ transactionId }: NewSession): RawBuilder<unknown> {
  return sql`exists (select from transactions x
    where x.tenant_id = u.tenant_id and x.id = ${transactionId} and x.created_at < u.signed_out_at)`;
}

async function explainRefusal({ db }: StoreContext, session: NewSession): Promise<SsoError> {
  const { rows } = await sql<{ permitted: boolean; overtaken: boolean }>`
    select ${session.product} = any(u.products) as permitted, ${wasOvertaken(session)} as overtaken from users u
    where u.tenant_id = ${session.tenantId} and u.id = ${session.userId} and u.status = 'active'`.execute(db);
  const [user] = rows;
  const stage = 'session';
  if (user === undefined) return new SsoError('user-inactive', { stage });
  if (!user.permitted) return new SsoError('product-not-permitted', { stage });
  if (!user.overtaken) return new SsoError('connection-changed', { stage });
  return new SsoError('transaction-expired', { stage, details: { reason: 'signed-out-meanwhile' } });
}

/** The common table expressions that open a session for the users `u` of a source; `opened` has its row. */
export function openedFrom(
  { keys }: StoreContext,
  session: NewSession,
  purpose: 'sign-in' | 'renew',
  source: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const id = randomUUID();
  const idToken = session.idToken === null ? null : keys.seal(session.idToken, idTokenPlace(session.tenantId, id));
  return sql`opened as (
      insert into sessions (tenant_id, id, handle_hash, product, user_id, connection_id, transaction_id, issuer,
        subject, auth_time, idle_seconds, idle_expires_at, absolute_expires_at,
        id_token_ciphertext, id_token_key_id)
      select u.tenant_id, ${id}, ${session.handleHash}, ${session.product}, u.id, ${session.connectionId},
        ${session.transactionId}, ${session.issuer}, ${session.subject},
        coalesce(to_timestamp(${session.authTimeSeconds}::double precision), now()),
        ${session.idleSeconds}::integer,
        now() + make_interval(secs => least(${session.idleSeconds}::integer, ${session.absoluteSeconds}::integer)),
        now() + make_interval(secs => ${session.absoluteSeconds}::integer),
        ${idToken?.ciphertext ?? null}, ${idToken?.keyId ?? null}
      from ${source}
      returning tenant_id, id, product, user_id, issuer, subject
    ), seen as (
      update identities i set last_sign_in_at = now() from opened o
      where i.tenant_id = o.tenant_id and i.issuer = o.issuer and i.subject = o.subject and i.user_id = o.user_id
    ), logged as (
      insert into sign_in_log (tenant_id, reference, product, purpose, stage, code, user_id)
      select tenant_id, ${session.reference}, product, ${purpose}, 'session', 'signed-in', user_id from opened
    )`;
}

/**
 * The tables that decide whether a session is alive, and the condition. Everything that ends a session is part of it,
 * so that it takes effect at once. Only a revocation that waits for a call (`revoked_at`) outlives what caused it;
 * what the Service Desk takes away does not wait.
 */
export function liveSession(key: SessionKey): RawBuilder<unknown> {
  return sql`sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
    join tenant_domains d on d.tenant_id = t.id
    join connections c on c.tenant_id = s.tenant_id and c.id = s.connection_id
    where s.tenant_id = ${key.tenantId} and s.handle_hash = ${key.handleHash} and s.product = ${key.product}
      and s.ended_at is null and greatest(s.idle_expires_at, s.call_expires_at) > now() and t.sso_entitled
      and (s.revoked_at is not null or u.status = 'active' and s.product = any(u.products) and c.enabled)`;
}

/** One query. */
export async function findSession({ db }: StoreContext, key: SessionKey): Promise<SessionView | null> {
  const { rows } = await sql<SessionRow>`
    select s.id, s.tenant_id, d.domain, u.id as user_id, u.email, u.name, u.role, s.auth_time,
           ${SESSION_LIFE_COLUMNS}, s.transaction_id
    from ${liveSession(key)}`.execute(db);
  const row = rows[0];
  if (row === undefined) return null;
  const life = toSessionLife(row);
  return {
    id: row.id,
    tenant: { id: row.tenant_id, domain: row.domain },
    product: row.product,
    user: { id: row.user_id, email: row.email, name: row.name, role: row.role },
    authTime: row.auth_time,
    // The idle limit never lies behind the absolute one.
    expiresAt: life.call === null ? row.idle_expires_at : later(row.idle_expires_at, life.call.reportBefore),
    transactionId: row.transaction_id,
    life,
  };
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

/** A limit that has passed stays where it is: a session that waits for a call's end gets no second life. */
export async function touchSession({ db }: StoreContext, key: SessionKey): Promise<Date | null> {
  const { rows } = await sql<{ at: Date }>`
    update sessions
    set idle_expires_at = least(now() + make_interval(secs => idle_seconds), absolute_expires_at)
    where ${isAlive(key)} and idle_expires_at > now()
    returning idle_expires_at as at`.execute(db);
  return rows[0]?.at ?? null;
}

export async function endSession({ db }: StoreContext, key: SessionKey): Promise<boolean> {
  const { rows } = await sql`
    update sessions set ended_at = now() where ${isAlive(key)} returning id`.execute(db);
  return rows.length === 1;
}

function isAlive(key: SessionKey) {
  return sql<boolean>`tenant_id = ${key.tenantId} and handle_hash = ${key.handleHash} and product = ${key.product}
    and ended_at is null and greatest(idle_expires_at, call_expires_at) > now()`;
}
