import { SsoError } from '@ipscape/sso-core';
import { EXIT } from './exit-codes.js';
import { Refusal } from './refusal.js';

/** Texts by what is missing (`not-found`) or why it is refused (`request-invalid`). */
const TEXTS: Readonly<Record<string, readonly [message: string, advice: string]>> = {
  tenant: ['The tenant does not exist.', '"sso-admin tenant list" shows the tenants.'],
  user: ['The tenant has no such user.', '"sso-admin user list" shows the users.'],
  session: ['The tenant has no such session, or it has ended.', '"sso-admin session list" shows the sessions.'],
  identity: ['The identity is linked to nobody.', '"sso-admin identity list" shows the identities.'],
  'held-identity': [
    'No such identity waits for a decision.',
    '"sso-admin identity list --held" shows those that do; somebody may have decided meanwhile.',
  ],
  'active-revision': [
    'The tenant has no connection in force.',
    'Its administrator connects it on the settings page; "sso-admin admin-link create" makes the way in.',
  ],
  revision: ['The connection has no such revision.', '"sso-admin connection show" lists the revisions.'],
  'domain-invalid': [
    'The domain is not a host name of at least two parts.',
    'Write it without a protocol, port or path, for example acme.ipscape.com.au.',
  ],
  'domain-taken': ['Another tenant has the domain.', '"sso-admin tenant list" shows whose it is.'],
  'tenant-exists': ['Another tenant has the id.', 'Choose another --id, or leave it out for a random one.'],
  'user-exists': ['Another user of the tenant has the id.', 'Choose another --id, or leave it out for a random one.'],
  'identity-linked': ['Somebody is linked to the identity already.', 'Release it first: "sso-admin identity release".'],
  'revision-active': ['The revision is in force already.', '"sso-admin connection show" lists the revisions.'],
  'revision-draft': [
    'The revision was never in force.',
    'Choose one that "sso-admin connection show" calls superseded.',
  ],
  'revision-authorised': [
    'The revision was never in force.',
    'Choose one that "sso-admin connection show" calls superseded.',
  ],
  'revision-never-active': [
    'The revision was never in force.',
    'Choose one that has a time below ACTIVATED in "sso-admin connection show".',
  ],
};

/** Any failure of a command as a {@link Refusal} that says what to do. Values of the database's errors are not told. */
export function explainError(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!SsoError.is(error)) return defect(error instanceof Error ? error.name : typeof error);
  const { code } = error;
  if (code === 'store-unavailable') {
    return new Refusal({
      code,
      message: `The database cannot be used at the moment${causeOf(error)}.`,
      advice: 'Nothing was changed. Check that the server runs and DATABASE_URL is right, then try again.',
      exitCode: EXIT.databaseUnavailable,
    });
  }
  if (code === 'secret-unreadable') {
    return new Refusal({
      code,
      message: error.message,
      advice: 'Put the key that encrypted it back into SSO_ENCRYPTION_KEYS; "sso-admin keys status" names it.',
    });
  }
  if (code === 'sso-enforced') {
    return new Refusal({
      code,
      message: 'Single sign-on is the tenant’s only way in; without it nobody could sign in any more.',
      advice: 'Allow other ways in first: "sso-admin tenant sso unenforce".',
    });
  }
  const text = TEXTS[String(error.details.what ?? error.details.reason ?? '')];
  if ((code === 'not-found' || code === 'request-invalid') && text !== undefined) {
    return new Refusal({ code, message: text[0], advice: text[1] });
  }
  return defect(`${code}${causeOf(error)}`);
}

function causeOf({ cause }: SsoError): string {
  return cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
}

function defect(what: string): Refusal {
  return new Refusal({
    code: 'internal-error',
    message: `Something unexpected happened: ${what}.`,
    advice: 'This is a defect of the program: report it with the command that you typed.',
  });
}
