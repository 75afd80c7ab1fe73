/**
 * @module
 * The page between signing out here and at the provider, which the browser leaves by itself.
 */
import { Page } from './page.js';

export interface SigningOutPageProps {
  readonly productName: string;
  readonly endSessionUrl: string;
}

export function SigningOutPage({ productName, endSessionUrl }: SigningOutPageProps) {
  return (
    <Page title="Signing out" about={productName} forwardTo={endSessionUrl}>
      <h1>You are signed out of ipSCAPE</h1>
      <p class="soft">Now your organisation’s sign-in service signs you out, too.</p>
      <a class="button" href={endSessionUrl}>
        Go on
      </a>
    </Page>
  );
}
