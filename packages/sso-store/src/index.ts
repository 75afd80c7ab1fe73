export type {
  AdminLink,
  AdminLinkAdministration,
  AdminLinkRedemption,
  NewAdminLink,
} from './administration/admin-links.js';
export type {
  ConnectionAdministration,
  ConnectionOverview,
  ConnectionRevision,
  NewClientSecret,
  NewDraft,
  RevisionInForceKey,
  RevisionKey,
} from './administration/connection-administration.js';
export type { DirectoryCheck, DirectoryQueries, FoundUser, UserFilter } from './administration/directory-check.js';
export type {
  ClientSecretCheck,
  ClientSecretKey,
  EncryptionKeyAdministration,
  EncryptionKeyStatus,
  ReencryptionBatch,
} from './administration/encryption-keys.js';
export type { IdempotencyAdministration, IdempotencyClaim, IdempotencyKey } from './administration/idempotency-keys.js';
export type {
  HeldIdentity,
  IdentityAdministration,
  IdentityAdministrationKey,
  LinkedIdentity,
} from './administration/identities.js';
export type {
  AuditEvent,
  LogAdministration,
  LogOptions,
  SignInLogFilter,
  SignInLogLine,
} from './administration/logs.js';
export type {
  LiveSession,
  LiveSessionFilter,
  SessionAdministration,
} from './administration/sessions.js';
export type {
  SignInStatusAdministration,
  SignInStatusFilter,
  SignInStatusPage,
  UserSignInStatus,
} from './administration/sign-in-status.js';
export type {
  SigningKeyAdministration,
  SigningKeyName,
  SigningKeyReencryption,
  SigningKeyState,
  SigningKeyStatus,
} from './administration/signing-keys.js';
export type { StoreFacts, StoreFactsStore } from './administration/store-facts.js';
export type { NewTenant, TenantAdministration } from './administration/tenants.js';
export type {
  ImportedUser,
  ImportFinding,
  ImportLine,
  ImportProblem,
  ImportWarning,
  UserImport,
  UserImportAdministration,
  UserImportResult,
} from './administration/user-import.js';
export type { NewUser, UserAdministration } from './administration/users.js';
export type { AuditAction } from './administration/write-audit-event.js';
export type { AdministrationStore, SsoStore } from './assemble-store.js';
export type { EncryptionKeyRing, SealedSecret, SecretPlace } from './create-encryption-key-ring.js';
export { createEncryptionKeyRing } from './create-encryption-key-ring.js';
export type { RevisionState, SecretSlot } from './database.js';
export { deleteEmbeddedDatabase } from './delete-embedded-database.js';
export type { SsoStoreOptions } from './open-sso-store.js';
export { openSsoStore } from './open-sso-store.js';
