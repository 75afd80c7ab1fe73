/**
 * @module
 * What a tenant's administrator does about a line of the sign-in log. Exhaustive: a code without an entry does not
 * compile.
 */
import { SSO_ERRORS, type SsoErrorCode } from '@ipscape/sso-core';

const SERVICE_DESK = 'Raise a request with the Service Desk, and name the reference.';
const AGAIN = 'Nothing to do, unless it happens often: the person starts again, and finishes in the same window.';
const PROVIDER_DOWN =
  'Look at the status page of your provider. If others sign in, the person tries again; if nobody does, check the Host Name with Save and authorise.';
const SETTINGS = 'Press Save and authorise above: it finds what is wrong with the settings, and says what to change.';
const ADDRESS = 'Make the e-mail address of the account at the provider and that of the user in ipSCAPE the same.';

const ADVICE: Readonly<Record<SsoErrorCode, string>> = {
  'enforcement-not-ready': 'Do what the check list under Single sign-on as the only way in still asks for.',
  'sso-enforced': 'Single sign-on is the only way in: lift that first.',
  'logout-token-invalid':
    'Check the Universal Logout settings of the app at the provider against the guide: endpoint and subject format.',
  'product-token-invalid': SERVICE_DESK,
  'product-token-expired': SERVICE_DESK,
  'product-keys-unavailable': SERVICE_DESK,
  'tenant-unknown': SERVICE_DESK,
  'sso-not-enabled': 'Enable single sign-on above, or put settings into force with Save and authorise, then Save.',
  'connection-changed':
    'Nothing to do: the settings were changed while the person signed in, and they sign in once more.',
  'provider-unknown': SERVICE_DESK,
  'secret-unreadable': `Type the client secret again above and press Save and authorise, then Save. ${SERVICE_DESK}`,

  'state-mismatch': `${AGAIN} A bookmark of the provider’s page or the Back button does this.`,
  'browser-mismatch': `${AGAIN} The sign-in was begun in another browser, private window or profile.`,
  'cookie-blocked':
    'Have the person allow cookies for this site. In a managed browser, the policy that blocks them must make an exception.',
  'transaction-expired': 'Nothing to do: the person took longer than ten minutes and starts again.',
  'transaction-repeated': 'Nothing to do: the page was reloaded after the sign-in, and the person starts again.',
  'response-invalid': AGAIN,
  'response-issuer-mismatch':
    'The tile or link at the provider belongs to another org than the one connected here. Correct the Host Name above, or the link.',

  'idp-unreachable': PROVIDER_DOWN,
  'idp-timeout': PROVIDER_DOWN,
  'idp-rate-limited':
    'The provider answered that there were too many requests. Wait some minutes; if it stays, raise its rate limit there.',
  'idp-error': PROVIDER_DOWN,
  'idp-response-invalid': SETTINGS,
  'idp-address-forbidden': 'The Host Name leads to an address that is not public. Correct it above.',
  'idp-denied': 'The person cancelled, or the provider’s policy refused: look at the provider’s own log at this time.',
  'user-not-assigned': 'Assign the person, or a group that they are in, to the ipSCAPE app at the provider.',
  'interaction-required': 'Nothing to do: the provider wants the person to sign in again, and they start again.',
  'request-rejected': SETTINGS,
  'client-rejected': `Check the stored secret above. If the provider refuses it, copy the secret again. ${SETTINGS}`,
  'grant-rejected':
    'Nothing to do if it is rare: the person starts again. If it happens to everybody, press Save and authorise.',
  'dpop-required': 'Switch off DPoP (Proof of Possession) in the app at the provider.',
  'par-required': 'Switch off that the provider takes pushed authorization requests (PAR) only.',
  'issuer-mismatch': SETTINGS,

  'token-invalid': SETTINGS,
  'userinfo-invalid': SETTINGS,
  'email-missing': 'Give the person’s account at the provider an e-mail address, and have the provider send it.',
  'email-invalid': `Correct the e-mail address at the provider: it has a character that cannot be matched. ${ADDRESS}`,
  'email-unverified': 'Have the person’s e-mail address verified at the provider.',
  'user-not-found': ADDRESS,
  'user-inactive': 'Enable the user in ipSCAPE, if the person is to sign in.',
  'user-ambiguous':
    'Two users in ipSCAPE have this e-mail address: change one of them. The directory check above lists them.',
  'identity-held':
    'The e-mail address belongs to a user who is linked to another account at the provider. Look at Held identities above, and approve or refuse it.',
  'product-not-permitted': 'Give the user the product in ipSCAPE, if the person is to use it.',

  'session-required': AGAIN,
  'administrator-required': 'Sign in with the account of an administrator, or have the role given to this one.',
  'recent-sign-in-required': 'Sign in again, then repeat what you were doing.',
  'user-mismatch': 'Press Save and authorise again, and sign in with your own account.',
  'revision-conflict': 'Look at the settings above again, and repeat what is still needed.',
  'revision-not-authorised': 'Press Save and authorise above, and Save when it has succeeded.',
  'too-many-requests': 'Wait ten minutes.',
  'too-many-sign-ins': 'Nothing to do: the person waits a few seconds and starts again.',
  'idempotency-key-reused': 'Open the settings again, and repeat what is still needed.',
  'idempotency-key-in-use': 'Open the settings again to see what came of it.',
  'top-level-required': 'Open the product in a whole window or tab: a sign-in does not work inside another page.',
  'protocol-unknown': SERVICE_DESK,
  'request-forbidden': AGAIN,
  'request-invalid': AGAIN,
  'request-too-large': AGAIN,
  'not-found': AGAIN,
  'handoff-invalid':
    'Nothing to do unless it repeats: the sign-in window of a CTI Adaptor was left open too long, or used twice.',
  'handoff-refused':
    'Ask the person whether they pressed “Sign in” themselves. If not, somebody else tried to be signed in as them.',
  'popup-blocked': 'Have the person allow pop-up windows for this site.',
  'store-unavailable': 'Nothing to do: a part of ipSCAPE was not available. If it stays, tell the Service Desk.',
  'internal-error': SERVICE_DESK,
};

export interface CodeExplanation {
  readonly meaning: string;
  readonly whatToDo: string;
}

/** Of a code of the sign-in log; an unknown one was written by a newer version. */
export function explainCode(code: string): CodeExplanation {
  if (code === 'signed-in') return { meaning: 'The person signed in.', whatToDo: '' };
  if (!Object.hasOwn(ADVICE, code)) return { meaning: '', whatToDo: SERVICE_DESK };
  return { meaning: SSO_ERRORS[code as SsoErrorCode], whatToDo: ADVICE[code as SsoErrorCode] };
}
