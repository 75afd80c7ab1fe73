/**
 * @module
 * The interfaces behind which all I/O of a sign-in happens. `@ipscape/sso-store` implements the stores on PostgreSQL;
 * `@ipscape/sso-core/node` the fetch and the synchronous cryptography.
 *
 * Two rules hold for every store method. It is scoped by tenant in the query itself: a tenant id that is empty or
 * unknown finds nothing. And time is the database's: a caller never passes "now".
 * A method rejects with `SsoError('store-unavailable')` when the database cannot answer.
 */
import type { CryptoKey } from 'jose';
import type { SignInStage, SsoErrorCode } from './errors.js';
import type { Product, Purpose } from './products.js';
import type { IdTokenAlgorithm } from './provider.js';

/** Whoever is `disabled` cannot sign in, and their sessions count as over. */
export type UserStatus = 'active' | 'disabled';
/** What a user may do in ipSCAPE. It comes from ipSCAPE's own directory, never from a claim. */
export type UserRole = 'administrator' | 'supervisor' | 'agent';

/** A customer of ipSCAPE, with what the Service Desk and its administrators chose about single sign-on. */
export interface Tenant {
  readonly id: string;
  /** For display. */
  readonly name: string;
  /** Host name under which all three products of the tenant are served, without a port. */
  readonly domain: string;
  /** Whether the Service Desk has enabled single sign-on for the tenant. */
  readonly ssoEntitled: boolean;
  /** Whether the two Workspace redirect URIs are registered at the provider with `http://`. */
  readonly legacyHttpCallbacks: boolean;
  /** Whether single sign-on is the only way in: a product that has another one keeps it closed. */
  readonly ssoEnforced: boolean;
  /**
   * Exact origins of CRM pages that may show the tenant's CTI Adaptor in a frame, each fit for a header as it is. Empty:
   * nobody may.
   */
  readonly frameOrigins: readonly string[];
}

/** A user as ipSCAPE's own directory has them. No claim of a provider changes it. */
export interface DirectoryUser {
  readonly id: string;
  readonly tenantId: string;
  /** As the tenant's administrator typed it; for display. */
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  /** Those that the user may use. */
  readonly products: readonly Product[];
  readonly status: UserStatus;
}

/** The revision of a tenant's connection that is in force, without its secret. */
export interface ActiveConnection {
  /** The same for all revisions of a tenant's settings for one provider. */
  readonly connectionId: string;
  /** Names exactly these values: an edit makes another revision. */
  readonly revisionId: string;
  /** Id of the provider in the app's registry. */
  readonly providerId: string;
  /** What tokens must carry, character for character. */
  readonly issuer: string;
  readonly clientId: string;
  /** The provider's own fields without the secret, as its schema parsed them. */
  readonly config: Readonly<Record<string, string>>;
}

/** What a sign-in needs to know about the host it was asked for. */
export interface TenantSetup {
  readonly tenant: Tenant;
  /** Null when the tenant is not entitled, has no active revision, or its connection is disabled. */
  readonly connection: ActiveConnection | null;
}

/** A sign-in under way, bound to everything that its callback must match. */
export interface SignInTransaction {
  /** Not the `state`: knowing it proves nothing. */
  readonly id: string;
  readonly tenantId: string;
  readonly product: Product;
  readonly purpose: Purpose;
  readonly connectionId: string;
  readonly revisionId: string;
  readonly issuer: string;
  readonly clientId: string;
  /** As it was sent to the provider, character for character. */
  readonly redirectUri: string;
  /** From {@link toReturnPath}; the callback route judges it again. */
  readonly returnPath: string;
  /** The value itself: the ID token has to repeat it. */
  readonly nonce: string;
  /** The PKCE verifier itself, not its challenge. RFC 7636 §4.1. */
  readonly codeVerifier: string;
  /** SHA-256 of the secret in the browser's transaction cookie, base64url. */
  readonly browserHash: string;
  /** Only for the purposes `authorise` and `probe`: the authorisation that the answer belongs to. */
  readonly authorisationId?: string;
  /** Whether the user goes on to the product that they used last; a sign-in from the provider's dashboard. */
  readonly choosesProduct?: true;
  /** The handoff that waits for the answer: then the sign-in makes no session of this window. */
  readonly handoffId?: string;
}

/** What the start of a sign-in stores. Of `state` and the browser's secret there are only hashes. */
export interface NewTransaction extends Omit<SignInTransaction, 'id'> {
  /** SHA-256 of `state`, base64url. Unique. */
  readonly stateHash: string;
  /** From now, by the database's clock. */
  readonly ttlSeconds: number;
}

/** How claiming a transaction by its `state` ended. Whoever claims one has spent it, however the sign-in goes on. */
export type TransactionClaim =
  /**
   * This caller won the transaction; nobody else can. `connection` and `clientSecret` are those in force now; for
   * purposes `authorise` and `probe`, those of the transaction's own revision while nothing newer took its place.
   */
  | {
      readonly outcome: 'claimed';
      readonly transaction: SignInTransaction;
      readonly connection: ActiveConnection | null;
      readonly clientSecret: string | null;
    }
  /** It was claimed now, but too late. */
  | { readonly outcome: 'expired'; readonly transaction: SignInTransaction }
  /** Somebody claimed it before. */
  | { readonly outcome: 'repeated'; readonly transaction: SignInTransaction }
  | { readonly outcome: 'unknown' };

/** What the tenant's directory says about somebody whom a provider named. {@link decideMatch} draws the conclusion. */
export interface IdentityMatch {
  /** The user pinned to (tenant, issuer, subject), if any. */
  readonly pinned: DirectoryUser | null;
  /**
   * Only when nobody is pinned: users of the tenant whose canonical e-mail address equals the asked one, whatever
   * their status, and whether each is linked to any other identity already.
   */
  readonly candidates: readonly MatchCandidate[];
}

/** A user to whom the address alone leads. */
export interface MatchCandidate {
  readonly user: DirectoryUser;
  /** Whether they are linked to any other identity: then an administrator has to approve this one. */
  readonly linkedElsewhere: boolean;
}

/** Somebody as a provider knows them; `subject` says nothing without its issuer. OpenID Connect Core 1.0 §2. */
export interface IdentityKey {
  readonly tenantId: string;
  readonly issuer: string;
  /** `sub` of a verified ID token. */
  readonly subject: string;
}

/** What a verified sign-in opens a session with. Its limits count from the moment at which it is opened. */
export interface NewSession {
  readonly tenantId: string;
  readonly userId: string;
  readonly product: Product;
  readonly connectionId: string;
  /** Of the sign-in that opens it. */
  readonly transactionId: string;
  /** As the connection had it when the sign-in began. */
  readonly issuer: string;
  /** `sub` of the verified ID token. */
  readonly subject: string;
  /** SHA-256 of the cookie's value, base64url. */
  readonly handleHash: string;
  /** `auth_time` of the ID token in seconds since 1970, or null when the provider sent none: then now. */
  readonly authTimeSeconds: number | null;
  /** See {@link SessionLimits}. */
  readonly idleSeconds: number;
  /** See {@link SessionLimits}. */
  readonly absoluteSeconds: number;
  /** Reference of the sign-in in the tenant's sign-in log. */
  readonly reference: string;
  /** Kept encrypted as hint for signing out at the provider; null when the provider has no such endpoint. */
  readonly idToken: string | null;
}

/** What the window's sign-in leaves for the frame to redeem. */
export interface HandoffSignIn extends Omit<NewSession, 'handleHash' | 'idleSeconds' | 'absoluteSeconds'> {
  readonly handoffId: string;
  /** SHA-256 of the secret in the window's cookie, base64url: whoever signed in is asked, and nobody else. */
  readonly windowHash: string;
}

/** What is left of a session when its user signed out everywhere. */
export interface SignedOutEverywhere {
  readonly issuer: string;
  /** The session's own ID token, which is a hint and proves nothing; null when none was kept. */
  readonly idToken: string | null;
  /** Whether the tenant registered where the provider sends people after they signed out there. */
  readonly returnsFromProvider: boolean;
}

/** A live session with its user, as `GET /{product}/session` reports it. */
export interface SessionView {
  /** `sid` of the session's product tokens. It is not the cookie's value, and opens nothing. */
  readonly id: string;
  readonly tenant: { readonly id: string; readonly domain: string };
  readonly product: Product;
  /** As the directory has them now. */
  readonly user: { readonly id: string; readonly email: string; readonly name: string; readonly role: UserRole };
  /** When the user signed in at the provider. */
  readonly authTime: Date;
  /** When the session ends if nothing more happens: the earlier of the idle and the absolute limit. */
  readonly expiresAt: Date;
  /** Of the sign-in that opened it. */
  readonly transactionId: string;
  readonly life: SessionLife;
}

/** When and why a session ends. All times are the database's. */
export interface SessionLife {
  /** The database's time when this was read. */
  readonly readAt: Date;
  /** The limit itself: a call may put the end off, see `deferral`. */
  readonly idleExpiresAt: Date;
  /** The limit itself: a call may put the end off, see `deferral`. */
  readonly absoluteExpiresAt: Date;
  /** A call that was reported and is not over. */
  readonly call: {
    readonly startedAt: Date;
    /** Without another report by then, the call counts as over. */
    readonly reportBefore: Date;
  } | null;
  /** The session would have ended, and waits for the call. */
  readonly deferral: {
    readonly reason: DeferralReason;
    /** When it ends even if the call goes on. */
    readonly until: Date;
  } | null;
}

/** What would have ended a session that waits for its call. */
export type DeferralReason = 'idle-limit' | 'absolute-limit' | 'revocation';

/** What a product says of its user's call; `continuing` renews the lease, and begins a call that was not known. */
export const CALL_REPORTS = ['started', 'continuing', 'ended'] as const;
/** One of {@link CALL_REPORTS}. */
export type CallReport = (typeof CALL_REPORTS)[number];

/** Names a session by what the browser showed. Another tenant's or product's is not found. */
export interface SessionKey {
  readonly tenantId: string;
  /** Of the route: another product's cookie finds nothing. */
  readonly product: Product;
  /** SHA-256 of the cookie's value, base64url. */
  readonly handleHash: string;
}

/** One line of a tenant's sign-in log. Holds no token, secret or claim value. */
export interface SignInLogEntry {
  readonly tenantId: string;
  /** What the person was shown, e.g. `7K3M-9QXD`. */
  readonly reference: string;
  readonly product: Product;
  readonly purpose: Purpose;
  readonly stage: SignInStage;
  readonly code: SsoErrorCode;
  /** A safe fact that tells two causes of one code apart, e.g. the failed check of an ID token. */
  readonly reason: string | null;
  /** Null when it is not known who tried. */
  readonly userId: string | null;
}

/** What the provider said about the address by which a user was found. */
export interface EmailEvidence {
  readonly source: 'id-token' | 'userinfo';
  /** `absent` also when the claim was no boolean. */
  readonly verified: boolean | 'absent';
}

/** What the sign-in routes need from the database; each method is one statement where the database allows it. */
export interface SignInStore {
  /** Exact match on the registered domain, which is stored in lower case. */
  findTenantSetup(domain: string): Promise<TenantSetup | null>;
  /**
   * `superseded`, and nothing is saved, when a sign-in names a revision that is not in force at this moment: another
   * took its place, the connection is disabled, or the tenant is not entitled any more. The other purposes prove
   * revisions that are not in force yet.
   */
  saveTransaction(transaction: NewTransaction): Promise<'saved' | 'superseded'>;
  /**
   * Atomic: of any number of callers with the same state, on any number of instances, exactly one receives
   * `claimed`. Rejects with `secret-unreadable` when the client secret cannot be decrypted.
   */
  claimTransaction(key: { readonly tenantId: string; readonly stateHash: string }): Promise<TransactionClaim>;
  /**
   * A secret of the revision for when the provider has refused one: what took its place in the meantime, or else the
   * next one. Null when there is no other. Rejects with `secret-unreadable` when it cannot be decrypted.
   */
  findOtherClientSecret(key: {
    readonly tenantId: string;
    readonly revisionId: string;
    /** The one that was refused. */
    readonly refused: string;
  }): Promise<string | null>;
  /**
   * Makes the revision's next secret its current one, if it still is `clientSecret`, which the provider accepted.
   * Returns whether it did. Audited.
   */
  promoteClientSecret(key: {
    readonly tenantId: string;
    readonly revisionId: string;
    readonly clientSecret: string;
    readonly actor: string;
  }): Promise<boolean>;
  /** Who is pinned to the identity, else who has the address; `canonicalEmail` null finds only the former. */
  findIdentity(key: IdentityKey & { readonly canonicalEmail: string | null }): Promise<IdentityMatch>;
  /**
   * Pins an identity to a user. `conflict` when the identity is pinned already, or the user is pinned to another
   * identity of the issuer; nothing is changed then. Audited, with `emailEvidence` when it is given.
   */
  pinIdentity(
    key: IdentityKey & { readonly userId: string; readonly emailEvidence?: EmailEvidence },
  ): Promise<'pinned' | 'conflict'>;
  /** Remembers an identity that an administrator has to approve. Repeating it changes nothing but the time. */
  holdIdentity(key: IdentityKey & { readonly userId: string }): Promise<void>;
  /**
   * Of the products that an active user may use, the one that they signed in to last, else the first of `PRODUCTS`;
   * null when there is none.
   */
  findPreferredProduct(key: { readonly tenantId: string; readonly userId: string }): Promise<Product | null>;
  /**
   * Opens the session and writes the sign-in log's line for it in one statement, if all that it rests on is still so
   * and stays so until it is open: an active user who may use the product, the identity pinned to them, and the
   * connection in force with its issuer.
   *
   * @throws SsoError `user-inactive`, `product-not-permitted`, `connection-changed`, or `transaction-expired` for a user who
   *   was signed out since the sign-in began
   */
  openSession(session: NewSession): Promise<void>;
  /**
   * Opens the session in the place of another of the same user, which ends: both or neither, in one statement. Of any
   * number of callers one succeeds. `no-session` when the other is not alive or was revoked, `other-user` when it is
   * somebody else's; nothing is changed then.
   */
  renewSession(session: NewSession, previous: SessionKey): Promise<'renewed' | 'no-session' | 'other-user'>;
  /** Writes a line of the tenant's sign-in log. */
  recordFailedSignIn(entry: SignInLogEntry): Promise<void>;
  /** Keeps what a window's sign-in found for the frame that waits; see `HandoffStore`. */
  completeHandoff(signIn: HandoffSignIn): Promise<boolean>;
}

/** What the session routes need from the database. */
export interface SessionStore {
  /**
   * The session if it is alive: not ended, within both limits, its user active and permitted to use the product,
   * the tenant entitled and the connection not disabled.
   */
  findSession(key: SessionKey): Promise<SessionView | null>;
  /** Ends all sessions of the session's user in all products; null when the session is not alive. Atomic, audited. */
  signOutEverywhere(key: SessionKey): Promise<SignedOutEverywhere | null>;
  /**
   * Moves the idle limit, never past the absolute one; returns it. Does nothing for an ended session, and then
   * returns null.
   */
  touchSession(key: SessionKey): Promise<Date | null>;
  /**
   * A call of the session's user began, goes on, or ended; activity as well. While it goes on, an ordinary end of the
   * session waits for it, at most `deferralSeconds`; the first report that puts the end off writes an audit event.
   * With the end of the call a session whose end has waited ends. Returns whether the session was alive.
   */
  reportCall(
    key: SessionKey,
    call: { readonly report: CallReport; readonly leaseSeconds: number; readonly deferralSeconds: number },
  ): Promise<boolean>;
  /** Ends the session. Returns whether it was alive. */
  endSession(key: SessionKey): Promise<boolean>;
  /**
   * For a handle that the tenant of the key does not have: if it is that of another tenant's live session, of whatever
   * product, writes an audit event in the tenant that the session belongs to, and nothing in this one. A browser never
   * brings a cookie to another host, so the handle was copied. At most one event for a session in
   * `FOREIGN_SESSION_EVENT_SECONDS`, however many ask at once; the session goes on as it was. Returns whether it wrote
   * one; nobody who sent a request may be told. Looks at nothing but the handle's hash when there is no such session.
   */
  recordForeignSession(key: SessionKey): Promise<boolean>;
}

/** Which request of a provider ended sessions; the audit event says so. */
export type ProviderLogoutKind = 'universal-logout' | 'back-channel-logout';
/** Whom a provider named: by its subject, or by an e-mail address in canonical form. */
export type LoggedOutUser = { readonly subject: string } | { readonly canonicalEmail: string };

/** A verified request of a provider to end a user's sessions. */
export interface ProviderLogoutRequest {
  readonly tenantId: string;
  /** Of the connection in force; a subject is looked up under it. */
  readonly issuer: string;
  readonly kind: ProviderLogoutKind;
  /** SHA-256 of the token's `jti`, base64url. */
  readonly tokenHash: string;
  /** Until when the token could be used again, in seconds since 1970. */
  readonly tokenExpiresAtSeconds: number;
  readonly user: LoggedOutUser;
}

/** How a provider's request ended. Whichever it was, its token cannot be used again. */
export type ProviderLogoutResult =
  | { readonly outcome: 'ended'; readonly endedSessions: number }
  /** The token was used before; nothing was changed. */
  | { readonly outcome: 'repeated' }
  /** The tenant has no such user. The token is used up all the same. */
  | { readonly outcome: 'user-unknown' };

/** Requests of providers to end sessions, remembered as long as their tokens could be used again. */
export interface ProviderLogoutStore {
  /** Ends all sessions of the user in all products, once for each token, and writes the audit event. Atomic. */
  endSessionsByProvider(request: ProviderLogoutRequest): Promise<ProviderLogoutResult>;
}

/** What a store needs to know of a request to write a complete audit trail. */
export interface ClientAddressStore {
  /**
   * Carries out a request: whatever the store audits in `step`, also later in it, came from this address. Null when it
   * is not known. Rejects with what `step` rejects with.
   */
  withClientAddress<Result>(address: string | null, step: () => Promise<Result>): Promise<Result>;
}

/** A key of product tokens as verifiers see it. RFC 7517, RFC 7518 §6.2.1. */
export interface PublicSigningKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  /** 32 bytes, base64url. */
  readonly x: string;
  /** 32 bytes, base64url. */
  readonly y: string;
  /** RFC 7638 thumbprint of the key. */
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

/** The key that signs a tenant's product tokens now. */
export interface SigningKey {
  /** As {@link PublicSigningKey.kid}. */
  readonly kid: string;
  /** The private key as a JWK in JSON. Never for a log. */
  readonly privateJwk: string;
}

/**
 * Keys of product tokens. A tenant's first key is made by whichever method is called first; later ones on their own,
 * published long before they sign.
 */
export interface SigningKeyStore {
  /** Null for an unknown tenant. Rejects with `secret-unreadable` when the key cannot be decrypted. */
  findSigningKey(tenantId: string): Promise<SigningKey | null>;
  /** Public members only, of every key that may have signed a token that is still good, or will sign the next ones. */
  listPublishedKeys(tenantId: string): Promise<readonly PublicSigningKey[]>;
}

/** What a callback needs to note that a redirect URI is registered at the provider. */
export interface RedirectUriProofStore {
  /** The provider came back to the product's own callback in an authorisation. Repeating it changes nothing. */
  proveRedirectUri(key: {
    readonly tenantId: string;
    readonly authorisationId: string;
    readonly product: Product;
  }): Promise<void>;
}

/** What readiness checks and housekeeping need from the database. */
export interface HealthStore {
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Deletes what is past its time, at most `limit` rows of each kind; returns how many rows went. */
  deleteExpired(limit: number): Promise<number>;
}

/** `fetch`, restricted to what the libraries use. Implementations follow no redirect and enforce size and time. */
export type SsoFetch = (url: string, init?: SsoFetchInit) => Promise<Response>;

/** What a request may say; there is no more, so that every implementation can keep its promises. */
export interface SsoFetchInit {
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Deadline of the whole exchange, from the name look-up to the last byte. Default 5,000. */
  readonly timeoutMs?: number;
  /** At whose expense it is made, for `createBudgetedFetch`. Says nothing to the fetch beneath. */
  readonly budget?: CallBudget;
}

/** Whose requests, and what they are for. The endpoints fail, and are limited, one by one. */
export interface CallBudget {
  readonly tenantId: string;
  /** `client-check` is the provider's answer to whether it knows a Client ID. */
  readonly endpoint: 'discovery' | 'keys' | 'token' | 'userinfo' | 'client-check';
}

/** What {@link SsoCrypto.verify} is asked. */
export interface SignatureCheck {
  /** A public key that was imported for `algorithm`. */
  readonly key: CryptoKey;
  /** RFC 7518 §3.1. */
  readonly algorithm: IdTokenAlgorithm;
  /** As it stands in the JWS: an ES256 signature is 64 bytes, not DER. */
  readonly signature: Uint8Array;
  /** What was signed. */
  readonly data: Uint8Array;
}

/** Random numbers, hashes and signatures. A result may be synchronous where the platform can do it faster. */
export interface SsoCrypto {
  /** `bytes` random bytes from the platform's cryptographic source, base64url. */
  randomToken(bytes: number): string;
  /** SHA-256 of the text's UTF-8 bytes, base64url without padding. */
  sha256(text: string): string | Promise<string>;
  /**
   * Whether the signature is the key's over the data, with SHA-256; PS256 with a salt of 32 bytes, ES256 as two numbers of
   * 32 bytes side by side. RFC 7518 §3.3 to §3.5.
   *
   * @throws when the key was imported for another algorithm
   */
  verify(check: SignatureCheck): boolean | Promise<boolean>;
}
