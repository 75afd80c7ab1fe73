/**
 * @module
 * Sessions. The row is the truth, and every limit is computed from the database's clock.
 */
import { randomUUID } from 'node:crypto';
import {
  type NewSession,
  type Product,
  type SessionKey,
  type SessionView,
  SsoError,
  type UserRole,
} from '@ipscape/sso-core';
import { sql } from 'kysely';
import { idTokenPlace } from './sign-out-everywhere.js';
import type { StoreContext } from './store-context.js';

interface SessionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly domain: string;
  readonly product: Product;
  readonly user_id: string;
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  readonly auth_time: Date;
  readonly idle_expires_at: Date;
  readonly transaction_id: string;
}

/**
 * Opens the session, writes the sign-in log and dates the identity in one statement.
 *
 * @throws {SsoError} `user-inactive` when the tenant has no such active user; nothing is written then
 */
export async function openSession({ db, keys }: StoreContext, session: NewSession): Promise<void> {
  const id = randomUUID();
  const idToken = session.idToken === null ? null : keys.seal(session.idToken, idTokenPlace(session.tenantId, id));
  const { rows } = await sql<{ id: string }>`
    with opened as (
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
      from users u
      where u.tenant_id = ${session.tenantId} and u.id = ${session.userId} and u.status = 'active'
      returning tenant_id, id, product, user_id, issuer, subject
    ), seen as (
      update identities i set last_sign_in_at = now() from opened o
      where i.tenant_id = o.tenant_id and i.issuer = o.issuer and i.subject = o.subject and i.user_id = o.user_id
    ), logged as (
      insert into sign_in_log (tenant_id, reference, product, purpose, stage, code, user_id)
      select tenant_id, ${session.reference}, product, 'sign-in', 'session', 'signed-in', user_id from opened
    )
    select id from opened`.execute(db);
  if (rows.length === 0) throw new SsoError('user-inactive', { stage: 'session' });
}

/** One query; everything that ends a session is a condition of it, so that it takes effect at once. */
export async function findSession({ db }: StoreContext, key: SessionKey): Promise<SessionView | null> {
  const { rows } = await sql<SessionRow>`
    select s.id, s.tenant_id, d.domain, s.product, u.id as user_id, u.email, u.name, u.role, s.auth_time,
           s.idle_expires_at, s.transaction_id
    from sessions s
    join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join tenants t on t.id = s.tenant_id
    join tenant_domains d on d.tenant_id = t.id
    join connections c on c.tenant_id = s.tenant_id and c.id = s.connection_id
    where s.tenant_id = ${key.tenantId} and s.handle_hash = ${key.handleHash} and s.product = ${key.product}
      and s.ended_at is null and s.idle_expires_at > now() and s.absolute_expires_at > now()
      and u.status = 'active' and s.product = any(u.products) and t.sso_entitled and c.enabled`.execute(db);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    id: row.id,
    tenant: { id: row.tenant_id, domain: row.domain },
    product: row.product,
    user: { id: row.user_id, email: row.email, name: row.name, role: row.role },
    authTime: row.auth_time,
    // The idle limit never lies behind the absolute one.
    expiresAt: row.idle_expires_at,
    transactionId: row.transaction_id,
  };
}

export async function touchSession({ db }: StoreContext, key: SessionKey): Promise<void> {
  await sql`
    update sessions
    set idle_expires_at = least(now() + make_interval(secs => idle_seconds), absolute_expires_at)
    where ${isAlive(key)}`.execute(db);
}

export async function endSession({ db }: StoreContext, key: SessionKey): Promise<boolean> {
  const { rows } = await sql`
    update sessions set ended_at = now() where ${isAlive(key)} returning id`.execute(db);
  return rows.length === 1;
}

function isAlive(key: SessionKey) {
  return sql<boolean>`tenant_id = ${key.tenantId} and handle_hash = ${key.handleHash} and product = ${key.product}
    and ended_at is null and idle_expires_at > now() and absolute_expires_at > now()`;
}
