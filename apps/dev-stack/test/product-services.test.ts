import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProductTokenVerifier, PRODUCTS, type Product, START_PATHS, type UserRole } from '@ipscape/sso-core';
import { createTestProductTokens, type TestCaller } from '@ipscape/sso-core/testing';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpBrowser, send } from '../../../test/support/http-browser.js';
import { startTestStack, type TestStack } from '../../../test/support/local-stack.js';
import { chooseUser } from '../../../test/support/rig.js';
import { createGateway } from '../src/gateway.js';
import { PRODUCT_SERVICES } from '../src/product-services.js';

const PATHS: Readonly<Record<Product, string>> = {
  cti: '/callers/+61255500142',
  toolbar: '/presence',
  workspace: '/reports/calls-today',
};

/** Tokens of a tenant that the services serve. */
const tokensOf = (product: Product, name = 'acme') =>
  createTestProductTokens({ product, tenantId: name, domain: `${name}.localhost` });

/** A service of two tenants, and how each asks it. */
function twoTenants(product: Product) {
  const tenants = { acme: tokensOf(product), globex: tokensOf(product, 'globex') };
  const issuers = Object.values(tenants).map(({ issuer }) => issuer);
  const verifier = createProductTokenVerifier({
    product,
    issuer: (issuer) => issuers.includes(issuer),
    fetch: async (url, init) => {
      const [tenant] = Object.values(tenants).filter(({ issuer }) => url.startsWith(issuer));
      return tenant === undefined ? new Response(null, { status: 404 }) : tenant.fetch(url, init);
    },
  });
  const service = PRODUCT_SERVICES[product](verifier);
  const ask = async (token: string | null, path = PATHS[product], init: RequestInit = {}) => {
    const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), cookie: 'a=b' };
    const response = await service.request(path, { ...init, headers });
    const text = await response.text();
    return { status: response.status, text, body: text === '' ? null : (JSON.parse(text) as Record<string, unknown>) };
  };
  return { tenants, ask };
}

describe.each(PRODUCTS)('the service of the %s', (product) => {
  const other = product === 'cti' ? 'toolbar' : 'cti';
  test.each<[string, string, () => Promise<string | null>]>([
    ['no token', 'session-required', async () => null],
    ['what is no token', 'product-token-invalid', async () => 'nonsense'],
    ['another product’s token', 'product-token-invalid', () => tokensOf(other).issue()],
    ['a token of a tenant that it does not serve', 'product-token-invalid', () => tokensOf(product, 'initech').issue()],
    ['a token that somebody else signed', 'product-token-invalid', () => tokensOf(product).issue()],
  ])('S12 refuses %s: %s', async (_what, code, issue) => {
    const { ask } = twoTenants(product);
    expect(await ask(await issue())).toMatchObject({ status: 401, body: { code } });
  });

  test('S12 refuses a token that has expired, and one whose key was taken away', async () => {
    const { tenants, ask } = twoTenants(product);
    const expired = await tenants.acme.issueExpired();
    expect(await ask(expired)).toMatchObject({ status: 401, body: { code: 'product-token-expired' } });
    const good = await tenants.globex.issue();
    await tenants.globex.rotateKeys({ revoke: true });
    expect(await ask(good)).toMatchObject({ status: 401, body: { code: 'product-token-invalid' } });
  });

  test('T1 answers a good token with what is its tenant’s alone', async () => {
    const { tenants, ask } = twoTenants(product);
    const answers = [await ask(await tenants.acme.issue()), await ask(await tenants.globex.issue())];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ body }) => body?.tenant)).toEqual(['acme.localhost', 'globex.localhost']);
    expect(answers[1]?.text).not.toMatch(/acme|Maya/);
  });
});

test('presence: everybody sets their own state, and no other tenant sees it', async () => {
  const { tenants, ask } = twoTenants('toolbar');
  const put = (token: string, body: string) => ask(token, '/presence', { method: 'PUT', body });
  const ada = await tenants.acme.issue({ id: 'ada', name: 'Ada' });
  const arun = await tenants.acme.issue({ id: 'arun', name: 'Arun' });
  await put(ada, '{"state":"available"}');
  await put(arun, '{"state":"on a call"}');
  expect(await put(ada, '{"state":"away"}')).toMatchObject({ status: 204 });
  expect((await ask(arun)).body?.agents).toEqual([
    { name: 'Ada', state: 'away' },
    { name: 'Arun', state: 'on a call' },
  ]);
  expect((await ask(await tenants.globex.issue())).body?.agents).toEqual([]);
  for (const body of ['', '[]', '{"state":"asleep"}', '{"state":1}']) {
    expect((await put(ada, body)).status).toBe(400);
  }
});

test.each<[UserRole, number]>([
  ['administrator', 3],
  ['agent', 1],
])('report: a person with the role %s sees the calls of %i', async (role, count) => {
  const { tenants, ask } = twoTenants('workspace');
  const caller: TestCaller = { email: 'agent@acme.example', role };
  expect(Object.keys((await ask(await tenants.acme.issue(caller))).body?.calls ?? {})).toHaveLength(count);
});

test.each(['+61299999999', 'toString', '__proto__'])('screen pop: nobody has the number %s', async (number) => {
  const { tenants, ask } = twoTenants('cti');
  expect((await ask(await tenants.acme.issue(), `/callers/${number}`)).status).toBe(404);
});

describe('in the local stack', () => {
  let stack: TestStack;
  let acme: string;
  const browser = new HttpBrowser();
  beforeAll(async () => {
    stack = await startTestStack();
    acme = stack.origin({ name: 'acme' });
  });
  afterAll(() => stack?.stop());

  test.each(PRODUCTS)('S12 %s: answers the token of its page’s session, and no cookie', async (product) => {
    const start = await browser.request(acme + START_PATHS[product]);
    await browser.request(await chooseUser(browser, start.location(), 'agent@acme.example'));
    const url = `${acme}/services/${product}${PATHS[product]}`;
    const refused = await browser.ask(url);
    expect([refused.status, refused.json().code]).toEqual([401, 'session-required']);
    const { token } = (await browser.post(`${acme}/${product}/session/token`)).json();
    const authorization = `Bearer ${token}`;
    const answer = await browser.ask(url, { headers: { authorization } });
    expect([answer.status, answer.json().tenant]).toEqual([200, 'acme.localhost']);
    // Which tenant it is, the token says, and not the host.
    const elsewhere = url.replace('acme.', 'globex.');
    expect((await send(elsewhere, { headers: { authorization } })).json().tenant).toBe('acme.localhost');
    for (const other of PRODUCTS.filter((name) => name !== product)) {
      const strange = await send(`${acme}/services/${other}${PATHS[other]}`, { headers: { authorization } });
      expect([strange.status, strange.json().code]).toEqual([401, 'product-token-invalid']);
    }
  });

  test.each([['//evil.example/presence'], ['/..//evil.example/presence'], ['/%2e%2e/cti/session']])(
    'the path %s leads nowhere but to the service',
    async (path) => {
      const answer = await send(acme, { target: `/services/toolbar${path}`, headers: { accept: 'application/json' } });
      expect([401, 404]).toContain(answer.status);
    },
  );
});

test('a service is told the token and no cookie', async () => {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = createGateway({
    adapters: { workspace: new Hono(), cti: new Hono(), toolbar: new Hono() },
    services: { workspace: service, cti: service, toolbar: service },
    frameOrigins: async () => [],
    health: new Hono(),
    origins: () => '',
  });
  const headers = { authorization: 'Bearer a.b.c', cookie: '__Host-ipscape-cti=handle', 'x-forwarded-host': 'evil' };
  await gateway.request('http://acme.localhost/services/cti/callers/1', { headers });
  server.close();
  expect(heard).toHaveLength(1);
  expect(heard[0]).toMatchObject({ authorization: 'Bearer a.b.c' });
  expect(JSON.stringify(heard)).not.toMatch(/handle|evil/);
});
