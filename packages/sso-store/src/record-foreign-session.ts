/**
 * @module
 * A handle on the host of a tenant that does not have it. Browsers keep a `__Host-` cookie to its host: if it is that of
 * another tenant's live session, somebody copied it, and that tenant's administrators have to know.
 */
import { FOREIGN_SESSION_EVENT_SECONDS, type Product, type SessionKey } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { currentClientAddress } from './client-address.js';
import { liveSession } from './sessions.js';
import type { StoreContext } from './store-context.js';

interface Owner {
  readonly tenantId: string;
  readonly product: Product;
  /** The domain of the tenant that was asked. */
  readonly host: string;
}

/**
 * Two statements, so that whoever has no session anywhere, which is nearly everybody, costs a look into one index. The
 * second is the owner's: it alone decides whether the session is alive and whether an event is due, by the session's
 * row, which it locks, so that of any number of callers on any number of instances one writes it.
 */
export async function recordForeignSession({ db }: StoreContext, key: SessionKey): Promise<boolean> {
  const { rows: owners } = await sql<Owner>`
    select s.tenant_id as "tenantId", s.product, d.domain as host
    from sessions s join tenant_domains d on d.tenant_id = ${key.tenantId}
    where s.handle_hash = ${key.handleHash} and s.ended_at is null and s.tenant_id <> d.tenant_id`.execute(db);
  const [owner] = owners;
  if (owner === undefined) return false;
  const { rows } = await sql`
    with due as (
      select s.tenant_id, s.id, s.user_id, s.product from ${liveSession({ ...owner, handleHash: key.handleHash })}
        and (s.presented_elsewhere_at is null or s.presented_elsewhere_at
          <= now() - make_interval(secs => ${FOREIGN_SESSION_EVENT_SECONDS}::integer))
      for no key update of s
    ), noted as (
      update sessions x set presented_elsewhere_at = now() from due
      where x.tenant_id = due.tenant_id and x.id = due.id
    )
    insert into audit_events (tenant_id, actor, action, subject, client_address, details)
    select tenant_id, 'unknown', 'session-presented-elsewhere', user_id, ${currentClientAddress()},
      jsonb_build_object('product', product, 'sessionId', id, 'presentedHost', ${owner.host}::text,
        'presentedProduct', ${key.product}::text)
    from due
    returning id`.execute(db);
  return rows.length === 1;
}
