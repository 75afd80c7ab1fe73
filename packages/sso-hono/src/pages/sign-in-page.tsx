/**
 * @module
 * The page on which a person begins to sign in. Works without script.
 */
import { Page } from './page.js';

/** What the page names, and where its button leads. */
export interface SignInPageProps {
  /** As people know it. */
  readonly productName: string;
  /** As the Service Desk typed it: any characters. */
  readonly tenantName: string;
  /** Name of the tenant's provider, or null when single sign-on is not set up. */
  readonly providerName: string | null;
  /** Whether the organisation allows no other way to sign in. Default false. */
  readonly isOnlyWayIn?: boolean;
  /** Address that starts the sign-in. */
  readonly startUrl: string;
}

/** The page with the button that starts a sign-in. */
export function SignInPage({ productName, tenantName, providerName, isOnlyWayIn = false, startUrl }: SignInPageProps) {
  return (
    <Page title="Sign in" about={productName}>
      <h1>
        Sign in to <bdi>{tenantName}</bdi>
      </h1>
      {providerName === null ? (
        <div class="note" role="status">
          <p>Single sign-on is not set up for your organisation yet.</p>
          <p>Please ask your administrator to connect it.</p>
        </div>
      ) : (
        <>
          <p class="soft">You sign in with the same {providerName} account that you use for your other work.</p>
          {isOnlyWayIn ? <p class="soft">Your organisation allows no other way to sign in.</p> : null}
          <a class="button" href={startUrl}>
            Sign in with {providerName}
          </a>
          <details>
            <summary>Having trouble?</summary>
            <p>
              If {providerName} shows an error and does not bring you back here, tell your administrator what it says:
              the ipSCAPE app in {providerName} may not list this address, or may be switched off.
            </p>
            <p>
              If you are signed in to {providerName} as somebody else, sign out there first, or{' '}
              <a href={withOtherAccount(startUrl)}>use another account</a>.
            </p>
          </details>
        </>
      )}
    </Page>
  );
}

/** The same start, with the provider asking who the user is. */
export function withOtherAccount(startUrl: string): string {
  return `${startUrl}${startUrl.includes('?') ? '&' : '?'}other_account=true`;
}
