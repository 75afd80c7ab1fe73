/**
 * @module
 * The bridge to oauth4webapi: our metadata in its words, our fetch behind its requests, its errors in our codes.
 */
import * as oauth from 'oauth4webapi';
import type { ProviderMetadata } from './discovery-document.js';
import { type SignInStage, SsoError } from './errors.js';
import { CLOCK_SKEW_SECONDS } from './limits.js';
import type { SsoFetch } from './ports.js';

export function toAuthorizationServer(metadata: ProviderMetadata): oauth.AuthorizationServer {
  return {
    issuer: metadata.issuer,
    token_endpoint: metadata.tokenEndpoint,
    ...(metadata.userinfoEndpoint === null ? {} : { userinfo_endpoint: metadata.userinfoEndpoint }),
  };
}

export function toClient(clientId: string, algorithm: string): oauth.Client {
  return { client_id: clientId, id_token_signed_response_alg: algorithm, [oauth.clockTolerance]: CLOCK_SKEW_SECONDS };
}

export interface RequestOptions {
  readonly [oauth.customFetch]: (
    url: string,
    init: oauth.CustomFetchOptions<'GET' | 'POST', URLSearchParams | undefined>,
  ) => Promise<Response>;
  readonly [oauth.allowInsecureRequests]: boolean;
}

export function requestOptions(fetch: SsoFetch, endpoint: string, timeoutMs?: number): RequestOptions {
  return {
    [oauth.customFetch]: (url, { method, headers, body }) =>
      fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body: body.toString() }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
    // An endpoint has the issuer's scheme, and an issuer is http only for a `.localhost` name in development.
    [oauth.allowInsecureRequests]: endpoint.startsWith('http://'),
  };
}

/** A refusal by oauth4webapi as `issuer-mismatch`, `token-invalid` or `idp-response-invalid`; anything else as it is. */
export function toResponseError(error: unknown, stage: SignInStage): unknown {
  if (!(error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError))
    return error;
  const facts = typeof error.cause === 'object' && error.cause !== null ? (error.cause as Record<string, unknown>) : {};
  const { claim } = facts;
  if (claim === 'iss') return new SsoError('issuer-mismatch', { stage: 'id-token' });
  if (typeof claim === 'string')
    return new SsoError('token-invalid', { stage: 'id-token', details: { reason: claim } });
  if ('claims' in facts || 'header' in facts) {
    return new SsoError('token-invalid', { stage: 'id-token', details: { reason: 'claim-missing-or-malformed' } });
  }
  return new SsoError('idp-response-invalid', { stage, details: { reason: error.code ?? 'unsupported' } });
}
