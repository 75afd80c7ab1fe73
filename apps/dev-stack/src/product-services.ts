/**
 * @module
 * A small service of each product, as its team would write one: it knows product tokens and nothing else of the
 * sign-in. No database, no cookie, no adapter. What it tells is made up; who asks, and for which tenant, is not.
 */
import type { Product, ProductTokenVerifier } from '@ipscape/sso-core';
import { requireSession, type SessionEnv } from '@ipscape/sso-hono';
import { Hono } from 'hono';
import { z } from 'zod';

export type ProductService = Hono<SessionEnv>;

export const PRODUCT_SERVICES: Readonly<Record<Product, (verifier: ProductTokenVerifier) => ProductService>> = {
  cti: createScreenPopService,
  toolbar: createPresenceService,
  workspace: createReportService,
};

/** The same number is somebody else at each tenant. */
const CALLERS: Readonly<Record<string, Readonly<Record<string, { readonly name: string; readonly case: string }>>>> = {
  'acme.localhost': { '+61255500142': { name: 'Maya Customer', case: '1042: Invoice shows the wrong address' } },
  'globex.localhost': { '+61255500142': { name: 'Max Patron', case: '77: Router blinks' } },
};

/** For the CTI Adaptor: who is calling. */
function createScreenPopService(verifier: ProductTokenVerifier): ProductService {
  const service = new Hono<SessionEnv>();
  service.use(requireSession({ verifier }));
  service.get('/callers/:number', (c) => {
    const { tenant } = c.get('session');
    const caller = new Map(Object.entries(CALLERS[tenant.domain] ?? {})).get(c.req.param('number'));
    if (caller === undefined) return c.json({ message: 'No customer has this number.' }, 404);
    return c.json({ tenant: tenant.domain, ...caller });
  });
  return service;
}

const presenceBody = z.object({ state: z.enum(['available', 'away', 'on a call']) });

/** For the Agent Toolbar: who of the tenant is available. Everybody sees all, and sets their own state alone. */
function createPresenceService(verifier: ProductTokenVerifier): ProductService {
  const tenants = new Map<string, Map<string, { readonly name: string; readonly state: string }>>();
  const service = new Hono<SessionEnv>();
  service.use(requireSession({ verifier }));
  service.get('/presence', (c) => {
    const { tenant } = c.get('session');
    return c.json({ tenant: tenant.domain, agents: [...(tenants.get(tenant.id)?.values() ?? [])] });
  });
  service.put('/presence', async (c) => {
    const { tenant, user } = c.get('session');
    const body = presenceBody.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.json({ message: 'The state is "available", "away" or "on a call".' }, 400);
    const agents = tenants.get(tenant.id) ?? new Map();
    tenants.set(tenant.id, agents.set(user.id, { name: user.name, state: body.data.state }));
    return c.body(null, 204);
  });
  return service;
}

const CALLS_TODAY: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'acme.localhost': { 'agent@acme.example': 31, 'toolbar-only@acme.example': 17, 'admin@acme.example': 2 },
  'globex.localhost': { 'agent@globex.example': 12, 'admin@globex.example': 5 },
};

/** For the Workspace: how many calls each person took. What a role may see is the service's to decide. */
function createReportService(verifier: ProductTokenVerifier): ProductService {
  const service = new Hono<SessionEnv>();
  service.use(requireSession({ verifier }));
  service.get('/reports/calls-today', (c) => {
    const { tenant, user } = c.get('session');
    const rows = Object.entries(CALLS_TODAY[tenant.domain] ?? {});
    const seen = user.role === 'administrator' ? rows : rows.filter(([email]) => email === user.email);
    return c.json({ tenant: tenant.domain, calls: Object.fromEntries(seen) });
  });
  return service;
}
