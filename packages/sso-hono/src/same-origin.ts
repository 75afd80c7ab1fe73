/**
 * @module
 * Refuses state-changing requests that another site's page sent. Cookies alone prove nothing: browsers attach them.
 */
import { SsoError, tenantOrigin } from '@ipscape/sso-core';
import { createMiddleware } from 'hono/factory';
import type { Adapter, AdapterEnv } from './adapter-context.js';

/**
 * Lets a request pass whose `Origin` is exactly the tenant's own, and whose `Sec-Fetch-Site`, where the browser sends
 * it, says the same. A request without `Origin` is refused: every browser sends it with a POST.
 */
export function requireSameOrigin(adapter: Adapter) {
  return createMiddleware<AdapterEnv>(async function sameOrigin(c, next) {
    const tenant = c.get('tenant');
    const site = c.req.header('sec-fetch-site');
    const isOwn =
      tenant !== null &&
      c.req.header('origin') === tenantOrigin(tenant.domain, adapter.scheme) &&
      (site === undefined || site === 'same-origin');
    if (!isOwn) throw new SsoError('request-forbidden');
    await next();
  });
}
