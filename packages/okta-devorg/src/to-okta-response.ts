/**
 * @module Rewrites oidc-provider's answers into Okta's: error texts, parameter order, member order, status codes.
 */
import type Provider from 'oidc-provider';
import type { errors, KoaContextWithOIDC } from 'oidc-provider';
import { applyIdTokenFault } from './apply-id-token-fault.js';
import type { OrgProviderDeps } from './create-org-provider.js';
import { toOktaTokenError } from './okta-token-error.js';
import { toErrorRedirect } from './to-error-redirect.js';

const USERINFO_SCOPES = ['profile', 'email', 'address', 'phone'];

/** Installs the rewriting in front of `provider`. */
export function toOktaResponse(provider: Provider, deps: OrgProviderDeps): void {
  const failures = new WeakMap<object, errors.OIDCProviderError>();
  const remember = (ctx: KoaContextWithOIDC, failure: errors.OIDCProviderError) => {
    failures.set(ctx.req, failure);
  };
  provider.on('grant.error', remember);
  provider.on('userinfo.error', remember);
  provider.on('introspection.error', remember);
  provider.on('revocation.error', remember);
  provider.on('server_error', (ctx, failure) => {
    console.error('okta-devorg: request failed', failure);
    failures.set(ctx.req, failure as errors.OIDCProviderError);
  });
  provider.use(async (ctx, next) => {
    await next();
    const context = ctx as unknown as KoaContextWithOIDC;
    ctx.set({ 'Cache-Control': 'no-cache, no-store', Pragma: 'no-cache', Expires: '0' });
    const failure = failures.get(ctx.req);
    switch (context.oidc?.route) {
      case 'authorization':
      case 'resume':
        return rewriteAuthorization(context);
      case 'userinfo':
        return rewriteUserinfo(context, deps, failure);
      case 'token':
      case 'introspection':
      case 'revocation':
        if (failure) return rewriteFailure(context, failure);
        return context.oidc.route === 'token' ? rewriteTokens(context, deps) : undefined;
    }
  });
}

function rewriteAuthorization(ctx: KoaContextWithOIDC): void {
  const location = ctx.response.get('location');
  if (!location) {
    // The form_post page of an error: the success page has lost `iss` before it was rendered.
    if (typeof ctx.body === 'string') ctx.body = ctx.body.replace(/<input type="hidden" name="iss"[^>]*>/, '');
    return;
  }
  ctx.status = 302;
  const { redirect_uri: redirectUri, state } = ctx.oidc.params ?? {};
  if (typeof redirectUri !== 'string' || location.startsWith('/')) return;
  ctx.set('Referrer-Policy', 'no-referrer');
  const target = new URL(location);
  const fragment = target.hash.length > 1;
  const answer = fragment ? new URLSearchParams(target.hash.slice(1)) : target.searchParams;
  const error = answer.get('error');
  if (error === null) return;
  ctx.set(
    'Location',
    toErrorRedirect({
      redirectUri,
      fragment,
      state: typeof state === 'string' ? state : undefined,
      error,
      description: toOktaDescription(ctx, error, answer.get('error_description') ?? ''),
    }),
  );
}

/** Only the errors that `findAuthorizeProblem` cannot see come this far. */
function toOktaDescription(ctx: KoaContextWithOIDC, error: string, description: string): string {
  if (error !== 'login_required') return description;
  return ctx.oidc.account === undefined
    ? 'The client specified not to prompt, but the user is not logged in.'
    : 'The client specified not to prompt, but the client app requires re-authentication or MFA.';
}

async function rewriteTokens(ctx: KoaContextWithOIDC, deps: OrgProviderDeps): Promise<void> {
  const tokens = ctx.body as Record<string, unknown>;
  const client = deps.directory.findActiveClient(ctx.oidc.client?.clientId ?? '');
  const fault = deps.faults.idToken;
  const idToken =
    fault && client && typeof tokens.id_token === 'string'
      ? await applyIdTokenFault(tokens.id_token, { fault, keys: deps.keys, client })
      : tokens.id_token;
  ctx.body = {
    token_type: tokens.token_type,
    expires_in: tokens.expires_in,
    access_token: tokens.access_token,
    scope: tokens.scope,
    id_token: idToken,
  };
}

function rewriteFailure(ctx: KoaContextWithOIDC, failure: errors.OIDCProviderError): void {
  const { status, error, description } = toOktaTokenError(failure, ctx.oidc.params?.grant_type);
  ctx.status = status;
  ctx.remove('WWW-Authenticate');
  ctx.body = { error, error_description: description };
}

function rewriteUserinfo(
  ctx: KoaContextWithOIDC,
  deps: OrgProviderDeps,
  failure: errors.OIDCProviderError | undefined,
): void {
  if (failure) {
    if (failure.expose && !/dpop/i.test(String(ctx.response.get('www-authenticate')))) {
      refuse(ctx, 401, 'invalid_token', 'The access token is invalid');
    }
    return;
  }
  const { scopes } = ctx.oidc.accessToken ?? {};
  if (!USERINFO_SCOPES.some((scope) => scopes?.has(scope))) {
    const wanted = 'The access token must provide access to at least one of these scopes';
    refuse(ctx, 403, 'insufficient_scope', `${wanted} - profile, email, address or phone`);
    return;
  }
  const claims = ctx.body as Record<string, unknown>;
  ctx.body = deps.faults.userinfoClaims ? deps.faults.userinfoClaims(claims) : claims;
}

/** Okta's userinfo errors are in the header; the body is empty. */
function refuse(ctx: KoaContextWithOIDC, status: number, error: string, description: string): void {
  ctx.set('WWW-Authenticate', `Bearer error="${error}", error_description="${description}"`);
  ctx.body = '';
  ctx.status = status;
}
