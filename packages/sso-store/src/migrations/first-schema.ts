/**
 * @module
 * The first schema, for PostgreSQL 15 and later. Every foreign key carries the tenant's id, so that no row can point
 * into another tenant whatever a query does. What comes from outside and is compared byte for byte (issuer, subject,
 * hashes, canonical e-mail) has the collation "C".
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const directory = [
  sql`create table tenants (
    id text primary key check (id <> ''),
    name text not null,
    sso_entitled boolean not null default false,
    legacy_http_callbacks boolean not null default false,
    created_at timestamptz not null default now()
  )`,
  // A table of its own and not a column: a tenant that moves to another name will need both for a while.
  sql`create table tenant_domains (
    domain text collate "C" primary key check (domain <> ''),
    tenant_id text not null unique references tenants (id),
    created_at timestamptz not null default now()
  )`,
  sql`create table users (
    tenant_id text not null references tenants (id),
    id text not null check (id <> ''),
    email text not null,
    email_canonical text collate "C",
    name text not null,
    role text not null check (role in ('administrator', 'supervisor', 'agent')),
    products text[] not null check (products <@ array['workspace', 'cti', 'toolbar']),
    status text not null default 'active' check (status in ('active', 'disabled')),
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
  )`,
  // Not unique: the directory may hold two rows that fold together, and a sign-in must see both to refuse.
  sql`create index users_email_canonical on users (tenant_id, email_canonical)`,
];

const identities = [
  sql`create table identities (
    tenant_id text not null,
    issuer text collate "C" not null check (issuer <> ''),
    subject text collate "C" not null check (subject <> ''),
    user_id text not null,
    linked_at timestamptz not null default now(),
    last_sign_in_at timestamptz,
    primary key (tenant_id, issuer, subject),
    unique (tenant_id, user_id, issuer),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
  )`,
  sql`create table held_identities (
    tenant_id text not null,
    issuer text collate "C" not null check (issuer <> ''),
    subject text collate "C" not null check (subject <> ''),
    user_id text not null,
    first_held_at timestamptz not null default now(),
    last_held_at timestamptz not null default now(),
    primary key (tenant_id, issuer, subject, user_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
  )`,
];

const connections = [
  sql`create table connections (
    tenant_id text not null references tenants (id),
    id text not null,
    provider_id text not null,
    enabled boolean not null default false,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, provider_id)
  )`,
  sql`create unique index connections_one_enabled on connections (tenant_id) where enabled`,
  sql`create table connection_revisions (
    tenant_id text not null,
    connection_id text not null,
    id text not null,
    number integer not null,
    state text not null default 'draft' check (state in ('draft', 'authorised', 'active', 'superseded')),
    issuer text collate "C" not null,
    client_id text collate "C" not null,
    config jsonb not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    authorised_at timestamptz,
    activated_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, connection_id, id),
    unique (tenant_id, connection_id, number),
    foreign key (tenant_id, connection_id) references connections (tenant_id, id)
  )`,
  sql`create unique index connection_revisions_one_active on connection_revisions (tenant_id, connection_id)
    where state = 'active'`,
  sql`create table connection_secrets (
    tenant_id text not null,
    connection_id text not null,
    revision_id text not null,
    slot text not null check (slot in ('current', 'next')),
    ciphertext text not null,
    key_id text not null,
    fingerprint text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, revision_id, slot),
    foreign key (tenant_id, connection_id, revision_id)
      references connection_revisions (tenant_id, connection_id, id)
  )`,
  sql`create table encryption_keys (
    id text primary key,
    check_value text not null,
    first_used_at timestamptz not null default now()
  )`,
];

const signIns = [
  sql`create table transactions (
    tenant_id text not null,
    id text not null,
    state_hash text collate "C" not null,
    product text not null,
    purpose text not null,
    connection_id text not null,
    revision_id text not null,
    issuer text collate "C" not null,
    client_id text collate "C" not null,
    redirect_uri text not null,
    return_path text not null,
    nonce text not null,
    code_verifier text not null,
    browser_hash text collate "C" not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    claimed_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, state_hash),
    foreign key (tenant_id, connection_id, revision_id)
      references connection_revisions (tenant_id, connection_id, id)
  )`,
  sql`create index transactions_expires_at on transactions (expires_at)`,
  sql`create table sessions (
    tenant_id text not null,
    id text not null,
    handle_hash text collate "C" not null,
    product text not null,
    user_id text not null,
    connection_id text not null,
    transaction_id text not null,
    issuer text collate "C" not null,
    subject text collate "C" not null,
    auth_time timestamptz not null,
    idle_seconds integer not null check (idle_seconds > 0),
    created_at timestamptz not null default now(),
    idle_expires_at timestamptz not null,
    absolute_expires_at timestamptz not null,
    ended_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, handle_hash),
    foreign key (tenant_id, user_id) references users (tenant_id, id),
    foreign key (tenant_id, connection_id) references connections (tenant_id, id),
    check (idle_expires_at <= absolute_expires_at)
  )`,
  // No index on idle_expires_at: it changes with every touch, and an index would make each of them dearer.
  sql`create index sessions_absolute_expires_at on sessions (absolute_expires_at)`,
  sql`create index sessions_ended_at on sessions (ended_at) where ended_at is not null`,
  sql`create index sessions_user on sessions (tenant_id, user_id)`,
];

const logs = [
  sql`create table sign_in_log (
    tenant_id text not null references tenants (id),
    id bigint generated always as identity,
    occurred_at timestamptz not null default now(),
    reference text not null,
    product text not null,
    purpose text not null,
    stage text not null,
    code text not null,
    reason text,
    user_id text,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
  )`,
  sql`create index sign_in_log_occurred_at on sign_in_log (occurred_at)`,
  sql`create table audit_events (
    tenant_id text not null references tenants (id),
    id bigint generated always as identity,
    occurred_at timestamptz not null default now(),
    actor text not null check (actor <> ''),
    action text not null,
    subject text,
    details jsonb not null default '{}',
    primary key (tenant_id, id)
  )`,
  sql`create function refuse_audit_change() returns trigger language plpgsql as $$
    begin
      raise exception 'audit_events is append-only' using errcode = 'insufficient_privilege';
    end
  $$`,
  sql`create trigger audit_events_append_only before update or delete or truncate on audit_events
    for each statement execute function refuse_audit_change()`,
];

export const firstSchema: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of [...directory, ...identities, ...connections, ...signIns, ...logs]) {
      await statement.execute(db);
    }
  },
};
