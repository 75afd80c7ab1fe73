/**
 * @module
 * What an administrator sees of sign-ins, what was repaired in a draft, and the answers to requests that may be
 * repeated. Only adds.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  // Of the log only 30 days are kept, and it may have millions of lines: who signed in is a table of its own.
  sql`create table product_sign_ins (
    tenant_id text not null,
    user_id text not null,
    product text not null,
    last_signed_in_at timestamptz not null,
    primary key (tenant_id, user_id, product),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
  )`,
  sql`insert into product_sign_ins (tenant_id, user_id, product, last_signed_in_at)
    select tenant_id, user_id, product, max(occurred_at) from sign_in_log
    where code = 'signed-in' and user_id is not null group by tenant_id, user_id, product`,
  // A trigger, so that instances of the version before write it as well while they are replaced.
  sql`create function note_product_sign_in() returns trigger language plpgsql as $$
    begin
      insert into product_sign_ins (tenant_id, user_id, product, last_signed_in_at)
      values (new.tenant_id, new.user_id, new.product, new.occurred_at)
      on conflict (tenant_id, user_id, product) do update set last_signed_in_at = excluded.last_signed_in_at;
      return null;
    end
  $$`,
  sql`create trigger sign_in_log_notes_product after insert on sign_in_log
    for each row when (new.code = 'signed-in' and new.user_id is not null)
    execute function note_product_sign_in()`,
  // Names in the order of a list, capital letters or not; only for showing, never for matching.
  sql`create index users_listed on users (tenant_id, (lower(name) collate "C"), id)`,
  sql`create index sign_in_log_user on sign_in_log (tenant_id, user_id, id)`,
  // Failures are few among many sign-ins.
  sql`create index sign_in_log_failures on sign_in_log (tenant_id, code, id) where code <> 'signed-in'`,
  sql`alter table connection_revisions add column repairs text[] not null default '{}'`,
  sql`create table idempotency_keys (
    tenant_id text not null references tenants (id),
    id text not null,
    actor text not null,
    key_hash text collate "C" not null,
    request_ciphertext text not null,
    request_key_id text not null,
    answer_ciphertext text,
    answer_key_id text,
    claimed_until timestamptz not null,
    expires_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, actor, key_hash)
  )`,
  sql`create index idempotency_keys_expires_at on idempotency_keys (expires_at)`,
  sql`create index authorisations_old on authorisations (started_at)`,
];

export const settingsInsight: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await statement.execute(db);
  },
};
