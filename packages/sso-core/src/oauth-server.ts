/**
 * @module
 * The bridge to oauth4webapi: our metadata in its words, our fetch behind its requests.
 */
import * as oauth from 'oauth4webapi';
import type { ProviderMetadata } from './discovery-document.js';
import type { SsoFetch } from './ports.js';

export function toAuthorizationServer(metadata: ProviderMetadata): oauth.AuthorizationServer {
  return {
    issuer: metadata.issuer,
    token_endpoint: metadata.tokenEndpoint,
    ...(metadata.userinfoEndpoint === null ? {} : { userinfo_endpoint: metadata.userinfoEndpoint }),
  };
}

export function toClient(clientId: string): oauth.Client {
  return { client_id: clientId };
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
        // A signed answer is not asked for, because it would not be accepted.
        headers: { ...headers, accept: 'application/json' },
        // Null, contrary to its type, for a request without a body.
        ...(body instanceof URLSearchParams ? { body: body.toString() } : {}),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
    // An endpoint has the issuer's scheme, and an issuer is http only for a `.localhost` name in development.
    [oauth.allowInsecureRequests]: endpoint.startsWith('http://'),
  };
}
