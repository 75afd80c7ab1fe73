import type { ProductTokenVerifier } from '@ipscape/sso-core';
import { requireSession, type SessionEnv } from '@ipscape/sso-hono';
import { Hono } from 'hono';

export function createService(verifier: ProductTokenVerifier) {
  const app = new Hono<SessionEnv>();
  app.use('/calls/*', requireSession({ verifier }));
  app.get('/calls/mine', (c) => {
    const { tenant, user } = c.get('session');
    return c.json({ tenant: tenant.id, calls: `of ${user.id}` });
  });
  return app;
}
