/**
 * @module
 * The environment of an adapter, validated at start: every problem at once, each with the variable's name and what it
 * should be.
 */
import { isIP } from 'node:net';
import * as z from 'zod';
import { createRequestFacts } from '../request-facts.js';
import { readTracingEnvironment, type TraceSampling } from './tracing-environment.js';

/** The variables of the README's table, checked, with their defaults filled in. */
export interface AdapterEnvironment {
  /** `development` speaks http and allows host names that end in `.localhost`. */
  readonly mode: 'development' | 'production';
  /** Address to listen on; in development a loopback address. */
  readonly host: string;
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  /** A PostgreSQL server's URL, or the folder of the embedded database. */
  readonly database: { readonly databaseUrl: string } | { readonly dataDirectory: string };
  /** Where an embedded database and development's keys live. */
  readonly dataDirectory: string;
  /** `id:base64url32[,id:…]`, or null in development: then they are made and kept in the data folder. */
  readonly encryptionKeys: string | null;
  /** CIDR blocks or addresses whose forwarded headers count; each is well-formed. Empty: nobody's do. */
  readonly trustedProxies: readonly string[];
  /** The port that browsers use, or null for https on 443. */
  readonly publicPort: number | null;
  /** One of pino's levels, or `silent`. */
  readonly logLevel: string;
  /** Null: requests are not traced. */
  readonly tracing: TraceSampling | null;
}

/** What differs between the products. */
export interface EnvironmentDefaults {
  /** Port of the product's adapter when `PORT` is not set. */
  readonly port: number;
}

/** Lists everything that is wrong; the message is for whoever starts the process. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  /** One sentence each, with the variable's name and what it should be. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The environment is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

const port = (name: string) =>
  z.coerce
    .number(`${name} must be a port number from 0 to 65535.`)
    .int(`${name} must be a port number from 0 to 65535.`)
    .min(0, `${name} must be a port number from 0 to 65535.`)
    .max(65_535, `${name} must be a port number from 0 to 65535.`);

const schema = z.object({
  SSO_ENV: z
    .enum(['development', 'production'], 'SSO_ENV must be "development" or "production".')
    .default('production'),
  HOST: z.string().min(1).optional(),
  PORT: port('PORT').optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'DATABASE_URL must begin with "postgres://" or "postgresql://".')
    .optional(),
  SSO_DATA_DIR: z.string().min(1).default('.data'),
  SSO_EMBEDDED_DATABASE: z.literal('allow', 'SSO_EMBEDDED_DATABASE must be "allow" or not set.').optional(),
  SSO_ENCRYPTION_KEYS: z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9_-]{43}(?:,[A-Za-z0-9_-]{1,32}:[A-Za-z0-9_-]{43})*$/,
      'SSO_ENCRYPTION_KEYS must be "id:key" pairs separated by commas, each key 32 bytes in base64url (43 characters).',
    )
    .optional(),
  SSO_TRUSTED_PROXIES: z.string().default(''),
  SSO_DEV_PUBLIC_PORT: port('SSO_DEV_PUBLIC_PORT').optional(),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.',
    )
    .default('info'),
  NODE_TLS_REJECT_UNAUTHORIZED: z.string().optional(),
});

/**
 * @param variables - the process's environment; an empty text counts as not set.
 * @throws {@link EnvironmentError} with every problem.
 */
export function readAdapterEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  defaults: EnvironmentDefaults,
): AdapterEnvironment {
  const given: Readonly<Record<string, string | undefined>> = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  const isDevelopment = given.SSO_ENV === 'development';
  const host = given.HOST ?? (isDevelopment ? '127.0.0.1' : '0.0.0.0');
  const trustedProxies = (given.SSO_TRUSTED_PROXIES ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

  const { tracing, problems: tracingProblems } = readTracingEnvironment(given);
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ message }) => message),
    ...trustedProxies.flatMap(proxyProblems),
    ...tracingProblems,
    ...(isDevelopment ? developmentProblems(host) : productionProblems(given)),
  ];
  if (!parsed.success || problems.length > 0) throw new EnvironmentError([...new Set(problems)]);
  const env = parsed.data;

  const listenPort = env.PORT ?? defaults.port;
  return {
    mode: env.SSO_ENV,
    host,
    port: listenPort,
    database: env.DATABASE_URL === undefined ? { dataDirectory: env.SSO_DATA_DIR } : { databaseUrl: env.DATABASE_URL },
    dataDirectory: env.SSO_DATA_DIR,
    encryptionKeys: env.SSO_ENCRYPTION_KEYS ?? null,
    trustedProxies,
    publicPort: isDevelopment ? (env.SSO_DEV_PUBLIC_PORT ?? listenPort) : null,
    logLevel: env.LOG_LEVEL,
    tracing,
  };
}

function proxyProblems(entry: string): readonly string[] {
  try {
    createRequestFacts([entry]);
    return [];
  } catch {
    return [`SSO_TRUSTED_PROXIES must be addresses or CIDR blocks separated by commas: "${entry}" is neither.`];
  }
}

/** Development trusts plain http, so only this machine may reach it. */
function developmentProblems(host: string): readonly string[] {
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  return isLoopback ? [] : ['HOST must be a loopback address such as 127.0.0.1 when SSO_ENV is "development".'];
}

function productionProblems(given: Readonly<Record<string, string | undefined>>): readonly string[] {
  const problems: string[] = [];
  if (given.DATABASE_URL === undefined && given.SSO_EMBEDDED_DATABASE === undefined) {
    problems.push(
      'DATABASE_URL must be set in production (or SSO_EMBEDDED_DATABASE=allow for a single process with its own database).',
    );
  }
  if (given.SSO_ENCRYPTION_KEYS === undefined) {
    problems.push('SSO_ENCRYPTION_KEYS must be set in production: "id:key", the key 32 random bytes in base64url.');
  }
  if (given.SSO_TRUSTED_PROXIES === undefined) {
    problems.push(
      'SSO_TRUSTED_PROXIES must be set in production: without the word of the proxy in front nobody knows who asks, and whether by https.',
    );
  }
  for (const name of Object.keys(given).filter((key) => key.startsWith('SSO_DEV_'))) {
    problems.push(`${name} is for development and must not be set in production.`);
  }
  if (given.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    problems.push('NODE_TLS_REJECT_UNAUTHORIZED must not be 0: certificates are always verified.');
  }
  return problems;
}
