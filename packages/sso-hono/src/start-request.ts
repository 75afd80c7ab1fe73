/**
 * @module
 * What a request to a product's start says: whether it is one, and where the person wants to go afterwards.
 */
import { HOME_PATHS, type Tenant, tenantOrigin, toReturnPath } from '@ipscape/sso-core';
import type { Adapter, AdapterRequest } from './adapter-context.js';

/** A request to a route that is start and callback in one is a callback when the provider's parameters are there. */
export function isCallback(c: AdapterRequest): boolean {
  return ['state', 'code', 'error'].some((name) => c.req.query(name) !== undefined);
}

/** Parameters of the start itself; the rest of a CTI start's query belongs to the CRM that embeds it. */
const START_PARAMETERS = ['return_to', 'login_hint', 'iss', 'target_link_uri', 'other_account', 'renew'];

/** A safe path of the product; for the CTI Adaptor with everything that the CRM put on the address. */
export function wantedPath(c: AdapterRequest, adapter: Adapter, tenant: Tenant): string {
  const { product } = adapter;
  const wanted =
    c.req.query('return_to') ??
    pathOnOrigin(c.req.query('target_link_uri'), tenantOrigin(tenant.domain, adapter.scheme));
  if (wanted !== undefined) return toReturnPath(wanted, product);
  if (product !== 'cti') return HOME_PATHS[product];
  const parameters = new URL(c.req.url).searchParams;
  for (const name of START_PARAMETERS) parameters.delete(name);
  const query = parameters.toString();
  return toReturnPath(query === '' ? HOME_PATHS.cti : `${HOME_PATHS.cti}?${query}`, product);
}

function pathOnOrigin(value: string | undefined, origin: string): string | undefined {
  return value?.startsWith(`${origin}/`) === true ? value.slice(origin.length) : undefined;
}
