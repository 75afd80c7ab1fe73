/**
 * @module
 * Frames of the CTI Adaptor that wait for a sign-in in a window of its own. Secrets are kept as hashes.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  sql`create table handoffs (
    tenant_id text not null references tenants (id),
    id text collate "C" not null,
    verifier_hash text collate "C" not null,
    user_agent_hash text collate "C" not null,
    number text not null,
    query text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    polls integer not null default 0,
    opened_at timestamptz,
    signed_in_at timestamptz,
    confirmed_at timestamptz,
    redeemed_at timestamptz,
    cancelled_at timestamptz,
    failed_at timestamptz,
    code text,
    reference text,
    window_hash text collate "C",
    product text,
    user_id text,
    connection_id text,
    transaction_id text,
    issuer text,
    subject text,
    auth_time_seconds double precision,
    id_token_ciphertext text,
    id_token_key_id text,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
  )`,
  sql`create index handoffs_expires_at on handoffs (expires_at)`,
  sql`alter table transactions add column handoff_id text collate "C"`,
];

export const handoffs: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await statement.execute(db);
  },
};
