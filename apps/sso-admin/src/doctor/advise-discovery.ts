import type { SsoErrorCode } from '@ipscape/sso-core';

const ADVICE: Readonly<Partial<Record<SsoErrorCode, string>>> = {
  'issuer-mismatch':
    'The org calls itself by another name, as with a custom domain. The administrator enters as Host Name the host that the provider’s discovery document names as its issuer.',
  'idp-address-forbidden':
    'The Host Name must lead to a public address and be served by https on port 443. The administrator corrects it.',
  'idp-unreachable':
    'Check that the Host Name is right and that this machine reaches it by https; then the provider’s status page.',
  'idp-timeout': 'Check the network from here to the provider, and the provider’s status page; then try again.',
  'idp-rate-limited': 'The provider refuses for now because of too many requests. Wait a minute and try again.',
  'idp-error': 'The provider has a failure of its own. See its status page and try again later.',
  'idp-response-invalid':
    'What answers at the Host Name is not an OpenID Connect provider, or a proxy stands in between. The administrator checks the Host Name.',
};

/** What to do when the provider's discovery document could not be used. */
export function adviseDiscovery(code: SsoErrorCode): string {
  return ADVICE[code] ?? 'Try again; if it stays so, report it with the code.';
}
