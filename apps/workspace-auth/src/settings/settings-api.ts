/**
 * @module
 * Everything that the settings page does, for programs: the same service behind it, described by the same schemas.
 */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { SsoError } from '@ipscape/sso-core';
import { type AdapterEnv, errorResponse, requireSameOrigin } from '@ipscape/sso-hono';
import { bodyLimit } from 'hono/body-limit';
import type { Workspace } from '../workspace-context.js';
import { addEnforcementRoutes } from './enforcement-api.js';
import { refusePrototype } from './refuse-prototype.js';
import { requireActor } from './require-actor.js';
import { addSecretRoutes } from './secret-api.js';
import { decide } from './settings-actions.js';
import * as schemas from './settings-api-schemas.js';
import { roundPath } from './settings-paths.js';

const API = '/workspace/api/sso';
const MAX_BODY_BYTES = 16 * 1024;
const anything = z.record(z.string(), z.unknown());

const json = (schema: z.ZodType, description: string) => ({
  content: { 'application/json': { schema } },
  description,
});
const refusal = {
  content: { 'application/problem+json': { schema: schemas.problem } },
  description: 'Refused; `code` says why.',
};

function read(
  path: string,
  answer: z.ZodType,
  request: { readonly params?: z.ZodObject; readonly query?: z.ZodObject } = {},
) {
  return createRoute({
    method: 'get',
    path,
    request,
    responses: { 200: json(answer, 'The answer.'), default: refusal },
  });
}

/** A body is always required: without that, a request that has none would not be checked. */
function write<Body extends z.ZodType>(path: string, body: Body, answer: z.ZodType = anything) {
  return createRoute({
    method: 'post',
    path,
    request: { body: { content: { 'application/json': { schema: body } }, required: true } },
    responses: { 200: json(answer, 'Done.'), default: refusal },
  });
}

export function createSettingsApi(workspace: Workspace): OpenAPIHono<AdapterEnv> {
  const { adapter, settings } = workspace;
  const { store } = adapter;
  const api = new OpenAPIHono<AdapterEnv>({
    defaultHook: (result) => {
      if (!result.success) throw new SsoError('request-invalid', { details: { reason: 'schema' } });
    },
  });
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => errorResponse(c, adapter, 'request-invalid') });
  api.on('POST', `${API}/*`, requireSameOrigin(adapter), limit, async (c, next) => {
    if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
      throw new SsoError('request-invalid', { details: { reason: 'content-type' } });
    }
    refusePrototype(await c.req.text());
    await next();
  });
  const id = z.object({ id: z.string().max(64) });

  api.openapi(read(`${API}/settings`, schemas.settings), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const { redirectUris, enabled, active, pending, restorable, authorisation } = await settings.view(tenant);
    return c.json({ redirectUris, enabled, active, pending, restorable, authorisation }, 200);
  });
  api.openapi(
    createRoute({
      ...write(`${API}/draft`, schemas.draftBody),
      responses: {
        200: json(schemas.draftSaved, 'Saved; the live settings stay in force.'),
        400: json(schemas.draftInvalid, 'Nothing was saved: one message a field.'),
        409: json(schemas.draftConflict, 'Somebody else was faster; nothing was saved.'),
        default: refusal,
      },
    }),
    async (c) => {
      const act = await requireActor(c, workspace);
      const result = await settings.saveDraft({ ...act, ...c.req.valid('json') });
      if (result.outcome === 'invalid') return c.json({ errors: result.errors }, 400);
      if (result.outcome === 'conflict') {
        return c.json({ newest: result.newest, differences: result.differences }, 409);
      }
      return c.json({ revision: result.revision, repairs: result.repairs }, 200);
    },
  );
  api.openapi(write(`${API}/authorise`, schemas.revisionBody), async (c) => {
    const act = await requireActor(c, workspace);
    const authorisation = await settings.beginAuthorisation({ ...act, ...c.req.valid('json') });
    return c.json({ authorisation, open: roundPath(authorisation.authorisationId) }, 200);
  });
  api.openapi(read(`${API}/authorisations/{id}`, schemas.authorisation, { params: id }), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const authorisation = await settings.findAuthorisation(tenant, c.req.param('id') ?? '');
    if (authorisation === null) throw new SsoError('not-found');
    return c.json(authorisation, 200);
  });
  api.openapi(write(`${API}/save`, schemas.revisionBody), async (c) => {
    await settings.activate({ ...(await requireActor(c, workspace)), ...c.req.valid('json') });
    return c.json({ saved: true }, 200);
  });
  for (const enabled of [true, false]) {
    api.openapi(write(`${API}/${enabled ? 'enable' : 'disable'}`, schemas.emptyBody), async (c) => {
      await settings.setEnabled({ ...(await requireActor(c, workspace)), enabled });
      return c.json({ enabled }, 200);
    });
  }
  api.openapi(write(`${API}/rollback`, schemas.emptyBody), async (c) => {
    await settings.rollback(await requireActor(c, workspace));
    return c.json({ restored: true }, 200);
  });
  api.openapi(read(`${API}/sign-in-log`, anything, { query: schemas.logQuery }), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const filter = schemas.logQuery.parse(c.req.query());
    const { product, code, reference } = filter;
    const lines = await store.listSignInLog(tenant.id, {
      ...(product === undefined ? {} : { product }),
      ...(code === undefined ? {} : { code }),
      ...(reference === undefined ? {} : { reference }),
    });
    return c.json({ lines }, 200);
  });
  api.openapi(read(`${API}/audit`, anything), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    return c.json({ events: await store.listAuditEvents(tenant.id) }, 200);
  });
  api.openapi(read(`${API}/directory-check`, anything), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    return c.json({ ...(await store.findDirectoryOverview(tenant.id)) }, 200);
  });
  api.openapi(read(`${API}/held-identities`, anything), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    return c.json({ identities: await store.listHeldIdentities(tenant.id) }, 200);
  });
  for (const [name, decision] of [
    ['approve', 'approveHeldIdentity'],
    ['refuse', 'refuseHeldIdentity'],
  ] as const) {
    api.openapi(write(`${API}/held-identities/${name}`, schemas.identityBody), async (c) => {
      await decide(await requireActor(c, workspace), c.req.valid('json'), workspace, decision);
      return c.json({ decided: name }, 200);
    });
  }
  addEnforcementRoutes(api, workspace);
  addSecretRoutes(api, workspace);
  api.doc31('/workspace/api/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'ipSCAPE single sign-on', version: '1' },
  });
  return api;
}
