/**
 * @module
 * What a service answers when a request has no good product token, for any HTTP framework. RFC 6750 §3, RFC 9457.
 */
import { SSO_ERRORS, SsoError, type SsoErrorCode } from './errors.js';

/** An answer that any framework can send as it is. RFC 9457 §3, and RFC 6750 §3 for its challenge. */
export interface ProductTokenProblem {
  readonly status: 401 | 503;
  /** Names in lower case. With 401 `www-authenticate` is among them, with 503 `retry-after` in seconds. */
  readonly headers: Readonly<Record<string, string>>;
  /** Problem details, to be sent as JSON. */
  readonly body: {
    /** `urn:ipscape:sso:error:` and the code. */
    readonly type: string;
    readonly title: string;
    readonly status: 401 | 503;
    readonly code: SsoErrorCode;
  };
}

/**
 * The answer to an error of {@link ProductTokenVerifier}: 401 for what the caller lacks, 503 when keys could not be
 * fetched. It says the code and nothing that was in the token; the check that failed is for the log, in
 * `error.details`. Null for every other error, which is the service's own.
 */
export function productTokenProblem(error: unknown): ProductTokenProblem | null {
  const challenge = SsoError.is(error) ? CHALLENGES[error.code] : undefined;
  if (!SsoError.is(error) || challenge === undefined) return null;
  const { code } = error;
  const status = code === 'product-keys-unavailable' ? 503 : 401;
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...challenge },
    body: { type: `urn:ipscape:sso:error:${code}`, title: SSO_ERRORS[code], status, code },
  };
}

const CHALLENGES: Partial<Record<SsoErrorCode, Readonly<Record<string, string>>>> = {
  // RFC 6750 §3.1: a request without a token is told no error.
  'session-required': { 'www-authenticate': 'Bearer' },
  'product-token-invalid': { 'www-authenticate': 'Bearer error="invalid_token"' },
  'product-token-expired': {
    'www-authenticate': 'Bearer error="invalid_token", error_description="The access token expired"',
  },
  'product-keys-unavailable': { 'retry-after': '5' },
};
