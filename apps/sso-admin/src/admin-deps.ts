import type { SignInStore, SsoFetch } from '@ipscape/sso-core';
import type { AdministrationStore } from '@ipscape/sso-store';

/** What commands work with. */
export interface AdminDeps {
  readonly store: AdministrationStore & Pick<SignInStore, 'findTenantSetup'>;
  /** A guarded fetch; with `local`, one that also reaches `.localhost` names. */
  readonly createFetch: (options: { readonly local: boolean }) => SsoFetch;
  /** Whether a host name has an address. */
  readonly resolves: (hostname: string) => Promise<boolean>;
  /** Port at which `.localhost` tenants are served over http; null in production, where there are none. */
  readonly localPort: number | null;
}
