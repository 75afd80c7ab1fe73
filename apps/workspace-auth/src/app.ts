/**
 * @module
 * The Workspace's adapter: beside the sign-in its page to begin one, and the settings of the tenant's administrator.
 */
import {
  CALLBACK_PATHS,
  PRODUCT_NAMES,
  RepeatedCallback,
  SsoError,
  START_PATHS,
  toReturnPath,
} from '@ipscape/sso-core';
import {
  type Adapter,
  type AdapterDeps,
  type AdapterEnv,
  type AdapterRequest,
  acceptPostedStart,
  callbackInput,
  createAdapter,
  createProviderLogoutRoutes,
  findConnectedSetup,
  findSession,
  finishSignIn,
  logged,
  renderPage,
  SignInPage,
  startSignIn,
} from '@ipscape/sso-hono';
import type { SsoStore } from '@ipscape/sso-store';
import { Hono } from 'hono';
import { createAdminLinkRoutes } from './settings/admin-link-routes.js';
import { requireActor } from './settings/require-actor.js';
import { createSettingsApi } from './settings/settings-api.js';
import { roundPath } from './settings/settings-paths.js';
import { createSettingsRoutes } from './settings/settings-routes.js';
import { createWorkspace, type Workspace } from './workspace-context.js';

export function createWorkspaceApp(deps: AdapterDeps<SsoStore>): ReturnType<typeof createAdapter> {
  return createAdapter({ ...deps, product: 'workspace', routes: createWorkspaceRoutes });
}

function createWorkspaceRoutes(adapter: Adapter<SsoStore>): Hono<AdapterEnv> {
  const workspace = createWorkspace(adapter);
  return new Hono<AdapterEnv>()
    .get('/workspace/login', (c) => showSignInPage(c, adapter))
    .get(START_PATHS.workspace, (c) => startSignIn(c, adapter))
    .post(START_PATHS.workspace, (c) => acceptPostedStart(c, adapter))
    .get(CALLBACK_PATHS.workspace, (c) => finishSignIn(c, adapter))
    .get(CALLBACK_PATHS.authorise, (c) => finishAuthorisingSignIn(c, workspace))
    .route('/', createProviderLogoutRoutes(adapter))
    .route('/', createAdminLinkRoutes(workspace))
    .route('/', createSettingsRoutes(workspace))
    .route('/', createSettingsApi(workspace));
}

async function showSignInPage(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const returnPath = toReturnPath(c.req.query('return_to'), 'workspace');
  if ((await findSession(c, adapter)) !== null) return c.redirect(returnPath, 303);
  const { tenant, connection } = await findConnectedSetup(c, adapter);
  const provider = adapter.signIn.providers.find(connection?.providerId ?? '');
  return renderPage(
    c,
    SignInPage({
      productName: PRODUCT_NAMES.workspace,
      tenantName: tenant.name,
      providerName: provider?.name ?? null,
      isOnlyWayIn: tenant.ssoEnforced,
      startUrl: `${START_PATHS.workspace}?${new URLSearchParams({ return_to: returnPath })}`,
    }),
  );
}

/** The provider's answer to *Save and authorise*. Makes and changes no session; only the administrator's own counts. */
async function finishAuthorisingSignIn(c: AdapterRequest, { adapter, settings }: Workspace): Promise<Response> {
  return logged(c, adapter, 'authorise', async () => {
    const workspace = { adapter, settings };
    const { tenant, actor } = await requireActor(c, workspace);
    try {
      const authorisationId = await settings.completeSignIn(callbackInput(c, adapter, 'authorise'), actor);
      const authorisation = await settings.findAuthorisation(tenant, authorisationId);
      if (authorisation?.failure) {
        const { code } = authorisation.failure;
        const [product, purpose, stage] = ['workspace', 'authorise', 'callback'] as const;
        const line = { tenantId: tenant.id, reference: c.get('reference'), product, purpose, stage, code };
        await adapter.store.recordFailedSignIn({
          ...line,
          reason: null,
          userId: authorisation.matchedUser?.id ?? null,
        });
      }
      return c.redirect(roundPath(authorisationId), 303);
    } catch (error) {
      if (!SsoError.is(error) || !(error instanceof RepeatedCallback)) throw error;
      return c.redirect(toReturnPath(error.returnPath, 'workspace'), 303);
    }
  });
}
