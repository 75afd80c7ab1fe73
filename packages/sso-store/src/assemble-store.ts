import type {
  ClientAddressStore,
  ConnectionStore,
  EnforcementStore,
  FrameOriginStore,
  HandoffStore,
  HealthStore,
  ProviderLogoutStore,
  RedirectUriProofStore,
  SessionPolicyStore,
  SessionStore,
  SettingsSessionStore,
  SignInStore,
  SigningKeyStore,
} from '@ipscape/sso-core';
import { sql } from 'kysely';
import { type AdminLinkAdministration, createAdminLinkAdministration } from './administration/admin-links.js';
import { createAuthorisationAdministration } from './administration/authorisations.js';
import type { ConnectionAdministration } from './administration/connection-administration.js';
import { createConnectionAdministration } from './administration/connections.js';
import { createDirectoryQueries, type DirectoryQueries } from './administration/directory-check.js';
import {
  createEncryptionKeyAdministration,
  type EncryptionKeyAdministration,
} from './administration/encryption-keys.js';
import { createEnforcementAdministration } from './administration/enforcement.js';
import { createFrameOriginAdministration } from './administration/frame-origins.js';
import { createIdempotencyAdministration, type IdempotencyAdministration } from './administration/idempotency-keys.js';
import { createIdentityAdministration, type IdentityAdministration } from './administration/identities.js';
import { createUserImportAdministration } from './administration/import-users.js';
import { createLogAdministration, type LogAdministration } from './administration/logs.js';
import { createSessionPolicyAdministration } from './administration/session-policy.js';
import { createSessionAdministration, type SessionAdministration } from './administration/sessions.js';
import { createSettingsAccess } from './administration/settings-access.js';
import { createSignInStatusAdministration, type SignInStatusAdministration } from './administration/sign-in-status.js';
import { createSigningKeyAdministration, type SigningKeyAdministration } from './administration/signing-keys.js';
import { createStoreFacts, type StoreFactsStore } from './administration/store-facts.js';
import { createTenantAdministration, type TenantAdministration } from './administration/tenants.js';
import type { UserImportAdministration } from './administration/user-import.js';
import { createUserAdministration, type UserAdministration } from './administration/users.js';
import { withClientAddress } from './client-address.js';
import { findOtherClientSecret, promoteClientSecret } from './client-secret-rotation.js';
import type { EncryptionKeyRing } from './create-encryption-key-ring.js';
import { deleteExpired } from './delete-expired.js';
import { findPreferredProduct } from './find-preferred-product.js';
import { findTenantSetup } from './find-tenant-setup.js';
import { guardStore } from './guard-store.js';
import { createHandoffs } from './handoffs.js';
import { findIdentity, holdIdentity, pinIdentity } from './identities.js';
import type { OpenedDatabase } from './opened-database.js';
import { endSessionsByProvider } from './provider-logouts.js';
import { recordFailedSignIn } from './record-failed-sign-in.js';
import { recordForeignSession } from './record-foreign-session.js';
import { renewSession } from './renew-session.js';
import { reportCall } from './report-call.js';
import { endSession, findSession, openSession, touchSession } from './sessions.js';
import { signOutEverywhere } from './sign-out-everywhere.js';
import { findSigningKey, listPublishedKeys } from './signing-keys.js';
import type { StoreContext } from './store-context.js';
import { claimTransaction, saveTransaction } from './transactions.js';

/**
 * What the Service Desk and a tenant's administrator do. Each change writes its audit event in the same transaction.
 * A thing of another tenant is `not-found`.
 */
export type AdministrationStore = TenantAdministration &
  UserAdministration &
  ConnectionAdministration &
  IdentityAdministration &
  LogAdministration &
  DirectoryQueries &
  UserImportAdministration &
  SessionAdministration &
  SessionPolicyStore &
  AdminLinkAdministration &
  EnforcementStore &
  FrameOriginStore &
  EncryptionKeyAdministration &
  SigningKeyAdministration;

// The administration first: what it and a port of the core both have, it describes more closely.
type StoreMethods = AdministrationStore &
  SignInStore &
  HandoffStore &
  SessionStore &
  HealthStore &
  ProviderLogoutStore &
  RedirectUriProofStore &
  Omit<ConnectionStore, 'findUsers'> &
  SettingsSessionStore &
  SigningKeyStore &
  SignInStatusAdministration &
  IdempotencyAdministration &
  StoreFactsStore;

/** Every port of the libraries on one database. Methods reject with `SsoError` and with nothing else. */
export interface SsoStore extends StoreMethods, ClientAddressStore {
  /** `embedded`: PostgreSQL inside this process, which no other process can use at the same time. */
  readonly kind: 'postgresql' | 'embedded';
  /** Waits for the queries under way and gives the database free. */
  close(): Promise<void>;
}

/** The store on a database that was opened and migrated. */
export function assembleStore({ kind, db, close }: OpenedDatabase, keys: EncryptionKeyRing): SsoStore {
  const context: StoreContext = { db, keys };
  const methods: StoreMethods = {
    findTenantSetup: (domain) => findTenantSetup(context, domain),
    saveTransaction: (transaction) => saveTransaction(context, transaction),
    claimTransaction: (key) => claimTransaction(context, key),
    findOtherClientSecret: (key) => findOtherClientSecret(context, key),
    promoteClientSecret: (key) => promoteClientSecret(context, key),
    findIdentity: (key) => findIdentity(context, key),
    pinIdentity: (key) => pinIdentity(context, key),
    holdIdentity: (key) => holdIdentity(context, key),
    findPreferredProduct: (key) => findPreferredProduct(context, key),
    openSession: (session) => openSession(context, session),
    renewSession: (session, previous) => renewSession(context, session, previous),
    recordFailedSignIn: (entry) => recordFailedSignIn(context, entry),
    ...createHandoffs(context),
    findSession: (key) => findSession(context, key),
    touchSession: (key) => touchSession(context, key),
    signOutEverywhere: (key) => signOutEverywhere(context, key),
    reportCall: (key, call) => reportCall(context, key, call),
    endSession: (key) => endSession(context, key),
    recordForeignSession: (key) => recordForeignSession(context, key),
    endSessionsByProvider: (request) => endSessionsByProvider(context, request),
    findSigningKey: (tenantId) => findSigningKey(context, tenantId),
    listPublishedKeys: (tenantId) => listPublishedKeys(context, tenantId),
    async ping() {
      await sql`select 1`.execute(db);
    },
    deleteExpired: (limit) => deleteExpired(context, limit),
    ...createTenantAdministration(context),
    ...createUserAdministration(context),
    ...createConnectionAdministration(context),
    ...createIdentityAdministration(context),
    ...createLogAdministration(context),
    ...createDirectoryQueries(context),
    ...createUserImportAdministration(context),
    ...createSessionAdministration(context),
    ...createSessionPolicyAdministration(context),
    ...createAdminLinkAdministration(context),
    ...createEncryptionKeyAdministration(context),
    ...createSigningKeyAdministration(context),
    ...createAuthorisationAdministration(context),
    ...createSettingsAccess(context),
    ...createSignInStatusAdministration(context),
    ...createIdempotencyAdministration(context),
    ...createStoreFacts(context),
    ...createEnforcementAdministration(context),
    ...createFrameOriginAdministration(context),
  };
  // What the step rejects with is not the database's.
  return { ...guardStore(methods), withClientAddress, kind, close };
}
