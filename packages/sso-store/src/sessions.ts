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
 * the user's sessions were ended opens none: whoever ended them does not know of it. The lock makes one of the two wait
 * for the other; it is taken first and alone, so that what it waited for is what is judged.
 *
 * @throws {SsoError} `user-inactive` when the tenant has no such active user, `transaction-expired` when the user was
 *   signed out meanwhile; nothing is written then
 */
export async function openSession(context: StoreContext, session: NewSession): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    with ${openedFrom(context, session, 'sign-in', sql`(select * from ${activeUser(session)} for share) u where not ${wasOvertaken(session)}`)}
    select id from opened`.execute(context.db);
  if (rows.length > 0) return;
  const { rows: overtaken } = await sql`
    select from ${activeUser(session)} and ${wasOvertaken(session)}`.execute(context.db);
  if (overtaken.length === 0) throw new SsoError('user-inactive', { stage: 'session' });
  throw new SsoError('transaction-expired', { stage: 'session', details: { reason: 'signed-out-meanwhile' } });
}

function activeUser({ tenantId, userId }: NewSession): RawBuilder<unknown> {
  return sql`users u where u.tenant_id = ${tenantId} and u.id = ${userId} and u.status = 'active'`;
}

function wasOvertaken({ transactionId }: NewSession): RawBuilder<unknown> {
  return sql`exists (select from transactions x
    where x.tenant_id = u.tenant_id and x.id = ${transactionId} and x.created_at < u.signed_out_at)`;
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
