/**
 * @module
 * What the Service Desk sees of sessions, and ending them. Never a handle or its hash.
 */
import type { Product, SessionLife } from '@ipscape/sso-core';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.js';
import { SESSION_LIFE_COLUMNS, type SessionLifeRow, toSessionLife } from '../session-life.js';
import type { StoreContext } from '../store-context.js';
import { endSessions } from './end-sessions.js';
import { notFound } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

/** A session within its limits, or one that only waits for its call. Nothing of it opens a session. */
export interface LiveSession {
  /** `sid` of the session's product tokens. It is not the cookie's value. */
  readonly id: string;
  readonly product: Product;
  readonly userId: string;
  /** As the directory has it now. */
  readonly email: string;
  /** When the user signed in at the provider. */
  readonly authTime: Date;
  /** When the session was opened. */
  readonly createdAt: Date;
  /** When it ends if nothing more happens. */
  readonly idleExpiresAt: Date;
  /** When it ends however busy it is. */
  readonly absoluteExpiresAt: Date;
  /** The call that its user is on, and by when it must be reported again; null without one. */
  readonly call: SessionLife['call'];
  /** Why it would have ended were it not for the call, and when it ends even if the call goes on. */
  readonly deferral: SessionLife['deferral'];
}

/** Sessions that fulfil everything that is given. */
export interface LiveSessionFilter {
  readonly userId?: string;
  readonly product?: Product;
  /** Sessions at most; default 200. */
  readonly limit?: number;
}

/** Sessions of one tenant, and ending them. Ending is audited. */
export interface SessionAdministration {
  /** Sessions within their limits, newest first, and how many there are in all. */
  listSessions(
    tenantId: string,
    filter?: LiveSessionFilter,
  ): Promise<{ readonly sessions: readonly LiveSession[]; readonly total: number }>;
  /**
   * Ends sessions: one of them, those of a user, of a product, or without a filter all of the tenant's. At once;
   * where the tenant chose that revocations wait for calls, those with a call in progress end with it, unless `atOnce`.
   * All of the tenant's include those at its settings that a link of the Service Desk opened, which are not counted.
   * Returns how many were alive.
   *
   * @throws {SsoError} `not-found` when a session is named and not alive, or the tenant is unknown
   */
  revokeSessions(input: {
    readonly tenantId: string;
    readonly sessionId?: string;
    readonly userId?: string;
    readonly product?: Product;
    /** Default: as the tenant chose. */
    readonly atOnce?: boolean;
    readonly actor: string;
  }): Promise<number>;
}

const DEFAULT_LIMIT = 200;

type SessionRow = SessionLifeRow &
  Pick<LiveSession, 'id' | 'userId' | 'email' | 'authTime' | 'createdAt'> & { readonly total: number };

function toLiveSession(row: SessionRow): LiveSession {
  const { id, product, userId, email, authTime, createdAt } = row;
  const { readAt: _, ...life } = toSessionLife(row);
  return { id, product, userId, email, authTime, createdAt, ...life };
}

export function createSessionAdministration({ db }: StoreContext): SessionAdministration {
  return {
    async listSessions(tenantId, { userId, product, limit = DEFAULT_LIMIT } = {}) {
      const conditions: RawBuilder<unknown>[] = [
        sql`s.tenant_id = ${tenantId} and s.ended_at is null`,
        sql`greatest(s.idle_expires_at, s.call_expires_at) > now()`,
        ...(userId === undefined ? [] : [sql`s.user_id = ${userId}`]),
        ...(product === undefined ? [] : [sql`s.product = ${product}`]),
      ];
      const { rows } = await sql<SessionRow>`
        select s.id, s.user_id as "userId", u.email, s.auth_time as "authTime", s.created_at as "createdAt",
               ${SESSION_LIFE_COLUMNS}, count(*) over ()::integer as total
        from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
        where ${sql.join(conditions, sql` and `)}
        order by s.created_at desc, s.id limit ${limit}::integer`.execute(db);
      return { sessions: rows.map(toLiveSession), total: rows[0]?.total ?? 0 };
    },
    async revokeSessions({ tenantId, actor, ...filter }) {
      return await db.transaction().execute(async (transaction) => {
        const tenant = await transaction.selectFrom('tenants').select('id').where('id', '=', tenantId).execute();
        if (tenant.length === 0) throw notFound('tenant');
        const count = await endSessions(transaction, { tenantId, ...filter });
        if (filter.sessionId !== undefined && count === 0) throw notFound('session');
        const isEverybody = [filter.sessionId, filter.userId, filter.product].every((part) => part === undefined);
        const settingsSessions = isEverybody ? await endSettingsSessions(transaction, tenantId) : 0;
        await writeAuditEvent(transaction, {
          tenantId,
          actor,
          action: 'sessions-revoked',
          subject: filter.sessionId ?? filter.userId ?? tenantId,
          details: {
            count,
            ...(filter.product === undefined ? {} : { product: filter.product }),
            ...(filter.atOnce === true ? { atOnce: true } : {}),
            ...(settingsSessions === 0 ? {} : { settingsSessions }),
          },
        });
        return count;
      });
    },
  };
}

/** Whoever came by a link is nobody's user, and would otherwise stay for an hour. */
async function endSettingsSessions(transaction: Kysely<Database>, tenantId: string): Promise<number> {
  const { rows } = await sql`
    update settings_sessions set expires_at = now() where tenant_id = ${tenantId} and expires_at > now()
    returning id`.execute(transaction);
  return rows.length;
}
