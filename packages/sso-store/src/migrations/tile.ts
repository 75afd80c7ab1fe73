/**
 * @module
 * A sign-in from the Okta tile goes to the product that its user used last.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const tile: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table transactions add column chooses_product boolean not null default false`.execute(db);
    await sql`create index sign_in_log_signed_in on sign_in_log (tenant_id, user_id, occurred_at)
      where code = 'signed-in'`.execute(db);
  },
};
