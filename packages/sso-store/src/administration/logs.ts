/**
 * @module
 * A tenant's two logs, newest first.
 */
import type { Product, Purpose } from '@ipscape/sso-core';
import { sql } from 'kysely';
import type { StoreContext } from '../store-context.js';

export interface SignInLogLine {
  readonly occurredAt: Date;
  readonly reference: string;
  readonly product: Product;
  readonly purpose: Purpose;
  readonly stage: string;
  /** `signed-in`, or the code of the error that ended the sign-in. */
  readonly code: string;
  readonly reason: string | null;
  readonly userId: string | null;
}

export interface AuditEvent {
  /** Unique; larger for a later event, except that events written at the same time may appear out of order. */
  readonly id: string;
  readonly occurredAt: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface LogOptions {
  /** Lines at most; default 100. */
  readonly limit?: number;
}

export interface LogAdministration {
  /** With `reference`: only the lines of that sign-in; with `product` or `code`: only those. */
  listSignInLog(
    tenantId: string,
    options?: LogOptions & { readonly reference?: string; readonly product?: Product; readonly code?: string },
  ): Promise<readonly SignInLogLine[]>;
  listAuditEvents(tenantId: string, options?: LogOptions): Promise<readonly AuditEvent[]>;
}

const DEFAULT_LIMIT = 100;

export function createLogAdministration({ db }: StoreContext): LogAdministration {
  return {
    async listSignInLog(tenantId, { limit = DEFAULT_LIMIT, reference, product, code } = {}) {
      return await db
        .selectFrom('sign_in_log')
        .select(['occurred_at as occurredAt', 'reference', 'product', 'purpose', 'stage', 'code', 'reason'])
        .select('user_id as userId')
        .where('tenant_id', '=', tenantId)
        .$if(reference !== undefined, (query) => query.where('reference', '=', reference ?? ''))
        .$if(code !== undefined, (query) => query.where('code', '=', code ?? ''))
        .$if(product !== undefined, (query) => query.where('product', '=', product ?? 'workspace'))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
    },
    async listAuditEvents(tenantId, { limit = DEFAULT_LIMIT } = {}) {
      return await db
        .selectFrom('audit_events')
        .select([sql<string>`id::text`.as('id'), 'occurred_at as occurredAt', 'actor', 'action', 'subject', 'details'])
        .where('tenant_id', '=', tenantId)
        // The column, not the text of the same name in the result.
        .orderBy('audit_events.id', 'desc')
        .limit(limit)
        .execute();
    },
  };
}
