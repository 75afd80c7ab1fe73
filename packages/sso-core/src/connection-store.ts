/**
 * @module
 * What the connection's settings need from the database. Interfaces only. As with every store: each method is scoped
 * by tenant in the query itself, and time is the database's.
 */
import type { AuthorisationView, RedirectUriProof, SettingsActor, StoredSecret } from './connection-settings.js';
import type { SsoErrorCode } from './errors.js';
import type { ActiveConnection, DirectoryUser } from './ports.js';

/** One version of the settings as it is stored. The secrets themselves are not part of it. */
export interface StoredRevision extends ActiveConnection {
  /** Counts the revisions of a connection from 1. */
  readonly number: number;
  /** `draft` was not proved yet, `authorised` was, `active` is in force; another took the place of `superseded`. */
  readonly state: 'draft' | 'authorised' | 'active' | 'superseded';
  /** Null when none is stored. */
  readonly secret: StoredSecret | null;
  /** What will replace the current secret; null when none waits. */
  readonly nextSecret: StoredSecret | null;
  /** What was changed of what was typed, for the administrator who comes back from the provider. */
  readonly repairs: readonly string[];
  /** See {@link SettingsActor.userId}. */
  readonly createdBy: string;
  readonly createdAt: Date;
  /** When it was last put into force, or null. */
  readonly activatedAt: Date | null;
}

/** The tenant's connection that is enabled, else its newest. */
export interface StoredConnection {
  /** Whether sign-ins may use it. A disabled connection keeps its active revision. */
  readonly enabled: boolean;
  /** The revision in force, or null before the first. */
  readonly active: StoredRevision | null;
  /** The newest draft or authorised revision, or null. */
  readonly pending: StoredRevision | null;
}

/** What {@link ConnectionStore.createDraft} stores: values that the provider's own rules accepted. */
export interface NewDraftRevision {
  readonly tenantId: string;
  readonly providerId: string;
  readonly issuer: string;
  readonly clientId: string;
  /** The provider's own fields, without the secret. */
  readonly config: Readonly<Record<string, string>>;
  /** `keep` takes the secret that was stored last for the same issuer and client id, with the next one beside it. */
  readonly clientSecret: { readonly value: string } | 'keep';
  /** See {@link SettingsActor.userId}; the audit trail names them. */
  readonly actor: string;
  /** When given: the revision that must still be the pending one, else the active one; null for none. */
  readonly seenRevisionId?: string | null;
  /** What was changed in what was typed and why, one text a field and without a secret. Default: nothing. */
  readonly repairs?: readonly string[];
}

/** Which of the four redirect URIs a round proves. */
export type AuthorisationRoute = RedirectUriProof['route'];

/** The proof of one redirect URI within an authorisation. */
export interface StoredRound {
  readonly route: AuthorisationRoute;
  readonly redirectUri: string;
  /** Null when the browser was not sent to the provider for it yet. */
  readonly startedAt: Date | null;
  /** The provider came back to the address. It stays so. */
  readonly isAnswered: boolean;
  /** It was started longer ago than its limit, and not answered. */
  readonly isOverdue: boolean;
}

/** One press of *Save and authorise* as it was last written; limits that passed since then have not ended it yet. */
export interface StoredAuthorisation {
  readonly authorisationId: string;
  readonly revisionId: string;
  /** See {@link SettingsActor.userId}. */
  readonly actor: string;
  /** Of the session that began it; no other may carry it on. */
  readonly sessionId: string;
  readonly status: AuthorisationView['status'];
  /** Null unless it failed. */
  readonly failure: AuthorisationView['failure'];
  /** Names of the claims that came, never their values. Empty before the real sign-in was verified. */
  readonly claims: readonly string[];
  /** Null while nobody signed in, and when no user matched. */
  readonly matchedUser: AuthorisationView['matchedUser'];
  readonly startedAt: Date;
  /** Ten minutes have passed: whatever is still missing will not come any more. */
  readonly isExpired: boolean;
  /** In the order in which they are proved; always the four of {@link AuthorisationRoute}. */
  readonly rounds: readonly StoredRound[];
}

/** Names one authorisation. Another tenant's is not found. */
export interface AuthorisationKey {
  readonly tenantId: string;
  readonly authorisationId: string;
}

/** Whether the actor may change the tenant's settings at this moment. */
export interface ActorStanding {
  /** A session that is alive, of an active user with the role or of the Service Desk's link. */
  readonly isAdministrator: boolean;
  /** The Service Desk has single sign-on enabled for the tenant. */
  readonly isEntitled: boolean;
  /**
   * When the administrator last signed in at the provider, as far as this session knows: at its own sign-in, never
   * later than it was opened, or at a *Save and authorise* of this session that succeeded at the issuer in force. A
   * sign-in at any other issuer proves nothing of the person: whoever typed its address may own it. Null for the
   * Service Desk's link, and for whoever is no administrator.
   */
  readonly signedInAt: Date | null;
  /** The database's time when this was read. */
  readonly readAt: Date;
}

interface Change {
  readonly tenantId: string;
  readonly actor: string;
}

/**
 * What the settings of a tenant's connection need from the database. A change of a revision, a secret or the connection
 * itself writes its audit event in the same transaction.
 */
export interface ConnectionStore {
  /** Asked right before each change. An unknown tenant has no administrators and is not entitled. */
  findActorStanding(tenantId: string, actor: SettingsActor): Promise<ActorStanding>;
  /** Users by id, for names beside ids; those that the tenant does not have are left out. */
  findUsers(
    tenantId: string,
    filter: { readonly userIds: readonly string[] },
  ): Promise<{ readonly users: readonly DirectoryUser[] }>;
  /** Null when the tenant never saved a draft. */
  findConnection(tenantId: string): Promise<StoredConnection | null>;
  /** Null when the tenant has no such revision. */
  findRevision(tenantId: string, revisionId: string): Promise<StoredRevision | null>;
  /** All of the tenant, the newest first; those of replaced connections too. */
  listRevisions(tenantId: string): Promise<readonly StoredRevision[]>;
  /** @throws SsoError `revision-conflict`, or `request-invalid` with reason `client-secret-required` */
  createDraft(draft: NewDraftRevision): Promise<StoredRevision>;
  /**
   * A draft is authorised from now on; does nothing when it is already.
   *
   * @throws SsoError `not-found`; `request-invalid` for a revision that is not pending any more
   */
  markAuthorised(key: Change & { readonly revisionId: string }): Promise<void>;
  /** Where the issuer is another one now, sessions that the one before opened end, but for `keptSessionId`. */
  activateRevision(key: Change & { readonly revisionId: string; readonly keptSessionId?: string }): Promise<void>;
  /** Ends sessions as `activateRevision` does. */
  restoreRevision(key: Change & { readonly revisionId: string; readonly keptSessionId?: string }): Promise<void>;
  /**
   * Disabling ends the connection's sessions. Does nothing when it is so already.
   *
   * @throws SsoError `not-found` without an active revision; `sso-enforced` for disabling the only way in
   */
  setConnectionEnabled(input: Change & { readonly enabled: boolean }): Promise<void>;
  /**
   * Stores it beside the current secret of the active revision, in place of any that waits.
   *
   * @throws SsoError `not-found` without an active revision; `request-invalid` with reason `client-secret-empty`, or
   *   `client-secret-same` for the current one
   */
  setNextClientSecret(input: Change & { readonly clientSecret: string }): Promise<void>;
  /** @throws SsoError `not-found` without an active revision, or when no secret waits */
  discardNextClientSecret(input: Change): Promise<void>;
  /**
   * The active revision with the secret of one slot, to be shown to its provider; null when there is none. Each call
   * is an audit event.
   *
   * @throws SsoError `too-many-requests` after five within ten minutes
   */
  openClientSecret(
    input: Change & { readonly slot: 'current' | 'next' },
  ): Promise<{ readonly connection: ActiveConnection; readonly clientSecret: string } | null>;
  /** Writes an audit event about something that was refused. */
  recordRefusal(input: Change & { readonly attempted: string; readonly reason: string }): Promise<void>;

  /**
   * Begins the proof of a pending revision, in place of any other that is under way for the tenant.
   *
   * @throws SsoError `not-found`, `request-invalid` for a revision that is not pending, or `too-many-requests` after
   *   ten of one administrator, or thirty of the tenant, within ten minutes
   */
  createAuthorisation(input: {
    readonly tenantId: string;
    readonly revisionId: string;
    readonly actor: SettingsActor;
    readonly rounds: readonly { readonly route: AuthorisationRoute; readonly redirectUri: string }[];
  }): Promise<StoredAuthorisation>;
  /** Null when the tenant has no such authorisation. */
  findAuthorisation(key: AuthorisationKey): Promise<StoredAuthorisation | null>;
  /** The one of the revision that began last, or null. */
  findLatestAuthorisation(tenantId: string, revisionId: string): Promise<StoredAuthorisation | null>;
  /** The browser is sent to the provider now. Begins the round's limit anew; does nothing for an answered one. */
  startRound(key: AuthorisationKey & { readonly route: AuthorisationRoute }): Promise<void>;
  /** What the real sign-in showed; answers the round of the route `authorise`. */
  recordVerifiedSignIn(
    key: AuthorisationKey & { readonly claims: readonly string[]; readonly matchedUserId: string | null },
  ): Promise<void>;
  /** Does nothing for an authorisation that has ended. */
  failAuthorisation(
    key: AuthorisationKey & { readonly actor: string; readonly code: SsoErrorCode; readonly advice: string },
  ): Promise<void>;
  /** Does nothing for an authorisation that has ended. */
  succeedAuthorisation(key: AuthorisationKey): Promise<void>;
}

/** Sessions that begin with a link of the Service Desk. They reach the settings page and nothing else. */
export interface SettingsSessionStore {
  /** Beside any others of the same actor. It ends `ttlSeconds` from now, however much it is used. */
  openSettingsSession(input: {
    readonly tenantId: string;
    /** Whom the audit trail names. */
    readonly actor: string;
    /** SHA-256 of the cookie's value, base64url. */
    readonly handleHash: string;
    readonly ttlSeconds: number;
  }): Promise<void>;
  /** Null when it is unknown or over. */
  findSettingsSession(key: {
    readonly tenantId: string;
    readonly handleHash: string;
  }): Promise<{ readonly sessionId: string; readonly actor: string } | null>;
}

/** One-time links of the Service Desk to a tenant's settings page. */
export interface AdminLinkStore {
  /** Atomic: of any number of callers exactly one receives `redeemed`. */
  redeemAdminLink(key: {
    readonly tenantId: string;
    /** SHA-256 of the link's token, base64url. */
    readonly tokenHash: string;
  }): Promise<
    | { readonly outcome: 'redeemed'; readonly link: { readonly id: string } }
    | { readonly outcome: 'expired' | 'repeated' | 'unknown' }
  >;
}
