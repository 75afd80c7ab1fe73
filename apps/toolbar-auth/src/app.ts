/**
 * @module
 * The Agent Toolbar's adapter.
 */
import { type AdapterDeps, createAdapter, createSessionKeeperRoutes, createTopLevelSignIn } from '@ipscape/sso-hono';

export function createToolbarApp(deps: AdapterDeps): ReturnType<typeof createAdapter> {
  return createAdapter({
    ...deps,
    product: 'toolbar',
    routes: (adapter) => createTopLevelSignIn(adapter).route('/', createSessionKeeperRoutes(adapter)),
  });
}
