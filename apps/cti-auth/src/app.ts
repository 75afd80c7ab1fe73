/**
 * @module
 * The CTI Adaptor's adapter.
 */
import { type AdapterDeps, createAdapter, createCtiSignInRoutes } from '@ipscape/sso-hono';

export function createCtiApp(deps: AdapterDeps): ReturnType<typeof createAdapter> {
  return createAdapter({ ...deps, product: 'cti', routes: createCtiSignInRoutes });
}
