/**
 * @module
 * Where a provider asks to end a user's sessions: Okta's Universal Logout and OpenID Connect Back-Channel Logout.
 * The callers are servers of the provider, not browsers: no cookie, no page, and nothing but the status counts.
 */
import {
  createProviderLogoutDeps,
  logOutByBackChannel,
  logOutUniversally,
  type ProviderLogoutStore,
  SsoError,
  type TenantSetup,
  tenantOrigin,
  UNIVERSAL_LOGOUT_PATH,
} from '@ipscape/sso-core';
import { Hono } from 'hono';
import type { Adapter, AdapterEnv, AdapterRequest, AdapterStore } from './adapter-context.js';
import { limitBody } from './limit-body.js';
import { readJson } from './read-json.js';

/** Where a provider posts logout tokens. OpenID Connect Back-Channel Logout 1.0 §2.5. */
export const BACK_CHANNEL_LOGOUT_PATH = '/workspace/security/backchannel-logout';

/** Both requests are a token and a few words. */
const MAX_BODY_BYTES = 16 * 1024;
/** The scheme is compared exactly: `Basic` or `Bearer,` is no bearer token. RFC 6750 §2.1. */
const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]+)$/;

/** The routes answer for all three products; the Workspace's adapter serves them. */
export function createProviderLogoutRoutes(adapter: Adapter<AdapterStore & ProviderLogoutStore>): Hono<AdapterEnv> {
  const deps = createProviderLogoutDeps(adapter.signIn, adapter.store);
  const limit = limitBody(MAX_BODY_BYTES);
  return new Hono<AdapterEnv>()
    .post(UNIVERSAL_LOGOUT_PATH, limit, async (c) => {
      const setup = requireSetup(c);
      const token = BEARER.exec(c.req.header('authorization') ?? '')?.[1];
      if (token === undefined) throw new SsoError('logout-token-invalid', { details: { reason: 'missing' } });
      const audience = `${tenantOrigin(setup.tenant.domain, adapter.scheme)}${UNIVERSAL_LOGOUT_PATH}`;
      await logOutUniversally({ setup, audience, token, body: await readRequest(c) }, deps);
      return c.body(null, 204);
    })
    .post(BACK_CHANNEL_LOGOUT_PATH, limit, async (c) => {
      try {
        await logOutByBackChannel({ setup: requireSetup(c), token: await readLogoutToken(c) }, deps);
      } catch (error) {
        // §2.8: any defect of the request is 400. A user whom nobody knows here has no session: that is success.
        if (!SsoError.is(error)) throw error;
        if (error.code === 'not-found') return c.body(null, 200);
        if (error.code === 'logout-token-invalid') {
          c.set('errorCode', error.code);
          return c.json({ error: 'invalid_request' }, 400);
        }
        throw error;
      }
      return c.body(null, 200);
    });
}

function requireSetup(c: AdapterRequest): TenantSetup {
  const setup = c.get('setup');
  if (setup === null) throw new SsoError('tenant-unknown');
  return setup;
}

/** Undefined for what is not JSON: the token is judged before the body. */
async function readRequest(c: AdapterRequest): Promise<unknown> {
  return mediaType(c) === 'application/json' ? readJson(c) : undefined;
}

async function readLogoutToken(c: AdapterRequest): Promise<string> {
  const tokens =
    mediaType(c) === 'application/x-www-form-urlencoded'
      ? new URLSearchParams(await c.req.text()).getAll('logout_token')
      : [];
  const [token] = tokens;
  if (token === undefined || tokens.length > 1) throw new SsoError('request-invalid', { details: { reason: 'token' } });
  return token;
}

function mediaType(c: AdapterRequest): string {
  return (c.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
