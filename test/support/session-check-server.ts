/**
 * @module
 * A server of the bench of session checks: `hono` answers a text of JSON that never changes, `session` is an adapter
 * whose store is memory. Prints its port; says by message how much processor time it has used.
 */
import { createHash } from 'node:crypto';
import { createProviderRegistry, createSignInDeps, type Tenant } from '@ipscape/sso-core';
import { nodeCrypto } from '@ipscape/sso-core/node';
import { createInMemorySessions, createInMemorySigningKeys, createInMemoryStore } from '@ipscape/sso-core/testing';
import { type AdapterStore, createAdapter, createMetrics } from '@ipscape/sso-hono';
import { createLogger, serveUntilStopped } from '@ipscape/sso-hono/node';
import { Hono } from 'hono';

const [kind = '', handle = ''] = process.argv.slice(2);
const logger = createLogger({ level: 'info', destination: { write: () => {} } });

async function sessionServer() {
  const memory = createInMemoryStore(Date.now);
  const sessions = createInMemorySessions(memory, Date.now);
  const tenant: Tenant = {
    id: 'acme',
    name: 'Acme',
    domain: 'acme.localhost',
    ssoEntitled: true,
    legacyHttpCallbacks: false,
    ssoEnforced: false,
    frameOrigins: [],
  };
  const connection = {
    connectionId: 'c',
    revisionId: 'r',
    providerId: 'okta',
    issuer: 'https://acme.okta.com',
    clientId: 'client',
    config: {},
  };
  const user = { id: 'agent', tenantId: 'acme', email: 'agent@acme.example', name: 'Arun Agent' } as const;
  const rights = { role: 'agent', products: ['toolbar'], status: 'active' } as const;
  memory.tenants.set('acme', { setup: { tenant, connection }, clientSecret: null, users: [{ ...user, ...rights }] });
  // A check asks for nothing else of a store.
  const store = { ...memory, ...sessions, ...createInMemorySigningKeys() } as unknown as AdapterStore;
  await memory.openSession({
    tenantId: 'acme',
    userId: 'agent',
    product: 'toolbar',
    connectionId: 'c',
    transactionId: 't',
    issuer: connection.issuer,
    subject: 'subject',
    handleHash: createHash('sha256').update(handle).digest('base64url'),
    authTimeSeconds: null,
    idleSeconds: 3_600,
    absoluteSeconds: 7_200,
    reference: 'REFERENCE',
    idToken: null,
  });
  const fetch = async () => new Response(null, { status: 500 });
  return createAdapter({
    product: 'toolbar',
    store,
    // Browsers leave the port of http out.
    scheme: { protocol: 'http', port: null },
    logger,
    metrics: createMetrics(),
    trustedProxies: ['127.0.0.1'],
    signIn: createSignInDeps({ store, providers: createProviderRegistry([]), fetch, crypto: nodeCrypto }),
    routes: () => new Hono(),
  });
}

const body = JSON.stringify({ user: { id: 'agent', name: 'Arun Agent' }, tenant: { id: 'acme' } });
const app =
  kind === 'session'
    ? await sessionServer()
    : new Hono().get('*', (c) => c.body(body, 200, { 'content-type': 'application/json' }));
const server = await serveUntilStopped({ fetch: app.fetch as never, host: '127.0.0.1', port: 0, logger });
console.log(`listening ${server.port}`);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
