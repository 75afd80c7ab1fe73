/**
 * @module
 * An error as facts for the log. Messages of other people's errors are left out: they may quote what was sent.
 */

import { SsoError, type SsoErrorDetails } from '@ipscape/sso-core';
import { HTTPException } from 'hono/http-exception';

export interface ErrorDescription {
  readonly code: string;
  readonly stage?: string;
  readonly details?: SsoErrorDetails;
  readonly causes?: readonly string[];
  /** File and line of a defect, without its message. */
  readonly stack?: readonly string[];
}

/**
 * The error itself if it is one of ours; `request-invalid` for a request that the router could not read, e.g. a body
 * that is no JSON; otherwise `internal-error` with the error as its cause.
 */
export function toSsoError(error: unknown): SsoError {
  if (SsoError.is(error)) return error;
  if (error instanceof HTTPException && error.status === 413)
    return new SsoError('request-too-large', { cause: error });
  if (error instanceof HTTPException && error.status >= 400 && error.status < 500) {
    return new SsoError('request-invalid', { details: { reason: 'unreadable', status: error.status }, cause: error });
  }
  return new SsoError('internal-error', { cause: error });
}

export function describeError(error: SsoError): ErrorDescription {
  return {
    code: error.code,
    ...(error.stage === undefined ? {} : { stage: error.stage }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
    ...(error.cause === undefined ? {} : { causes: describeCauses(error.cause) }),
    ...(error.code === 'internal-error' ? { stack: framesOf(error.cause) } : {}),
  };
}

const MAX_CAUSES = 5;

function describeCauses(cause: unknown): readonly string[] {
  const names: string[] = [];
  for (let current = cause; current instanceof Error && names.length < MAX_CAUSES; current = current.cause) {
    const code = 'code' in current && typeof current.code === 'string' ? ` ${current.code}` : '';
    names.push(current.name + code);
  }
  return names;
}

/** File and line of each frame; the message, which stands before them, is left out even when it looks like one. */
export function framesOf(cause: unknown): readonly string[] {
  if (!(cause instanceof Error)) return [];
  return (cause.stack ?? '')
    .replace(cause.message, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, 12);
}
