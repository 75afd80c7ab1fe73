/**
 * @module
 * An adapter as a process: environment, dependencies, routes, and an orderly end.
 */
import { createProviderRegistry, createSignInDeps, type OidcProvider } from '@ipscape/sso-core';
import { createGuardedFetch, nodeCrypto } from '@ipscape/sso-core/node';
import type { Hono } from 'hono';
import type { AdapterDeps, AdapterEnv, AdapterStore } from '../adapter-context.js';
import { createHealthRoutes } from '../health-routes.js';
import { createMetrics } from '../metrics.js';
import type { AdapterEnvironment } from './adapter-environment.js';
import { cleanUpPeriodically } from './clean-up-periodically.js';
import { createLogger } from './create-logger.js';
import { endOnFault } from './end-on-fault.js';
import { readEncryptionKeys } from './read-encryption-keys.js';
import { serveUntilStopped } from './serve-until-stopped.js';

/** What is an app's own about its process. */
export interface RunAdapterOptions<Store extends AdapterStore> {
  /** From {@link readAdapterEnvironment}; nothing else reads the environment, but for tracing's own variables. */
  readonly environment: AdapterEnvironment;
  /** Those that connections may name. */
  readonly providers: readonly OidcProvider[];
  /**
   * Called once. `encryptionKeys` is `id:key` pairs, as `SSO_ENCRYPTION_KEYS` has them; the store is closed at the end
   * of the process.
   */
  readonly openStore: (
    database: AdapterEnvironment['database'],
    encryptionKeys: string,
  ) => Promise<
    Store & {
      /** Called once, when the server and the clean-up have stopped. */
      close(): Promise<void>;
    }
  >;
  /** Called once, with everything that was made. */
  readonly createApp: (deps: AdapterDeps<Store>) => Hono<AdapterEnv>;
}

/** Resolves when the process listens. SIGTERM and SIGINT end it: requests under way finish, then the database closes. */
export async function runAdapter<Store extends AdapterStore>({
  environment,
  providers,
  openStore,
  createApp,
}: RunAdapterOptions<Store>): Promise<void> {
  const logger = createLogger({ level: environment.logLevel });
  const metrics = createMetrics();
  const isDevelopment = environment.mode === 'development';
  const tracing =
    environment.tracing === null ? null : (await import('./start-tracing.js')).startTracing(environment.tracing);
  const opened = await openStore(environment.database, await readEncryptionKeys(environment));
  const store = tracing?.traceStore(opened) ?? opened;
  const fetch = metrics.measureFetch(createGuardedFetch({ allowLocalhost: isDevelopment }));
  let stopping = false;
  const app = createApp({
    store,
    health: createHealthRoutes({ store, metrics, isStopping: () => stopping }),
    metrics,
    logger,
    ...(tracing === null ? {} : { tracing }),
    trustedProxies: environment.trustedProxies,
    scheme: isDevelopment ? { protocol: 'http', port: environment.publicPort } : { protocol: 'https', port: null },
    signIn: createSignInDeps({
      store,
      providers: createProviderRegistry(providers),
      fetch: tracing?.traceFetch(fetch) ?? fetch,
      crypto: nodeCrypto,
      context: { environment: environment.mode },
    }),
  });

  const server = await serveUntilStopped({ fetch: app.fetch, host: environment.host, port: environment.port, logger });
  // Not before: what keeps a process from starting is told in words.
  endOnFault(logger);
  logger.info({ port: server.port, mode: environment.mode }, 'listening');

  const cleanUp = cleanUpPeriodically({ store: opened, logger });

  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await server.stop();
    await cleanUp.stop();
    await opened.close();
    await tracing?.stop();
    logger.info('stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}
