/**
 * @module
 * A provider asks to end a user's sessions, without a browser: Okta's Universal Logout and OpenID Connect
 * Back-Channel Logout. All sessions of the user in all three products end.
 */
import * as z from 'zod';
import { providerOf } from './begin-sign-in.js';
import { canonicaliseEmail } from './email.js';
import { SsoError } from './errors.js';
import { createKeyCache, type KeyCache } from './key-cache.js';
import {
  type LogoutTokenDeps,
  type LogoutTokenInput,
  type VerifiedLogoutToken,
  verifyBackChannelLogoutToken,
  verifyUniversalLogoutToken,
} from './logout-token.js';
import type { ActiveConnection, LoggedOutUser, ProviderLogoutKind, ProviderLogoutStore, TenantSetup } from './ports.js';
import type { SignInDeps } from './sign-in-deps.js';

/** From {@link createProviderLogoutDeps}, once for a process. */
export interface ProviderLogoutDeps {
  readonly signIn: SignInDeps;
  readonly store: ProviderLogoutStore;
  /** Of its own: made-up key ids of unasked-for tokens must not spend the budget with which sign-ins see a new key. */
  readonly keys: KeyCache;
}

/** The request as it arrived; nothing of it has been checked. */
export interface UniversalLogoutInput {
  readonly setup: TenantSetup;
  /** Address of the endpoint without query and fragment. */
  readonly audience: string;
  /** From `Authorization: Bearer`. */
  readonly token: string;
  /** Parsed JSON of any shape; the user is its `sub_id`. RFC 9493 §3. */
  readonly body: unknown;
}

/** The request as it arrived; nothing of it has been checked. OpenID Connect Back-Channel Logout 1.0 §2.5. */
export interface BackChannelLogoutInput {
  readonly setup: TenantSetup;
  /** The form's `logout_token`. */
  readonly token: string;
}

const subjectIdentifier = z.object({
  sub_id: z.discriminatedUnion('format', [
    z.object({ format: z.literal('email'), email: z.string().max(320) }),
    z.object({ format: z.literal('iss_sub'), iss: z.string().max(2048), sub: z.string().min(1).max(255) }),
  ]),
});

/**
 * What providers’ logout requests are verified with: a key cache of their own, so that made-up key ids in them spend
 * nothing that a sign-in needs.
 */
export function createProviderLogoutDeps(signIn: SignInDeps, store: ProviderLogoutStore): ProviderLogoutDeps {
  return { signIn, store, keys: createKeyCache({ fetch: signIn.fetch, now: signIn.now }) };
}

/**
 * Ends every session of the user that a Universal Logout request of Okta names, in all three products. Returns how
 * many were alive. The token is verified before the body is looked at.
 *
 * @throws {@link SsoError} `logout-token-invalid` (401), also for a token that was used before; `request-invalid`
 *   (400) for a body without a supported subject identifier, RFC 9493; `not-found` (404) when the tenant has no such
 *   user; `sso-not-enabled` (403); an `idp-…` code when the issuer's keys could not be fetched.
 */
export async function logOutUniversally(input: UniversalLogoutInput, deps: ProviderLogoutDeps): Promise<number> {
  const connection = requireConnection(input.setup);
  const tokenInput = await tokenInputOf(input.setup, connection, input.token, deps);
  const token = await verifyUniversalLogoutToken({ ...tokenInput, audience: input.audience }, tokenDeps(deps));
  const user = parseSubject(input.body, connection.issuer);
  return endSessionsOf({ ...input, connection, token, user, kind: 'universal-logout' }, deps);
}

/**
 * Ends every session of the user whom a Logout Token names, in all three products. Returns how many were alive.
 *
 * @throws {@link SsoError} as {@link logOutUniversally}.
 */
export async function logOutByBackChannel(input: BackChannelLogoutInput, deps: ProviderLogoutDeps): Promise<number> {
  const connection = requireConnection(input.setup);
  const tokenInput = await tokenInputOf(input.setup, connection, input.token, deps);
  const token = await verifyBackChannelLogoutToken(tokenInput, tokenDeps(deps));
  const user = { subject: token.subject };
  return endSessionsOf({ ...input, connection, token, user, kind: 'back-channel-logout' }, deps);
}

function requireConnection({ connection }: TenantSetup): ActiveConnection {
  if (connection === null) throw new SsoError('sso-not-enabled');
  return connection;
}

function tokenDeps({ keys, signIn }: ProviderLogoutDeps): LogoutTokenDeps {
  return { keys, crypto: signIn.crypto, now: signIn.now };
}

async function tokenInputOf(
  { tenant }: TenantSetup,
  connection: ActiveConnection,
  token: string,
  { signIn }: ProviderLogoutDeps,
): Promise<LogoutTokenInput> {
  const key = { tenantId: tenant.id, revisionId: connection.revisionId, issuer: connection.issuer };
  const { jwksUri } = await signIn.discovery.find(key);
  const { idTokenAlgorithms } = providerOf(connection, signIn.providers);
  return { token, key, jwksUri, clientId: connection.clientId, algorithms: idTokenAlgorithms };
}

function parseSubject(body: unknown, issuer: string): LoggedOutUser {
  const parsed = subjectIdentifier.safeParse(body);
  if (!parsed.success) throw new SsoError('request-invalid', { details: { reason: 'subject-identifier' } });
  const subject = parsed.data.sub_id;
  if (subject.format === 'email') {
    const canonicalEmail = canonicaliseEmail(subject.email);
    if (canonicalEmail === null) throw unknownUser();
    return { canonicalEmail };
  }
  // A subject of another issuer is nobody here, whatever its text.
  if (subject.iss !== issuer) throw unknownUser();
  return { subject: subject.sub };
}

async function endSessionsOf(
  request: {
    readonly setup: TenantSetup;
    readonly connection: ActiveConnection;
    readonly token: VerifiedLogoutToken;
    readonly user: LoggedOutUser;
    readonly kind: ProviderLogoutKind;
  },
  { signIn, store }: ProviderLogoutDeps,
): Promise<number> {
  const result = await store.endSessionsByProvider({
    tenantId: request.setup.tenant.id,
    issuer: request.connection.issuer,
    kind: request.kind,
    tokenHash: await signIn.crypto.sha256(request.token.tokenId),
    tokenExpiresAtSeconds: request.token.expiresAtSeconds,
    user: request.user,
  });
  if (result.outcome === 'repeated') throw new SsoError('logout-token-invalid', { details: { reason: 'repeated' } });
  if (result.outcome === 'user-unknown') throw unknownUser();
  return result.endedSessions;
}

function unknownUser(): SsoError {
  return new SsoError('not-found', { details: { reason: 'user' } });
}
