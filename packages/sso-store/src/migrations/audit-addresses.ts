/**
 * @module
 * Where what was audited came from. Only adds; the events before it do not know.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const auditAddresses: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table audit_events add column client_address text`.execute(db);
  },
};
