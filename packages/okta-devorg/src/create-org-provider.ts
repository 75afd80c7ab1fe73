/**
 * @module One oidc-provider for one issuer of the org, set up to decide what Okta decides.
 * Codes, PKCE, client authentication, tokens and signatures are oidc-provider's; Okta's texts and headers are added
 * by `toOktaResponse`.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import Provider, { type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { CLAIMS_BY_SCOPE, toIdTokenClaims, toUserinfoClaims } from './account-claims.js';
import { renderErrorPage } from './error-page.js';
import { HTML_PAGE_HEADERS } from './html-page.js';
import type { MemoryStore } from './memory-store.js';
import type { OktaDevFaults } from './okta-dev-faults.js';
import type { OktaDevClient, OrgDirectory } from './org-directory.js';
import type { SigningKeys } from './signing-keys.js';

/** What the providers of an org's issuers share. */
export interface OrgProviderDeps {
  readonly directory: OrgDirectory;
  readonly faults: OktaDevFaults;
  readonly keys: SigningKeys;
  readonly store: MemoryStore;
  readonly cookieKey: string;
}

/** Detail of the error thrown for credentials in the body of an app that takes Basic only. */
export const WRONG_AUTH_METHOD = 'credentials in the body of a client that uses client_secret_basic';

const HOUR_SECONDS = 60 * 60;
const CODE_SECONDS = 300;

/** Returns a provider that signs with the first of the org's keys at the time of the call. */
export function createOrgProvider(issuer: string, deps: OrgProviderDeps): Provider {
  const provider = new Provider(issuer, toConfiguration(deps));
  acceptEveryActiveSecret(provider, deps);
  // Okta does not send the issuer in the authorization response (RFC 9207).
  provider.on('authorization.success', (_ctx, out) => {
    if (out) delete out.iss;
  });
  return provider;
}

/** Okta's metadata of a client in oidc-provider's terms. Any secret will do: the comparison is replaced. */
export function toClientMetadata(client: OktaDevClient) {
  return {
    client_id: client.clientId,
    client_name: client.label,
    client_secret: client.clientSecrets[0]?.value ?? randomBytes(48).toString('base64url'),
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    response_types: ['code' as const],
    grant_types: ['authorization_code'],
  };
}

function toConfiguration(deps: OrgProviderDeps): Configuration {
  const { faults } = deps;
  return {
    adapter: deps.store.adapter,
    allowOmittingSingleRegisteredRedirectUri: false,
    claims: { ...CLAIMS_BY_SCOPE },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    clientBasedCORS: () => false,
    cookies: {
      names: { session: 'okta_devorg_session', interaction: 'okta_devorg_sign_in', resume: 'okta_devorg_resume' },
      keys: [deps.cookieKey],
    },
    expiresWithSession: () => false,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => faults.dpopRequired },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: false },
    },
    findAccount: (ctx, id) => findAccount(deps, ctx, id),
    // Opaque to clients, but as long as Okta's, so that a place too small for a real one is found early.
    formats: { bitsOfOpaqueRandomness: (_ctx, model) => (model.kind === 'AccessToken' ? 4800 : 256) },
    interactions: { policy: createPolicy(deps), url: (_ctx, interaction) => `/signin/${interaction.uid}` },
    jwks: { keys: deps.keys.privateKeys.map((key) => ({ ...key })) } as NonNullable<Configuration['jwks']>,
    loadExistingGrant: (ctx) => grantRequestedScopes(ctx),
    pkce: { required: () => faults.pkceRequired },
    renderError: async (ctx, out, error) => {
      ctx.set(HTML_PAGE_HEADERS);
      ctx.body = renderErrorPage(
        error instanceof errors.SessionNotFound
          ? { error: 'login_required', description: 'Request expired, please start over and try again.' }
          : { error: out.error, description: out.error_description ?? '' },
      );
    },
    routes: {
      authorization: '/oauth2/v1/authorize',
      token: '/oauth2/v1/token',
      userinfo: '/oauth2/v1/userinfo',
      introspection: '/oauth2/v1/introspect',
      revocation: '/oauth2/v1/revoke',
      end_session: '/oauth2/v1/logout',
    },
    ttl: {
      AccessToken: HOUR_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      Grant: 24 * HOUR_SECONDS,
      IdToken: HOUR_SECONDS,
      Interaction: HOUR_SECONDS,
      Session: 24 * HOUR_SECONDS,
    },
  };
}

function findAccount({ directory, faults }: OrgProviderDeps, ctx: KoaContextWithOIDC, id: string) {
  const user = directory.findUserById(id);
  if (user?.status !== 'ACTIVE') return undefined;
  return {
    accountId: user.id,
    claims: async (use: string, scope: string) => {
      const input = { user, orgId: directory.orgId, scopes: new Set(scope.split(' ')), faults };
      const accessToken = ctx.oidc.entities.AccessToken?.jti;
      return use === 'id_token' ? toIdTokenClaims(input, accessToken) : toUserinfoClaims(input);
    },
  };
}

/** Sign in, then check the assignment. There is no consent: the app is the customer's own. */
function createPolicy({ directory }: OrgProviderDeps): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.remove('consent');
  policy.get('login')?.checks.add(
    new interactionPolicy.Check('user_gone', 'The user is suspended or deleted', 'login_required', (ctx) => {
      return ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined;
    }),
  );
  const assignment = new interactionPolicy.Check('assignment', 'The user is assigned to the app', (ctx) => {
    const user = directory.findUserById(ctx.oidc.session?.accountId ?? '');
    const client = directory.findActiveClient(ctx.oidc.client?.clientId ?? '');
    if (user && client && directory.isAssigned(client, user)) return false;
    throw new errors.AccessDenied('User is not assigned to the client application.');
  });
  policy.add(new interactionPolicy.Prompt({ name: 'assignment' }, assignment));
  return policy;
}

/** An assigned app has all the scopes it asks for. */
async function grantRequestedScopes(ctx: KoaContextWithOIDC) {
  const { account, client, provider, params } = ctx.oidc;
  if (!account || !client) return undefined;
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope(String(params?.scope ?? ''));
  await grant.save();
  return grant;
}

function acceptEveryActiveSecret(provider: Provider, { directory, faults }: OrgProviderDeps): void {
  provider.Client.prototype.compareClientSecret = function (this: { clientId: string }, actual: string) {
    if (faults.basicOnly && Provider.ctx?.oidc.params?.client_secret !== undefined) {
      throw new errors.InvalidClientAuth(WRONG_AUTH_METHOD);
    }
    const secrets = directory.getClient(this.clientId).clientSecrets;
    return secrets.some(({ value, status }) => status === 'ACTIVE' && isSameSecret(value, actual));
  };
}

function isSameSecret(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
