/**
 * @module
 * When somebody's sessions were all ended last: a sign-in that was under way then opens none afterwards.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const signedOut: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table users add column signed_out_at timestamptz`.execute(db);
  },
};
