/**
 * @module
 * Whether the CTI Adaptor itself opened the window of a handoff, or somebody's link did.
 */
import { HOME_PATHS, tenantOrigin } from '@ipscape/sso-core';
import type { Adapter, AdapterRequest } from './adapter-context.js';

/**
 * `Sec-Fetch-Site` says so. WebKit calls the window cross-site when the CRM's page is isolated (`Cross-Origin-Opener-Policy:
 * same-origin`), and sends the whole address of the frame as `Referer`. No other site can write that header, and a
 * redirect that came by way of another site has the origin at most.
 */
export function isOpenedByCti(c: AdapterRequest, { scheme }: Adapter): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site === 'same-origin') return true;
  const tenant = c.get('tenant');
  if (site !== 'cross-site' || tenant === null) return false;
  return c.req.header('referer')?.startsWith(tenantOrigin(tenant.domain, scheme) + HOME_PATHS.cti) === true;
}
