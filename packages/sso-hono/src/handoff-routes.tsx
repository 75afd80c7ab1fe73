/**
 * @module
 * The sign-in of the CTI Adaptor inside a CRM's frame, by a window of its own. What is kept of it is a handoff; the
 * frame's half is the module that is served as `/cti/sso.js`.
 */
import {
  beginSignIn,
  HANDOFF_POLL_SECONDS,
  HANDOFF_REDEEM_SECONDS,
  HANDOFF_TTL_SECONDS,
  HOME_PATHS,
  MAX_HANDOFF_POLLS,
  SECRET_BYTES,
  SsoError,
  type Tenant,
  toReturnPath,
} from '@ipscape/sso-core';
import { Hono } from 'hono';
import type { Adapter, AdapterEnv, AdapterRequest } from './adapter-context.js';
import { bearerHandle } from './bearer.js';
import {
  clearedHandoffCookie,
  clearedSessionCookie,
  FRAME_PROBE_COOKIE,
  frameSessionCookie,
  keepsFrameCookies,
  readHandoffSecret,
} from './cookies.js';
import { withCurrentSetup } from './current-setup.js';
import { toSsoError } from './describe-error.js';
import { errorResponse } from './error-response.js';
import {
  cancelBody,
  decisionForm,
  MAX_HANDOFF_BODY_BYTES,
  newHandoffBody,
  readForm,
  readJson,
  readVerifier,
  redeemBody,
  userAgentHash,
  windowForm,
} from './handoff-request.js';
import { CLOSE_SCRIPT, WINDOW_SCRIPT } from './handoff-scripts.js';
import { isOpenedByCti } from './is-opened-by-cti.js';
import { limitBody } from './limit-body.js';
import { requireOwnScript } from './own-script.js';
import { ConfirmedPage, ConfirmPage, WindowPage } from './pages/handoff-pages.js';
import { renderPage } from './pages/page.js';
import { redirectPostedStart } from './posted-start.js';
import { requireSameOrigin } from './same-origin.js';
import { sessionBody } from './session-body.js';
import { sessionKey } from './session-routes.js';
import { requireSignInRequest } from './sign-in-request.js';
import {
  addCookie,
  logged,
  recordRefusal,
  redirectUriOf,
  requireWithinLimits,
  tellFrame,
  writeTransaction,
} from './sign-in-routes.js';

/** An id has another form than the scripts' names. */
const HANDOFF = '/cti/handoffs/:id{[A-Za-z0-9_-]{43}}';
const WINDOW_SCRIPT_PATH = '/cti/handoffs/window.js';
const CLOSE_SCRIPT_PATH = '/cti/handoffs/close.js';

/** `/cti/handoffs` and everything below, and `POST /cti/login`. */
export function createHandoffRoutes(adapter: Adapter): Hono<AdapterEnv> {
  const routes = new Hono<AdapterEnv>();
  const ownScript = requireOwnScript(adapter);
  const sameOrigin = requireSameOrigin(adapter);
  const limit = limitBody(MAX_HANDOFF_BODY_BYTES);

  routes.post('/cti/handoffs', ownScript, limit, (c) => createHandoff(c, adapter));
  routes.get(HANDOFF, ownScript, (c) => pollHandoff(c, adapter));
  routes.delete(HANDOFF, ownScript, limit, (c) => cancelHandoff(c, adapter));
  routes.post(`${HANDOFF}/redeem`, ownScript, limit, (c) =>
    logged(c, adapter, 'sign-in', () => redeemHandoff(c, adapter)),
  );

  routes.get(`${HANDOFF}/window`, (c) => showWindow(c, adapter));
  routes.post('/cti/login', redirectPostedStart(adapter), ofWindow, sameOrigin, limit, (c) => openHandoff(c, adapter));
  routes.get(`${HANDOFF}/confirm`, ofWindow, (c) => askToConfirm(c, adapter));
  routes.post(`${HANDOFF}/confirm`, ofWindow, sameOrigin, limit, (c) => decide(c, adapter));
  for (const [path, script] of [
    [WINDOW_SCRIPT_PATH, WINDOW_SCRIPT],
    [CLOSE_SCRIPT_PATH, CLOSE_SCRIPT],
  ] as const) {
    routes.get(path, (c) => c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  }
  return routes;
}

/** Its errors are shown to somebody who has to go back to the frame. */
async function ofWindow(c: AdapterRequest, next: () => Promise<void>): Promise<void> {
  c.set('isHandoffWindow', true);
  await next();
}

async function createHandoff(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  // A handoff is opened once, so this counts for the start of its sign-in as well.
  requireWithinLimits(c, adapter, 'start');
  const { challenge: verifierHash, query } = await readJson(c, newHandoffBody);
  const handoffId = adapter.signIn.crypto.randomToken(SECRET_BYTES);
  const number = twoDigits();
  const { now, expiresAt } = await adapter.store.createHandoff({
    tenantId: tenantOf(c).id,
    handoffId,
    verifierHash,
    userAgentHash: await userAgentHash(c, adapter),
    number,
    query,
    ttlSeconds: HANDOFF_TTL_SECONDS,
  });
  addCookie(c, FRAME_PROBE_COOKIE);
  return c.json({ id: handoffId, number, now, expiresAt, pollAfterMs: HANDOFF_POLL_SECONDS * 1000 }, 201);
}

/** From 10 to 99, so that it is read the same with and without a leading zero. */
function twoDigits(): string {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return String(10 + (random % 90));
}

async function pollHandoff(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const verifier = readVerifier(c);
  const found = await adapter.store.pollHandoff({
    ...keyOf(c),
    // Nothing hashes to an empty text; the question counts all the same.
    verifierHash: verifier === null ? '' : await adapter.signIn.crypto.sha256(verifier),
    maxPolls: MAX_HANDOFF_POLLS,
  });
  if (found === 'too-many') {
    c.header('retry-after', String(HANDOFF_TTL_SECONDS));
    return errorResponse(c, adapter, 'too-many-requests');
  }
  if (found === null) throw new SsoError('not-found');
  const { status, code, reference } = found;
  const isPending = status === 'created' || status === 'opened';
  const isOver = status === 'failed' || status === 'cancelled';
  return c.json({
    status: isPending ? 'pending' : status,
    ...(isPending ? { isOpened: status === 'opened' } : {}),
    ...(isOver && code !== null ? { code } : {}),
    ...(isOver && reference !== null ? { reference } : {}),
    pollAfterMs: HANDOFF_POLL_SECONDS * 1000,
  });
}

/** A frame that gives up says why: the administrator sees in the sign-in log what keeps people out. */
async function cancelHandoff(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const { reason } = await readJson(c, cancelBody);
  const verifier = readVerifier(c);
  if (verifier === null) throw new SsoError('not-found');
  const verifierHash = await adapter.signIn.crypto.sha256(verifier);
  if (!(await adapter.store.cancelHandoff({ ...keyOf(c), verifierHash }))) throw new SsoError('not-found');
  if (reason === 'popup-blocked') {
    await recordRefusal(c, adapter, 'sign-in', new SsoError('popup-blocked', { stage: 'start' }));
  }
  return c.body(null, 204);
}

async function redeemHandoff(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const { verifier } = await readJson(c, redeemBody);
  const { crypto, sessionLimits } = adapter.signIn;
  const handle = crypto.randomToken(SECRET_BYTES);
  const isKept = keepsFrameCookies(c.req.header('cookie'));
  const key = {
    tenantId: tenantOf(c).id,
    product: adapter.product,
    handleHash: await crypto.sha256(isKept ? handle : bearerHandle(handle)),
  };
  const redeemed = await adapter.store.redeemHandoff({
    ...keyOf(c),
    ...sessionLimits.cti,
    handleHash: key.handleHash,
    verifierHash: await crypto.sha256(verifier),
    userAgentHash: await userAgentHash(c, adapter),
    redeemWithinSeconds: HANDOFF_REDEEM_SECONDS,
  });
  if (redeemed === null) throw new SsoError('handoff-invalid', { stage: 'session', details: { reason: 'redeem' } });
  const session = await adapter.sessions.find(key);
  if (session === null) throw new SsoError('session-required', { stage: 'session' });
  // Whoever was signed in in this frame before is not any more.
  const previous = await sessionKey(c, adapter);
  if (previous !== null) await adapter.sessions.end(previous);
  adapter.metrics.countSignIn(adapter.product, 'signed-in');
  if (isKept) {
    // Where no other site is around the page the browser would send both cookies, and neither would count.
    addCookie(c, clearedSessionCookie(adapter.product));
    addCookie(c, frameSessionCookie(adapter.product, handle));
  }
  const more = { returnPath: toReturnPath(homeWith(redeemed.query), 'cti'), ...(isKept ? {} : { bearer: handle }) };
  return c.json({ ...(JSON.parse(sessionBody(session)) as object), ...more });
}

/** A link from anywhere else shows nothing to go on with, so that nobody can be sent into somebody else's handoff. */
async function showWindow(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  c.set('isHandoffWindow', true);
  if (!isOpenedByCti(c, adapter)) return errorResponse(c, adapter, 'handoff-invalid');
  return renderPage(c, <WindowPage handoffId={keyOf(c).handoffId} scriptSrc={WINDOW_SCRIPT_PATH} />, 200, {
    script: true,
    postsForms: true,
    formLeadsAway: true,
  });
}

async function openHandoff(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  return logged(c, adapter, 'sign-in', async () => {
    requireSignInRequest(c, adapter);
    const { handoff: handoffId } = await readForm(c, windowForm);
    const key = { tenantId: tenantOf(c).id, handoffId };
    const opened = await adapter.store.openHandoff({ ...key, userAgentHash: await userAgentHash(c, adapter) });
    if (opened === null) throw new SsoError('handoff-invalid', { stage: 'start', details: { reason: 'open' } });
    try {
      const begun = await withCurrentSetup(c, adapter, (setup) =>
        beginSignIn(
          {
            setup,
            product: 'cti',
            purpose: 'sign-in',
            redirectUri: redirectUriOf(setup.tenant, adapter, 'sign-in'),
            returnPath: toReturnPath(homeWith(opened.query), 'cti'),
            handoffId,
          },
          adapter.signIn,
        ),
      );
      writeTransaction(c, adapter, begun);
      return c.redirect(begun.authorizationUrl, 303);
    } catch (error) {
      await tellFrame(c, adapter, handoffId, toSsoError(error).code);
      throw error;
    }
  });
}

async function askToConfirm(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const found = await adapter.store.findHandoffToConfirm(await windowKey(c, adapter));
  if (found === null) throw new SsoError('handoff-invalid', { details: { reason: 'confirm' } });
  return renderPage(c, <ConfirmPage {...found} organisation={tenantOf(c).name} />, 200, { postsForms: true });
}

async function decide(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const { decision } = await readForm(c, decisionForm);
  const key = await windowKey(c, adapter);
  const isConfirmed = decision === 'confirm';
  const isDecided = isConfirmed
    ? await adapter.store.confirmHandoff(key)
    : await adapter.store.refuseHandoff({ ...key, reference: c.get('reference') });
  if (!isDecided) throw new SsoError('handoff-invalid', { details: { reason: 'confirm' } });
  addCookie(c, clearedHandoffCookie(key.handoffId));
  if (!isConfirmed) {
    return logged(c, adapter, 'sign-in', () => {
      throw new SsoError('handoff-refused', { stage: 'session' });
    });
  }
  return renderPage(c, <ConfirmedPage scriptSrc={CLOSE_SCRIPT_PATH} />, 200, { script: true });
}

async function windowKey(c: AdapterRequest, adapter: Adapter) {
  const key = keyOf(c);
  const secret = readHandoffSecret(c.req.header('cookie'), key.handoffId);
  if (secret === null) throw new SsoError('handoff-invalid', { details: { reason: 'other-window' } });
  return { ...key, windowHash: await adapter.signIn.crypto.sha256(secret) };
}

function keyOf(c: AdapterRequest) {
  return { tenantId: tenantOf(c).id, handoffId: c.req.param('id') ?? '' };
}

function tenantOf(c: AdapterRequest): Tenant {
  const tenant = c.get('tenant');
  if (tenant === null) throw new SsoError('tenant-unknown');
  return tenant;
}

/** The query is a CRM's text, and no more than that. */
function homeWith(query: string): string {
  return query === '' ? HOME_PATHS.cti : `${HOME_PATHS.cti}?${query}`;
}
