/**
 * @module
 * Proofs of settings, and the sessions of administrators who cannot sign in yet. Only adds.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  sql`create table authorisations (
    tenant_id text not null,
    id text not null,
    connection_id text not null,
    revision_id text not null,
    actor text not null,
    session_id text not null,
    status text not null default 'running' check (status in ('running', 'succeeded', 'failed')),
    failure_code text,
    failure_advice text,
    claims text[] not null default '{}',
    matched_user_id text,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, connection_id, revision_id)
      references connection_revisions (tenant_id, connection_id, id),
    foreign key (tenant_id, matched_user_id) references users (tenant_id, id)
  )`,
  sql`create index authorisations_revision on authorisations (tenant_id, revision_id, started_at)`,
  sql`create index authorisations_started_at on authorisations (tenant_id, started_at)`,
  sql`create table authorisation_rounds (
    tenant_id text not null,
    authorisation_id text not null,
    position integer not null,
    route text not null check (route in ('workspace', 'authorise', 'cti', 'toolbar')),
    redirect_uri text not null,
    started_at timestamptz,
    answered_at timestamptz,
    primary key (tenant_id, authorisation_id, route),
    foreign key (tenant_id, authorisation_id) references authorisations (tenant_id, id)
  )`,
  sql`alter table transactions add column authorisation_id text`,
  sql`create table settings_sessions (
    tenant_id text not null references tenants (id),
    id text not null,
    handle_hash text collate "C" not null,
    actor text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, handle_hash)
  )`,
  sql`create index settings_sessions_expires_at on settings_sessions (expires_at)`,
  // The sign-in log's filters read one tenant's newest lines.
  sql`create index sign_in_log_reference on sign_in_log (tenant_id, reference)`,
];

export const authorisations: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await statement.execute(db);
  },
};
