import type { SsoErrorCode } from '@ipscape/sso-core';

const ISSUER =
  'Okta calls itself by another name than the Host Name. If your Okta has a custom domain, open the app in the Okta Admin Console > Sign On tab > OpenID Connect ID Token > Edit, and select as Issuer the address that you use as Host Name, not "Dynamic".';

/** What to do when settings cannot be proved, where Okta sends no error that could be explained. */
export const SETTINGS_ADVICE: Readonly<Partial<Record<SsoErrorCode, string>>> = {
  'idp-unreachable':
    'Okta’s configuration could not be read at this Host Name. Compare it with your Okta domain, which the Okta Admin Console shows in the menu at the top right.',
  'par-required':
    'Okta takes pushed authorization requests (PAR) only, which ipSCAPE does not send. In the Okta Admin Console, open Applications > Applications > your app > General tab > General Settings > Edit, untick that PAR is required and click Save. Where it is required for the whole org, Okta Support switches it off.',
  'issuer-mismatch': ISSUER,
  'token-invalid': `The ID token failed verification. ${ISSUER}`,
  'email-missing':
    'Okta sent no e-mail address. In the Okta Admin Console, open Directory > Profile Editor and check that the app user’s attribute "email" is mapped.',
};
