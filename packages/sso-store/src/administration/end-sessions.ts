import { CALL_DEFERRAL_SECONDS, PRODUCTS } from '@ipscape/sso-core';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { currentClientAddress } from '../client-address.js';
import type { Database } from '../database.js';

export interface EndSessionsFilter {
  readonly tenantId: string;
  readonly sessionId?: string;
  readonly userId?: string;
  readonly product?: string;
  readonly connectionId?: string;
  readonly identity?: { readonly issuer: string; readonly subject: string };
  /** Only sessions that rest on an identity of another issuer than this one. */
  readonly notOfIssuer?: string;
  /** A session that goes on all the same. */
  readonly exceptSessionId?: string;
  /** Only sessions of users who are not active, or may not use the session's product any more. */
  readonly unpermitted?: true;
  /** Waits for nobody's call, whatever the tenant chose. */
  readonly atOnce?: boolean;
}

/**
 * Ends a tenant's sessions for good, so that undoing the change that ended them does not bring them back. Where the
 * tenant chose that a revocation waits for calls, sessions with a call in progress end with it, or at its cap; each is
 * audited. Where somebody is signed out, and not only one session ended, sign-ins under way open none afterwards. Returns
 * how many of all of the sessions were within their limits.
 */
export async function endSessions(transaction: Kysely<Database>, filter: EndSessionsFilter): Promise<number> {
  await overtakeSignIns(transaction, filter);
  const waiting = filter.atOnce === true ? 0 : await letCallsEnd(transaction, filter);
  const isWaiting =
    filter.atOnce === true ? sql`false` : sql`(s.revoked_at is not null and s.call_expires_at > now() and ${WAITS})`;
  const { rows } = await sql<{ alive: boolean }>`
    update sessions s set ended_at = now() where ${matches(filter)} and not ${isWaiting}
    returning greatest(s.idle_expires_at, s.call_expires_at) > now() as alive`.execute(transaction);
  return waiting + rows.filter((row) => row.alive).length;
}

/** First of all: a sign-in or renewal that opens a session meanwhile waits, or is waited for. */
async function overtakeSignIns(transaction: Kysely<Database>, filter: EndSessionsFilter): Promise<void> {
  const { tenantId, userId, sessionId, connectionId, identity, notOfIssuer, unpermitted } = filter;
  const isForAnotherReason = [sessionId, connectionId, identity, notOfIssuer, unpermitted].some(
    (part) => part !== undefined,
  );
  if (isForAnotherReason) return;
  const whose = userId === undefined ? sql`` : sql`and id = ${userId}`;
  await sql`update users set signed_out_at = now() where tenant_id = ${tenantId} ${whose}`.execute(transaction);
}

const WAITS = sql`exists (select from tenants t where t.id = s.tenant_id and t.revocation_waits_for_calls)`;

/**
 * Moves both limits to now: nothing but the call keeps the session then, and no further than the cap. A session whose
 * end waits already gets no more time, and one of a product in which nobody takes calls gets none at all, whatever it
 * reported.
 */
async function letCallsEnd(transaction: Kysely<Database>, filter: EndSessionsFilter): Promise<number> {
  const caps = sql.join(
    PRODUCTS.map((product) => sql`when ${product} then ${CALL_DEFERRAL_SECONDS[product]}::integer`),
    sql` `,
  );
  const isPutOff = sql`case s.product ${caps} end > 0`;
  const { rows } = await sql<{ waiting: number }>`
    with waiting as (
      update sessions s
      set revoked_at = now(), end_deferred_at = coalesce(s.end_deferred_at, now()),
          idle_expires_at = least(s.idle_expires_at, now()), absolute_expires_at = least(s.absolute_expires_at, now())
      where ${matches(filter)} and s.revoked_at is null and s.call_expires_at > now() and ${isPutOff} and ${WAITS}
      returning s.tenant_id, s.id, s.user_id, s.product, s.absolute_expires_at
    ), audited as (
      insert into audit_events (tenant_id, actor, action, subject, client_address, details)
      select tenant_id, user_id, 'session-end-deferred', id, ${currentClientAddress()}, jsonb_build_object('product', product,
        'reason', 'revocation', 'until', absolute_expires_at + make_interval(secs => case product ${caps} end))
      from waiting
    )
    select count(*)::integer as waiting from waiting`.execute(transaction);
  return rows[0]?.waiting ?? 0;
}

function matches(filter: EndSessionsFilter): RawBuilder<unknown> {
  const { sessionId, userId, product, connectionId, identity, notOfIssuer, exceptSessionId } = filter;
  const conditions: RawBuilder<unknown>[] = [
    sql`s.tenant_id = ${filter.tenantId} and s.ended_at is null`,
    ...(sessionId === undefined ? [] : [sql`s.id = ${sessionId}`]),
    ...(userId === undefined ? [] : [sql`s.user_id = ${userId}`]),
    ...(product === undefined ? [] : [sql`s.product = ${product}`]),
    ...(connectionId === undefined ? [] : [sql`s.connection_id = ${connectionId}`]),
    ...(identity === undefined ? [] : [sql`s.issuer = ${identity.issuer} and s.subject = ${identity.subject}`]),
    ...(notOfIssuer === undefined ? [] : [sql`s.issuer <> ${notOfIssuer}`]),
    ...(exceptSessionId === undefined ? [] : [sql`s.id <> ${exceptSessionId}`]),
    ...(filter.unpermitted === true ? [UNPERMITTED] : []),
  ];
  return sql`(${sql.join(conditions, sql` and `)})`;
}

const UNPERMITTED = sql`exists (
  select from users u where u.tenant_id = s.tenant_id and u.id = s.user_id
    and (u.status <> 'active' or not s.product = any(u.products)))`;
