import { SsoError } from '@ipscape/sso-core';

/**
 * Refuses JSON that names `__proto__` anywhere, which schemas drop without a word. Text that is no JSON is left to
 * whoever reads it.
 *
 * @throws SsoError `request-invalid`
 */
export function refusePrototype(json: string): void {
  let isNamed = false;
  try {
    JSON.parse(json, (name, value: unknown) => {
      isNamed ||= name === '__proto__';
      return value;
    });
  } catch {
    return;
  }
  if (isNamed) throw new SsoError('request-invalid', { details: { reason: 'prototype' } });
}
