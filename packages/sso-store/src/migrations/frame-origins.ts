/**
 * @module
 * Origins of CRM pages that may show the tenant's CTI Adaptor in a frame. Only adds: without one, nobody may.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  // What can stand in a header as it is, whoever writes the row. The grammar is decided where it is read.
  sql`alter table tenants add column frame_origins text[] collate "C" not null default '{}'
    check (cardinality(frame_origins) <= 20
      and array_position(frame_origins, null) is null
      and array_to_string(frame_origins, '') !~ '[^a-z0-9.:/-]')`,
];

export const frameOrigins: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await statement.execute(db);
  },
};
