/**
 * @module
 * The two slots of the client secret for programs. No answer holds a secret.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { SsoError } from '@ipscape/sso-core';
import type { AdapterEnv } from '@ipscape/sso-hono';
import type { Workspace } from '../workspace-context.js';
import { write } from './api-route.js';
import * as schemas from './enforcement-schemas.js';
import { requireActor } from './require-actor.js';

export function addSecretRoutes(api: OpenAPIHono<AdapterEnv>, workspace: Workspace): void {
  const { settings } = workspace;

  const store = write('secret/next', 'Stores the next secret.', schemas.nextSecretBody, schemas.secretStored);
  api.openapi(store, async (c) => {
    const act = await requireActor(c, workspace);
    try {
      await settings.setNextSecret({ ...act, ...c.req.valid('json') });
    } catch (error) {
      if (SsoError.is(error) && error.advice !== undefined) {
        c.set('problem', { errors: [{ path: 'clientSecret', message: error.advice }] });
      }
      throw error;
    }
    return c.json({ stored: true } as const, 200);
  });
  const check = write(
    'secret/check',
    'Shows a stored secret to the provider, without a user.',
    schemas.slotBody,
    schemas.secretCheck,
  );
  api.openapi(check, async (c) => {
    const act = await requireActor(c, workspace);
    return c.json(await settings.checkSecret({ ...act, ...c.req.valid('json') }), 200);
  });
  const promote = write(
    'secret/promote',
    'Makes the next secret the current one, if the provider accepts it.',
    schemas.nothing,
    schemas.secretPromotion,
  );
  api.openapi(promote, async (c) => {
    const result = await settings.promoteNextSecret(await requireActor(c, workspace));
    return c.json({ promoted: result.result === 'accepted', ...result }, 200);
  });
  const discard = write('secret/discard', 'Forgets the next secret.', schemas.nothing, schemas.secretDiscarded);
  api.openapi(discard, async (c) => {
    await settings.discardNextSecret(await requireActor(c, workspace));
    return c.json({ discarded: true } as const, 200);
  });
}
