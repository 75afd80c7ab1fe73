/**
 * @module
 * The first half of a sign-in: from a tenant's setup to the address at the provider.
 */
import { buildAuthorizationUrl } from './authorization-request.js';
import { SsoError } from './errors.js';
import { SECRET_BYTES, TRANSACTION_TTL_SECONDS } from './limits.js';
import type { ActiveConnection, TenantSetup } from './ports.js';
import type { Product, Purpose } from './products.js';
import type { OidcProvider, ProviderRegistry } from './provider.js';
import type { SignInDeps } from './sign-in-deps.js';

/**
 * What a start route settles before anybody is sent away. What the callback has to match is stored with the
 * transaction.
 */
export interface BeginSignInInput {
  /** As found for the request's host. Without a connection the sign-in is refused. */
  readonly setup: TenantSetup;
  readonly product: Product;
  readonly purpose: Purpose;
  /** From {@link redirectUri}; never from a request's host. */
  readonly redirectUri: string;
  /** From {@link toReturnPath}. */
  readonly returnPath: string;
  /** Fills the user name at the provider. */
  readonly loginHint?: string;
  /** OpenID Connect Core 1.0 §3.1.2.1. Default: not sent, so the provider asks only when it has to. */
  readonly prompt?: 'none' | 'login';
  /** Longest time since the user signed in at the provider; the callback has to check it. */
  readonly maxAgeSeconds?: number;
  /** Only for the purposes `authorise` and `probe`. */
  readonly authorisationId?: string;
  /** A start that names no product, as the provider's one tile for all three: see {@link OtherProduct}. */
  readonly choosesProduct?: true;
  /** The handoff that waits for the answer: see {@link HandoffSignedIn}. */
  readonly handoffId?: string;
}

/** What the adapter does next: set the transaction's cookie and redirect the browser, both in one answer. */
export interface BegunSignIn {
  /** Holds `state` and `nonce`: for the browser's redirect alone, never for a log. RFC 6749 §4.1.1. */
  readonly authorizationUrl: string;
  /** Part of the transaction cookie's name; see {@link transactionName}. */
  readonly transactionName: string;
  /** The transaction cookie's secret, 256 random bits. Only its hash is stored. */
  readonly browserSecret: string;
  /** For the cookie's `Max-Age`; always {@link TRANSACTION_TTL_SECONDS}. */
  readonly expiresInSeconds: number;
}

/**
 * Starts a sign-in: a transaction bound to tenant, product, purpose, issuer, client, revision, redirect URI and
 * browser, with `state`, `nonce` and PKCE verifier of 256 random bits each.
 *
 * @throws {@link SsoError} `sso-not-enabled`, `provider-unknown`, `issuer-mismatch`, `par-required`, `store-unavailable` or an
 *   `idp-…` code; `connection-changed` when the setup is out of date: begin again with the one in force.
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.1
 */
export async function beginSignIn(input: BeginSignInInput, deps: SignInDeps): Promise<BegunSignIn> {
  const { tenant, connection } = input.setup;
  if (connection === null) throw new SsoError('sso-not-enabled', { stage: 'start' });
  const provider = providerOf(connection, deps.providers);
  const metadata = await deps.discovery.find({
    tenantId: tenant.id,
    revisionId: connection.revisionId,
    issuer: connection.issuer,
  });

  const { crypto } = deps;
  const state = crypto.randomToken(SECRET_BYTES);
  const nonce = crypto.randomToken(SECRET_BYTES);
  const codeVerifier = crypto.randomToken(SECRET_BYTES);
  const browserSecret = crypto.randomToken(SECRET_BYTES);
  const [stateHash, codeChallenge, browserHash] = await Promise.all([
    crypto.sha256(state),
    crypto.sha256(codeVerifier),
    crypto.sha256(browserSecret),
  ]);

  const saved = await deps.store.saveTransaction({
    tenantId: tenant.id,
    product: input.product,
    purpose: input.purpose,
    connectionId: connection.connectionId,
    revisionId: connection.revisionId,
    issuer: connection.issuer,
    clientId: connection.clientId,
    redirectUri: input.redirectUri,
    returnPath: input.returnPath,
    nonce,
    codeVerifier,
    browserHash,
    stateHash,
    ttlSeconds: TRANSACTION_TTL_SECONDS,
    ...(input.authorisationId === undefined ? {} : { authorisationId: input.authorisationId }),
    ...(input.choosesProduct === true ? { choosesProduct: true as const } : {}),
    ...(input.handoffId === undefined ? {} : { handoffId: input.handoffId }),
  });
  if (saved === 'superseded') throw new SsoError('connection-changed', { stage: 'start' });

  return {
    authorizationUrl: buildAuthorizationUrl({
      authorizationEndpoint: metadata.authorizationEndpoint,
      clientId: connection.clientId,
      redirectUri: input.redirectUri,
      scopes: provider.scopes,
      state,
      nonce,
      codeChallenge,
      ...(input.loginHint === undefined ? {} : { loginHint: input.loginHint }),
      ...(input.prompt === undefined ? {} : { prompt: input.prompt }),
      ...(input.maxAgeSeconds === undefined ? {} : { maxAgeSeconds: input.maxAgeSeconds }),
    }),
    transactionName: transactionName(stateHash),
    browserSecret,
    expiresInSeconds: TRANSACTION_TTL_SECONDS,
  };
}

/**
 * The name under which the browser keeps a transaction's secret: every sign-in has its own, so that two tabs do not
 * take each other's. It says nothing: 72 bits of a hash.
 */
export function transactionName(stateHash: string): string {
  return stateHash.slice(0, 12);
}

export function providerOf(connection: ActiveConnection, providers: ProviderRegistry): OidcProvider {
  const provider = providers.find(connection.providerId);
  if (provider === null) throw new SsoError('provider-unknown', { details: { provider: connection.providerId } });
  return provider;
}
