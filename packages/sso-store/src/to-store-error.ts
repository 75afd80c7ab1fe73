/**
 * @module
 * Turns what a driver throws into an error that may be logged: drivers attach the query, its parameters and the
 * values of conflicting keys to their errors.
 */
import { SsoError } from '@ipscape/sso-core';

/** SQLSTATE classes and codes that mean "not now" rather than "this statement is wrong". */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '3D', '40', '53', '57', '58', 'F0', 'XX']);
const UNAVAILABLE_CODES = new Set([
  '25006', // read-only: the server became a standby
  '25P03', // idle in transaction for too long
  '55000', // the database takes no connections
  '55P03', // a lock was not granted in time
]);
/** A NUL or half a surrogate pair, which no text in the database can hold: so nothing there is named by it. */
const NO_TEXT = new Set(['22021', '22P05']);
const DEFECTS = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/**
 * An error to throw in place of the driver's: an {@link SsoError} unchanged; `store-unavailable` when the database
 * refused, cannot be reached, or did not answer in time; `request-invalid` when a value is no text that a database can
 * hold; otherwise `internal-error`. Its cause names the driver's
 * error class, code, constraint and system call, and nothing else of it.
 */
export function toStoreError(error: unknown): SsoError {
  if (SsoError.is(error)) return error;
  const code = textOf(error, 'code');
  if (code !== null && NO_TEXT.has(code)) {
    return new SsoError('request-invalid', { details: { reason: 'text' }, cause: scrub(error) });
  }
  return new SsoError(isUnavailable(error, code) ? 'store-unavailable' : 'internal-error', { cause: scrub(error) });
}

function isUnavailable(error: unknown, code: string | null): boolean {
  if (code !== null && isSqlState(code)) {
    return UNAVAILABLE_CLASSES.has(code.slice(0, 2)) || UNAVAILABLE_CODES.has(code);
  }
  // Without an SQLSTATE it comes from the driver or the socket, unless our own code is broken.
  return error instanceof Error && !DEFECTS.has(error.name);
}

function scrub(error: unknown): Error {
  const facts = ['code', 'constraint', 'table', 'syscall'].flatMap((name) => {
    const value = textOf(error, name);
    return value === null ? [] : [`${name} ${value}`];
  });
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return Object.assign(new Error(`Database error${facts.length > 0 ? `: ${facts.join(', ')}` : ` (${name})`}`), {
    code: textOf(error, 'code') ?? name,
  });
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code);
}

function textOf(error: unknown, name: string): string | null {
  if (typeof error !== 'object' || error === null || !(name in error)) return null;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' && value !== '' ? value : null;
}
