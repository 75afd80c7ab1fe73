/**
 * @module
 * What signing out at the provider needs: the session's ID token as `id_token_hint`, encrypted, and whether the
 * tenant has registered where the provider sends people afterwards.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const signOut: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table tenants add column sign_out_redirect boolean not null default false`.execute(db);
    await sql`alter table sessions
      add column id_token_ciphertext text,
      add column id_token_key_id text,
      add constraint sessions_id_token_whole check ((id_token_ciphertext is null) = (id_token_key_id is null))
    `.execute(db);
  },
};
