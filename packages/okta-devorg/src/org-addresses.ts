/**
 * @module The host names of one org: its own, its Admin Console's and its custom domain. Pure.
 */
import type { OktaIssuerMode } from './okta-dev-org-options.js';

export interface OrgAddresses {
  /** `acme.okta.localhost:4000`. */
  readonly host: string;
  /** `http://acme.okta.localhost:4000`: the org's own address and default issuer. */
  readonly origin: string;
  /** `acme.okta.localhost`. */
  readonly hostName: string;
  /** Address of the custom domain. */
  readonly customOrigin: string | undefined;
  /** Host names, without port, that this org answers. */
  readonly hostNames: readonly string[];
  /** Whether a host name is the Admin Console's alias, which is never an issuer. */
  isAdmin(hostName: string): boolean;
  /** The org's address under the host name of a request. The Admin Console's is the org's own. */
  originOf(hostName: string): string;
  /** The issuer of an app's tokens for a request that came to `hostName`. */
  issuerOf(mode: OktaIssuerMode, hostName: string): string;
}

/** Returns the addresses of the org `name` on `port`. */
export function createOrgAddresses(name: string, port: number, customDomain: string | undefined): OrgAddresses {
  const hostName = `${name}.okta.localhost`;
  const adminHostName = `${name}-admin.okta.localhost`;
  const origin = `http://${hostName}:${port}`;
  const customOrigin = customDomain === undefined ? undefined : `http://${customDomain}:${port}`;
  const originOf = (requested: string) =>
    customOrigin !== undefined && requested === customDomain ? customOrigin : origin;
  return {
    host: `${hostName}:${port}`,
    hostName,
    origin,
    customOrigin,
    hostNames: customDomain === undefined ? [hostName, adminHostName] : [hostName, adminHostName, customDomain],
    isAdmin: (requested) => requested === adminHostName,
    originOf,
    issuerOf: (mode, requested) => {
      if (mode === 'ORG_URL') return origin;
      return mode === 'DYNAMIC' ? originOf(requested) : (customOrigin ?? origin);
    },
  };
}
