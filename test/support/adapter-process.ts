/**
 * @module
 * All three adapters in a process of their own, on a PostgreSQL server that several of them share; dies by its own
 * hand at the point of a sign-in that it is told. Started by {@link startAdapterProcess}.
 */
import { createCtiApp } from '@ipscape/cti-auth';
import { okta } from '@ipscape/okta-provider';
import { createProviderRegistry, createSignInDeps, PRODUCTS } from '@ipscape/sso-core';
import { createGuardedFetch, nodeCrypto } from '@ipscape/sso-core/node';
import { type AdapterDeps, createHealthRoutes, createMetrics } from '@ipscape/sso-hono';
import { cleanUpPeriodically, createLogger, serveUntilStopped } from '@ipscape/sso-hono/node';
import { createEncryptionKeyRing, openSsoStore, type SsoStore } from '@ipscape/sso-store';
import { createToolbarApp } from '@ipscape/toolbar-auth';
import { createWorkspaceApp } from '@ipscape/workspace-auth';
import type { AdapterProcessOptions } from './start-adapter-process.js';

const options = JSON.parse(process.argv[2] ?? '') as AdapterProcessOptions;
const { databaseUrl, encryptionKeys, publicPort, dieAt, dieWith = 1, cleanUpEveryMs } = options;

let atDeath = 0;
/** Never goes on: the others take a moment, and so does the signal. */
const dieHere = (): Promise<never> => {
  atDeath++;
  if (atDeath === dieWith) process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
};

process.on('unhandledRejection', () => console.log('unhandled'));

const opened = await openSsoStore({ databaseUrl, encryptionKeys: createEncryptionKeyRing(encryptionKeys) });
const store: SsoStore = {
  ...opened,
  async claimTransaction(key) {
    if (dieAt === 'before the claim') return dieHere();
    const claim = await opened.claimTransaction(key);
    return dieAt === 'after the claim' ? dieHere() : claim;
  },
  async pinIdentity(key) {
    const outcome = await opened.pinIdentity(key);
    return dieAt === 'after the pin' ? dieHere() : outcome;
  },
  async openSession(session) {
    await opened.openSession(session);
    if (dieAt === 'after the session') return dieHere();
  },
};
const guarded = createGuardedFetch({ allowLocalhost: true });
const metrics = createMetrics();
let isStopping = false;
const logger = createLogger({ level: 'silent' });
const deps: AdapterDeps<SsoStore> = {
  store,
  scheme: { protocol: 'http', port: publicPort },
  metrics,
  logger,
  trustedProxies: [],
  health: createHealthRoutes({ store, metrics, isStopping: () => isStopping }),
  signIn: createSignInDeps({
    store,
    providers: createProviderRegistry([okta]),
    async fetch(url, init) {
      const response = await guarded(url, init);
      return dieAt === 'after the token answer' && url.endsWith('/token') ? dieHere() : response;
    },
    crypto: nodeCrypto,
    context: { environment: 'development' },
  }),
};
const apps = { workspace: createWorkspaceApp(deps), cti: createCtiApp(deps), toolbar: createToolbarApp(deps) };

const server = await serveUntilStopped({
  fetch: (request, env) => {
    const { pathname } = new URL(request.url);
    return apps[PRODUCTS.find((name) => pathname.startsWith(`/${name}/`)) ?? 'workspace'].fetch(request, env as object);
  },
  host: '127.0.0.1',
  port: 0,
  logger,
});
const cleanUp =
  cleanUpEveryMs === undefined ? null : cleanUpPeriodically({ store, logger, intervalMs: cleanUpEveryMs });
console.log(`listening ${server.port}`);

process.on('SIGTERM', async () => {
  isStopping = true;
  await server.stop();
  await cleanUp?.stop();
  await opened.close();
  console.log('stopped');
  // The channel to the test would keep the process alive.
  process.disconnect();
});
// Asked before and after a load: what the process holds on to.
process.on('message', () => {
  globalThis.gc?.();
  process.send?.(process.memoryUsage());
});
