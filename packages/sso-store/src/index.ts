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
  RevisionKey,
} from './administration/connection-administration.js';
export type { DirectoryOverview, DirectoryOverviewStore, ListedUser } from './administration/directory-overview.js';
export type {
  HeldIdentity,
  IdentityAdministration,
  IdentityAdministrationKey,
  LinkedIdentity,
} from './administration/identities.js';
export type { AuditEvent, LogAdministration, LogOptions, SignInLogLine } from './administration/logs.js';
export type { NewTenant, TenantAdministration } from './administration/tenants.js';
export type { NewUser, UserAdministration } from './administration/users.js';
export type { AuditAction } from './administration/write-audit-event.js';
export type { AdministrationStore, SsoStore } from './assemble-store.js';
export type { EncryptionKeyRing, SealedSecret, SecretPlace } from './create-encryption-key-ring.js';
export { createEncryptionKeyRing } from './create-encryption-key-ring.js';
export type { RevisionState } from './database.js';
export { deleteEmbeddedDatabase } from './delete-embedded-database.js';
export type { SsoStoreOptions } from './open-sso-store.js';
export { openSsoStore } from './open-sso-store.js';
