/**
 * @module
 * Every number of the protocol in one place, with its unit in its name.
 * They are part of the contract: changing one is a breaking change for operators.
 */

/** Difference between our clock and the provider's that is tolerated in `exp`, `iat` and `nbf`. */
export const CLOCK_SKEW_SECONDS = 60;
/** A fresh sign-in's ID token is at most this old. */
export const ID_TOKEN_MAX_AGE_SECONDS = 600;
/** An ID token that is valid for longer than this from now is refused: no provider means that for one sign-in. */
export const ID_TOKEN_MAX_LIFETIME_SECONDS = 24 * 60 * 60;
/** A logout token that is valid for longer is refused, because it would have to be remembered for as long. */
export const LOGOUT_TOKEN_MAX_LIFETIME_SECONDS = 3600;
/** From the start of a sign-in to its callback. */
export const TRANSACTION_TTL_SECONDS = 600;
/** Sign-ins under way in one browser; the oldest gives way to a new one. */
export const MAX_TRANSACTIONS_PER_BROWSER = 7;
/** Longest time since an administrator's sign-in at the provider that proves settings: within one round. */
export const AUTHORISATION_MAX_AUTH_AGE_SECONDS = TRANSACTION_TTL_SECONDS;
/**
 * Longest time since an administrator signed in at the provider for changing the settings of single sign-on. Whoever
 * came by a link of the Service Desk has as long from its opening.
 */
export const RECENT_SIGN_IN_MAX_AGE_SECONDS = 3600;
/** From the creation of a handoff to its redemption. */
export const HANDOFF_TTL_SECONDS = 300;
/** From the user's confirmation to the redemption. */
export const HANDOFF_REDEEM_SECONDS = 60;
/** How often a frame asks how its handoff is. */
export const HANDOFF_POLL_SECONDS = 2;
/** Questions about one handoff, with a wrong verifier too. */
export const MAX_HANDOFF_POLLS = 150;
/** Longest query of a CRM that is kept. */
export const MAX_HANDOFF_QUERY_BYTES = 2000;
/** Longest return path that is kept. */
export const MAX_RETURN_PATH_BYTES = 2048;
/** Longest `code` that is accepted from the provider. */
export const MAX_AUTHORIZATION_CODE_LENGTH = 2048;
/** Longest `state` that is looked up. Ours are 43 characters. */
export const MAX_STATE_LENGTH = 128;
/** Random bits of every state, nonce, verifier and handle: 32 bytes are 256 bits, 43 base64url characters. */
export const SECRET_BYTES = 32;

/** Lifetime of a product token at most; it never outlives its session. */
export const PRODUCT_TOKEN_TTL_SECONDS = 300;
/**
 * From the publication of a key of product tokens to its first signature. Longer than any verifier keeps a key set,
 * even one that cannot fetch a newer one, so that a rotation never meets a verifier without the key.
 */
export const PRODUCT_TOKEN_KEY_LEAD_SECONDS = 25 * 60 * 60;

/** Deadline of a request to a provider that asks for no other. */
export const IDP_REQUEST_TIMEOUT_MS = 5_000;
/** Deadline of a token request, whose answer a provider may have to compute. */
export const TOKEN_REQUEST_TIMEOUT_MS = 10_000;

/**
 * An administrator is told that a provider cannot be reached this long after asking, and not before. Longer than a name
 * server, a connection and the beginning of an answer may take together.
 */
export const UNREACHABLE_ANSWER_MS = 3_500;
/** Requests of one tenant to one endpoint at a time, and those that wait for their turn. */
export const BUDGET_MAX_ACTIVE = 16;
export const BUDGET_MAX_WAITING = 256;
/** Failures in a row after which an endpoint is left alone. */
export const BREAKER_FAILURES = 10;
/** For how long it is left alone first and at most; each failed probe makes it twice as long. */
export const BREAKER_OPEN_MIN_MS = 1_000;
export const BREAKER_OPEN_MAX_MS = 30_000;
/** Shortest and longest time for which a provider's rate limit is respected, whatever it announces. */
export const RATE_LIMIT_MIN_MS = 1_000;
export const RATE_LIMIT_MAX_MS = 60_000;
/** Longest time that somebody who signs in waits for a rate limit to be over. */
export const RATE_LIMIT_WAIT_MAX_MS = 2_000;

/** A session whose handle comes to other tenants' hosts has one audit event in this time at most. */
export const FOREIGN_SESSION_EVENT_SECONDS = 3_600;

/** Age after which a discovery document is fetched again. */
export const DISCOVERY_MAX_AGE_MS = 60 * 60 * 1000;
/** Age up to which the last good discovery document still serves while a newer one cannot be had. */
export const DISCOVERY_STALE_MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** Pause before a failed discovery of an issuer is tried again while an older document serves. */
export const DISCOVERY_RETRY_DELAY_MS = 5_000;

/** First and longest pause after a failed discovery while there is no document; each failure doubles it. */
export const DISCOVERY_BACKOFF_MIN_MS = 500;
export const DISCOVERY_BACKOFF_MAX_MS = 10_000;
/** Shortest time between two discoveries of an issuer that something asked for anew. */
export const DISCOVERY_MIN_INTERVAL_MS = 1_000;

/** Age after which a key set is fetched again although every key is known. */
export const JWKS_MAX_AGE_MS = 60 * 60 * 1000;
/** Age up to which the last good key set still verifies known keys while the endpoint fails. */
export const JWKS_STALE_MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** Pause between two refetches for an unknown key. */
export const JWKS_COOLDOWN_MS = 5_000;
/** First and longest pause after a failed key fetch; each failure makes it four times as long. */
export const JWKS_BACKOFF_MIN_MS = 1_000;
export const JWKS_BACKOFF_MAX_MS = 60_000;
/** Keys of a set that are looked at. */
export const JWKS_MAX_KEYS = 100;
/** Shorter RSA keys are ignored. */
export const RSA_MIN_BITS = 2048;
/** Issuers whose metadata or keys one process remembers. The least recently used give way, at twice as many at most. */
export const CACHE_MAX_ENTRIES = 10_000;
