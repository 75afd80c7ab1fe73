/**
 * @module
 * Sessions whose end waits for a call, and the tenant's choice whether a revocation waits as well. Only adds.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  sql`alter table tenants add column revocation_waits_for_calls boolean not null default false`,
  // A waiting revocation also moves both limits to its time, so that the version before ends the session at once.
  sql`alter table sessions
    add column call_started_at timestamptz,
    add column call_expires_at timestamptz,
    add column end_deferred_at timestamptz,
    add column revoked_at timestamptz`,
];

export const callAwareSessions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await statement.execute(db);
  },
};
