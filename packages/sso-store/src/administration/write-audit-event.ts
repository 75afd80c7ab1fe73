import type { Kysely } from 'kysely';
import { currentClientAddress } from '../client-address.js';
import type { Database } from '../database.js';

/** What an audit event can be about. Part of the API: programs filter by it. */
export type AuditAction =
  | 'tenant-added'
  | 'sso-entitlement-changed'
  | 'legacy-http-callbacks-changed'
  | 'user-added'
  | 'user-status-changed'
  | 'user-products-changed'
  | 'draft-created'
  | 'revision-authorised'
  | 'revision-activated'
  | 'revision-restored'
  | 'connection-enabled'
  | 'connection-disabled'
  | 'client-secret-replaced'
  | 'next-client-secret-set'
  | 'next-client-secret-promoted'
  | 'identity-pinned'
  | 'identity-approved'
  | 'identity-released'
  | 'users-imported'
  | 'sessions-revoked'
  | 'sessions-ended-by-provider'
  | 'signed-out-everywhere'
  | 'sign-out-redirect-changed'
  | 'session-presented-elsewhere'
  | 'session-end-deferred'
  | 'deferred-session-ended'
  | 'revocation-waits-for-calls-changed'
  | 'frame-origins-changed'
  | 'admin-link-created'
  | 'admin-link-redeemed'
  | 'admin-link-refused'
  | 'client-secrets-reencrypted'
  | 'identity-refused'
  | 'authorisation-started'
  | 'authorisation-failed'
  | 'client-secret-checked'
  | 'change-refused'
  | 'signing-key-created'
  | 'signing-keys-reencrypted'
  | 'directory-checked'
  | 'sso-enforced'
  | 'sso-enforcement-lifted'
  | 'next-client-secret-discarded'
  | 'client-secret-carried-over';

export interface NewAuditEvent {
  readonly tenantId: string;
  /** Who did it: a user's id, or the name of the program with the operator's. */
  readonly actor: string;
  readonly action: AuditAction;
  /** Id of the thing that was changed. */
  readonly subject: string;
  /** Facts without secrets, tokens or claim values. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes an audit event as part of the transaction that makes the change. */
export async function writeAuditEvent(transaction: Kysely<Database>, event: NewAuditEvent): Promise<void> {
  await transaction
    .insertInto('audit_events')
    .values({
      tenant_id: event.tenantId,
      actor: event.actor,
      action: event.action,
      subject: event.subject,
      details: JSON.stringify(event.details ?? {}),
      client_address: currentClientAddress(),
    })
    .execute();
}
