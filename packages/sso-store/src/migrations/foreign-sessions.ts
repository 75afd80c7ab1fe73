/**
 * @module
 * When a session's handle came to another tenant's host last, and how such a handle is found. Only adds.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  // In no index: the row of a session is written often, and stays cheap to write.
  sql`alter table sessions add column presented_elsewhere_at timestamptz`,
  // The unique one begins with the tenant, which is what is looked for here.
  sql`create index sessions_live_handle on sessions (handle_hash) where ended_at is null`,
];

export const foreignSessions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await statement.execute(db);
  },
};
