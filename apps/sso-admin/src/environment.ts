/**
 * @module
 * The one file of this program that reads the environment.
 */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from './exit-codes.js';
import { Refusal } from './refusal.js';

export interface AdminEnvironment {
  readonly databaseUrl: string | null;
  /** Of the embedded database and, in development, of the keys. */
  readonly dataDirectory: string;
  /** `id:base64url32[,id:…]`, or null: then from the data folder. */
  readonly encryptionKeys: string | null;
  readonly isProduction: boolean;
  /** Port of the local stack; null in production. */
  readonly localPort: number | null;
  readonly operator: string;
}

/** Of this file, before and after it is built. */
const REPOSITORY = join(import.meta.dirname, '../../..');
const STACK_PORT = 3000;

const port = z.coerce.number('PORT must be a port number.').int('PORT must be a port number.').min(1).max(65_535);
const schema = z.object({
  SSO_ENV: z.enum(['development', 'production'], 'SSO_ENV must be "development" or "production".').optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'DATABASE_URL must begin with "postgres://" or "postgresql://".')
    .optional(),
  SSO_DATA_DIR: z.string().optional(),
  SSO_ENCRYPTION_KEYS: z.string().optional(),
  SSO_DEV_PUBLIC_PORT: port.optional(),
  PORT: port.optional(),
});

/** @throws {Refusal} `environment-invalid` with every problem; values are not told */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): AdminEnvironment {
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== '')));
  if (!parsed.success) {
    throw new Refusal({
      code: 'environment-invalid',
      message: `The environment is not usable. ${parsed.error.issues.map(({ message }) => message).join(' ')}`,
      advice: 'Correct the variables, or remove them.',
      exitCode: EXIT.environment,
    });
  }
  const env = parsed.data;
  const isProduction = env.SSO_ENV === 'production';
  return {
    databaseUrl: env.DATABASE_URL ?? null,
    dataDirectory: resolve(env.SSO_DATA_DIR ?? defaultDataDirectory()),
    encryptionKeys: env.SSO_ENCRYPTION_KEYS ?? null,
    isProduction,
    localPort: isProduction ? null : (env.SSO_DEV_PUBLIC_PORT ?? env.PORT ?? STACK_PORT),
    operator: operatorName(),
  };
}

/** Where `npm start` keeps everything, from whatever folder of the repository the command is called. */
function defaultDataDirectory(): string {
  return existsSync(join(REPOSITORY, 'apps/sso-admin/package.json')) ? join(REPOSITORY, '.data') : '.data';
}

function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without a name, as in some containers.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
