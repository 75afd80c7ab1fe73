/**
 * @module
 * The tenant's choices beside the connection, for programs.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { CRM_PRESETS, type FrameOriginsOutcome, MAX_FRAME_ORIGINS, SsoError } from '@ipscape/sso-core';
import type { AdapterEnv } from '@ipscape/sso-hono';
import type { Workspace } from '../workspace-context.js';
import { read, write } from './api-route.js';
import * as schemas from './choices-schemas.js';
import { type FieldProblem, refuse } from './refuse-dangerous-json.js';
import { requireActor } from './require-actor.js';

const PRESETS = CRM_PRESETS.map(({ id: crm, ...preset }) => ({ crm, ...preset }));

export function addChoicesRoutes(api: OpenAPIHono<AdapterEnv>, workspace: Workspace): void {
  const { settings } = workspace;

  const list = read('frame-origins', 'CRM pages that may show the CTI Adaptor.', schemas.frameOrigins);
  api.openapi(list, async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const origins = await settings.frameOrigins(tenant);
    return c.json({ origins, maxOrigins: MAX_FRAME_ORIGINS, presets: PRESETS } as const, 200);
  });
  const replace = write(
    'frame-origins',
    'Replaces the CRM pages that may show the CTI Adaptor.',
    schemas.frameOriginsBody,
    schemas.frameOriginsSaved,
  );
  api.openapi(replace, async (c) => {
    const act = await requireActor(c, workspace);
    const { origins, crms = [], seenOrigins: seen } = c.req.valid('json');
    const saved = await settings.setFrameOrigins({ ...act, origins, crms, seen });
    if (saved.outcome === 'invalid') throw refuse(c, problemsOf(saved, origins.length), 'frame-origins');
    if (saved.outcome === 'conflict') {
      c.set('problem', { origins: saved.current });
      throw new SsoError('revision-conflict');
    }
    return c.json({ origins: saved.origins, added: saved.added, removed: saved.removed }, 200);
  });
  api.openapi(read('session-policy', 'Whether a revocation waits for a call.', schemas.sessionPolicy), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    return c.json(await settings.sessionPolicy(tenant), 200);
  });
  const choose = write(
    'session-policy',
    'Chooses whether a revocation waits for a call.',
    schemas.sessionPolicyBody,
    schemas.sessionPolicy,
  );
  api.openapi(choose, async (c) => {
    const act = await requireActor(c, workspace);
    const policy = c.req.valid('json');
    await settings.setSessionPolicy({ ...act, ...policy });
    return c.json(policy, 200);
  });
}

type Invalid = Extract<FrameOriginsOutcome, { readonly outcome: 'invalid' }>;

/** What is too much may stand among the origins of an instance: its place is after all that were typed. */
function problemsOf({ origins, crms }: Invalid, typed: number): readonly FieldProblem[] {
  return [
    ...Array.from(origins, ([index, { reason, message, suggestion }]) => ({
      path: index < typed ? `origins.${index}` : 'crms',
      message,
      reason,
      ...(suggestion === undefined ? {} : { suggestion }),
    })),
    ...Array.from(crms, ([index, message]) => ({ path: `crms.${index}.instance`, message, reason: 'crm-instance' })),
  ];
}
