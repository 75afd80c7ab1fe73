/**
 * @module
 * A tenant's two logs, newest first.
 */
import type { Product, Purpose } from '@ipscape/sso-core';
import { type RawBuilder, sql } from 'kysely';
import type { StoreContext } from '../store-context.js';

/** How one sign-in ended. Holds no token, secret or claim value. */
export interface SignInLogLine {
  /** Unique; larger for a later line, except that lines written at the same time may appear out of order. */
  readonly id: string;
  /** When it ended, by the database's clock. */
  readonly occurredAt: Date;
  /** What the person was shown, e.g. `7K3M-9QXD`. */
  readonly reference: string;
  readonly product: Product;
  readonly purpose: Purpose;
  /** A `SignInStage` of `@ipscape/sso-core`, or of a later version's. */
  readonly stage: string;
  /** `signed-in`, or the code of the error that ended the sign-in. */
  readonly code: string;
  /** A safe fact that tells two causes of one code apart; null when there is none. */
  readonly reason: string | null;
  /** Null when it is not known who tried. */
  readonly userId: string | null;
}

/** One change, or one try at a change that was refused. Never altered. */
export interface AuditEvent {
  /** Unique; larger for a later event, except that events written at the same time may appear out of order. */
  readonly id: string;
  /** By the database's clock. */
  readonly occurredAt: Date;
  /** Who did it: a user's id, `admin-link:` and a link's id, or a program with its operator. */
  readonly actor: string;
  /** One of {@link AuditAction}, or of a later version's. */
  readonly action: string;
  /** Id of the thing that was changed; of which kind, `action` says. */
  readonly subject: string | null;
  /** Of the client whose request caused it; null for what came from no request, and for events of before. */
  readonly clientAddress: string | null;
  /** Facts of the action, without secrets, tokens or claim values. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which page of a log. */
export interface LogOptions {
  /** Lines at most; default 100. */
  readonly limit?: number;
  /** Only lines older than the one with this id: the last of a page begins the next. */
  readonly before?: string;
}

/** Lines that fulfil everything that is given. */
export interface SignInLogFilter {
  /** Only the lines of that sign-in. */
  readonly reference?: string;
  readonly product?: Product;
  /** `signed-in`, or the code of an error. */
  readonly code?: string;
  /** `failed`: any code but `signed-in`. */
  readonly result?: 'signed-in' | 'failed';
  /** Lines that name this user. A sign-in that fails before a user was found names nobody. */
  readonly userId?: string;
  /** From this moment on. */
  readonly from?: Date;
  /** Up to this moment, without it. */
  readonly to?: Date;
}

/** The newest line first. Sign-ins are kept for 30 days, audit events for good. */
export interface LogAdministration {
  /** Lines that fulfil the whole filter; empty for an unknown tenant. */
  listSignInLog(tenantId: string, options?: LogOptions & SignInLogFilter): Promise<readonly SignInLogLine[]>;
  /** Empty for an unknown tenant. */
  listAuditEvents(tenantId: string, options?: LogOptions): Promise<readonly AuditEvent[]>;
}

const DEFAULT_LIMIT = 100;

export function createLogAdministration({ db }: StoreContext): LogAdministration {
  return {
    async listSignInLog(tenantId, { limit = DEFAULT_LIMIT, ...filter } = {}) {
      const { rows } = await sql<SignInLogLine>`
        select id::text as id, occurred_at as "occurredAt", reference, product, purpose, stage, code, reason,
               user_id as "userId"
        from sign_in_log where ${sql.join(conditionsOf(tenantId, filter), sql` and `)}
        order by sign_in_log.id desc limit ${limit}::integer`.execute(db);
      return rows;
    },
    async listAuditEvents(tenantId, { limit = DEFAULT_LIMIT, before } = {}) {
      return await db
        .selectFrom('audit_events')
        .select([sql<string>`id::text`.as('id'), 'occurred_at as occurredAt', 'actor', 'action', 'subject'])
        .select(['client_address as clientAddress', 'details'])
        .where('tenant_id', '=', tenantId)
        .$if(before !== undefined, (query) => query.where(sql`audit_events.id`, '<', sql`${before}::bigint`))
        // The column, not the text of the same name in the result.
        .orderBy('audit_events.id', 'desc')
        .limit(limit)
        .execute();
    },
  };
}

function conditionsOf(
  tenantId: string,
  { reference, product, code, result, userId, from, to, before }: SignInLogFilter & Pick<LogOptions, 'before'>,
): readonly RawBuilder<unknown>[] {
  return [
    sql`tenant_id = ${tenantId}`,
    ...(reference === undefined ? [] : [sql`reference = ${reference}`]),
    ...(product === undefined ? [] : [sql`product = ${product}`]),
    ...(code === undefined ? [] : [sql`code = ${code}`]),
    ...(result === undefined ? [] : [result === 'failed' ? sql`code <> 'signed-in'` : sql`code = 'signed-in'`]),
    ...(userId === undefined ? [] : [sql`user_id = ${userId}`]),
    ...(from === undefined ? [] : [sql`occurred_at >= ${from.toISOString()}::timestamptz`]),
    ...(to === undefined ? [] : [sql`occurred_at < ${to.toISOString()}::timestamptz`]),
    ...(before === undefined ? [] : [sql`sign_in_log.id < ${before}::bigint`]),
  ];
}
