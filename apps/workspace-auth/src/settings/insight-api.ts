/**
 * @module
 * The reading half of the settings' API: logs, directory, who has signed in, and the support bundle.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AdapterEnv } from '@ipscape/sso-hono';
import type { Workspace } from '../workspace-context.js';
import { read } from './api-route.js';
import { toFacts } from './audit-facts.js';
import { loadDirectory, loadLogPage } from './insight-data.js';
import { isPlain, parseLogQuery, readLogQuery, resolveLogUser } from './log-filter.js';
import { refuse } from './refuse-dangerous-json.js';
import { requireActor } from './require-actor.js';
import * as schemas from './settings-api-schemas.js';
import { createSupportBundle } from './support-bundle.js';
import { toSupportText } from './support-bundle-text.js';

const DEFAULT_LIMIT = 100;
const DEFAULT_USERS = 50;

export function addInsightRoutes(api: OpenAPIHono<AdapterEnv>, workspace: Workspace): void {
  const { store } = workspace.adapter;

  const log = read('sign-in-log', 'Sign-ins of the three products, newest first, kept for 30 days.', schemas.logPage, {
    query: schemas.logQuery,
  });
  api.openapi(log, async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const parsed = parseLogQuery(readLogQuery((name) => c.req.query(name)));
    const errors = Object.entries(parsed.errors).map(([path, message]) => ({ path, message }));
    if (errors.length > 0) throw refuse(c, errors, 'filter');
    const filter = await resolveLogUser(parsed, tenant.id, workspace);
    const limit = c.req.valid('query').limit ?? DEFAULT_LIMIT;
    const { lines, next } = await loadLogPage({ tenantId: tenant.id, filter, limit }, workspace);
    return c.json({ lines: lines.map((line) => ({ ...line, occurredAt: line.occurredAt.toISOString() })), next }, 200);
  });

  const audit = read('audit', 'Changes and failed tries, newest first.', schemas.auditPage, {
    query: schemas.pageQuery,
  });
  api.openapi(audit, async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const { limit = DEFAULT_LIMIT, before } = c.req.valid('query');
    const options = { limit: limit + 1, ...(before === undefined ? {} : { before }) };
    const found = await store.listAuditEvents(tenant.id, options);
    const events = found.slice(0, limit).map((event) => ({
      ...event,
      occurredAt: event.occurredAt.toISOString(),
      details: toFacts(event.details),
    }));
    return c.json({ events, next: found.length > limit ? (events.at(-1)?.id ?? null) : null }, 200);
  });

  const check = read('directory-check', 'Who could not sign in, and how many have.', schemas.directoryCheck);
  api.openapi(check, async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const connection = await store.findConnection(tenant.id);
    const { products, withoutEmail, colliding, ...counts } = await loadDirectory(
      tenant,
      connection?.active?.issuer,
      workspace,
    );
    const finding = ({ count, users }: typeof withoutEmail) => ({ count, users: [...users] });
    const found = { withoutEmail: finding(withoutEmail), colliding: finding(colliding) };
    return c.json({ ...counts, products: [...products], ...found }, 200);
  });

  const status = read('sign-in-status', 'Who has and has not signed in, by name.', schemas.statusPage, {
    query: schemas.statusQuery,
  });
  api.openapi(status, async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const { limit = DEFAULT_USERS, ...query } = c.req.valid('query');
    for (const path of ['search', 'after'] as const) {
      const message = 'This text has a character that cannot be looked for.';
      if (!isPlain(query[path] ?? '')) throw refuse(c, [{ path, message }], 'filter');
    }
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
    const { users, next } = await store.listSignInStatus(tenant.id, { ...given, limit });
    const shown = users.map(({ products, ...user }) => ({
      ...user,
      products: products.map(({ product, lastSignedInAt }) => ({
        product,
        lastSignedInAt: lastSignedInAt?.toISOString() ?? null,
      })),
    }));
    return c.json({ users: shown, next }, 200);
  });

  const held = read('held-identities', 'Identities that wait for a decision.', schemas.heldIdentities);
  api.openapi(held, async (c) => {
    const { tenant } = await requireActor(c, workspace);
    const identities = (await store.listHeldIdentities(tenant.id)).map(({ firstHeldAt, lastHeldAt, ...identity }) => ({
      ...identity,
      firstHeldAt: firstHeldAt.toISOString(),
      lastHeldAt: lastHeldAt.toISOString(),
    }));
    return c.json({ identities }, 200);
  });

  const { responses, ...bundle } = read('support-bundle', 'What support needs to see.', schemas.supportBundle, {
    query: schemas.bundleQuery,
  });
  const content = { ...responses[200].content, 'text/plain': { schema: z.string() } };
  api.openapi(
    createRoute({ ...bundle, responses: { ...responses, 200: { ...responses[200], content } } }),
    async (c) => {
      const { tenant } = await requireActor(c, workspace);
      const made = schemas.supportBundle.parse(await createSupportBundle({ tenant }, c.get('reference'), workspace));
      const isText = c.req.valid('query').format === 'text';
      const day = made.createdAt.slice(0, 10);
      c.header('content-disposition', `attachment; filename="ipscape-sso-${day}.${isText ? 'txt' : 'json'}"`);
      return isText ? c.text(toSupportText(made), 200) : c.json(made, 200);
    },
  );
}
