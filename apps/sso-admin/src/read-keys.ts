import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEncryptionKeyRing, type EncryptionKeyRing } from '@ipscape/sso-store';
import type { AdminEnvironment } from './environment.js';
import { EXIT } from './exit-codes.js';
import { Refusal } from './refusal.js';

/** The adapters' keys: `SSO_ENCRYPTION_KEYS`, or outside production those that the local stack keeps. */
export async function readKeys({
  encryptionKeys,
  dataDirectory,
  isProduction,
}: AdminEnvironment): Promise<EncryptionKeyRing> {
  const text = encryptionKeys ?? (isProduction ? null : await readKeptKeys(dataDirectory));
  if (text === null) {
    throw new Refusal({
      code: 'keys-missing',
      message: 'SSO_ENCRYPTION_KEYS is not set.',
      advice: 'Set it to the same keys as the adapters have.',
      exitCode: EXIT.environment,
    });
  }
  try {
    return createEncryptionKeyRing(text);
  } catch (error) {
    throw new Refusal({
      code: 'keys-invalid',
      message: error instanceof Error ? error.message : 'The encryption keys cannot be read.',
      advice: 'Set SSO_ENCRYPTION_KEYS to the same keys as the adapters have.',
      exitCode: EXIT.environment,
    });
  }
}

async function readKeptKeys(dataDirectory: string): Promise<string | null> {
  try {
    return (await readFile(join(dataDirectory, 'encryption-keys'), 'utf8')).trim();
  } catch {
    return null;
  }
}
