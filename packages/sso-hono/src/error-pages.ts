/**
 * @module
 * What a browser is shown for each error code. Exhaustive: a code without an entry does not compile.
 */
import type { SsoErrorCode } from '@ipscape/sso-core';

/** What the page offers. `other-account` starts a sign-in in which the provider asks who the user is. */
export type ErrorAction = 'try-again' | 'other-account' | 'none';

/** What a person is shown for one code, and the status of the answer; problem details have the same status. */
export interface ErrorPage {
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 502 | 503;
  /** Heading of the page; a few words without a full stop. */
  readonly title: string;
  /** One plain sentence for an agent. Never says who exists or what a provider sent. */
  readonly text: string;
  /** What to do, one sentence. */
  readonly advice: string;
  readonly action: ErrorAction;
}

const TELL_ADMINISTRATOR = 'Tell your administrator the reference below: they can look it up and fix it.';
const TRY_AGAIN = 'Start again. If it keeps happening, tell your administrator the reference below.';

const page = (
  status: ErrorPage['status'],
  title: string,
  text: string,
  advice: string,
  action: ErrorAction = 'none',
): ErrorPage => ({ status, title, text, advice, action });

const STALE = 'This sign-in can’t be continued';
const PROVIDER_DOWN = 'Your sign-in service can’t be reached';
const PROVIDER_SETTINGS = 'Single sign-on needs attention';
const NOT_ALLOWED = 'You can’t sign in here';

/** Status and texts of every code. */
export const ERROR_PAGES: Readonly<Record<SsoErrorCode, ErrorPage>> = {
  'tenant-unknown': page(
    404,
    'There is nothing here',
    'This address does not belong to an ipSCAPE customer.',
    'Check the address for a typing mistake.',
  ),
  'sso-not-enabled': page(
    403,
    'Single sign-on is not set up',
    'Your organisation has not connected single sign-on yet.',
    TELL_ADMINISTRATOR,
  ),
  'connection-changed': page(
    409,
    STALE,
    'Your organisation’s single sign-on settings changed while you were signing in.',
    TRY_AGAIN,
    'try-again',
  ),
  'provider-unknown': page(
    503,
    PROVIDER_SETTINGS,
    'Your organisation’s sign-in service is not available in this product.',
    TELL_ADMINISTRATOR,
  ),
  'secret-unreadable': page(
    503,
    PROVIDER_SETTINGS,
    'Your organisation’s single sign-on settings can’t be read.',
    TELL_ADMINISTRATOR,
  ),

  'state-mismatch': page(
    400,
    STALE,
    'The answer from your sign-in service does not belong to a sign-in that was started here.',
    TRY_AGAIN,
    'try-again',
  ),
  'browser-mismatch': page(
    400,
    STALE,
    'This sign-in was started in another browser or window.',
    'Start again here, and finish in this window.',
    'try-again',
  ),
  'cookie-blocked': page(
    400,
    'Your browser is blocking cookies',
    'The sign-in can’t be completed because your browser did not keep a cookie.',
    'Allow cookies for this site, then start again.',
    'try-again',
  ),
  'transaction-expired': page(
    400,
    'The sign-in took too long',
    'A sign-in has to be finished within ten minutes.',
    'Start again.',
    'try-again',
  ),
  'transaction-repeated': page(
    400,
    'This sign-in was already used',
    'The page was loaded a second time.',
    'Start again to sign in.',
    'try-again',
  ),
  'response-invalid': page(400, STALE, 'The answer from your sign-in service is not complete.', TRY_AGAIN, 'try-again'),
  'response-issuer-mismatch': page(
    400,
    STALE,
    'The answer came from a different sign-in service than the one that was asked.',
    TRY_AGAIN,
    'try-again',
  ),

  'idp-unreachable': page(
    502,
    PROVIDER_DOWN,
    'Your organisation’s sign-in service did not answer.',
    'Wait a moment, then try again.',
    'try-again',
  ),
  'idp-timeout': page(
    503,
    PROVIDER_DOWN,
    'Your organisation’s sign-in service took too long to answer.',
    'Wait a moment, then try again.',
    'try-again',
  ),
  'idp-rate-limited': page(
    503,
    'Too many sign-ins at once',
    'Your organisation’s sign-in service is busy.',
    'Wait a minute, then try again.',
    'try-again',
  ),
  'idp-error': page(
    502,
    PROVIDER_DOWN,
    'Your organisation’s sign-in service reported a problem of its own.',
    'Wait a moment, then try again.',
    'try-again',
  ),
  'idp-response-invalid': page(
    502,
    PROVIDER_SETTINGS,
    'Your organisation’s sign-in service gave an answer that can’t be used.',
    TELL_ADMINISTRATOR,
    'try-again',
  ),
  'idp-address-forbidden': page(
    502,
    PROVIDER_SETTINGS,
    'The address of your organisation’s sign-in service can’t be used.',
    TELL_ADMINISTRATOR,
  ),
  'idp-denied': page(
    403,
    'The sign-in was cancelled',
    'You cancelled the sign-in, or your sign-in service refused it.',
    'Try again. If it is refused again, ask your administrator whether the ipSCAPE app is assigned to you.',
    'try-again',
  ),
  'user-not-assigned': page(
    403,
    NOT_ALLOWED,
    'Your account has not been given access to ipSCAPE.',
    'Ask your administrator to assign you to the ipSCAPE app, or use another account.',
    'other-account',
  ),
  'interaction-required': page(
    403,
    'Please sign in again',
    'Your sign-in service wants you to sign in again.',
    'Start again.',
    'try-again',
  ),
  'request-rejected': page(
    502,
    PROVIDER_SETTINGS,
    'Your sign-in service refused the request because of the app’s settings.',
    TELL_ADMINISTRATOR,
    'try-again',
  ),
  'client-rejected': page(
    502,
    PROVIDER_SETTINGS,
    'Your sign-in service does not accept the Client ID or Client Secret that ipSCAPE has.',
    TELL_ADMINISTRATOR,
    'try-again',
  ),
  'grant-rejected': page(
    400,
    STALE,
    'Your sign-in service did not accept the sign-in a second time.',
    TRY_AGAIN,
    'try-again',
  ),
  'dpop-required': page(
    502,
    PROVIDER_SETTINGS,
    'The app at your sign-in service asks for a security feature (DPoP) that has to be switched off.',
    TELL_ADMINISTRATOR,
  ),
  'par-required': page(
    502,
    PROVIDER_SETTINGS,
    'Your sign-in service asks for a security feature (PAR) that has to be switched off.',
    TELL_ADMINISTRATOR,
  ),
  'issuer-mismatch': page(
    502,
    PROVIDER_SETTINGS,
    'Your sign-in service answers under a different name than the one that was set up.',
    TELL_ADMINISTRATOR,
  ),

  'token-invalid': page(
    502,
    'The sign-in could not be verified',
    'The proof of who you are did not pass our checks.',
    TRY_AGAIN,
    'try-again',
  ),
  'userinfo-invalid': page(
    502,
    'The sign-in could not be verified',
    'The details of your account did not pass our checks.',
    TRY_AGAIN,
    'try-again',
  ),
  'email-missing': page(
    403,
    NOT_ALLOWED,
    'Your sign-in service did not tell us your e-mail address.',
    TELL_ADMINISTRATOR,
    'other-account',
  ),
  'email-invalid': page(
    403,
    NOT_ALLOWED,
    'The e-mail address of your account can’t be used with ipSCAPE.',
    TELL_ADMINISTRATOR,
    'other-account',
  ),
  'email-unverified': page(
    403,
    NOT_ALLOWED,
    'The e-mail address of your account has not been verified.',
    TELL_ADMINISTRATOR,
    'other-account',
  ),
  'user-not-found': page(
    403,
    NOT_ALLOWED,
    'There is no ipSCAPE user for the account that you signed in with.',
    'Use another account, or tell your administrator the reference below.',
    'other-account',
  ),
  'user-inactive': page(403, NOT_ALLOWED, 'Your ipSCAPE user is disabled.', TELL_ADMINISTRATOR, 'other-account'),
  'user-ambiguous': page(
    403,
    NOT_ALLOWED,
    'Your e-mail address belongs to more than one ipSCAPE user.',
    TELL_ADMINISTRATOR,
    'other-account',
  ),
  'identity-held': page(
    403,
    'Your administrator has to approve this',
    'Your ipSCAPE user is linked to a different account of your sign-in service.',
    TELL_ADMINISTRATOR,
    'other-account',
  ),
  'product-not-permitted': page(
    403,
    NOT_ALLOWED,
    'Your ipSCAPE user may not use this product.',
    TELL_ADMINISTRATOR,
    'other-account',
  ),

  'logout-token-invalid': page(
    401,
    'That did not work',
    'The request to end sessions could not be verified.',
    TELL_ADMINISTRATOR,
  ),
  'session-required': page(
    401,
    'Please sign in',
    'You are not signed in, or your session has ended.',
    'Sign in to go on.',
    'try-again',
  ),
  'product-token-invalid': page(
    401,
    'Please sign in',
    'The request could not be tied to a session.',
    'Sign in to go on.',
    'try-again',
  ),
  'product-token-expired': page(
    401,
    'Please sign in',
    'Your session has to be renewed.',
    'Sign in to go on.',
    'try-again',
  ),
  'product-keys-unavailable': page(
    503,
    'We can’t check who you are right now',
    'A part of ipSCAPE is not available at the moment.',
    'Wait a moment, then try again.',
    'try-again',
  ),
  'top-level-required': page(
    403,
    'This has to be opened in a window of its own',
    'For your safety a sign-in does not work inside another page.',
    'Open it in a tab or window of its own.',
    'try-again',
  ),
  'protocol-unknown': page(
    503,
    'Sign-in is not available at the moment',
    'This address is not set up completely.',
    'Tell the ipSCAPE Service Desk the reference below.',
  ),
  'request-forbidden': page(
    403,
    'That did not work',
    'The request did not come from a page of this site.',
    'Go back, reload the page and try again.',
  ),
  'request-invalid': page(
    400,
    'That did not work',
    'The request could not be understood.',
    'Go back, reload the page and try again.',
  ),
  'request-too-large': page(
    413,
    'Too much was sent',
    'What was sent is larger than this address accepts, so nothing was done.',
    'Shorten what you typed, then send it again.',
  ),
  'not-found': page(
    404,
    'There is nothing here',
    'This page does not exist.',
    'Check the address for a typing mistake.',
  ),
  'handoff-invalid': page(
    400,
    STALE,
    'This window was not opened by a CTI Adaptor that waits for you, or it took too long.',
    'Close this window and press “Sign in” in the CTI Adaptor again.',
  ),
  'handoff-refused': page(
    403,
    'The sign-in was stopped',
    'Nobody was signed in. You can close this window.',
    'If you did not press “Sign in” in a CTI Adaptor yourself, tell your administrator the reference below.',
  ),
  'popup-blocked': page(
    400,
    'The sign-in window was blocked',
    'Your browser did not open the sign-in window.',
    'Allow pop-up windows for this site, then start again.',
    'try-again',
  ),
  'store-unavailable': page(
    503,
    'We can’t sign you in right now',
    'A part of ipSCAPE is not available at the moment.',
    'Wait a moment, then try again.',
    'try-again',
  ),
  'administrator-required': page(
    403,
    'Only for administrators',
    'Your account may not change these settings.',
    'Ask an administrator of your organisation to do it, or to give you the role.',
  ),
  'recent-sign-in-required': page(
    403,
    'Sign in once more',
    'To change how people sign in, you must have signed in within the last hour.',
    'Sign in once more, then repeat what you were doing.',
  ),
  'user-mismatch': page(
    403,
    NOT_ALLOWED,
    'Somebody other than you signed in.',
    'Start again, and choose your own account.',
  ),
  'revision-conflict': page(
    409,
    'Somebody else changed the settings',
    'The settings changed after you opened them.',
    'Open them again, and repeat what is still needed.',
  ),
  'revision-not-authorised': page(
    409,
    'These settings are not authorised yet',
    'Settings take effect only after a sign-in with them has succeeded.',
    'Press Save and authorise first.',
  ),
  'enforcement-not-ready': page(
    409,
    'Single sign-on can’t be enforced yet',
    'Something is missing that keeps your organisation from being locked out.',
    'Do what the check list on the settings page says, then try again.',
  ),
  'sso-enforced': page(
    409,
    'Single sign-on is the only way in',
    'Without it nobody could sign in.',
    'Allow other ways to sign in first.',
  ),
  'too-many-requests': page(
    429,
    'Too many attempts',
    'There were too many attempts within a short time.',
    'Wait ten minutes, then try again.',
  ),
  'too-many-sign-ins': page(
    429,
    'Too many sign-ins at once',
    'More people are signing in than can be let in at this moment.',
    'Wait a few seconds, then start again.',
    'try-again',
  ),
  'idempotency-key-reused': page(
    422,
    'This form was sent before',
    'This form was sent before with other values, so nothing was done this time.',
    'Open the page again, look at what is there, and repeat what is still needed.',
  ),
  'idempotency-key-in-use': page(
    409,
    'This is being done already',
    'The same form was sent a moment ago and is still being worked on.',
    'Wait a moment, then open the page again to see what came of it.',
  ),
  'internal-error': page(500, 'Something went wrong', 'This is a fault on our side.', TRY_AGAIN, 'try-again'),
};
