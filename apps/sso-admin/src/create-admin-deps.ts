import { lookup } from 'node:dns/promises';
import { createGuardedFetch } from '@ipscape/sso-core/node';
import type { AdminDeps } from './admin-deps.js';

/** Commands on a store, with the real network. */
export function createAdminDeps({ store, localPort }: Pick<AdminDeps, 'store' | 'localPort'>): AdminDeps {
  return {
    store,
    localPort,
    createFetch: ({ local }) => createGuardedFetch({ allowLocalhost: local }),
    resolves: (hostname) =>
      lookup(hostname).then(
        () => true,
        () => false,
      ),
  };
}
