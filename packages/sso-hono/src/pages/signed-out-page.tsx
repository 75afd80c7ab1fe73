/**
 * @module
 * The page after signing out. It starts nothing by itself: the provider would sign the person straight in again.
 */
import { Page } from './page.js';

export interface SignedOutPageProps {
  readonly productName: string;
  readonly startUrl: string;
}

export function SignedOutPage({ productName, startUrl }: SignedOutPageProps) {
  return (
    <Page title="Signed out" about={productName}>
      <h1>You are signed out</h1>
      <p class="soft">You may still be signed in to your organisation’s sign-in service and to other products.</p>
      <a class="button" href={startUrl}>
        Sign in again
      </a>
    </Page>
  );
}
