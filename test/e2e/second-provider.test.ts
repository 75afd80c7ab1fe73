import { randomBytes } from 'node:crypto';
import { createCtiApp } from '@ipscape/cti-auth';
import { createProviderRegistry, createSignInDeps, PRODUCTS, redirectUris } from '@ipscape/sso-core';
import { createGuardedFetch, nodeCrypto } from '@ipscape/sso-core/node';
import { createHealthRoutes, createMetrics } from '@ipscape/sso-hono';
import { createLogger, type RunningServer, serveUntilStopped } from '@ipscape/sso-hono/node';
import { createEncryptionKeyRing, openSsoStore, type SsoStore } from '@ipscape/sso-store';
import { createToolbarApp } from '@ipscape/toolbar-auth';
import { createWorkspaceApp } from '@ipscape/workspace-auth';
import type { Hono } from 'hono';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGateway } from '../../apps/dev-stack/src/gateway.js';
import { newPerson } from '../support/browser-page.js';
import { findChromium, launchChromium } from '../support/chromium.js';
import { type PlainProvider, plain, startPlainProvider } from '../support/plain-provider.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const executablePath = findChromium();

describe.skipIf(executablePath === null)('an OpenID Provider that is not Okta', () => {
  let browser: Browser;
  let provider: PlainProvider;
  let store: SsoStore;
  let server: RunningServer;
  let acme: string;
  let removeFolder: () => Promise<void>;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    removeFolder = folder.remove;
    const keys = createEncryptionKeyRing(`test:${randomBytes(32).toString('base64url')}`);
    const logger = createLogger({ level: 'silent' });
    const gateway = Promise.withResolvers<Hono>();
    [browser, store, server] = await Promise.all([
      launchChromium(executablePath ?? ''),
      openSsoStore({ dataDirectory: folder.path, encryptionKeys: keys }),
      serveUntilStopped({
        fetch: async (request, env) => (await gateway.promise).fetch(request, env),
        host: '127.0.0.1',
        port: 0,
        logger,
      }),
    ]);
    acme = `http://acme.localhost:${server.port}`;
    provider = await startPlainProvider([...redirectUris(acme)]);
    await connect(store, provider);
    const metrics = createMetrics();
    const deps = {
      store,
      metrics,
      logger,
      scheme: { protocol: 'http', port: server.port } as const,
      trustedProxies: [],
      signIn: createSignInDeps({
        store,
        providers: createProviderRegistry([plain]),
        fetch: createGuardedFetch({ allowLocalhost: true }),
        crypto: nodeCrypto,
        context: { environment: 'development' },
      }),
    };
    gateway.resolve(
      createGateway({
        adapters: { workspace: createWorkspaceApp(deps), cti: createCtiApp(deps), toolbar: createToolbarApp(deps) },
        services: { workspace: '', cti: '', toolbar: '' },
        health: createHealthRoutes({ store, metrics, isStopping: () => false }),
        origins: () => acme,
        frameOrigins: async () => [],
      }),
    );
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop(0);
    await provider?.stop();
    await store?.close();
    await removeFolder?.();
  });

  /** The provider's own development pages: a login form, then consent. */
  async function signInAtProvider(page: Page, login: string): Promise<void> {
    await page.getByPlaceholder('Enter any login').fill(login);
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForLoadState();
  }

  test('signs a user in to all three products', async () => {
    const { page, context } = await newPerson(browser);
    await page.goto(`${acme}/workspace/`);
    await page.getByRole('link', { name: 'Sign in with Plain ID' }).click();
    await signInAtProvider(page, 'agent@acme.example');
    for (const product of PRODUCTS) {
      await page.goto(`${acme}/${product}/`);
      expect(page.url()).toBe(`${acme}/${product}/`);
      expect(await page.getByText('agent@acme.example').first().isVisible()).toBe(true);
    }
    await context.close();
  });

  test('refuses a user whom the tenant does not have', async () => {
    const { page, context } = await newPerson(browser);
    await page.goto(`${acme}/toolbar/`);
    await signInAtProvider(page, 'stranger@acme.example');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You can’t sign in here');
    await context.close();
  });

  test.each([false, 'true', 1, null, undefined])(
    'E2 refuses an e-mail address that is not verified: %s',
    async (value) => {
      provider.emailVerified = value;
      const { page, context } = await newPerson(browser);
      await page.goto(`${acme}/toolbar/`);
      await signInAtProvider(page, 'admin@acme.example');
      expect(await page.getByText('has not been verified').isVisible()).toBe(true);
      provider.emailVerified = true;
      await context.close();
    },
  );
});

async function connect(store: SsoStore, { issuer, clientId, clientSecret }: PlainProvider): Promise<void> {
  const actor = 'test';
  const tenant = await store.addTenant({ name: 'Acme', domain: 'acme.localhost', actor });
  const tenantId = tenant.id;
  await store.setSsoEntitlement({ tenantId, entitled: true, actor });
  for (const name of ['agent', 'admin']) {
    await store.addUser({
      tenantId,
      email: `${name}@acme.example`,
      name,
      role: 'agent',
      products: [...PRODUCTS],
      actor,
    });
  }
  const draft = await store.createDraft({
    tenantId,
    providerId: plain.id,
    issuer,
    clientId,
    config: { issuer },
    clientSecret: { value: clientSecret },
    actor,
  });
  await store.markAuthorised({ tenantId, revisionId: draft.revisionId, actor });
  await store.activateRevision({ tenantId, revisionId: draft.revisionId, actor });
}
