/**
 * @module
 * Exchanges an authorization code for tokens. RFC 6749 §4.1.3, OpenID Connect Core 1.0 §3.1.3.
 */
import * as oauth from 'oauth4webapi';
import * as z from 'zod';
import { clientAuthentication } from './client-authentication.js';
import type { ProviderMetadata } from './discovery-document.js';
import { SsoError, type SsoErrorCode } from './errors.js';
import { readJsonObject, requireJsonType, requireOk, toIdpError } from './idp-request.js';
import { TOKEN_REQUEST_TIMEOUT_MS } from './limits.js';
import { requestOptions, toAuthorizationServer, toClient } from './oauth-server.js';
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
}

/** Tokens as they came: the ID token is not verified yet. */
export interface TokenResponse {
  readonly idToken: string;
  readonly accessToken: string;
}

/**
 * Sends the code once. There is no retry: a code is spent by being sent. Looks into no token.
 *
 * @throws {@link SsoError} `client-rejected`, `grant-rejected`, `request-rejected`, `dpop-required`, or an `idp-…`
 *   code.
 */
export async function exchangeCode(exchange: CodeExchange, fetch: SsoFetch): Promise<TokenResponse> {
  const { metadata } = exchange;
  const server = toAuthorizationServer(metadata);
  const client = toClient(exchange.clientId);
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
  requireJsonType(response, 'token');
  return parseTokenResponse(await readJsonObject(response, 'token'), exchange.provider);
}

// Only what is used decides: the token type and the two tokens. The ID token is judged where it is verified.
const tokenResponse = z.object({
  access_token: z.string().min(1),
  token_type: z.string(),
  id_token: z.string().min(1),
});

function parseTokenResponse(body: Readonly<Record<string, unknown>>, provider: OidcProvider): TokenResponse {
  if (typeof body.error === 'string') throw explainTokenError(body, 200, provider);
  const parsed = tokenResponse.safeParse(body);
  if (!parsed.success) {
    const field = String(parsed.error.issues[0]?.path[0] ?? 'body');
    throw new SsoError('idp-response-invalid', { stage: 'token', details: { reason: 'token-response', field } });
  }
  const tokens = parsed.data;
  // RFC 6749 §7.1: without regard to case.
  const tokenType = tokens.token_type.toLowerCase();
  if (tokenType === 'dpop') throw new SsoError('dpop-required', { stage: 'token' });
  if (tokenType !== 'bearer') {
    throw new SsoError('idp-response-invalid', { stage: 'token', details: { reason: 'token-type' } });
  }
  return { idToken: tokens.id_token, accessToken: tokens.access_token };
}

/** What each error of RFC 6749 §5.2 and RFC 9449 §5 means when the provider has nothing more precise to say. */
const TOKEN_ERRORS: ReadonlyMap<string, SsoErrorCode> = new Map([
  ['invalid_client', 'client-rejected'],
  ['invalid_grant', 'grant-rejected'],
  ['invalid_request', 'request-rejected'],
  ['unauthorized_client', 'request-rejected'],
  ['unsupported_grant_type', 'request-rejected'],
  ['invalid_scope', 'request-rejected'],
  ['invalid_dpop_proof', 'dpop-required'],
  ['use_dpop_nonce', 'dpop-required'],
  ['server_error', 'idp-error'],
  ['temporarily_unavailable', 'idp-error'],
]);
/** Form of an error code that is written to the log; anything else is prose. */
const ERROR_CODE = /^[\w.-]{1,64}$/;

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
  return explainTokenError(body, status, provider);
}

function explainTokenError(body: Readonly<Record<string, unknown>>, status: number, provider: OidcProvider): SsoError {
  const error = firstString(body.error, body.errorCode) ?? (status === 401 ? 'invalid_client' : '');
  const errorDescription = firstString(body.error_description, body.errorSummary);
  const explanation = provider.explainError({ stage: 'token', error, errorDescription, status });
  const known = TOKEN_ERRORS.get(error);
  const isCode = (known !== undefined || explanation !== null) && ERROR_CODE.test(error);
  return new SsoError(explanation?.code ?? known ?? 'idp-response-invalid', {
    stage: 'token',
    details: { status, reason: isCode ? error : 'unknown' },
    ...(explanation === null ? {} : { advice: explanation.advice }),
  });
}

function firstString(...values: readonly unknown[]): string | null {
  const text = values.find((value) => typeof value === 'string');
  return typeof text === 'string' ? text.slice(0, 1000) : null;
}
