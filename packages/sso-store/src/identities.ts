/**
 * @module
 * Who an identity of the provider belongs to. The database's constraints decide every race: an identity has one
 * user, and a user one identity of each issuer.
 */
import { type EmailEvidence, type IdentityKey, type IdentityMatch, SsoError } from '@ipscape/sso-core';
import { sql } from 'kysely';
import { currentClientAddress } from './client-address.js';
import { type DirectoryUserRow, toDirectoryUser } from './directory-user.js';
import type { StoreContext } from './store-context.js';

interface MatchRow extends DirectoryUserRow {
  readonly pinned: boolean;
  readonly linked_elsewhere: boolean;
}

/** The pinned user, or else the users with the e-mail address: one query. */
export async function findIdentity(
  { db }: StoreContext,
  key: IdentityKey & { readonly canonicalEmail: string | null },
): Promise<IdentityMatch> {
  assertStorable(key);
  const { rows } = await sql<MatchRow>`
    with pinned as (
      select user_id from identities
      where tenant_id = ${key.tenantId} and issuer = ${key.issuer} and subject = ${key.subject}
    )
    select u.tenant_id, u.id, u.email, u.name, u.role, u.products, u.status,
           true as pinned, false as linked_elsewhere
    from pinned p join users u on u.tenant_id = ${key.tenantId} and u.id = p.user_id
    union all
    select u.tenant_id, u.id, u.email, u.name, u.role, u.products, u.status,
           false, exists (select 1 from identities i where i.tenant_id = u.tenant_id and i.user_id = u.id)
    from users u
    where u.tenant_id = ${key.tenantId} and u.email_canonical = ${key.canonicalEmail}
      and not exists (select 1 from pinned)`.execute(db);
  const pinned = rows.find((row) => row.pinned);
  return {
    pinned: pinned === undefined ? null : toDirectoryUser(pinned),
    candidates: rows
      .filter((row) => !row.pinned)
      .map((row) => ({ user: toDirectoryUser(row), linkedElsewhere: row.linked_elsewhere })),
  };
}

/** Pins and writes the audit event in one statement. A user of another tenant is a `conflict`. */
export async function pinIdentity(
  { db }: StoreContext,
  key: IdentityKey & { readonly userId: string; readonly emailEvidence?: EmailEvidence },
): Promise<'pinned' | 'conflict'> {
  assertStorable(key);
  const { emailEvidence: evidence } = key;
  const facts = evidence === undefined ? {} : { emailSource: evidence.source, emailVerified: evidence.verified };
  const { rows } = await sql<{ pinned: boolean }>`
    with pinned as (
      insert into identities (tenant_id, issuer, subject, user_id)
      select tenant_id, ${key.issuer}, ${key.subject}, id from users
      where tenant_id = ${key.tenantId} and id = ${key.userId}
      on conflict do nothing
      returning tenant_id, user_id, issuer
    ), audited as (
      insert into audit_events (tenant_id, actor, action, subject, client_address, details)
      select tenant_id, 'sign-in', 'identity-pinned', user_id, ${currentClientAddress()},
        ${JSON.stringify(facts)}::jsonb || jsonb_build_object('issuer', issuer)
      from pinned
    )
    select true as pinned from pinned`.execute(db);
  return rows.length === 1 ? 'pinned' : 'conflict';
}

export async function holdIdentity(
  { db }: StoreContext,
  key: IdentityKey & { readonly userId: string },
): Promise<void> {
  assertStorable(key);
  await sql`
    insert into held_identities (tenant_id, issuer, subject, user_id)
    select tenant_id, ${key.issuer}, ${key.subject}, id from users
    where tenant_id = ${key.tenantId} and id = ${key.userId}
    on conflict (tenant_id, issuer, subject, user_id) do update set last_held_at = now()`.execute(db);
}

/** UTF-8 has no lone surrogates: written as they are, two subjects would become one. PostgreSQL has no NUL. */
function assertStorable({ subject }: IdentityKey): void {
  if (!subject.isWellFormed() || subject.includes('\0')) {
    throw new SsoError('token-invalid', { details: { check: 'sub' } });
  }
}
