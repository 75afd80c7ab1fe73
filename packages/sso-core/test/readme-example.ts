import {
  beginSignIn,
  completeSignIn,
  createProviderRegistry,
  createSignInDeps,
  type OidcProvider,
  redirectUri,
  type SignInStore,
  type Tenant,
  type TenantSetup,
  toReturnPath,
} from '@ipscape/sso-core';
import { createGuardedFetch, nodeCrypto } from '@ipscape/sso-core/node';

/** Sign-in of the CTI Adaptor: once per process. */
export function createCtiSignIn(store: SignInStore, provider: OidcProvider) {
  const providers = createProviderRegistry([provider]);
  const deps = createSignInDeps({ store, providers, fetch: createGuardedFetch(), crypto: nodeCrypto });
  const routeOf = ({ domain }: Tenant) =>
    ({ product: 'cti', purpose: 'sign-in', redirectUri: redirectUri(`https://${domain}`, 'cti', 'sign-in') }) as const;
  return {
    // Set the cookie `transactionName` to `browserSecret`, then redirect to `authorizationUrl`.
    start: (setup: TenantSetup, returnTo: string | null) =>
      beginSignIn({ setup, ...routeOf(setup.tenant), returnPath: toReturnPath(returnTo, 'cti') }, deps),
    // Set the session cookie to `sessionHandle`, then redirect to `returnPath`.
    finish: (tenant: Tenant, url: URL, cookies: ReadonlyMap<string, string>, reference: string) => {
      const browserSecret = (name: string) => cookies.get(name) ?? null;
      const browser = { parameters: url.searchParams, browserSecret, hasCookies: cookies.size > 0 };
      return completeSignIn({ tenant, ...routeOf(tenant), ...browser }, reference, deps);
    },
  };
}
