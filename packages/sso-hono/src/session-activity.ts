/**
 * @module
 * `POST /{product}/session/activity`: what a product's front end says about its user, so that a session in use neither
 * ends for idleness nor in the middle of a call.
 */
import { CALL_REPORTS, SsoError } from '@ipscape/sso-core';
import { Hono } from 'hono';
import * as z from 'zod';
import type { Adapter, AdapterEnv, AdapterRequest } from './adapter-context.js';
import { limitBody } from './limit-body.js';
import { readJson } from './read-json.js';
import { requireSameOrigin } from './same-origin.js';
import { sessionBody } from './session-body.js';
import { findSession, sessionKey } from './session-routes.js';

const MAX_BODY_BYTES = 1024;
const activity = z.strictObject({ call: z.enum(CALL_REPORTS).optional() });

/**
 * JSON `{}` for a user who does something; `{ "call": "started" | "continuing" | "ended" }` for a call, which has to be
 * reported again before `call.reportBefore`. Answers like `GET /{product}/session`: 200 with the session, or 401 when
 * it is over, also by this very report. `ended` means that no call is left, and that what belongs to it (wrap-up) is
 * done.
 */
export function createSessionActivity(adapter: Adapter): Hono<AdapterEnv> {
  return new Hono<AdapterEnv>().post(
    `/${adapter.product}/session/activity`,
    requireSameOrigin(adapter),
    limitBody(MAX_BODY_BYTES),
    async (c) => {
      const { call } = await readActivity(c);
      const key = call === undefined ? null : await sessionKey(c, adapter);
      const session =
        key === null || call === undefined
          ? await findSession(c, adapter)
          : await adapter.sessions.reportCall(key, call);
      if (session === null) throw new SsoError('session-required');
      return c.body(sessionBody(session), 200, { 'content-type': 'application/json' });
    },
  );
}

async function readActivity(c: AdapterRequest): Promise<z.infer<typeof activity>> {
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new SsoError('request-invalid', { details: { reason: 'content-type' } });
  }
  const parsed = activity.safeParse(await readJson(c));
  if (!parsed.success) throw new SsoError('request-invalid', { details: { reason: 'schema' } });
  return parsed.data;
}
