import { SsoError } from '@ipscape/sso-core';

/** The tenant has no such thing; whether another tenant has one is not told. */
export function notFound(what: string): SsoError {
  return new SsoError('not-found', { details: { what } });
}

/** The request contradicts the state of the database, or is malformed. */
export function refused(reason: string): SsoError {
  return new SsoError('request-invalid', { details: { reason } });
}
