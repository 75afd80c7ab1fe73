import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SsoError } from '@ipscape/sso-core';
import { openSsoStore, type SsoStore } from '@ipscape/sso-store';
import type { AdminEnvironment } from './environment.js';
import { EXIT } from './exit-codes.js';
import { readKeys } from './read-keys.js';
import { Refusal } from './refusal.js';

/**
 * The database that the environment names. Makes none.
 *
 * @throws {Refusal} with exit code 3 when there is none or another process has it, 4 when the keys do not fit
 * @throws {SsoError} `store-unavailable`
 */
export async function openStore(environment: AdminEnvironment): Promise<SsoStore> {
  const { databaseUrl, dataDirectory } = environment;
  if (databaseUrl === null && !existsSync(join(dataDirectory, 'database'))) {
    throw new Refusal({
      code: 'database-missing',
      message: `There is no database in ${dataDirectory}, and DATABASE_URL is not set.`,
      advice: 'Set DATABASE_URL to the PostgreSQL server of the adapters, or run "npm start" once for a local one.',
      exitCode: EXIT.databaseUnavailable,
    });
  }
  const encryptionKeys = await readKeys(environment);
  try {
    return await openSsoStore(
      databaseUrl === null ? { dataDirectory, encryptionKeys } : { databaseUrl, encryptionKeys, maxConnections: 2 },
    );
  } catch (error) {
    if (SsoError.is(error) || !(error instanceof Error)) throw error;
    const isLocked = error.message.includes('in use by');
    throw new Refusal({
      code: isLocked ? 'database-locked' : 'keys-do-not-fit',
      message: error.message,
      advice: isLocked
        ? 'If it is another command, try again when that has ended; a local stack takes commands once it says "Ready".'
        : 'Set SSO_ENCRYPTION_KEYS to the same keys as the adapters have.',
      exitCode: isLocked ? EXIT.databaseUnavailable : EXIT.environment,
    });
  }
}
