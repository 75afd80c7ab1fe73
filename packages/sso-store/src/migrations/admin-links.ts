/**
 * @module
 * One-time links of the Service Desk to a tenant's settings page. The link's token is nowhere, only its hash.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const adminLinks: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create table admin_links (
      tenant_id text not null references tenants (id),
      id text not null,
      token_hash text collate "C" not null,
      created_by text not null check (created_by <> ''),
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      redeemed_at timestamptz,
      primary key (tenant_id, id),
      unique (tenant_id, token_hash)
    )`.execute(db);
    await sql`create index admin_links_expires_at on admin_links (expires_at)`.execute(db);
  },
};
