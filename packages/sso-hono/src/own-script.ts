/**
 * @module
 * Lets only scripts of the tenant's own origin through. The header makes a cross-site request one that the browser asks
 * about first, and nothing here ever agrees.
 */
import { SsoError, tenantOrigin } from '@ipscape/sso-core';
import { createMiddleware } from 'hono/factory';
import type { Adapter, AdapterEnv } from './adapter-context.js';

export const SCRIPT_HEADER = 'x-ipscape-sso';

/** With {@link SCRIPT_HEADER}, and `Origin` and `Sec-Fetch-Site` of the tenant's own; a GET may come without the first. */
export function requireOwnScript(adapter: Adapter) {
  return createMiddleware<AdapterEnv>(async function ownScript(c, next) {
    const tenant = c.get('tenant');
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    const isOwn =
      tenant !== null &&
      c.req.header(SCRIPT_HEADER) === '1' &&
      (origin === tenantOrigin(tenant.domain, adapter.scheme) || (origin === undefined && c.req.method === 'GET')) &&
      (site === undefined || site === 'same-origin');
    if (!isOwn) throw new SsoError('request-forbidden');
    await next();
  });
}
