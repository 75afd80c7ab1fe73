/**
 * @module
 * When a session ends and why it has not ended yet, from the columns of its row.
 */
import { CALL_DEFERRAL_SECONDS, type Product, type SessionLife } from '@ipscape/sso-core';
import { sql } from 'kysely';

export interface SessionLifeRow {
  readonly product: Product;
  readonly idle_expires_at: Date;
  readonly absolute_expires_at: Date;
  readonly call_started_at: Date | null;
  readonly call_expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly read_at: Date;
}

/** Of a session `s`. */
export const SESSION_LIFE_COLUMNS = sql.raw(
  `s.product, s.idle_expires_at, s.absolute_expires_at, s.call_started_at, s.call_expires_at, s.revoked_at,
   now() as read_at`,
);

export function toSessionLife(row: SessionLifeRow): SessionLife {
  const { read_at: readAt, idle_expires_at: idleExpiresAt, absolute_expires_at: absoluteExpiresAt } = row;
  const hasCall = row.call_started_at !== null && row.call_expires_at !== null && row.call_expires_at > readAt;
  const isOver = idleExpiresAt <= readAt;
  return {
    readAt,
    idleExpiresAt,
    absoluteExpiresAt,
    call: hasCall ? { startedAt: row.call_started_at, reportBefore: row.call_expires_at } : null,
    deferral: isOver
      ? {
          reason: reasonOf(row),
          until: new Date(absoluteExpiresAt.getTime() + CALL_DEFERRAL_SECONDS[row.product] * 1000),
        }
      : null,
  };
}

function reasonOf(row: SessionLifeRow): 'revocation' | 'idle-limit' | 'absolute-limit' {
  if (row.revoked_at !== null) return 'revocation';
  return row.idle_expires_at < row.absolute_expires_at ? 'idle-limit' : 'absolute-limit';
}
