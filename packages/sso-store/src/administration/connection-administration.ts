/**
 * @module
 * A tenant's connections and their revisions: draft → authorised → active → superseded. A revision never changes
 * except in its state and its secrets.
 */
import type { ActiveConnection, StoredSecret } from '@ipscape/sso-core';
import type { RevisionState } from '../database.js';

export interface ConnectionRevision extends ActiveConnection {
  /** Counts the revisions of a connection from 1. */
  readonly number: number;
  readonly state: RevisionState;
  /** Recognises the client secret without telling it, or null when there is none. */
  readonly secretFingerprint: string | null;
  /** The same for the secret that waits to be promoted. */
  readonly nextSecretFingerprint: string | null;
  /** The same two with the time at which each was stored. */
  readonly secret: StoredSecret | null;
  readonly nextSecret: StoredSecret | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly authorisedAt: Date | null;
  readonly activatedAt: Date | null;
}

export interface ConnectionOverview {
  readonly connectionId: string;
  readonly providerId: string;
  readonly enabled: boolean;
  readonly active: ConnectionRevision | null;
  /** The draft or authorised revision that is to become active, if any; there is at most one. */
  readonly pending: ConnectionRevision | null;
}

export interface NewDraft {
  readonly tenantId: string;
  readonly providerId: string;
  readonly issuer: string;
  readonly clientId: string;
  /** The provider's own fields, without the secret. */
  readonly config: Readonly<Record<string, string>>;
  /** `keep` takes the secret that was stored last for the same issuer and client id, with the next one beside it. */
  readonly clientSecret: { readonly value: string } | 'keep';
  readonly actor: string;
  /**
   * When given: the revision that must still be the pending one, else the active one, or null for none. Otherwise
   * somebody else was faster, and the draft is refused with `revision-conflict`.
   */
  readonly seenRevisionId?: string | null;
  /** What was corrected in what was typed, one sentence each and without a value; for the audit trail. */
  readonly repairs?: readonly string[];
}

export interface RevisionKey {
  readonly tenantId: string;
  readonly revisionId: string;
  readonly actor: string;
}

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
   * Puts an authorised revision into force, enables its connection and disables any other one of the tenant.
   *
   * @throws {SsoError} `not-found`; `request-invalid` with reason `revision-draft`, `-active` or `-superseded`
   */
  activateRevision(key: RevisionKey): Promise<void>;
  /**
   * Puts a revision back into force that was active before, without asking the provider.
   *
   * @throws {SsoError} `not-found`; `request-invalid` when the revision was never active, or is active
   */
  restoreRevision(key: RevisionKey): Promise<void>;
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

export interface NewClientSecret {
  readonly tenantId: string;
  readonly clientSecret: string;
  readonly actor: string;
}
