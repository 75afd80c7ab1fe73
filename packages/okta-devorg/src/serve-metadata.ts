/**
 * @module The documents anybody may read: discovery, the org's card and the public keys, with Okta's cache headers.
 */
import type { ServerResponse } from 'node:http';
import { createDiscoveryDocument } from './discovery-document.js';
import type { OktaDevFaults } from './okta-dev-faults.js';
import type { OrgAddresses } from './org-addresses.js';
import type { OrgDirectory } from './org-directory.js';
import { sendApiError, sendJson } from './send-json.js';
import type { SigningKeys } from './signing-keys.js';

export interface MetadataDeps {
  readonly addresses: OrgAddresses;
  readonly directory: OrgDirectory;
  readonly faults: OktaDevFaults;
}

const DAY_SECONDS = 86_400;

/** Serves the metadata of the requested host; with `?client_id=`, of one app, or Okta's 400 for an unknown one. */
export function serveDiscovery(response: ServerResponse, url: URL, deps: MetadataDeps): void {
  const { addresses, directory, faults } = deps;
  const clientId = url.searchParams.get('client_id') ?? undefined;
  const client = clientId === undefined ? undefined : directory.findActiveClient(clientId);
  if (clientId !== undefined && !client) {
    const summary = "Invalid value for 'client_id' parameter.";
    sendApiError(response, { status: 400, code: 'invalid_client', summary });
    return;
  }
  const origin = addresses.originOf(url.hostname);
  const issuer = client ? addresses.issuerOf(client.issuerMode, url.hostname) : origin;
  const document = createDiscoveryDocument({ issuer, origin, clientId, basicOnly: faults.basicOnly });
  const body = { ...document, ...faults.discoveryOverrides };
  sendJson(response, { status: 200, body, headers: cacheHeaders(DAY_SECONDS) });
}

/** Serves `/.well-known/okta-organization`: the org's own address and, if it has one, its custom domain. */
export function serveOrganization(response: ServerResponse, { addresses, directory }: MetadataDeps): void {
  const { origin, customOrigin } = addresses;
  const alternate = customOrigin === undefined ? {} : { alternate: { href: customOrigin } };
  const body = { id: directory.orgId, _links: { organization: { href: origin }, ...alternate }, pipeline: 'idx' };
  sendJson(response, { status: 200, body });
}

/** Serves the public keys; `max-age` counts down to the next planned rotation. */
export function serveKeys(response: ServerResponse, keys: SigningKeys): void {
  sendJson(response, { status: 200, body: { keys: keys.publicKeys }, headers: cacheHeaders(keys.maxAgeSeconds) });
}

function cacheHeaders(maxAgeSeconds: number): Record<string, string> {
  return {
    'Cache-Control': `max-age=${maxAgeSeconds}, must-revalidate`,
    Expires: new Date(Date.now() + maxAgeSeconds * 1000).toUTCString(),
    Vary: 'Origin',
  };
}
