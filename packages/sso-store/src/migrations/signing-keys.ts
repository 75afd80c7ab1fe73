/**
 * @module
 * Keys that sign a tenant's product tokens. Only adds. A key's state follows from its times: it is `next` until
 * `signs_from`, `current` until `signs_until`, and `retired` then. The index lets a tenant have one key without an end.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const signingKeys: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create table signing_keys (
      tenant_id text not null references tenants (id),
      id text collate "C" not null,
      public_jwk jsonb not null,
      ciphertext text not null,
      key_id text not null,
      created_at timestamptz not null default now(),
      signs_from timestamptz not null,
      signs_until timestamptz,
      primary key (tenant_id, id),
      check (signs_until > signs_from)
    )`.execute(db);
    await sql`create unique index signing_keys_open on signing_keys (tenant_id) where signs_until is null`.execute(db);
    await sql`create index signing_keys_signs_until on signing_keys (signs_until)`.execute(db);
  },
};
