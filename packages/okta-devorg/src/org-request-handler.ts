/**
 * @module Answers every request to one org: decides the endpoint, applies the faults, and leaves the protocol to the
 * oidc-provider of the right issuer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { applyEndpointFault } from './apply-endpoint-fault.js';
import { createOrgProvider, type OrgProviderDeps } from './create-org-provider.js';
import { renderDashboardPage } from './dashboard-page.js';
import { renderErrorPage } from './error-page.js';
import { findAuthorizeProblem } from './find-authorize-problem.js';
import type { FoundEndpoint, OktaEndpoint } from './find-endpoint.js';
import { handleLogout } from './handle-logout.js';
import { findSession, handleSignIn } from './handle-sign-in.js';
import { sendHtmlPage } from './html-page.js';
import { TOKEN_ERRORS } from './okta-token-error.js';
import type { OrgAddresses } from './org-addresses.js';
import { RateLimit } from './rate-limit.js';
import { readBody, withBody } from './read-body.js';
import { sendApiError, sendOAuthError } from './send-json.js';
import { serveDiscovery, serveKeys, serveOrganization } from './serve-metadata.js';
import { toErrorRedirect } from './to-error-redirect.js';
import { toOktaResponse } from './to-okta-response.js';

/** One request, already known to be for this org. */
export interface OrgExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly found: FoundEndpoint;
}

export interface OrgRequestHandlerDeps extends OrgProviderDeps {
  readonly name: string;
  readonly addresses: OrgAddresses;
}

/** The HTTP side of one org. */
export class OrgRequestHandler {
  readonly #deps: OrgRequestHandlerDeps;
  readonly #providers = new Map<string, Provider>();
  readonly #limits = { authorize: new RateLimit(600), token: new RateLimit(1000) };

  constructor(deps: OrgRequestHandlerDeps) {
    this.#deps = deps;
  }

  /** Makes the next request use the org's keys as they are now. Sessions, codes and tokens stay valid. */
  reloadKeys(): void {
    this.#providers.clear();
  }

  /** Answers `exchange`, unless a fault says that nothing shall answer. */
  async handle(exchange: OrgExchange): Promise<void> {
    const { request, response, url, found } = exchange;
    const { addresses, faults } = this.#deps;
    if (isFaulty(found.endpoint) && (await applyEndpointFault(faults[found.endpoint], response))) return;
    response.setHeader('X-Okta-Request-Id', crypto.randomUUID());
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (faults.openerPolicy !== undefined) response.setHeader('Cross-Origin-Opener-Policy', faults.openerPolicy);
    if (addresses.isAdmin(url.hostname) && !['discovery', 'organization', 'keys'].includes(found.endpoint)) {
      return redirect(response, `${addresses.origin}${request.url}`);
    }
    switch (found.endpoint) {
      case 'discovery':
        serveDiscovery(response, url, this.#deps);
        return;
      case 'organization':
        serveOrganization(response, this.#deps);
        return;
      case 'keys':
        serveKeys(response, this.#deps.keys);
        return;
      case 'authorize':
        return this.#authorize(exchange);
      case 'token':
        return this.#token(exchange);
      case 'userinfo':
        return this.#userinfo(exchange);
      case 'introspect':
      case 'revoke':
        return this.#callProvider(request, response, this.#provider(addresses.origin));
      case 'resume':
        return this.#callProvider(request, response, this.#providerOfInteraction(exchange));
      case 'sign-in':
        return this.#signIn(exchange);
      case 'logout':
        return this.#logout(exchange);
      case 'dashboard':
        return this.#dashboard(exchange);
      case 'tile':
        return this.#tile(exchange);
      case 'custom-server': {
        const summary = 'You do not have permission to access the feature you are requesting';
        return sendApiError(response, { status: 401, code: 'E0000015', summary });
      }
      case 'api':
        return sendApiError(response, { status: 401, code: 'E0000011', summary: 'Invalid token provided' });
      default:
        sendHtmlPage(response, 404, renderErrorPage({ title: '404 Not Found', description: 'There is no such page.' }));
    }
  }

  async #authorize({ request, response, url }: OrgExchange): Promise<void> {
    const { addresses, directory, faults } = this.#deps;
    if (faults.rateLimited?.authorize) {
      return this.#limits.authorize.refuse(response, faults.rateLimited.resetInSeconds);
    }
    this.#limits.authorize.announce(response);
    const params = request.method === 'POST' ? await readForm(request) : url.searchParams;
    const client = directory.findActiveClient(params.get('client_id') ?? '');
    const problem = findAuthorizeProblem({ params, client, faults });
    if (problem?.delivery === 'page' || !client) {
      const description = problem?.description ?? '';
      return sendHtmlPage(response, 400, renderErrorPage({ error: problem?.error ?? '', description }));
    }
    if (problem) {
      faults.authorizeError = undefined;
      const redirectUri = params.get('redirect_uri') ?? '';
      const state = params.get('state') ?? undefined;
      const fragment = params.get('response_mode') === 'fragment';
      return redirect(response, toErrorRedirect({ ...problem, redirectUri, state, fragment }));
    }
    // A posted request means the same as a GET, which is the only one oidc-provider takes with Lax cookies.
    request.method = 'GET';
    request.url = `${url.pathname}?${withoutConsent(params)}`;
    const issuer = addresses.issuerOf(client.issuerMode, url.hostname);
    await this.#callProvider(request, response, this.#provider(issuer));
  }

  async #token({ request, response, url }: OrgExchange): Promise<void> {
    const { addresses, directory, faults } = this.#deps;
    if (request.method !== 'POST') {
      const summary = 'The endpoint does not support the provided HTTP method';
      return sendApiError(response, { status: 405, code: 'E0000022', summary });
    }
    if (faults.rateLimited?.token) return this.#limits.token.refuse(response, faults.rateLimited.resetInSeconds);
    this.#limits.token.announce(response);
    const refused = this.#refuseToken(request, url);
    if (refused) return sendOAuthError(response, refused);
    const body = await readBody(request);
    const client = directory.findActiveClient(findClientId(request, new URLSearchParams(body.toString())) ?? '');
    const issuer = addresses.issuerOf(client?.issuerMode ?? 'ORG_URL', url.hostname);
    await this.#callProvider(withBody(request, body), response, this.#provider(issuer));
  }

  #refuseToken(request: IncomingMessage, url: URL) {
    const { faults } = this.#deps;
    const { tokenError } = faults;
    if (tokenError) {
      faults.tokenError = undefined;
      const { status = 400, error, error_description: description = '' } = tokenError;
      return { status, error, description };
    }
    if (faults.networkZoneDenied) return TOKEN_ERRORS.networkZone;
    if (url.searchParams.has('client_id') || url.searchParams.has('client_secret')) {
      return TOKEN_ERRORS.credentialsInQuery;
    }
    return faults.dpopRequired && request.headers.dpop === undefined ? TOKEN_ERRORS.dpopProofMissing : undefined;
  }

  async #userinfo({ request, response, url }: OrgExchange): Promise<void> {
    if (url.searchParams.has('access_token')) {
      const description = 'The access token cannot be presented in a query string.';
      return sendOAuthError(response, { status: 400, error: 'invalid_request', description });
    }
    await this.#callProvider(request, response, this.#provider(this.#deps.addresses.origin));
  }

  async #signIn(exchange: OrgExchange): Promise<void> {
    const { request, response } = exchange;
    const provider = this.#providerOfInteraction(exchange);
    await handleSignIn({ provider, request, response }, this.#deps.directory, this.#deps.name);
  }

  async #logout({ request, response, url }: OrgExchange): Promise<void> {
    const { addresses, directory, keys } = this.#deps;
    const provider = this.#provider(addresses.origin);
    const params = request.method === 'POST' ? await readForm(request) : url.searchParams;
    const issuers = [addresses.origin, ...(addresses.customOrigin === undefined ? [] : [addresses.customOrigin])];
    const signedOutUrl = `${addresses.originOf(url.hostname)}/`;
    await handleLogout({ provider, request, response }, { params, directory, keys, issuers, signedOutUrl });
  }

  async #dashboard({ request, response }: OrgExchange): Promise<void> {
    const { addresses, directory, name } = this.#deps;
    const session = await findSession({ provider: this.#provider(addresses.origin), request, response });
    const user = directory.findUserById(session.accountId ?? '');
    sendHtmlPage(response, 200, renderDashboardPage({ orgName: name, directory, user }));
  }

  #tile({ response, found }: OrgExchange): void {
    const { addresses, directory } = this.#deps;
    const target = directory.findActiveClient(found.id)?.initiateLoginUri;
    const description = 'initiate_login_uri is missing.';
    if (target !== undefined) redirect(response, toTileUrl(target, addresses.origin));
    else sendHtmlPage(response, 400, renderErrorPage({ error: 'missing_initiate_login_uri', description }));
  }

  async #callProvider(request: IncomingMessage, response: ServerResponse, provider: Provider): Promise<void> {
    // oidc-provider answers API errors as a page to a caller that prefers HTML; Okta does not.
    request.headers.accept = 'application/json';
    await provider.callback()(request, response);
  }

  #providerOfInteraction({ url, found }: OrgExchange): Provider {
    const { addresses, directory, store } = this.#deps;
    const client = directory.findActiveClient(store.findInteractionClientId(found.id) ?? '');
    return this.#provider(addresses.issuerOf(client?.issuerMode ?? 'ORG_URL', url.hostname));
  }

  #provider(issuer: string): Provider {
    const existing = this.#providers.get(issuer);
    if (existing) return existing;
    const created = createOrgProvider(issuer, this.#deps);
    toOktaResponse(created, this.#deps);
    this.#providers.set(issuer, created);
    return created;
  }
}

/** Returns where a click on an app's tile goes: only `iss` is sent. */
export function toTileUrl(initiateLoginUri: string, issuer: string): string {
  return `${initiateLoginUri}${initiateLoginUri.includes('?') ? '&' : '?'}${new URLSearchParams({ iss: issuer })}`;
}

function isFaulty(endpoint: OktaEndpoint): endpoint is 'discovery' | 'keys' | 'authorize' | 'token' | 'userinfo' {
  return ['discovery', 'keys', 'authorize', 'token', 'userinfo'].includes(endpoint);
}

/** The customer's own apps need no consent, and there are no authenticators to enroll. */
function withoutConsent(params: URLSearchParams): URLSearchParams {
  const prompts = (params.get('prompt') ?? '').split(' ').filter((prompt) => prompt === 'none' || prompt === 'login');
  const result = new URLSearchParams(params);
  result.delete('prompt');
  if (prompts.length > 0) result.set('prompt', prompts.join(' '));
  return result;
}

function findClientId(request: IncomingMessage, form: URLSearchParams): string | undefined {
  const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic') return form.get('client_id') ?? undefined;
  // Form-urlencoded by the letter of RFC 6749, section 2.3.1.
  return (
    new URLSearchParams(`id=${Buffer.from(credentials, 'base64').toString().split(':')[0]}`).get('id') ?? undefined
  );
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams((await readBody(request)).toString());
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, {
    Location: location,
    'Cache-Control': 'no-cache, no-store',
    Pragma: 'no-cache',
    Expires: '0',
    'Referrer-Policy': 'no-referrer',
  });
  response.end();
}
