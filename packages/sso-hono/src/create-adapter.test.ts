import { createProviderRegistry, createSignInDeps } from '@ipscape/sso-core';
import { createInMemorySessions, createInMemorySigningKeys, createInMemoryStore } from '@ipscape/sso-core/testing';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { expect, test } from 'vitest';
import type { AdapterEnv, AdapterStore } from './adapter-context.js';
import { createAdapter } from './create-adapter.js';
import { createMetrics } from './metrics.js';
import { createLogger } from './node/create-logger.js';

/** A product whose own routes throw what they like. */
function createProduct(error: () => unknown) {
  const signIns = createInMemoryStore(Date.now);
  const tenant = {
    id: 'acme',
    name: 'Acme',
    domain: 'acme.example',
    ssoEntitled: true,
    legacyHttpCallbacks: false,
    ssoEnforced: false,
    frameOrigins: [],
  };
  signIns.tenants.set('acme', { setup: { tenant, connection: null }, clientSecret: null, users: [] });
  const sessions = createInMemorySessions(signIns, Date.now);
  const store = { ...signIns, ...sessions, ...createInMemorySigningKeys() } as unknown as AdapterStore;
  const lines: string[] = [];
  const app = createAdapter({
    product: 'cti',
    store,
    scheme: { protocol: 'https', port: null },
    logger: createLogger({ destination: { write: (line: string) => void lines.push(line) } }),
    metrics: createMetrics(),
    trustedProxies: [],
    signIn: createSignInDeps({ store, providers: createProviderRegistry([]), fetch: async () => new Response() }),
    routes: () =>
      new Hono<AdapterEnv>().get('/cti/own', () => {
        throw error();
      }),
  });
  return { lines, ask: () => app.request('https://acme.example/cti/own', { headers: { host: 'acme.example' } }) };
}

test.each([400, 404, 418, 422] as const)(
  'lets a product’s own %d pass, with the headers that every answer has',
  async (status) => {
    const { ask } = createProduct(() => new HTTPException(status, { message: 'The call has ended.' }));
    const answer = await ask();
    expect([answer.status, await answer.text()]).toEqual([status, 'The call has ended.']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  },
);

test('lets a product’s own response pass, whatever it is made of', async () => {
  const headers: [string, string][] = [
    ['content-type', 'application/problem+json'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
    ['www-authenticate', 'Bearer'],
  ];
  const res = () => new Response('{"code":"call-ended"}', { status: 401, headers });
  const { ask } = createProduct(() => new HTTPException(401, { res: res() }));
  const answer = await ask();
  expect([answer.status, await answer.json()]).toEqual([401, { code: 'call-ended' }]);
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
});

test.each([
  ['a 500 of its own', () => new HTTPException(500, { message: 'CANARY' })],
  ['a 503 of its own', () => new HTTPException(503, { message: 'CANARY' })],
  ['a defect', () => new TypeError('CANARY')],
  ['what only looks like one', () => Object.assign(new Error('CANARY'), { status: 400, getResponse: () => null })],
])('answers %s as a fault, and tells nothing of it', async (_what, error) => {
  const { ask, lines } = createProduct(error);
  const answer = await ask();
  const text = await answer.text();
  expect([answer.status, (JSON.parse(text) as { code: string }).code]).toEqual([500, 'internal-error']);
  expect(text + lines.join('')).not.toContain('CANARY');
});
