/**
 * @module
 * The sign-in of a product whose one address both starts a sign-in and receives the answer.
 */
import { CALLBACK_PATHS } from '@ipscape/sso-core';
import { Hono } from 'hono';
import type { Adapter, AdapterEnv } from './adapter-context.js';
import { acceptPostedStart } from './posted-start.js';
import { finishSignIn, startSignIn } from './sign-in-routes.js';
import { isCallback } from './start-request.js';

/** `/{product}/login` of the CTI Adaptor and the Agent Toolbar in a window of its own. */
export function createTopLevelSignIn(adapter: Adapter): Hono<AdapterEnv> {
  const path = CALLBACK_PATHS[adapter.product];
  return new Hono<AdapterEnv>()
    .get(path, (c) => (isCallback(c) ? finishSignIn(c, adapter) : startSignIn(c, adapter)))
    .post(path, (c) => acceptPostedStart(c, adapter));
}
