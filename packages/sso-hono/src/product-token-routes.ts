/**
 * @module
 * Product tokens over HTTP: a front end asks for one, the product's services fetch the keys that verify it.
 */
import { SsoError } from '@ipscape/sso-core';
import { Hono } from 'hono';
import type { Adapter, AdapterEnv } from './adapter-context.js';
import { requireSameOrigin } from './same-origin.js';
import { findSession } from './session-routes.js';

/** Short beside the day by which a key is published before it signs, and long enough for a burst of restarts. */
const KEYS_MAX_AGE_SECONDS = 60;

/** `POST /{product}/session/token` and `GET /{product}/.well-known/jwks.json`. */
export function createProductTokenRoutes(adapter: Adapter): Hono<AdapterEnv> {
  const { product } = adapter;
  const routes = new Hono<AdapterEnv>();

  routes.post(`/${product}/session/token`, requireSameOrigin(adapter), async (c) => {
    const session = await findSession(c, adapter);
    if (session === null) throw new SsoError('session-required');
    const { token, expiresAt, expiresInSeconds } = await adapter.productTokens.issue(session);
    // Names and meanings of RFC 6749 §5.1, spelled as the rest of this API.
    return c.json({ token, tokenType: 'Bearer', expiresIn: expiresInSeconds, expiresAt: expiresAt.toISOString() });
  });

  routes.get(`/${product}/.well-known/jwks.json`, async (c) => {
    const tenant = c.get('tenant');
    if (tenant === null) throw new SsoError('tenant-unknown');
    const body = JSON.stringify({ keys: await adapter.productTokens.listKeys(tenant.id) });
    const etag = `"${await adapter.signIn.crypto.sha256(body)}"`;
    c.header('cache-control', `public, max-age=${KEYS_MAX_AGE_SECONDS}`);
    // The same for everybody: neither cookies nor wishes change it.
    c.header('vary', undefined);
    c.header('etag', etag);
    if (isKnown(c.req.header('if-none-match'), etag)) return c.body(null, 304);
    return c.body(body, 200, { 'content-type': 'application/jwk-set+json' });
  });

  return routes;
}

/** RFC 9110 §13.1.2: weak comparison, because a proxy may have weakened the tag. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
