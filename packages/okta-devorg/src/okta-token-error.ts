/**
 * @module Okta's status and text for each way a token request can fail. Pure.
 * The failures are found by oidc-provider; its internal details say which of Okta's errors each one is.
 */
import type { errors } from 'oidc-provider';
import { WRONG_AUTH_METHOD } from './create-org-provider.js';

/** Status, `error` and `error_description` as Okta sends them. */
export interface OktaOAuthError {
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

/** Errors that the request handler reports itself. */
export const TOKEN_ERRORS = {
  credentialsInQuery: {
    status: 400,
    error: 'invalid_request',
    description: 'Client credentials cannot be supplied via query parameters.',
  },
  dpopProofMissing: { status: 400, error: 'invalid_dpop_proof', description: 'The DPoP proof JWT header is missing.' },
  networkZone: {
    status: 403,
    error: 'access_denied',
    description: "The request is made from outside the client's permitted network zones.",
  },
} as const satisfies Record<string, OktaOAuthError>;

const GENERIC_CLIENT_ERROR = 'Client authentication failed. Either the client or the client credentials are invalid.';
const BAD_BASIC = 'Found Authentication header but was not valid client credentials.';
const BAD_CODE = 'The authorization code is invalid or has expired.';
const BAD_VERIFIER = 'PKCE verification failed.';
const OTHER_CLIENT =
  "The grant was issued to another client. Please make sure the 'client_id' matches the one used at the authorize request.";
const TWO_CREDENTIALS =
  'Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization header, credentials in the post body, or a client_assertion in the post body.';
const NO_CHALLENGE = 'PKCE code challenge should be specified in the authorize request for code verification.';

/** oidc-provider's detail or description of the failure → Okta's status, error and text. */
const BY_DETAIL: readonly (readonly [RegExp | string, number, string, string])[] = [
  ['client not found', 401, 'invalid_client', "Invalid value for 'client_id' parameter."],
  [
    'invalid secret provided',
    401,
    'invalid_client',
    'The client secret supplied for a confidential client is invalid.',
  ],
  [WRONG_AUTH_METHOD, 401, 'invalid_client', GENERIC_CLIENT_ERROR],
  ['client_id mismatch', 401, 'invalid_client', GENERIC_CLIENT_ERROR],
  [/only be provided using one mechanism/, 401, 'invalid_request', TWO_CREDENTIALS],
  ['no client authentication mechanism provided', 401, 'invalid_client', 'No client credentials found.'],
  [/does not match the registered client authentication method/, 401, 'invalid_client', 'No client credentials found.'],
  [/invalid authorization header value|in the authorization header/i, 401, 'invalid_client', BAD_BASIC],
  [
    /^(authorization code (not found|is expired|already consumed)|grant (not found|is expired))/,
    400,
    'invalid_grant',
    BAD_CODE,
  ],
  ['client mismatch', 400, 'invalid_grant', OTHER_CLIENT],
  [
    'authorization code redirect_uri mismatch',
    400,
    'invalid_grant',
    "The 'redirect_uri' does not match the redirection URI used in the authorization request.",
  ],
  ['code_verifier must be provided', 400, 'invalid_request', 'PKCE code verifier is required by the application.'],
  ['code_verifier does not match code_challenge', 400, 'invalid_grant', BAD_VERIFIER],
  [/^code_verifier (must be a string|contains)/, 400, 'invalid_grant', BAD_VERIFIER],
  ['unsupported code_challenge_method', 400, 'invalid_request', NO_CHALLENGE],
  [
    /missing required parameter 'grant_type'/,
    400,
    'invalid_request',
    "The token request must specify a 'grant_type'. Valid values: [authorization_code]",
  ],
  [/missing required parameters? .*'code'/, 400, 'invalid_grant', BAD_CODE],
  [
    /missing required parameter 'redirect_uri'/,
    400,
    'invalid_grant',
    "The 'redirect_uri' does not match the redirection URI used in the authorization request.",
  ],
  [
    /must not be provided twice/,
    400,
    'invalid_request',
    'The request contained multiple parameters with the same name.',
  ],
];

const OKTA_GRANT_TYPES = [
  'authorization_code',
  'implicit',
  'refresh_token',
  'password',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
];

/** Returns Okta's form of `failure`; one it has no special text for keeps oidc-provider's description. */
export function toOktaTokenError(failure: errors.OIDCProviderError, grantType: unknown): OktaOAuthError {
  if (failure.error === 'unsupported_grant_type') return toGrantTypeError(grantType);
  if (failure.error === 'use_dpop_nonce') {
    return { status: 400, error: failure.error, description: 'Authorization server requires nonce in DPoP proof.' };
  }
  const texts = [failure.error_detail, failure.error_description].filter((text) => text !== undefined);
  const row = BY_DETAIL.find(([pattern]) =>
    texts.some((text) => (typeof pattern === 'string' ? text === pattern : pattern.test(text))),
  );
  if (row) return { status: row[1], error: row[2], description: row[3] };
  if (!failure.expose) {
    return {
      status: 500,
      error: 'server_error',
      description:
        'The authorization server encountered an unexpected condition that prevented it from fulfilling the request.',
    };
  }
  return { status: failure.statusCode, error: failure.error, description: failure.error_description ?? '' };
}

function toGrantTypeError(grantType: unknown): OktaOAuthError {
  if (OKTA_GRANT_TYPES.includes(String(grantType))) {
    return {
      status: 400,
      error: 'unauthorized_client',
      description:
        'The client is not authorized to use the provided grant type. Configured grant types: [authorization_code].',
    };
  }
  return {
    status: 400,
    error: 'unsupported_grant_type',
    description: `The authorization grant type is not supported by the authorization server. Configured grant types: [${OKTA_GRANT_TYPES.join(', ')}].`,
  };
}
