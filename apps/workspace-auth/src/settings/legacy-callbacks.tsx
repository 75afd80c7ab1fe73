import type { SettingsView } from '@ipscape/sso-core';

/**
 * A warning for a tenant whose app was registered from the older list, with what it needs to leave that behind. Nothing
 * where all addresses are of one kind, as they are for every other tenant.
 */
export function LegacyCallbacks({ view }: { readonly view: SettingsView }) {
  const { redirectUris } = view;
  const legacy = redirectUris.filter((uri) => uri.startsWith('http:'));
  if (legacy.length === 0 || legacy.length === redirectUris.length) return null;
  return (
    <section class="panel bad" aria-labelledby="legacy-title">
      <h2 id="legacy-title">Addresses that begin with http</h2>
      <p>
        Your app was registered from an older list, in which {legacy.length} redirect URIs begin with http. People are
        signed in over https only. Register these addresses in the app too, then ask the ipSCAPE Service Desk to switch
        your organisation over to them:
      </p>
      <ul>
        {redirectUris.map((uri) => (
          <li>
            <code>{uri.replace(/^http:/, 'https:')}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
