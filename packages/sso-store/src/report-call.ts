/**
 * @module
 * Calls of a session's user: the session's end waits for one, for as long as it is reported and not past the cap.
 */
import type { SessionKey, SessionStore } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { currentClientAddress } from './client-address.js';
import { liveSession } from './sessions.js';
import type { StoreContext } from './store-context.js';

type Call = Parameters<SessionStore['reportCall']>[1];

/**
 * One statement, which locks the row: of any number of reports that put an end off, one writes the audit event, and no later one of the session's
 * calls does: its time is the same, and reports would fill the audit trail. A
 * report may put the end off before it has come: from then on nothing else has to happen for the session to outlive it.
 * With every report the idle limit moves, but one that has passed stays.
 */
export async function reportCall({ db }: StoreContext, key: SessionKey, call: Call): Promise<boolean> {
  const isOver = call.report === 'ended';
  const { rows } = await sql<{ id: string }>`
    with found as (
      select s.tenant_id, s.id, s.user_id, s.product, s.absolute_expires_at, s.revoked_at,
        case when s.idle_expires_at <= now() then s.idle_expires_at
          else least(now() + make_interval(secs => s.idle_seconds), s.absolute_expires_at) end as idle_at,
        least(now() + make_interval(secs => ${call.leaseSeconds}::integer),
          s.absolute_expires_at + make_interval(secs => ${call.deferralSeconds}::integer)) as call_at,
        case when s.call_expires_at > now() then s.call_started_at end as started_at,
        s.end_deferred_at as deferred_at
      from ${liveSession(key)}
      for update of s
    ), reported as (
      select *, not ${isOver}::boolean and call_at > idle_at as defers, ${isOver}::boolean and idle_at <= now() as ends
      from found
    ), changed as (
      update sessions x
      set idle_expires_at = r.idle_at,
          call_started_at = case when not ${isOver}::boolean then coalesce(r.started_at, now()) end,
          call_expires_at = case when not ${isOver}::boolean then r.call_at end,
          end_deferred_at = case when r.defers then coalesce(r.deferred_at, now()) else r.deferred_at end,
          ended_at = case when r.ends then now() end
      from reported r
      where x.tenant_id = r.tenant_id and x.id = r.id
    ), audited as (
      insert into audit_events (tenant_id, actor, action, subject, client_address, details)
      select tenant_id, user_id, case when ends then 'deferred-session-ended' else 'session-end-deferred' end, id,
        ${currentClientAddress()},
        jsonb_build_object('product', product, 'reason', case when revoked_at is not null then 'revocation'
            when idle_at < absolute_expires_at then 'idle-limit' else 'absolute-limit' end)
          || case when ends then jsonb_build_object('deferredSeconds', extract(epoch from now() - idle_at)::integer)
            else jsonb_build_object('until',
              absolute_expires_at + make_interval(secs => ${call.deferralSeconds}::integer)) end
      from reported
      where ends or defers and deferred_at is null
    )
    select id from reported`.execute(db);
  return rows.length === 1;
}
