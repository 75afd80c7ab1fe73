/**
 * @module
 * Reads the authorization response. No I/O. `state` is read first and alone: nothing else has an effect before the
 * sign-in that it names has been claimed.
 */
import { SsoError } from './errors.js';
import { MAX_AUTHORIZATION_CODE_LENGTH, MAX_STATE_LENGTH } from './limits.js';
import type { OidcProvider } from './provider.js';

const STATE = /^[A-Za-z0-9_-]+$/;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const OAUTH_ERROR = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/**
 * The `state` of a response.
 *
 * @throws {@link SsoError} `state-mismatch` when it is missing, repeated or not of the form that is ever sent.
 */
export function parseState(parameters: URLSearchParams): string {
  const [state, ...others] = parameters.getAll('state');
  if (state === undefined || others.length > 0 || state.length > MAX_STATE_LENGTH || !STATE.test(state)) {
    throw new SsoError('state-mismatch', {
      stage: 'callback',
      details: { reason: state === undefined ? 'missing' : 'form' },
    });
  }
  return state;
}

export interface ResponseExpectations {
  readonly issuer: string;
  /** RFC 9207: whether the provider promised to send `iss`. */
  readonly issuerRequired: boolean;
  readonly provider: OidcProvider;
}

/**
 * The authorization code of a response whose `state` has been claimed.
 *
 * @throws {@link SsoError} `response-issuer-mismatch` (RFC 9207 §2.4), `response-invalid` for a repeated, empty or
 *   oversized parameter and for a code beside an error, or the code of the provider's error answer.
 */
export function parseAuthorizationCode(parameters: URLSearchParams, expected: ResponseExpectations): string {
  const code = single(parameters, 'code');
  const error = single(parameters, 'error');
  const errorDescription = single(parameters, 'error_description');
  const issuer = single(parameters, 'iss');

  if (issuer !== null ? issuer !== expected.issuer : expected.issuerRequired) {
    throw new SsoError('response-issuer-mismatch', { stage: 'callback' });
  }
  if (error !== null && code !== null) throw invalid('code-and-error');
  if (error !== null) throw toAuthorizationError(error, errorDescription, expected.provider);
  if (code === null || code.length > MAX_AUTHORIZATION_CODE_LENGTH || !VISIBLE_ASCII.test(code)) throw invalid('code');
  return code;
}

function single(parameters: URLSearchParams, name: string): string | null {
  const [value, ...others] = parameters.getAll(name);
  if (others.length > 0) throw invalid('repeated', name);
  return value ?? null;
}

function toAuthorizationError(error: string, errorDescription: string | null, provider: OidcProvider): SsoError {
  if (!OAUTH_ERROR.test(error))
    return new SsoError('idp-denied', { stage: 'authorization', details: { reason: 'unknown' } });
  const description = errorDescription === null ? null : errorDescription.slice(0, 1000);
  const explanation = provider.explainError({
    stage: 'authorization',
    error,
    errorDescription: description,
    status: null,
  });
  const known = explanation !== null || KNOWN_ERRORS.has(error);
  return new SsoError(explanation?.code ?? 'idp-denied', {
    stage: 'authorization',
    details: { reason: known ? error : 'unknown' },
    ...(explanation === null ? {} : { advice: explanation.advice }),
  });
}

/** RFC 6749 §4.1.2.1 and OpenID Connect Core 1.0 §3.1.2.6; only these are written to the log as they came. */
const KNOWN_ERRORS: ReadonlySet<string> = new Set([
  'access_denied',
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
  'interaction_required',
  'login_required',
  'account_selection_required',
  'consent_required',
]);

function invalid(reason: string, parameter?: string): SsoError {
  return new SsoError('response-invalid', {
    stage: 'callback',
    details: { reason, ...(parameter === undefined ? {} : { parameter }) },
  });
}
