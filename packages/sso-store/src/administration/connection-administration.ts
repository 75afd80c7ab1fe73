/**
 * @module
 * A tenant's connections and their revisions: draft → authorised → active → superseded. A revision never changes
 * except in its state and its secrets.
 */
import type { NewDraftRevision, StoredConnection, StoredRevision } from '@ipscape/sso-core';

/** A revision as the administration sees it, without its secrets. */
export interface ConnectionRevision extends StoredRevision {
  /** When a real sign-in proved it; null while none has. */
  readonly authorisedAt: Date | null;
}

/** A tenant's connection with the two revisions that matter: the one in force and the one that waits. */
export interface ConnectionOverview extends StoredConnection {
  readonly connectionId: string;
  readonly providerId: string;
  readonly active: ConnectionRevision | null;
  /** The draft or authorised revision that is to become active, if any; there is at most one. */
  readonly pending: ConnectionRevision | null;
}

/** The settings' own draft: the administration adds nothing to it. */
export type NewDraft = NewDraftRevision;

/** Names one revision and who changes it. Another tenant's is not found. */
export interface RevisionKey {
  readonly tenantId: string;
  readonly revisionId: string;
  /** Whom the audit trail names. */
  readonly actor: string;
}

/** Names the revision that comes into force, and a session that outlives the change. */
export interface RevisionInForceKey extends RevisionKey {
  /**
   * The session of whoever makes the change: it goes on although another issuer opened it, so that the administrator is
   * not shut out before anybody is linked to the new one. Default: none goes on.
   */
  readonly keptSessionId?: string;
}

/** What is done with a tenant's connections. Each change is one transaction with its audit event. */
export interface ConnectionAdministration {
  /** The tenant's enabled connection, or else the one with the newest revision; never with a secret. */
  findConnection(tenantId: string): Promise<ConnectionOverview | null>;
  /** One revision, whatever its state, for a proof of its settings. */
  findRevision(tenantId: string, revisionId: string): Promise<ConnectionRevision | null>;
  /** The revisions of all of the tenant's connections, newest first. */
  listRevisions(tenantId: string): Promise<readonly ConnectionRevision[]>;
  /**
   * Makes a draft and supersedes the pending revision before it; what is active stays in force.
   *
   * @throws {SsoError} `not-found` for an unknown tenant; `revision-conflict`; `request-invalid` with reason `client-secret-required` when
   *   there is none to keep, `client-secret-empty`, or `client-secret-in-config`
   */
  createDraft(draft: NewDraft): Promise<ConnectionRevision>;
  /**
   * Notes that a real sign-in proved the draft. Repeating it changes nothing.
   *
   * @throws {SsoError} `not-found`; `request-invalid` with reason `revision-active` or `revision-superseded`
   */
  markAuthorised(key: RevisionKey): Promise<void>;
  /**
   * Puts an authorised revision into force, enables its connection and disables any other one of the tenant. Where the
   * issuer is another one now, the sessions that the one before opened end.
   *
   * @throws {SsoError} `not-found`; `request-invalid` with reason `revision-draft`, `-active` or `-superseded`
   */
  activateRevision(key: RevisionInForceKey): Promise<void>;
  /**
   * Puts a revision back into force that was active before, without asking the provider. Sessions of another issuer
   * end.
   *
   * @throws {SsoError} `not-found`; `request-invalid` when the revision was never active, or is active
   */
  restoreRevision(key: RevisionInForceKey): Promise<void>;
  /**
   * Disabling ends all sessions of the connection at once.
   *
   * @throws {SsoError} `not-found` when the tenant has no connection with an active revision; `sso-enforced` for
   *   disabling the tenant's only way in
   */
  setConnectionEnabled(input: {
    readonly tenantId: string;
    readonly enabled: boolean;
    readonly actor: string;
  }): Promise<void>;
  /** Replaces the active revision's secret. @throws {SsoError} `not-found` without an active revision */
  replaceClientSecret(input: NewClientSecret): Promise<void>;
  /**
   * Stores a secret beside the active revision's current one, until it is promoted or discarded.
   *
   * @throws {SsoError} `not-found` without an active revision; `request-invalid` with reason `client-secret-same` when
   *   it is the current one
   */
  setNextClientSecret(input: NewClientSecret): Promise<void>;
  /** Forgets the next secret. @throws {SsoError} `not-found` when none waits */
  discardNextClientSecret(input: { readonly tenantId: string; readonly actor: string }): Promise<void>;
  /** The next secret becomes the current one. @throws {SsoError} `not-found` when none waits */
  promoteNextClientSecret(input: { readonly tenantId: string; readonly actor: string }): Promise<void>;
}

/** A secret for the tenant's active revision; sealed before it is stored, and never returned. */
export interface NewClientSecret {
  readonly tenantId: string;
  /** In the clear, as the provider shows it. */
  readonly clientSecret: string;
  /** Whom the audit trail names; it keeps the secret's fingerprint beside. */
  readonly actor: string;
}
