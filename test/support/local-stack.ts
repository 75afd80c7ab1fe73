/**
 * @module
 * The local stack of `npm start` in the test's own process, on free ports and a database of its own.
 */
import { type Stack, startStack } from '../../apps/dev-stack/src/stack.js';
import { startThrowawayPostgres } from '../../packages/sso-store/test/throwaway-postgres.js';
import { temporaryFolder } from './temporary-folder.js';

export interface TestStack extends Stack {
  /** URL of its PostgreSQL database, or null when it runs on the embedded one. */
  readonly databaseUrl: string | null;
}

/** On PostgreSQL where its programs are installed, otherwise on the embedded database. */
export async function startTestStack(options: { readonly sessionSeconds?: number } = {}): Promise<TestStack> {
  const folder = await temporaryFolder();
  const postgres = await startThrowawayPostgres();
  const databaseUrl = postgres === null ? null : await postgres.createDatabase();
  const stack = await startStack({
    port: 0,
    oktaPort: 0,
    dataDirectory: folder.path,
    databaseUrl,
    logLevel: 'silent',
    sessionSeconds: options.sessionSeconds ?? null,
    fresh: false,
  });
  return {
    ...stack,
    databaseUrl,
    async stop() {
      await stack.stop();
      await postgres?.stop();
      await folder.remove();
    },
  };
}
