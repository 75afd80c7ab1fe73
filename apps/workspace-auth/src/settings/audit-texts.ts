/**
 * @module
 * What an audit event is called to a tenant's administrator. Its code stays beside it, for the Service Desk.
 */
import type { AuditAction } from '@ipscape/sso-store';

const TEXTS: Readonly<Record<AuditAction, string>> = {
  'tenant-added': 'The organisation was added',
  'sso-entitlement-changed': 'The Service Desk switched single sign-on on or off',
  'legacy-http-callbacks-changed': 'The Workspace’s redirect URIs were switched between http and https',
  'sign-out-redirect-changed': 'The way back after signing out everywhere was changed',
  'user-added': 'A user was added',
  'user-status-changed': 'A user was enabled or disabled',
  'user-products-changed': 'A user’s products were changed',
  'users-imported': 'Users were imported',
  'draft-created': 'Settings were entered',
  'authorisation-started': 'Save and authorise was pressed',
  'authorisation-failed': 'Save and authorise failed',
  'revision-authorised': 'Settings were proved',
  'revision-activated': 'Settings were put into force',
  'revision-restored': 'Earlier settings were put into force again',
  'connection-enabled': 'Single sign-on was enabled',
  'connection-disabled': 'Single sign-on was disabled',
  'client-secret-replaced': 'The client secret was replaced',
  'client-secret-checked': 'A stored client secret was checked',
  'client-secret-carried-over': 'The newer client secret was kept for earlier settings',
  'client-secrets-reencrypted': 'Client secrets were encrypted anew',
  'next-client-secret-set': 'The next client secret was stored',
  'next-client-secret-promoted': 'The next client secret became the current one',
  'next-client-secret-discarded': 'The next client secret was forgotten',
  'identity-pinned': 'An account was linked to a user at the first sign-in',
  'identity-approved': 'A held identity was approved',
  'identity-refused': 'A held identity was refused',
  'identity-released': 'A user’s account was unlinked',
  'sessions-revoked': 'Sessions were revoked',
  'sessions-ended-by-provider': 'The provider ended a user’s sessions',
  'signed-out-everywhere': 'A user signed out everywhere',
  'session-presented-elsewhere': 'A user’s session was tried on another organisation’s address: it was copied',
  'session-end-deferred': 'The end of a session waits for a call',
  'deferred-session-ended': 'A session that waited for a call has ended',
  'revocation-waits-for-calls-changed': 'Whether a revocation waits for a call was changed',
  'frame-origins-changed': 'The CRM pages were changed',
  'admin-link-created': 'The Service Desk made a link to this page',
  'admin-link-redeemed': 'A link of the Service Desk was opened',
  'admin-link-refused': 'A link of the Service Desk was refused',
  'change-refused': 'A change was refused',
  'directory-checked': 'The directory was checked',
  'sso-enforced': 'Single sign-on became the only way in',
  'sso-enforcement-lifted': 'Other ways to sign in were allowed again',
  'signing-key-created': 'A key of product tokens was made',
  'signing-keys-reencrypted': 'Keys of product tokens were encrypted anew',
};

/** The code itself for an event that a newer version has written. */
export function auditText(action: string): string {
  return Object.hasOwn(TEXTS, action) ? TEXTS[action as AuditAction] : action;
}
