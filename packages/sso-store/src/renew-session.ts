/**
 * @module
 * A session in the place of another of the same user.
 */
import type { NewSession, SessionKey } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { findSession, liveSession, openedFrom, permitted } from './sessions.js';
import type { StoreContext } from './store-context.js';

/**
 * One statement: ending the previous session is what decides who may open the new one, of those who may at all. What it
 * rests on is locked before the session, as by whoever ends all of somebody's sessions: of the two that meet, the later
 * one sees what the other did.
 */
export async function renewSession(
  context: StoreContext,
  session: NewSession,
  previous: SessionKey,
): Promise<'renewed' | 'no-session' | 'other-user'> {
  const { rows } = await sql<{ id: string }>`
    with ${permitted(session)}, found as (
      select s.tenant_id, s.id, s.user_id from ${liveSession(previous)}
        and s.revoked_at is null and s.user_id = ${session.userId} and s.tenant_id = ${session.tenantId}
        and s.product = ${session.product} and s.user_id = (select p.id from permitted p)
      for update of s
    ), previous as (
      update sessions x set ended_at = now() from found f
      where x.tenant_id = f.tenant_id and x.id = f.id and x.ended_at is null
      returning x.tenant_id, x.user_id as id
    ), ${openedFrom(context, session, 'renew', sql`previous u`)}
    select id from opened`.execute(context.db);
  if (rows.length === 1) return 'renewed';
  const found = await findSession(context, previous);
  return found !== null && found.user.id !== session.userId ? 'other-user' : 'no-session';
}
