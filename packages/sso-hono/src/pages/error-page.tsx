/**
 * @module
 * What a person sees when something did not work: one plain sentence, what to do, and a reference.
 */
import type { ErrorPage as ErrorTexts } from '../error-pages.js';
import { Page } from './page.js';
import { withOtherAccount } from './sign-in-page.js';

export interface ErrorPageProps {
  readonly about: string;
  readonly texts: ErrorTexts;
  readonly reference: string;
  /** Address that starts a new sign-in, or null where that would not help. */
  readonly startUrl: string | null;
  /** Opened to sign a frame in: going on here would lead nowhere. Default false. */
  readonly isHandoffWindow?: boolean;
}

export function ErrorPage({ about, texts, reference, startUrl, isHandoffWindow = false }: ErrorPageProps) {
  const canStartAgain = isHandoffWindow && texts.action !== 'none';
  return (
    <Page title={texts.title} about={about}>
      <h1>{texts.title}</h1>
      <p>{texts.text}</p>
      <p class="soft">
        {canStartAgain ? 'Close this window and press “Sign in” in the CTI Adaptor again.' : texts.advice}
      </p>
      {startUrl !== null && texts.action === 'try-again' ? (
        <a class="button" href={startUrl}>
          Start again
        </a>
      ) : null}
      {startUrl !== null && texts.action === 'other-account' ? (
        <>
          <a class="button" href={withOtherAccount(startUrl)}>
            Use another account
          </a>
          <a class="button second" href={startUrl}>
            Try again with the same account
          </a>
        </>
      ) : null}
      <p class="note">
        <span class="reference-label">Reference</span>
        <span class="reference">{reference}</span>
      </p>
    </Page>
  );
}
