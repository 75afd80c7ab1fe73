/**
 * @module
 * What a product asks about its own session, and how it ends one.
 */
import {
  findEndSessionUrl,
  PRODUCT_NAMES,
  type Product,
  type SessionKey,
  type SessionView,
  SIGNED_OUT_PATHS,
  SsoError,
  START_PATHS,
  tenantOrigin,
} from '@ipscape/sso-core';
import { Hono } from 'hono';
import type { Adapter, AdapterEnv, AdapterRequest } from './adapter-context.js';
import { bearerHandle, readBearer } from './bearer.js';
import { clearedFrameSessionCookie, clearedSessionCookie, readSessionHandle } from './cookies.js';
import { wantsPage } from './error-response.js';
import { renderPage } from './pages/page.js';
import { SignedOutPage } from './pages/signed-out-page.js';
import { SigningOutPage } from './pages/signing-out-page.js';
import { requireSameOrigin } from './same-origin.js';
import { sessionBody } from './session-body.js';

/** The session that the request's cookie names, for this tenant and product only. */
export async function findSession(
  c: AdapterRequest,
  adapter: Adapter,
  options?: { readonly isPassive?: boolean },
): Promise<SessionView | null> {
  const key = await sessionKey(c, adapter);
  return key === null ? null : adapter.sessions.find(key, options);
}

/** Of the session that the request claims by cookie or bearer, whether there is one or not. */
export async function sessionKey(c: AdapterRequest, { product, signIn }: Adapter): Promise<SessionKey | null> {
  const tenant = c.get('tenant');
  if (tenant === null) return null;
  const bearer = product === 'cti' ? readBearer(c.req.header('authorization')) : undefined;
  const carried =
    bearer === undefined ? readSessionHandle(c.req.header('cookie'), product) : bearer && bearerHandle(bearer);
  if (carried === null) return null;
  return { tenantId: tenant.id, product, handleHash: await signIn.crypto.sha256(carried) };
}

/**
 * `GET /{product}/session`, `GET /{product}/auth`, `POST /{product}/logout` and the page after signing out.
 */
export function createSessionRoutes(adapter: Adapter): Hono<AdapterEnv> {
  const { product } = adapter;
  const routes = new Hono<AdapterEnv>();

  routes.get(`/${product}/session`, async (c) => {
    // A page that only watches the clock is no activity.
    const session = await findSession(c, adapter, { isPassive: c.req.query('passive') === 'true' });
    if (session === null) throw new SsoError('session-required');
    return c.body(sessionBody(session), 200, { 'content-type': 'application/json' });
  });

  routes.get(`/${product}/auth`, async (c) => {
    const session = await findSession(c, adapter);
    if (session === null) throw new SsoError('session-required');
    return c.body(null, 204, {
      'X-Ipscape-User': toHeaderValue(session.user.id),
      'X-Ipscape-Email': toHeaderValue(session.user.email),
      'X-Ipscape-Tenant': toHeaderValue(session.tenant.id),
      'X-Ipscape-Role': session.user.role,
    });
  });

  routes.post(`/${product}/logout`, requireSameOrigin(adapter), async (c) => {
    const key = await sessionKey(c, adapter);
    const everywhere = c.req.query('everywhere') === 'true';
    const endSessionUrl = everywhere ? await signOutEverywhere(c, adapter, key) : null;
    if (!everywhere && key !== null) await adapter.sessions.end(key);
    c.header('set-cookie', clearedSessionCookie(product), { append: true });
    if (product === 'cti') c.header('set-cookie', clearedFrameSessionCookie(product), { append: true });
    if (endSessionUrl !== null) return answerWithEndSession(c, product, endSessionUrl);
    return wantsPage(c) ? c.redirect(SIGNED_OUT_PATHS[product], 303) : c.body(null, 204);
  });

  routes.get(SIGNED_OUT_PATHS[product], (c) =>
    renderPage(c, <SignedOutPage productName={PRODUCT_NAMES[product]} startUrl={START_PATHS[product]} />),
  );

  return routes;
}

/**
 * What a header cannot hold is percent-encoded as UTF-8, and so is the percent sign itself, so that decoding always
 * gives back what there was. Other visible ASCII stays as it is.
 */
function toHeaderValue(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent);
}

/** Ends the user's sessions in all products, then says where the browser does the same at the provider. */
async function signOutEverywhere(c: AdapterRequest, adapter: Adapter, key: SessionKey | null): Promise<string | null> {
  const setup = c.get('setup');
  const signedOut = key === null ? null : await adapter.sessions.endEverywhere(key);
  if (setup === null || signedOut === null) return null;
  const postLogoutRedirectUri = tenantOrigin(setup.tenant.domain, adapter.scheme) + SIGNED_OUT_PATHS[adapter.product];
  return findEndSessionUrl({ setup, signedOut, postLogoutRedirectUri }, adapter.signIn);
}

/** A page rather than a redirect: the Content-Security-Policy of the form's page may forbid one to another site. */
function answerWithEndSession(
  c: AdapterRequest,
  product: Product,
  endSessionUrl: string,
): Response | Promise<Response> {
  if (!wantsPage(c)) return c.json({ endSessionUrl });
  return renderPage(c, <SigningOutPage productName={PRODUCT_NAMES[product]} endSessionUrl={endSessionUrl} />);
}
