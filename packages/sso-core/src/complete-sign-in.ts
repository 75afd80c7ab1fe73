/**
 * @module
 * The second half of a sign-in: claim the transaction, exchange the code, verify, find the user, open the session.
 * Each step is a function of its own; this file is their order.
 */
import { parseAuthorizationCode, parseState } from './authorization-response.js';
import { providerOf, transactionName } from './begin-sign-in.js';
import { withBudget } from './budgeted-fetch.js';
import { decideMatch, type EmailClaim } from './decide-match.js';
import type { IssuerKey } from './discovery.js';
import { canonicaliseEmail } from './email.js';
import { SsoError } from './errors.js';
import { exchangeCodeWithRotation } from './exchange-with-rotation.js';
import { type VerifiedClaims, verifyIdToken } from './id-token.js';
import { CLOCK_SKEW_SECONDS, SECRET_BYTES } from './limits.js';
import type {
  ActiveConnection,
  DirectoryUser,
  EmailEvidence,
  HandoffSignIn,
  NewSession,
  SessionKey,
  SignInTransaction,
  Tenant,
} from './ports.js';
import type { Product, Purpose } from './products.js';
import type { OidcProvider } from './provider.js';
import { RENEWAL_MAX_AUTH_AGE_SECONDS } from './session-limits.js';
import type { SignInDeps } from './sign-in-deps.js';
import {
  HandoffFailed,
  HandoffSignedIn,
  OtherProduct,
  ProbeAnswered,
  RefusedUser,
  RenewalRefused,
  RepeatedCallback,
} from './sign-in-outcomes.js';
import { fetchUserinfoEmail } from './userinfo.js';

/** The request to a callback route, as the route knows it. The transaction has to agree with all of it. */
export interface CallbackInput {
  /** Of the request's host. */
  readonly tenant: Tenant;
  /** Of the route that was called. */
  readonly product: Product;
  /** Of the route that was called; answers to renewals and probes arrive at the `sign-in` route too. */
  readonly purpose: Purpose;
  /** Of the route that was called, as {@link redirectUri} writes it now. */
  readonly redirectUri: string;
  /** The callback's query. */
  readonly parameters: URLSearchParams;
  /** The browser's secret of a transaction, by {@link BegunSignIn.transactionName}; null when it sent none. */
  readonly browserSecret: (transactionName: string) => string | null;
  /** Whether the browser sent any cookie at all. */
  readonly hasCookies: boolean;
  /** The session that the browser's cookie claims, alive or not; without it no renewal succeeds. */
  readonly sessionKey?: SessionKey | null;
}

/** An answer of the provider that passed every check, and what it was an answer to. */
export interface VerifiedCallback {
  /** What it was an answer to. It cannot be claimed again. */
  readonly transaction: SignInTransaction;
  readonly provider: OidcProvider;
  /** Of the ID token; userinfo adds nothing here. */
  readonly claims: VerifiedClaims;
  /** From the ID token, or from userinfo when the token has no address; never mixed. */
  readonly emailClaim: EmailClaim;
  /** Which of the two it was. */
  readonly emailSource: EmailEvidence['source'];
  /** Hint for signing out at the provider; null when it has no such endpoint. */
  readonly idTokenHint: string | null;
}

/** A session that is open in the database; the adapter has yet to set its cookie and redirect the browser. */
export interface CompletedSignIn {
  /** As the directory had them at the match. */
  readonly user: DirectoryUser;
  /** Where the browser goes on, on the same host; as it was when the sign-in began. */
  readonly returnPath: string;
  /** The session cookie's value, 256 random bits. Only its hash is stored. */
  readonly sessionHandle: string;
  /** Whether the session took the place of another, which has ended. */
  readonly isRenewal: boolean;
}

/**
 * Signs a user in, or renews a session; or refuses. A new session exists afterwards only if this resolves, and the one
 * that it renews is gone only then.
 *
 * @param reference - the short reference under which the sign-in log keeps it.
 * @throws {@link RepeatedCallback}, {@link ProbeAnswered}, {@link OtherProduct}, {@link RenewalRefused},
 *   {@link HandoffSignedIn}, {@link HandoffFailed}, or
 *   {@link SsoError} with any code of a callback, token or match. TypeError for any purpose but `sign-in`: proving a connection never makes a session.
 */
export async function completeSignIn(
  input: CallbackInput,
  reference: string,
  deps: SignInDeps,
): Promise<CompletedSignIn> {
  if (input.purpose !== 'sign-in') throw new TypeError('Only a sign-in makes a session.');
  const claimed = await claimCallback(input, deps);
  const { transaction } = claimed;
  try {
    const callback = await verifyClaimedCallback(claimed, input.parameters, deps);
    if (transaction.purpose === 'renew') checkAuthTime(callback.claims, deps);
    const user = await findUserOfProduct(callback, deps);
    if (transaction.handoffId !== undefined) throw await completeHandoff(callback, user, reference, deps);
    const sessionHandle = deps.crypto.randomToken(SECRET_BYTES);
    const session = await toNewSession(callback, { user, sessionHandle, reference }, deps);
    if (transaction.purpose === 'renew') await renew(session, input.sessionKey ?? null, deps);
    else await deps.store.openSession(session);
    const isRenewal = transaction.purpose === 'renew';
    return { user, returnPath: transaction.returnPath, sessionHandle, isRenewal };
  } catch (error) {
    throw ofPurpose(transaction, error);
  }
}

async function completeHandoff(
  callback: VerifiedCallback,
  user: DirectoryUser,
  reference: string,
  deps: SignInDeps,
): Promise<HandoffSignedIn> {
  const { handoffId = '', browserHash: windowHash } = callback.transaction;
  const isKept = await deps.store.completeHandoff({ ...toSignIn(callback, user, reference), handoffId, windowHash });
  if (!isKept) throw new SsoError('handoff-invalid', { stage: 'session', details: { reason: 'over' } });
  return new HandoffSignedIn(handoffId);
}

/** The provider was asked for no interaction, but not trusted with the limit: renewals do not renew each other. */
function checkAuthTime({ authTimeSeconds }: VerifiedClaims, { now }: SignInDeps): void {
  const oldest = now() / 1000 - RENEWAL_MAX_AUTH_AGE_SECONDS - CLOCK_SKEW_SECONDS;
  if (authTimeSeconds !== null && authTimeSeconds >= oldest) return;
  throw new SsoError('interaction-required', { stage: 'id-token', details: { reason: 'auth_time' } });
}

/** Only for the user who is signed in: whoever else is signed in at the provider by now does not take over. */
async function renew(session: NewSession, previous: SessionKey | null, { store }: SignInDeps): Promise<void> {
  const outcome = previous === null ? 'no-session' : await store.renewSession(session, previous);
  if (outcome === 'no-session') throw new SsoError('session-required', { stage: 'session' });
  if (outcome === 'other-user') throw new SsoError('user-mismatch', { stage: 'session' });
}

function ofPurpose({ purpose, returnPath, handoffId }: SignInTransaction, error: unknown): unknown {
  if (!SsoError.is(error) || error instanceof HandoffSignedIn) return error;
  if (handoffId !== undefined) return new HandoffFailed(error, handoffId);
  return purpose === 'renew' ? new RenewalRefused(error, returnPath) : error;
}

/** @throws {@link OtherProduct} when the sign-in left the product open and the user's is another. */
async function findUserOfProduct(callback: VerifiedCallback, deps: SignInDeps): Promise<DirectoryUser> {
  const { transaction } = callback;
  try {
    const user = await findUser(callback, deps);
    await checkProduct(transaction, user.id, deps);
    return user;
  } catch (error) {
    if (error instanceof RefusedUser && error.code === 'product-not-permitted' && error.userId !== null) {
      await checkProduct(transaction, error.userId, deps);
    }
    throw error;
  }
}

async function toNewSession(
  callback: VerifiedCallback,
  opening: { readonly user: DirectoryUser; readonly sessionHandle: string; readonly reference: string },
  deps: SignInDeps,
): Promise<NewSession> {
  const { user, sessionHandle, reference } = opening;
  return {
    ...toSignIn(callback, user, reference),
    handleHash: await deps.crypto.sha256(sessionHandle),
    ...deps.sessionLimits[callback.transaction.product],
  };
}

function toSignIn(
  { transaction, claims, idTokenHint: idToken }: VerifiedCallback,
  { id: userId }: DirectoryUser,
  reference: string,
): Omit<HandoffSignIn, 'handoffId' | 'windowHash'> {
  const { tenantId, product, connectionId, issuer } = transaction;
  return {
    tenantId,
    userId,
    product,
    connectionId,
    transactionId: transaction.id,
    issuer,
    subject: claims.subject,
    authTimeSeconds: claims.authTimeSeconds,
    reference,
    idToken,
  };
}

/**
 * Claims the transaction that a callback belongs to and verifies the provider's answer. Makes no session.
 * The transaction is spent whatever happens after the claim.
 *
 * @throws {@link RepeatedCallback} for a transaction that was claimed before, {@link ProbeAnswered} for the answer to a
 *   probe, or {@link SsoError} with any code of a callback or token.
 */
export async function verifyCallback(input: CallbackInput, deps: SignInDeps): Promise<VerifiedCallback> {
  return verifyClaimedCallback(await claimCallback(input, deps), input.parameters, deps);
}

/** The second half of {@link verifyCallback}, for a caller who needs to know what it was an answer to if it fails. */
export async function verifyClaimedCallback(
  { transaction, connection, clientSecret }: ClaimedCallback,
  parameters: URLSearchParams,
  deps: SignInDeps,
): Promise<VerifiedCallback> {
  const provider = providerOf(connection, deps.providers);
  const key: IssuerKey = {
    tenantId: transaction.tenantId,
    revisionId: transaction.revisionId,
    issuer: transaction.issuer,
  };
  const metadata = await deps.discovery.find(key);
  const { tenantId } = transaction;
  const code = parseAuthorizationCode(parameters, {
    issuer: transaction.issuer,
    issuerRequired: metadata.responseIssuerRequired,
    provider,
  });
  try {
    const { clientId, nonce, codeVerifier, redirectUri } = transaction;
    const tokens = await exchangeCodeWithRotation(
      { metadata, provider, clientId, clientSecret, code, redirectUri, codeVerifier },
      transaction,
      deps,
    );
    const claims = await verifyIdToken(
      { ...tokens, key, jwksUri: metadata.jwksUri, clientId, nonce, algorithms: provider.idTokenAlgorithms },
      deps,
    );
    const emailSource = claims.email === undefined ? 'userinfo' : 'id-token';
    const emailClaim: EmailClaim =
      emailSource === 'userinfo'
        ? await fetchUserinfoEmail(
            { metadata, clientId, accessToken: tokens.accessToken, subject: claims.subject },
            withBudget(deps.fetch, { tenantId, endpoint: 'userinfo' }),
          )
        : { email: claims.email, emailVerified: claims.emailVerified };
    const idTokenHint = metadata.endSessionEndpoint === null ? null : tokens.idToken;
    return { transaction, provider, claims, emailClaim, emailSource, idTokenHint };
  } catch (error) {
    // What the provider publishes may have changed: the next sign-in asks it again.
    if (SsoError.is(error) && STALE_METADATA_CODES.has(error.code)) deps.discovery.expire(key);
    throw error;
  }
}

const STALE_METADATA_CODES: ReadonlySet<string> = new Set(['idp-unreachable', 'idp-response-invalid', 'idp-error']);

/** A transaction that this caller won, with what its answer is verified against. */
export interface ClaimedCallback {
  readonly transaction: SignInTransaction;
  readonly connection: ActiveConnection;
  readonly clientSecret: string;
}

/** RFC 9700 §2.1: the answer must belong to this tenant, product, purpose, connection and browser. */
export async function claimCallback(input: CallbackInput, deps: SignInDeps): Promise<ClaimedCallback> {
  const stateHash = await deps.crypto.sha256(parseState(input.parameters));
  const claim = await deps.store.claimTransaction({ tenantId: input.tenant.id, stateHash });
  if (claim.outcome === 'unknown')
    throw new SsoError('state-mismatch', { stage: 'callback', details: { reason: 'unknown' } });

  const { transaction } = claim;
  // A probe ends where sign-ins of its product end, because it proves that very address; and so does a renewal.
  const isProbe = transaction.purpose === 'probe' && input.purpose === 'sign-in';
  const isRenewal = transaction.purpose === 'renew' && input.purpose === 'sign-in';
  if (transaction.product !== input.product || !(transaction.purpose === input.purpose || isProbe || isRenewal)) {
    throw new SsoError('state-mismatch', { stage: 'callback', details: { reason: 'other-route' } });
  }
  const browserSecret = input.browserSecret(transactionName(stateHash));
  const sameBrowser = browserSecret !== null && (await deps.crypto.sha256(browserSecret)) === transaction.browserHash;
  if (claim.outcome === 'repeated') throw new RepeatedCallback(transaction);
  if (!sameBrowser) {
    // Renewals are left alone: whoever is signed in here is not the one who started this.
    const error = new SsoError(input.hasCookies ? 'browser-mismatch' : 'cookie-blocked', { stage: 'callback' });
    throw transaction.handoffId === undefined ? error : new HandoffFailed(error, transaction.handoffId);
  }
  if (claim.outcome === 'expired') {
    throw ofPurpose(transaction, new SsoError('transaction-expired', { stage: 'callback' }));
  }

  const { connection, clientSecret } = claim;
  if (
    connection === null ||
    clientSecret === null ||
    connection.revisionId !== transaction.revisionId ||
    connection.issuer !== transaction.issuer ||
    connection.clientId !== transaction.clientId ||
    transaction.redirectUri !== input.redirectUri
  ) {
    throw ofPurpose(transaction, new SsoError('connection-changed', { stage: 'callback' }));
  }
  if (isProbe) throw toProbeAnswered(input.parameters, transaction);
  return { transaction, connection, clientSecret };
}

/** Any answer by redirect, an error included, proves the address; a request without one proves nothing. */
function toProbeAnswered(parameters: URLSearchParams, transaction: SignInTransaction): SsoError {
  const { authorisationId } = transaction;
  const isAnswer = parameters.has('code') || parameters.has('error');
  if (!isAnswer || authorisationId === undefined) return new SsoError('response-invalid', { stage: 'callback' });
  return new ProbeAnswered(transaction, authorisationId);
}

/** @throws {@link OtherProduct} when the sign-in left the product open and the user's is another. */
async function checkProduct(transaction: SignInTransaction, userId: string, { store }: SignInDeps): Promise<void> {
  if (transaction.choosesProduct !== true) return;
  const product = await store.findPreferredProduct({ tenantId: transaction.tenantId, userId });
  if (product !== null && product !== transaction.product) throw new OtherProduct(product);
}

/** Pinning can lose a race against another first sign-in; the second look then sees the winner. */
const PIN_ATTEMPTS = 2;

async function findUser(callback: VerifiedCallback, deps: SignInDeps): Promise<DirectoryUser> {
  const { transaction, claims, emailClaim, emailSource: source, provider } = callback;
  const { emailVerified } = emailClaim;
  // Whether or not it was a condition, an administrator can see later what the link rested on.
  const emailEvidence = { source, verified: typeof emailVerified === 'boolean' ? emailVerified : 'absent' } as const;
  const identity = { tenantId: transaction.tenantId, issuer: transaction.issuer, subject: claims.subject };
  for (let attempt = 1; ; attempt++) {
    const match = await deps.store.findIdentity({ ...identity, canonicalEmail: canonicaliseEmail(emailClaim.email) });
    const decision = decideMatch({ product: transaction.product, match, emailClaim, policy: provider });
    switch (decision.action) {
      case 'sign-in':
        return decision.user;
      case 'reject':
        if (decision.code === 'identity-held' && decision.userId !== null) {
          await deps.store.holdIdentity({ ...identity, userId: decision.userId });
        }
        throw new RefusedUser(decision.code, decision.userId);
      case 'link':
        if ((await deps.store.pinIdentity({ ...identity, userId: decision.user.id, emailEvidence })) === 'pinned')
          return decision.user;
        if (attempt === PIN_ATTEMPTS) throw new RefusedUser('identity-held', decision.user.id);
    }
  }
}
