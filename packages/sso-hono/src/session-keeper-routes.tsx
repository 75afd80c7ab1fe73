/**
 * @module
 * `/{product}/sso.js`: the published module as the text that a browser loads, and the page where a sign-in in a window
 * of its own ends. The text is made of the function itself, which refers to nothing outside of it, so that an adapter
 * in a single file has it with it.
 */
import { PRODUCT_NAMES } from '@ipscape/sso-core';
import { Hono } from 'hono';
import type { Adapter, AdapterEnv } from './adapter-context.js';
import { keepSession } from './keep-session.js';
import { Page, renderPage } from './pages/page.js';

/** What `/{product}/sso.js` serves: a module that exports `keepSession`. */
export const SESSION_KEEPER_MODULE = `/* ipSCAPE sessions. The types are in @ipscape/sso-hono/keep-session. */
export const keepSession = ${keepSession.toString()};
`;

/** `/{product}/sso.js` and `/{product}/signed-in`. */
export function createSessionKeeperRoutes({ product }: Adapter): Hono<AdapterEnv> {
  const routes = new Hono<AdapterEnv>();
  routes.get(`/${product}/sso.js`, (c) =>
    c.body(SESSION_KEEPER_MODULE, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  routes.get(`/${product}/signed-in`, (c) =>
    renderPage(
      c,
      <Page title="Signed in" about={PRODUCT_NAMES[product]}>
        <h1>You are signed in</h1>
        <p>You can close this window and go on where you were.</p>
      </Page>,
    ),
  );
  return routes;
}
