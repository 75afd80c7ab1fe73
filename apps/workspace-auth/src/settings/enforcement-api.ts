/**
 * @module
 * The enforcement of single sign-on for programs, and the one fact about it that everybody may know.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  type DirectoryCoverage,
  ENFORCEMENT_ADVICE,
  type EnforcementView,
  SsoError,
  START_PATHS,
  type StoredEnforcementCondition,
} from '@ipscape/sso-core';
import type { AdapterEnv, AdapterRequest } from '@ipscape/sso-hono';
import type { Workspace } from '../workspace-context.js';
import { read, write } from './api-route.js';
import * as schemas from './enforcement-schemas.js';
import { requireActor } from './require-actor.js';

export function addEnforcementRoutes(api: OpenAPIHono<AdapterEnv>, workspace: Workspace): void {
  const { adapter, settings } = workspace;

  // For the products' other ways in, which ask before anybody is known. The sign-in page tells as much.
  api.openapi(read('policy', 'Whether single sign-on is the only way in. Needs no session.', schemas.policy), (c) => {
    const setup = c.get('setup');
    const provider = adapter.signIn.providers.find(setup?.connection?.providerId ?? '');
    const enabled = provider !== null && setup?.connection != null;
    const enforced = setup?.tenant.ssoEnforced === true;
    const signInPath = START_PATHS.workspace;
    return c.json({ enabled, enforced, provider: enabled ? provider.name : null, signInPath }, 200);
  });
  api.openapi(read('enforcement', 'What enforcing needs, and how it stands.', schemas.enforcement), async (c) => {
    const { tenant } = await requireActor(c, workspace);
    return c.json(toAnswer(await settings.enforcement(tenant)), 200);
  });
  const check = write(
    'directory-check',
    'Counts who can sign in, for the enforcement.',
    schemas.nothing,
    schemas.coverage,
  );
  api.openapi(check, async (c) => {
    return c.json(toCoverage(await settings.checkDirectory(await requireActor(c, workspace))), 200);
  });
  const enforce = write('enforce', 'Makes single sign-on the only way in.', schemas.nothing, schemas.enforced);
  api.openapi(enforce, async (c) => {
    const act = await requireActor(c, workspace);
    await naming(c, () => settings.enforce(act));
    return c.json({ enforced: true }, 200);
  });
  const lift = write('lift-enforcement', 'Allows other ways in again.', schemas.nothing, schemas.enforced);
  api.openapi(lift, async (c) => {
    await settings.liftEnforcement(await requireActor(c, workspace));
    return c.json({ enforced: false }, 200);
  });
}

/** The problem details of a refusal name the conditions that do not hold. */
async function naming(c: AdapterRequest, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (SsoError.is(error) && error.code === 'enforcement-not-ready') {
      c.set('problem', { missing: String(error.details.missing ?? '').split(' '), advice: error.advice });
    }
    throw error;
  }
}

function toAnswer({ enforced, conditions, directory, breakGlassProvedAt }: EnforcementView) {
  return {
    enforced: enforced === null ? null : { at: enforced.at.toISOString(), by: enforced.by },
    conditions: Object.entries(conditions).map(([name, met]) => {
      const condition = name as StoredEnforcementCondition;
      return { condition, met, advice: ENFORCEMENT_ADVICE[condition] };
    }),
    directory: directory === null ? null : toCoverage(directory),
    breakGlassProvedAt: breakGlassProvedAt?.toISOString() ?? null,
  };
}

function toCoverage({ checkedAt, ...counts }: DirectoryCoverage) {
  return { checkedAt: checkedAt.toISOString(), ...counts };
}
