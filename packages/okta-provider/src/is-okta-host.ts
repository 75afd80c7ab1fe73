/**
 * The domains under which Okta gives every org its own name: commercial, preview, EMEA, and the government and
 * military ones with their test counterparts. The list only drives hints; an org may use a domain of its own.
 */
export const OKTA_DOMAINS: readonly string[] = [
  'okta.com',
  'oktapreview.com',
  'okta-emea.com',
  'okta-gov.com',
  'okta.mil',
  'okta-miltest.com',
  'trex-gov.com',
  'trex-govcloud.com',
];

const HOST_NAME = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/;

/**
 * Whether a host name belongs to one of Okta's own domains, compared by whole labels: `acme.okta.com` does,
 * `acmeokta.com`, `acme.okta.com.example` and `okta.com` itself do not. False for every other host, which is then a
 * custom domain, and for anything that is not a lower-case host name without a port.
 */
export function isOktaHost(host: string): boolean {
  return host.length <= 253 && HOST_NAME.test(host) && OKTA_DOMAINS.some((domain) => host.endsWith(`.${domain}`));
}
