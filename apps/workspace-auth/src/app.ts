/**
 * @module
 * The Workspace's adapter: beside the sign-in its page to begin one, and the route that proves a connection.
 */
import { CALLBACK_PATHS, PRODUCT_NAMES, START_PATHS, toReturnPath, verifyCallback } from '@ipscape/sso-core';
import {
  type Adapter,
  type AdapterDeps,
  type AdapterEnv,
  type AdapterRequest,
  callbackInput,
  createAdapter,
  findSession,
  finishSignIn,
  logged,
  renderPage,
  SignInPage,
  startSignIn,
} from '@ipscape/sso-hono';
import { Hono } from 'hono';
import { AuthorisedPage } from './authorised-page.js';

export function createWorkspaceApp(deps: AdapterDeps): ReturnType<typeof createAdapter> {
  return createAdapter({ ...deps, product: 'workspace', routes: createWorkspaceRoutes });
}

function createWorkspaceRoutes(adapter: Adapter): Hono<AdapterEnv> {
  return new Hono<AdapterEnv>()
    .get('/workspace/login', (c) => showSignInPage(c, adapter))
    .get(START_PATHS.workspace, (c) => startSignIn(c, adapter))
    .get(CALLBACK_PATHS.workspace, (c) => finishSignIn(c, adapter))
    .get(CALLBACK_PATHS.authorise, (c) => proveConnection(c, adapter));
}

async function showSignInPage(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const returnPath = toReturnPath(c.req.query('return_to'), 'workspace');
  if ((await findSession(c, adapter)) !== null) return c.redirect(returnPath, 303);
  const setup = c.get('setup');
  const provider = adapter.signIn.providers.find(setup?.connection?.providerId ?? '');
  return renderPage(
    c,
    SignInPage({
      productName: PRODUCT_NAMES.workspace,
      tenantName: setup?.tenant.name ?? '',
      providerName: provider?.name ?? null,
      startUrl: `${START_PATHS.workspace}?${new URLSearchParams({ return_to: returnPath })}`,
    }),
  );
}

/** Proves that the provider answers for the connection's settings. Makes and changes no session. */
async function proveConnection(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  return logged(c, adapter, 'authorise', async () => {
    const { provider } = await verifyCallback(callbackInput(c, adapter, 'authorise'), adapter.signIn);
    return renderPage(c, AuthorisedPage({ providerName: provider.name }));
  });
}
