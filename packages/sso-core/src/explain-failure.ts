import { SSO_ERRORS, type SsoError, type SsoErrorCode } from './errors.js';
import type { OidcProvider } from './provider.js';

/** What to do where no provider knows better. */
const ADVICE: Readonly<Partial<Record<SsoErrorCode, string>>> = {
  'idp-unreachable':
    'No provider could be reached under this address. Check the address for a typing mistake, and that it is public.',
  'issuer-mismatch': 'The address belongs to a provider that calls itself by another name. Check the address.',
  'email-missing': 'The provider sent no e-mail address. Have it send the claim "email" for the scope "email".',
  'email-invalid': 'The provider sent an e-mail address that cannot be matched. Correct it there.',
  'email-unverified': 'The provider does not vouch for the e-mail address. Verify it there.',
  'user-not-found':
    'Nobody in ipSCAPE has the e-mail address of the account that signed in. Sign in with your own account, or make the two addresses the same.',
  'user-ambiguous': 'More than one user in ipSCAPE has this e-mail address. Change one of them.',
  'user-inactive': 'The user with this e-mail address is disabled in ipSCAPE.',
  'product-not-permitted': 'The user with this e-mail address may not use the Workspace.',
  'interaction-required':
    'The provider did not ask you to sign in again. Press Save and authorise again, and sign in there.',
  'user-mismatch': 'Press Save and authorise again, and sign in with your own account.',
  'administrator-required': 'Press Save and authorise again, and sign in with the account of an administrator.',
  'connection-changed': 'The settings were changed while you signed in. Press Save and authorise again.',
  'transaction-expired': 'The sign-in was not finished in time. Press Save and authorise again.',
  'too-many-requests': 'Wait ten minutes, then press Save and authorise again.',
};
/** One answer for all of them: which addresses inside our network answer is nobody's business. */
const UNREACHABLE: ReadonlySet<SsoErrorCode> = new Set([
  'idp-unreachable',
  'idp-timeout',
  'idp-address-forbidden',
  'idp-error',
  'idp-response-invalid',
]);

/** A failure as the administrator is told it: in the provider's words where it has some. Repeats nothing received. */
export function explainFailure(
  error: SsoError,
  provider: OidcProvider,
): { readonly code: SsoErrorCode; readonly advice: string } {
  const code = error.stage === 'discovery' && UNREACHABLE.has(error.code) ? 'idp-unreachable' : error.code;
  const advice = error.advice ?? provider.settingsAdvice?.[code] ?? ADVICE[code];
  return {
    code,
    advice: advice ?? `${SSO_ERRORS[code]} Try again; if it stays, raise a request with the Service Desk.`,
  };
}
