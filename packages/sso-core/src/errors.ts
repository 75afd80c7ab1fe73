/**
 * @module
 * The one error class and the one table of what each code means. What a browser is shown for a code is decided
 * by the HTTP layer, which keeps its own exhaustive table.
 */

/**
 * What went wrong, as `area-reason`. Codes are public API: programs and the sign-in log rely on them, so renaming
 * one is a breaking change. The text is for engineers and administrators; it never holds a claim value, token,
 * code or secret.
 */
export const SSO_ERRORS = {
  'tenant-unknown': 'No tenant is registered for the host name of the request.',
  'sso-not-enabled': 'The tenant has no active single sign-on connection.',
  'connection-changed': 'The connection was changed or disabled between the start of the sign-in and its callback.',
  'provider-unknown': 'The connection names an identity provider that this adapter was not built with.',
  'secret-unreadable': 'The stored client secret cannot be decrypted with the configured encryption keys.',

  'state-mismatch': 'The callback carries no state, or one that belongs to no sign-in of this tenant and product.',
  'browser-mismatch': 'The callback arrived in a browser other than the one that started the sign-in.',
  'cookie-blocked': 'The browser sent no cookie at the callback, so the sign-in cannot be tied to it.',
  'transaction-expired': 'More than ten minutes passed between the start of the sign-in and its callback.',
  'transaction-repeated': 'The callback of this sign-in was already used.',
  'response-invalid': 'The authorization response is malformed: a parameter is missing, repeated or too long.',
  'response-issuer-mismatch': 'The authorization response names another issuer than the sign-in was started with.',

  'idp-unreachable': 'The identity provider could not be reached.',
  'idp-timeout': 'The identity provider did not answer in time.',
  'idp-rate-limited': 'The identity provider answered that there were too many requests.',
  'idp-error': 'The identity provider reported an error of its own.',
  'idp-response-invalid': 'The identity provider answered something that is not a valid OpenID Connect response.',
  'idp-address-forbidden': 'The identity provider’s address is not a public https address on port 443.',
  'idp-denied': 'The identity provider refused the sign-in, or the user cancelled it.',
  'user-not-assigned': 'The user is not assigned to the application at the identity provider.',
  'interaction-required': 'The identity provider needs the user to sign in again.',
  'request-rejected': 'The identity provider refused the request because of the application’s settings.',
  'client-rejected': 'The identity provider refused the Client ID or Client Secret.',
  'grant-rejected': 'The identity provider refused the authorization code.',
  'dpop-required': 'The application at the identity provider requires DPoP, which is not supported.',
  'par-required': 'The identity provider takes pushed authorization requests only, which are not supported.',
  'issuer-mismatch': 'The identity provider’s discovery document names another issuer than the configured one.',

  'token-invalid': 'The ID token failed verification.',
  'userinfo-invalid': 'The userinfo response failed verification.',
  'email-missing': 'The identity provider sent no e-mail address for the user.',
  'email-invalid': 'The e-mail address from the identity provider is not one that can be matched.',
  'email-unverified': 'The identity provider did not vouch for the e-mail address.',
  'user-not-found': 'No user of the tenant has the e-mail address.',
  'user-inactive': 'The user is disabled in ipSCAPE.',
  'user-ambiguous': 'More than one user of the tenant has the e-mail address.',
  'identity-held': 'The e-mail address belongs to a user who is already linked to another identity.',
  'product-not-permitted': 'The user may not use this product.',
  'logout-token-invalid': 'The identity provider’s request to end sessions failed verification.',

  'session-required': 'There is no valid session.',
  'product-token-invalid': 'The product token failed verification.',
  'product-token-expired': 'The product token has expired.',
  'product-keys-unavailable': 'The keys of product tokens could not be fetched.',
  'administrator-required': 'Only an administrator of the tenant may do this.',
  'recent-sign-in-required': 'The administrator signed in at the identity provider more than an hour ago.',
  'user-mismatch': 'Somebody other than the administrator signed in at the identity provider.',
  'revision-conflict': 'Somebody else changed the connection in the meantime.',
  'revision-not-authorised': 'The revision of the connection has not been authorised.',
  'enforcement-not-ready': 'Not everything is in place that has to be before single sign-on may be enforced.',
  'sso-enforced': 'Single sign-on is the only way in, and cannot be taken away before its enforcement is lifted.',
  'too-many-requests': 'There were too many attempts within a short time.',
  'too-many-sign-ins': 'Too many sign-ins of one network or tenant are under way.',
  'idempotency-key-reused': 'The idempotency key was used before, for another request.',
  'idempotency-key-in-use': 'A request with the same idempotency key is being carried out.',
  'top-level-required': 'A sign-in was begun or finished in a frame, or by a browser that loads pages ahead of time.',
  'protocol-unknown': 'The proxy in front of the adapter did not say that the browser used https.',
  'request-forbidden': 'The request did not come from a page of this site.',
  'request-invalid': 'The request is malformed.',
  'request-too-large': 'The body of the request is larger than is accepted.',
  'not-found': 'There is nothing at this address.',
  'handoff-invalid': 'The sign-in window belongs to no handoff of a frame, or to one that is over.',
  'handoff-refused': 'The user at the sign-in window said that the sign-in is not theirs.',
  'popup-blocked': 'The browser did not open the sign-in window.',
  'store-unavailable': 'The database cannot be used at the moment.',
  'internal-error': 'An unexpected error, which is a defect of this software.',
} as const satisfies Record<string, string>;

/** Stable: problem details and the sign-in log carry it. Its meaning is in {@link SSO_ERRORS}. */
export type SsoErrorCode = keyof typeof SSO_ERRORS;

/** Where in a sign-in something happened; shown to the tenant's administrator beside the code. */
export type SignInStage =
  | 'start'
  | 'discovery'
  | 'authorization'
  | 'callback'
  | 'token'
  | 'id-token'
  | 'userinfo'
  | 'match'
  | 'session';

/** Facts that may be logged: names of claims, reasons, status codes; never values that a user or provider sent. */
export type SsoErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** What is known of a failure beside its code. Nothing of it may hold what a user or a provider sent. */
export interface SsoErrorOptions {
  /** Safe facts for the log. */
  readonly details?: SsoErrorDetails;
  /** Default: none; a caller that knows where it was adds it with {@link SsoError.at}. */
  readonly stage?: SignInStage;
  /** What an administrator should do, in the provider's fixed words; never text that was received. */
  readonly advice?: string;
  /** The underlying error. It is logged by type and code only. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for('@ipscape/sso-core/SsoError');

/**
 * Every refusal and failure of the libraries. `code` is stable; `message` is the code's meaning in {@link SSO_ERRORS}.
 * Recognise one with {@link SsoError.is}, which also works when two copies of the package are installed.
 */
export class SsoError extends Error {
  override readonly name = 'SsoError';
  readonly code: SsoErrorCode;
  /** Empty when nothing is known beside the code. */
  readonly details: SsoErrorDetails;
  /** Undefined outside a sign-in. */
  readonly stage: SignInStage | undefined;
  /** What an administrator should do, in the provider's words; undefined when the provider has nothing to say. */
  readonly advice: string | undefined;

  constructor(code: SsoErrorCode, options: SsoErrorOptions = {}) {
    super(SSO_ERRORS[code], options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.stage = options.stage;
    this.advice = options.advice;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Whether a thrown value is an {@link SsoError}, of this or another copy of the package. */
  static is(value: unknown): value is SsoError {
    return value instanceof Error && BRAND in value;
  }

  /** The same error with a stage, for callers that know where they were when it was thrown. */
  at(stage: SignInStage): SsoError {
    if (this.stage !== undefined) return this;
    const advice = this.advice === undefined ? {} : { advice: this.advice };
    return new SsoError(this.code, { details: this.details, stage, cause: this.cause, ...advice });
  }
}
