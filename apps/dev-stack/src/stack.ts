/**
 * @module
 * Everything on one machine in one process: the embedded database admits no second one.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createCtiApp } from '@ipscape/cti-auth';
import type { OktaDevServer } from '@ipscape/okta-devorg';
import { okta } from '@ipscape/okta-provider';
import { createAdminDeps, serveAdminSocket } from '@ipscape/sso-admin';
import { createProviderRegistry, createSignInDeps, SESSION_LIMITS, tenantOrigin } from '@ipscape/sso-core';
import { createGuardedFetch, nodeCrypto } from '@ipscape/sso-core/node';
import { type AdapterDeps, createHealthRoutes, createMetrics } from '@ipscape/sso-hono';
import { cleanUpPeriodically, createLogger, readEncryptionKeys, serveUntilStopped } from '@ipscape/sso-hono/node';
import { createEncryptionKeyRing, deleteEmbeddedDatabase, openSsoStore, type SsoStore } from '@ipscape/sso-store';
import { createToolbarApp } from '@ipscape/toolbar-auth';
import { createWorkspaceApp } from '@ipscape/workspace-auth';
import { CRM_HOST } from './crm-page.js';
import type { StackEnvironment } from './environment.js';
import { createGateway } from './gateway.js';
import { startLocalOkta } from './local-okta.js';
import { type DevTenant, domainOf, TENANTS } from './people.js';
import { seed } from './seed.js';
import { serveProductServices } from './serve-product-services.js';

export interface Stack {
  readonly port: number;
  readonly okta: OktaDevServer;
  readonly store: SsoStore;
  origin(tenant: Pick<DevTenant, 'name'>): string;
  /** Of the page that stands for a CRM. */
  readonly crmOrigin: string;
  stop(): Promise<void>;
}

/** Loopback only: everything speaks plain http. */
const HOST = '127.0.0.1';

/** @param openDatabase - in place of the environment's database: tests look into theirs beside the store */
export async function startStack(
  environment: StackEnvironment,
  openDatabase: (environment: StackEnvironment) => Promise<SsoStore> = openStore,
): Promise<Stack> {
  const { dataDirectory } = environment;
  if (environment.fresh) await removeData(dataDirectory);
  await mkdir(dataDirectory, { recursive: true });
  const logger = createLogger({ level: environment.logLevel });

  // The port is taken first: the redirect URIs of the Okta apps hold it. Until all is there, requests wait.
  const gateway = Promise.withResolvers<ReturnType<typeof createGateway>>();
  gateway.promise.catch(() => {});
  const server = await serveUntilStopped({
    fetch: async (request, env) => (await gateway.promise).fetch(request, env),
    host: HOST,
    port: environment.port,
    logger,
  });
  const opened: { close(): Promise<unknown> }[] = [{ close: () => server.stop(2_000) }];
  const stop = async (): Promise<void> => {
    for (const part of opened.splice(0)) await part.close();
  };
  try {
    const scheme = { protocol: 'http', port: server.port } as const;
    const crmOrigin = tenantOrigin(CRM_HOST, scheme);
    const origin = (tenant: Pick<DevTenant, 'name'>): string => tenantOrigin(domainOf(tenant), scheme);
    const oktaServer = await startLocalOkta({
      dataDirectory,
      host: HOST,
      port: environment.oktaPort,
      tenantOrigin: origin,
    });
    opened.push({ close: () => oktaServer.stop() });
    const store = await openDatabase(environment);
    opened.push(store);
    const cleanUp = cleanUpPeriodically({ store, logger });
    opened.splice(1, 0, { close: () => cleanUp.stop() });
    await seed({ store, oktaServer, crmOrigin });
    // First in the list, so that commands under way end before the store does. A server needs no help of ours.
    if (environment.databaseUrl === null) {
      const deps = createAdminDeps({ store, localPort: server.port });
      const adminSocket = await serveAdminSocket({ dataDirectory, deps });
      opened.unshift(adminSocket);
      if (adminSocket.reason !== null) logger.warn(adminSocket.reason);
    }

    const services = await serveProductServices({ host: HOST, scheme, logger });
    opened.push(services);

    const metrics = createMetrics();
    const deps: AdapterDeps<SsoStore> = {
      store,
      metrics,
      logger,
      scheme,
      trustedProxies: [],
      signIn: createSignInDeps({
        store,
        providers: createProviderRegistry([okta]),
        fetch: metrics.measureFetch(createGuardedFetch({ allowLocalhost: true })),
        crypto: nodeCrypto,
        context: { environment: 'development' },
        sessionLimits: limitsOf(environment),
      }),
    };
    gateway.resolve(
      createGateway({
        adapters: { workspace: createWorkspaceApp(deps), cti: createCtiApp(deps), toolbar: createToolbarApp(deps) },
        services: services.origins,
        health: createHealthRoutes({ store, metrics, isStopping: () => opened.length === 0 }),
        origins: origin,
        crmOrigin,
        frameOrigins: async (domain) => (await store.findTenantSetup(domain))?.tenant.frameOrigins ?? [],
      }),
    );
    return { port: server.port, okta: oktaServer, store, origin, crmOrigin, stop };
  } catch (error) {
    gateway.reject(error);
    await stop();
    throw error;
  }
}

/** Shortened, a session of the products that last a shift ends after so many seconds, busy or not. */
function limitsOf({ sessionSeconds = null }: StackEnvironment): typeof SESSION_LIMITS {
  if (sessionSeconds === null) return SESSION_LIMITS;
  const limits = { idleSeconds: sessionSeconds, absoluteSeconds: sessionSeconds };
  return { ...SESSION_LIMITS, cti: limits, toolbar: limits };
}

async function openStore({ databaseUrl, dataDirectory }: StackEnvironment): Promise<SsoStore> {
  const keys = await readEncryptionKeys({ encryptionKeys: null, dataDirectory });
  const database = databaseUrl === null ? { dataDirectory } : { databaseUrl };
  return openSsoStore({ ...database, encryptionKeys: createEncryptionKeyRing(keys) });
}

/** Only what the stack itself makes: the folder may be anybody's. */
async function removeData(dataDirectory: string): Promise<void> {
  deleteEmbeddedDatabase(dataDirectory);
  const names = ['encryption-keys', 'sso-admin.sock', ...TENANTS.map(({ name }) => `okta-${name}.json`)];
  for (const name of names) await rm(join(dataDirectory, name), { recursive: true, force: true });
}
