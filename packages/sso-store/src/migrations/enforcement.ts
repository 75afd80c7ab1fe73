/**
 * @module
 * Single sign-on as the only way in, and the check of the directory that it asks for. Only adds: the version before
 * knows neither, and lets a tenant in as if it were not enforced.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  sql`alter table tenants add column sso_enforced_at timestamptz`,
  sql`alter table tenants add column sso_enforced_by text`,
  // The newest check only: the audit trail has those before it.
  sql`create table directory_checks (
    tenant_id text primary key references tenants (id),
    checked_at timestamptz not null default now(),
    checked_by text not null check (checked_by <> ''),
    issuer text collate "C",
    users integer not null,
    covered integer not null,
    administrators integer not null,
    without_email integer not null,
    colliding integer not null,
    linked_elsewhere integer not null,
    check (users = covered + without_email + colliding + linked_elsewhere)
  )`,
];

export const enforcement: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await statement.execute(db);
  },
};
