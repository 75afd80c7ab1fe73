/**
 * @module
 * What the administrator sees when the provider answered for the settings.
 */
import { PRODUCT_NAMES } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';

export function AuthorisedPage({ providerName }: { readonly providerName: string }) {
  return (
    <Page title="Settings proved" about={PRODUCT_NAMES.workspace}>
      <h1>{providerName} accepted the settings</h1>
      <p>The sign-in succeeded and the answer passed every check. Nobody was signed in or out.</p>
      <p class="soft">You can close this window and go back to your settings.</p>
    </Page>
  );
}
