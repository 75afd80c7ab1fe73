/**
 * @module
 * What an administrator sees who presses a button of the settings long after signing in: why, and the way to sign in.
 */
import { START_PATHS } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';
import { Day } from './day.js';
import { SETTINGS_PATH } from './settings-paths.js';

/** The provider asks who it is even where it knows them. */
const SIGN_IN_AGAIN = `${START_PATHS.workspace}?${new URLSearchParams({ other_account: 'true', return_to: SETTINGS_PATH })}`;

/** `signedInAt` is what the session knows of the last sign-in at the provider. */
export function RecentSignInPage({ signedInAt }: { readonly signedInAt: Date }) {
  return (
    <Page title="Sign in once more" about="Workspace">
      <h1>Sign in once more</h1>
      <p>
        To change how people sign in, sign in once more: you signed in on <Day date={signedInAt} />, more than an hour
        ago.
      </p>
      <p class="soft">
        Nothing in force was changed. When you are back, press the button again. A draft is kept; whatever else you
        typed has to be typed again.
      </p>
      <a class="button" href={SIGN_IN_AGAIN}>
        Sign in again
      </a>
      <details>
        <summary>Having trouble?</summary>
        <p>
          If your sign-in service does not answer, ask the Service Desk for a link to this page. The link needs no
          sign-in.
        </p>
        <p>
          If you have just signed in again, your sign-in service did not ask you, or did not say that it did. It has to
          ask for your password or second factor: tell whoever looks after it.
        </p>
      </details>
    </Page>
  );
}
