/**
 * @module
 * The tables as Kysely's query builder sees them. The migrations are the truth; this only types the administration's
 * queries. The hot path's statements are written in SQL.
 */
import type { Product, PublicSigningKey, Purpose, UserRole, UserStatus } from '@ipscape/sso-core';
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

/** A column that the database fills with its own clock. */
type DatabaseTime = ColumnType<Date, never, never>;
/** Objects go in as JSON text, because the two drivers disagree about how they serialise. */
type Json<T> = ColumnType<T, string, string>;

/**
 * `draft`, `authorised`, `active`, `superseded`, in this order. A new draft supersedes one that waits, and a restored
 * revision is active again.
 */
export type RevisionState = 'draft' | 'authorised' | 'active' | 'superseded';
/** A provider keeps two secrets while one replaces the other: `current` is tried first, then `next`. */
export type SecretSlot = 'current' | 'next';

export interface Database {
  tenants: {
    id: string;
    name: string;
    sso_entitled: Generated<boolean>;
    legacy_http_callbacks: Generated<boolean>;
    sign_out_redirect: Generated<boolean>;
    revocation_waits_for_calls: Generated<boolean>;
    frame_origins: Generated<string[]>;
    sso_enforced_at: Date | null;
    sso_enforced_by: string | null;
    created_at: DatabaseTime;
  };
  tenant_domains: { domain: string; tenant_id: string; created_at: DatabaseTime };
  users: {
    tenant_id: string;
    id: string;
    email: string;
    email_canonical: string | null;
    name: string;
    role: UserRole;
    products: Product[];
    status: Generated<UserStatus>;
    created_at: DatabaseTime;
  };
  identities: {
    tenant_id: string;
    issuer: string;
    subject: string;
    user_id: string;
    linked_at: DatabaseTime;
    last_sign_in_at: Date | null;
  };
  held_identities: {
    tenant_id: string;
    issuer: string;
    subject: string;
    user_id: string;
    first_held_at: DatabaseTime;
    last_held_at: DatabaseTime;
  };
  connections: {
    tenant_id: string;
    id: string;
    provider_id: string;
    enabled: Generated<boolean>;
    created_at: DatabaseTime;
  };
  connection_revisions: {
    tenant_id: string;
    connection_id: string;
    id: string;
    number: number;
    state: Generated<RevisionState>;
    issuer: string;
    client_id: string;
    config: Json<Readonly<Record<string, string>>>;
    created_by: string;
    repairs: Generated<string[]>;
    created_at: DatabaseTime;
    authorised_at: Date | null;
    activated_at: Date | null;
  };
  connection_secrets: {
    tenant_id: string;
    connection_id: string;
    revision_id: string;
    slot: SecretSlot;
    ciphertext: string;
    key_id: string;
    fingerprint: string;
    created_at: DatabaseTime;
  };
  encryption_keys: { id: string; check_value: string; first_used_at: DatabaseTime };
  signing_keys: {
    tenant_id: string;
    id: string;
    public_jwk: Json<PublicSigningKey>;
    ciphertext: string;
    key_id: string;
    created_at: DatabaseTime;
    signs_from: Date;
    signs_until: Date | null;
  };
  sessions: {
    tenant_id: string;
    id: string;
    user_id: string;
    connection_id: string;
    product: string;
    issuer: string;
    subject: string;
    ended_at: Date | null;
    revoked_at: Date | null;
  };
  sign_in_log: {
    tenant_id: string;
    id: GeneratedAlways<string>;
    occurred_at: DatabaseTime;
    reference: string;
    product: Product;
    purpose: Purpose;
    stage: string;
    code: string;
    reason: string | null;
    user_id: string | null;
  };
  audit_events: {
    tenant_id: string;
    id: GeneratedAlways<string>;
    occurred_at: DatabaseTime;
    actor: string;
    action: string;
    subject: string | null;
    details: Json<Readonly<Record<string, unknown>>>;
    client_address: string | null;
  };
}
