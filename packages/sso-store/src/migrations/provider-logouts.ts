/**
 * @module
 * Tokens with which a provider ended sessions, so that none works twice. `id` is the hash of the token's id.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const providerLogouts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create table provider_logouts (
      tenant_id text not null references tenants (id),
      id text collate "C" not null,
      received_at timestamptz not null default now(),
      expires_at timestamptz not null,
      primary key (tenant_id, id)
    )`.execute(db);
    await sql`create index provider_logouts_expires_at on provider_logouts (expires_at)`.execute(db);
  },
};
