import { SsoError } from '@ipscape/sso-core';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AdapterEnv } from './adapter-context.js';

/**
 * Refuses a longer body with `request-too-large`: by its told length before any of it is read, and otherwise as soon as
 * it is too long.
 */
export function limitBody(maxBytes: number): MiddlewareHandler<AdapterEnv> {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new SsoError('request-too-large', { details: { maxBytes } });
    },
  });
}
