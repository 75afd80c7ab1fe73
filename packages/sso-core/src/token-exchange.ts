/**
 * @module
 * Exchanges an authorization code for tokens. RFC 6749 §4.1.3, OpenID Connect Core 1.0 §3.1.3.
 */
import * as oauth from 'oauth4webapi';
import { clientAuthentication } from './client-authentication.js';
import type { ProviderMetadata } from './discovery-document.js';
import { SsoError } from './errors.js';
import { readJsonObject, requireOk, toIdpError } from './idp-request.js';
import { TOKEN_REQUEST_TIMEOUT_MS } from './limits.js';
import { requestOptions, toAuthorizationServer, toClient, toResponseError } from './oauth-server.js';
import type { SsoFetch } from './ports.js';
import type { OidcProvider } from './provider.js';

export interface CodeExchange {
  readonly metadata: ProviderMetadata;
  readonly provider: OidcProvider;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly code: string;
  /** The very string of the authorization request. */
  readonly redirectUri: string;
  readonly codeVerifier: string;
  readonly nonce: string;
}

/** Tokens as they came: the ID token is not verified yet. */
export interface TokenResponse {
  readonly idToken: string;
  readonly accessToken: string;
}

/**
 * Sends the code once. There is no retry, whatever happens: a code is spent by being sent.
 *
 * @throws {@link SsoError} `client-rejected`, `grant-rejected`, `request-rejected`, `dpop-required`, `token-invalid`,
 *   `issuer-mismatch`, or an `idp-…` code.
 */
export async function exchangeCode(exchange: CodeExchange, fetch: SsoFetch): Promise<TokenResponse> {
  const { metadata } = exchange;
  const server = toAuthorizationServer(metadata);
  const client = toClient(exchange.clientId, exchange.provider.idTokenAlgorithms[0] ?? 'RS256');
  let response: Response;
  try {
    response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      clientAuthentication(exchange.clientSecret, metadata.tokenEndpointAuthMethods),
      // The state was compared when the transaction was claimed.
      oauth.validateAuthResponse(server, client, new URLSearchParams({ code: exchange.code }), oauth.expectNoState),
      exchange.redirectUri,
      exchange.codeVerifier,
      requestOptions(fetch, metadata.tokenEndpoint, TOKEN_REQUEST_TIMEOUT_MS),
    );
  } catch (error) {
    throw toIdpError(error, 'token');
  }
  if (response.status >= 400 && response.status < 500) throw await toTokenError(response, exchange.provider);
  requireOk(response, 'token');
  try {
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: exchange.nonce,
      requireIdToken: true,
    });
    if (tokens.token_type !== 'bearer') throw new SsoError('dpop-required', { stage: 'token' });
    return { idToken: tokens.id_token ?? '', accessToken: tokens.access_token };
  } catch (error) {
    throw toIdpError(toResponseError(error, 'token'), 'token');
  }
}

/** What each error of RFC 6749 §5.2 and RFC 9449 §5 means when the provider has nothing more precise to say. */
const TOKEN_ERRORS: Readonly<
  Record<string, 'client-rejected' | 'grant-rejected' | 'request-rejected' | 'dpop-required' | 'idp-error'>
> = {
  invalid_client: 'client-rejected',
  invalid_grant: 'grant-rejected',
  invalid_request: 'request-rejected',
  unauthorized_client: 'request-rejected',
  unsupported_grant_type: 'request-rejected',
  invalid_scope: 'request-rejected',
  invalid_dpop_proof: 'dpop-required',
  use_dpop_nonce: 'dpop-required',
  server_error: 'idp-error',
  temporarily_unavailable: 'idp-error',
};

async function toTokenError(response: Response, provider: OidcProvider): Promise<SsoError> {
  const { status } = response;
  if (status === 429) return new SsoError('idp-rate-limited', { stage: 'token', details: { status } });
  let body: Readonly<Record<string, unknown>>;
  try {
    body = await readJsonObject(response, 'token');
  } catch (error) {
    // A bare 401 can only mean the client's credentials.
    if (status === 401) return new SsoError('client-rejected', { stage: 'token', details: { status } });
    return toIdpError(error, 'token');
  }
  const error = firstString(body['error'], body['errorCode']) ?? (status === 401 ? 'invalid_client' : '');
  const errorDescription = firstString(body['error_description'], body['errorSummary']);
  const explanation = provider.explainError({ stage: 'token', error, errorDescription, status });
  const known = TOKEN_ERRORS[error];
  return new SsoError(explanation?.code ?? known ?? 'idp-response-invalid', {
    stage: 'token',
    details: { status, reason: known === undefined && explanation === null ? 'unknown' : error },
  });
}

function firstString(...values: readonly unknown[]): string | null {
  const text = values.find((value) => typeof value === 'string');
  return typeof text === 'string' ? text.slice(0, 1000) : null;
}
