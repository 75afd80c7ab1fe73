/**
 * @module
 * Everything that the settings page does, for programs: the same service behind it, described by the same schemas.
 */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { SsoError } from '@ipscape/sso-core';
import { type AdapterEnv, limitBody, requireSameOrigin } from '@ipscape/sso-hono';
import type { Workspace } from '../workspace-context.js';
import { explainSchemaRefusal, read, write } from './api-route.js';
import { addChoicesRoutes } from './choices-api.js';
import { addEnforcementRoutes } from './enforcement-api.js';
import { honourIdempotencyKey } from './idempotency-header.js';
import { addInsightRoutes } from './insight-api.js';
import { refuse, refuseDangerousJson } from './refuse-dangerous-json.js';
import { requireActor } from './require-actor.js';
import { addSecretRoutes } from './secret-api.js';
import { decide } from './settings-actions.js';
import * as schemas from './settings-api-schemas.js';
import { API, roundPath } from './settings-paths.js';

const MAX_BODY_BYTES = 16 * 1024;

export function createSettingsApi(workspace: Workspace): OpenAPIHono<AdapterEnv> {
  const { adapter, settings } = workspace;
  const api = new OpenAPIHono<AdapterEnv>({
    defaultHook: (result, c) => {
      if (!result.success) throw refuse(c, explainSchemaRefusal(result.error.issues), 'schema');
    },
  });
  const limit = limitBody(MAX_BODY_BYTES);
  api.on('POST', `${API}/*`, requireSameOrigin(adapter), limit, async (c, next) => {
    if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
      throw new SsoError('request-invalid', { details: { reason: 'content-type' } });
    }
    await refuseDangerousJson(c);
    await next();
  });
  api.on('POST', `${API}/*`, honourIdempotencyKey(workspace));
  const id = z.object({ id: z.string().max(64) });

  api.openapi(read('settings', 'The settings as they stand.', schemas.settings), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const { redirectUris, enabled, active, pending, restorable, authorisation } = await settings.view(tenant);
    return c.json({ redirectUris, enabled, active, pending, restorable, authorisation }, 200);
  });
  const draft = write(
    'draft',
    'Saves a draft; the live settings stay in force.',
    schemas.draftBody,
    schemas.draftSaved,
  );
  api.openapi(draft, async (c) => {
    const act = await requireActor(c, workspace);
    const result = await settings.saveDraft({ ...act, ...c.req.valid('json') });
    if (result.outcome === 'invalid') {
      const errors = Object.entries(result.errors).map(([name, message]) => ({
        path: name === 'providerId' ? name : `values.${name}`,
        message,
      }));
      throw refuse(c, errors, 'values');
    }
    if (result.outcome === 'conflict') {
      c.set('problem', { newest: result.newest, differences: result.differences });
      throw new SsoError('revision-conflict');
    }
    return c.json({ revision: result.revision, repairs: [...result.repairs] }, 200);
  });
  const authorise = write('authorise', 'Begins the proof of a draft.', schemas.revisionBody, schemas.begun);
  api.openapi(authorise, async (c) => {
    const act = await requireActor(c, workspace);
    const authorisation = await settings.beginAuthorisation({ ...act, ...c.req.valid('json') });
    return c.json({ authorisation, open: roundPath(authorisation.authorisationId) }, 200);
  });
  api.openapi(read('authorisations/{id}', 'How a proof stands.', schemas.authorisation, { params: id }), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const authorisation = await settings.findAuthorisation(tenant, c.req.param('id') ?? '');
    if (authorisation === null) throw new SsoError('not-found');
    return c.json(authorisation, 200);
  });
  api.openapi(write('save', 'Puts a proved draft into force.', schemas.revisionBody, schemas.saved), async (c) => {
    await settings.activate({ ...(await requireActor(c, workspace)), ...c.req.valid('json') });
    return c.json({ saved: true } as const, 200);
  });
  for (const enabled of [true, false]) {
    const name = enabled ? 'enable' : 'disable';
    const summary = enabled ? 'Enables single sign-on again.' : 'Disables single sign-on and ends its sessions.';
    api.openapi(write(name, summary, schemas.emptyBody, schemas.enablement), async (c) => {
      await settings.setEnabled({ ...(await requireActor(c, workspace)), enabled });
      return c.json({ enabled }, 200);
    });
  }
  const rollback = write('rollback', 'Restores the revision before.', schemas.emptyBody, schemas.restored);
  api.openapi(rollback, async (c) => {
    await settings.rollback(await requireActor(c, workspace));
    return c.json({ restored: true } as const, 200);
  });
  addInsightRoutes(api, workspace);
  for (const [name, decision] of [
    ['approve', 'approveHeldIdentity'],
    ['refuse', 'refuseHeldIdentity'],
  ] as const) {
    const summary = `Decides about a held identity: ${name}.`;
    api.openapi(write(`held-identities/${name}`, summary, schemas.identityBody, schemas.decision), async (c) => {
      await decide(await requireActor(c, workspace), c.req.valid('json'), workspace, decision);
      return c.json({ decided: name }, 200);
    });
  }
  addEnforcementRoutes(api, workspace);
  addSecretRoutes(api, workspace);
  addChoicesRoutes(api, workspace);
  api.doc31('/workspace/api/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'ipSCAPE single sign-on', version: '1' },
  });
  return api;
}
