/**
 * @module
 * The Service Desk's one-time link: the way to the settings before anybody can sign in, and when the provider is down.
 */
import { RECENT_SIGN_IN_MAX_AGE_SECONDS, SsoError } from '@ipscape/sso-core';
import {
  type AdapterEnv,
  type AdapterRequest,
  addCookie,
  Page,
  renderPage,
  requireSameOrigin,
  settingsCookie,
} from '@ipscape/sso-hono';
import { Hono } from 'hono';
import type { Workspace } from '../workspace-context.js';
import { SETTINGS_PATH } from './settings-paths.js';

const TOKEN = /^[A-Za-z0-9_-]{20,128}$/;

/**
 * `GET` shows a button and spends nothing: mail scanners and chat previews open links. `POST` redeems.
 */
export function createAdminLinkRoutes(workspace: Workspace): Hono<AdapterEnv> {
  const { adapter } = workspace;
  return new Hono<AdapterEnv>()
    .get('/workspace/admin-link/:token', (c) => {
      requireToken(c);
      const page = <AdminLinkPage tenantName={c.get('tenant')?.name ?? ''} />;
      return renderPage(c, page, 200, { postsForms: true, standsAlone: true });
    })
    .post('/workspace/admin-link/:token', requireSameOrigin(adapter), async (c) => {
      const tenant = c.get('tenant');
      if (tenant === null) throw new SsoError('tenant-unknown');
      const { crypto } = adapter.signIn;
      const tokenHash = await crypto.sha256(requireToken(c));
      const redeemed = await adapter.store.redeemAdminLink({ tenantId: tenant.id, tokenHash });
      if (redeemed.outcome !== 'redeemed') throw new SsoError('not-found', { details: { reason: redeemed.outcome } });
      const handle = crypto.randomToken(32);
      await adapter.store.openSettingsSession({
        tenantId: tenant.id,
        actor: `admin-link:${redeemed.link.id}`,
        handleHash: await crypto.sha256(handle),
        // Long enough to create the app at the provider; a link is asked for no sign-in, so it lasts no longer than one.
        ttlSeconds: RECENT_SIGN_IN_MAX_AGE_SECONDS,
      });
      addCookie(c, settingsCookie(handle));
      return c.redirect(SETTINGS_PATH, 303);
    });
}

function requireToken(c: AdapterRequest): string {
  const token = c.req.param('token') ?? '';
  if (!TOKEN.test(token)) throw new SsoError('not-found');
  return token;
}

function AdminLinkPage({ tenantName }: { readonly tenantName: string }) {
  return (
    <Page title="Open the settings" about="Workspace">
      <h1>
        Single sign-on of <bdi>{tenantName}</bdi>
      </h1>
      <p>The Service Desk gave you this link to connect your organisation’s sign-in service.</p>
      <p class="soft">It works once, in this browser, and for one hour. It opens the settings and nothing else.</p>
      <form method="post">
        <button class="button" type="submit">
          Open the settings
        </button>
      </form>
    </Page>
  );
}
