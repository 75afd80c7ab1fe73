/**
 * @module
 * The local stack of `npm start` in the test's own process, on free ports and a database of its own.
 */
import { type Stack, startStack } from '../../apps/dev-stack/src/stack.js';
import { openOnPglite, openOnServer, type TestStore } from '../../packages/sso-store/test/test-stores.js';
import { startThrowawayPostgres } from '../../packages/sso-store/test/throwaway-postgres.js';
import { temporaryFolder } from './temporary-folder.js';

export interface TestStack extends Stack {
  /** URL of its PostgreSQL database, or null when it runs on the embedded one. */
  readonly databaseUrl: string | null;
  /** Runs SQL beside the store, for what no method does, such as letting time go by. */
  readonly query: TestStore['query'];
}

/** On PostgreSQL where its programs are installed, otherwise on the embedded database. */
export async function startTestStack({
  port = 0,
  oktaPort = 0,
  sessionSeconds,
}: {
  readonly port?: number;
  readonly oktaPort?: number;
  readonly sessionSeconds?: number;
} = {}): Promise<TestStack> {
  const folder = await temporaryFolder();
  const postgres = await startThrowawayPostgres();
  const database = postgres === null ? await openOnPglite() : await openOnServer(postgres);
  const { databaseUrl, query } = database;
  const environment = {
    port,
    oktaPort,
    dataDirectory: folder.path,
    databaseUrl,
    logLevel: 'silent',
    sessionSeconds: sessionSeconds ?? null,
    fresh: false,
  } as const;
  // Closed below, with what looks into it.
  const store = { ...database.store, close: async () => {} };
  const stack = await startStack(environment, async () => store);
  return {
    ...stack,
    databaseUrl,
    query,
    async stop() {
      await stack.stop();
      await database.close();
      await postgres?.stop();
      await folder.remove();
    },
  };
}
