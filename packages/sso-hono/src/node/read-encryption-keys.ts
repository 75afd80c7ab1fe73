/**
 * @module
 * The key ring of an adapter: from the environment, or in development from a file that is made once.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdapterEnvironment } from './adapter-environment.js';

/** `SSO_ENCRYPTION_KEYS`, or in development the content of `encryption-keys` in the data folder, made when absent. */
export async function readEncryptionKeys(
  environment: Pick<AdapterEnvironment, 'encryptionKeys' | 'dataDirectory'>,
): Promise<string> {
  if (environment.encryptionKeys !== null) return environment.encryptionKeys;
  await mkdir(environment.dataDirectory, { recursive: true });
  const file = join(environment.dataDirectory, 'encryption-keys');
  // Whole or not at all, and never over one that is there: whatever is encrypted with it would be lost.
  const made = `${file}.${process.pid}`;
  await writeFile(made, `dev:${randomBytes(32).toString('base64url')}`, { mode: 0o600 });
  try {
    await link(made, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(made);
  }
  return (await readFile(file, 'utf8')).trim();
}
