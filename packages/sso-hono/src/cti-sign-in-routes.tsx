/**
 * @module
 * `/cti/login` and `/cti/sso.js`. In a window of its own the CTI Adaptor signs in like any product; in a frame its
 * address shows the start that opens one.
 */
import { CALLBACK_PATHS } from '@ipscape/sso-core';
import { Hono } from 'hono';
import type { Adapter, AdapterEnv, AdapterRequest } from './adapter-context.js';
import { createCtiSignIn } from './cti-sign-in.js';
import { createHandoffRoutes } from './handoff-routes.js';
import { FRAME_START_SCRIPT } from './handoff-scripts.js';
import { keepSession } from './keep-session.js';
import { FrameStartPage } from './pages/handoff-pages.js';
import { renderPage } from './pages/page.js';
import { isTopLevel } from './sign-in-request.js';
import { finishSignIn, startSignIn } from './sign-in-routes.js';
import { isCallback } from './start-request.js';

/** Made of the published functions, which refer to nothing outside of them. */
export const CTI_SIGN_IN_MODULE = `/* ipSCAPE CTI Adaptor. The types are in @ipscape/sso-hono/cti-sign-in and /keep-session. */
export const keepSession = ${keepSession.toString()};
export const createCtiSignIn = ${createCtiSignIn.toString()};
export const { signIn, session, signOut, prepare, request, keep, on, texts } = createCtiSignIn({ keepSession });
`;

const START_SCRIPT_PATH = '/cti/handoffs/start.js';

/** The routes of the CTI Adaptor: `/cti/login` in a window and in a frame, `/cti/sso.js`, and the handoffs. */
export function createCtiSignInRoutes(adapter: Adapter): Hono<AdapterEnv> {
  const routes = new Hono<AdapterEnv>();
  routes.get(CALLBACK_PATHS.cti, (c) => {
    if (isCallback(c)) return finishSignIn(c, adapter);
    return isTopLevel(c) ? startSignIn(c, adapter) : showFrameStart(c);
  });
  for (const [path, script] of [
    ['/cti/sso.js', CTI_SIGN_IN_MODULE],
    [START_SCRIPT_PATH, FRAME_START_SCRIPT],
  ] as const) {
    routes.get(path, (c) => c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  }
  return routes.route('/', createHandoffRoutes(adapter));
}

/** For the tenant's own CRM pages; without any it cannot be framed at all. */
function showFrameStart(c: AdapterRequest): Promise<Response> {
  return renderPage(c, <FrameStartPage scriptSrc={START_SCRIPT_PATH} />, 200, {
    script: true,
    postsForms: true,
    frameAncestors: c.get('tenant')?.frameOrigins ?? [],
  });
}
