/**
 * @module
 * JSON of a request, checked before any schema sees it: schemas drop some of these names silently.
 */
import { SsoError } from '@ipscape/sso-core';
import type { AdapterRequest } from '@ipscape/sso-hono';

const DANGEROUS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws SsoError `request-invalid` for what is no JSON, or has a member that changes what an object is */
export async function refuseDangerousJson(c: AdapterRequest): Promise<void> {
  const text = await c.req.text();
  const found: string[] = [];
  try {
    JSON.parse(text, (name, value: unknown) => {
      if (DANGEROUS.has(name)) found.push(name);
      return value;
    });
  } catch {
    throw refuse(c, [{ path: '', message: 'The body is no JSON.' }], 'json');
  }
  const [first] = found;
  if (first !== undefined) throw refuse(c, [{ path: first, message: 'This field is not known.' }], 'dangerous-name');
}

export interface FieldProblem {
  /** Names of the fields from the outside in, with dots between them. */
  readonly path: string;
  readonly message: string;
  /** Names the mistake, where it has a name. */
  readonly reason?: string;
  /** A value that was probably meant. */
  readonly suggestion?: string;
}

/** The error to throw; its problem details list the fields. */
export function refuse(c: AdapterRequest, errors: readonly FieldProblem[], reason: string): SsoError {
  c.set('problem', { errors });
  return new SsoError('request-invalid', { details: { reason } });
}
