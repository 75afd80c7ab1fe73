/**
 * @module
 * The one file of the local stack that reads the environment and the command line.
 */
import { resolve } from 'node:path';
import { z } from 'zod';

export interface StackEnvironment {
  /** Port of all tenants' products; 0 for any free one. */
  readonly port: number;
  /** Port of the local Okta orgs; 0 for any free one. */
  readonly oktaPort: number;
  readonly dataDirectory: string;
  /** A PostgreSQL server instead of the embedded database. */
  readonly databaseUrl: string | null;
  readonly logLevel: string;
  /** Length of the sessions of CTI Adaptor and Toolbar in place of a shift's, or null. */
  readonly sessionSeconds?: number | null;
  readonly fresh: boolean;
}

const HELP = `Starts everything on one machine: database, local Okta orgs, Workspace, CTI Adaptor and Agent Toolbar.

  npm start                 start, keeping what there is
  npm start -- --fresh      begin anew: deletes the local database, keys and Okta orgs

  PORT            port of the products (default 3000)
  OKTA_PORT       port of the local Okta orgs (default 4000)
  SSO_DATA_DIR    folder of everything that is kept (default .data)
  DATABASE_URL    a PostgreSQL server instead of the embedded database
  LOG_LEVEL       debug, info, warn (default), error or silent
  SSO_DEV_SESSION_SECONDS
                  how long a session of CTI Adaptor or Toolbar lasts (default a shift):
                  120 shows the warning, the renewal and an end that waits for a call`;

const port = (name: string, fallback: number) =>
  z.coerce
    .number(`${name} must be a port number.`)
    .int(`${name} must be a port number.`)
    .min(0, `${name} must be a port number.`)
    .max(65_535, `${name} must be a port number.`)
    .default(fallback);

const schema = z.object({
  PORT: port('PORT', 3000),
  OKTA_PORT: port('OKTA_PORT', 4000),
  SSO_DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'DATABASE_URL must begin with "postgres://" or "postgresql://".')
    .optional(),
  SSO_DEV_SESSION_SECONDS: z.coerce
    .number('SSO_DEV_SESSION_SECONDS must be a number of seconds, at least 5.')
    .int('SSO_DEV_SESSION_SECONDS must be a number of seconds, at least 5.')
    .min(5, 'SSO_DEV_SESSION_SECONDS must be a number of seconds, at least 5.')
    .max(46_800, 'SSO_DEV_SESSION_SECONDS must not be longer than a shift, which is 46800.')
    .optional(),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'LOG_LEVEL must be debug, info, warn, error or silent.')
    .default('warn'),
});

/** Ends the process after printing help, or every problem with the environment. */
export function readEnvironment(): StackEnvironment {
  const options = process.argv.slice(2);
  if (options.includes('--help') || options.includes('-h')) {
    console.log(HELP);
    process.exit(0);
  }
  const unknown = options.filter((option) => option !== '--fresh');
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const problems = [
    ...unknown.map((option) => `"${option}" is not an option.`),
    ...(parsed.success ? [] : parsed.error.issues.map(({ message }) => message)),
    ...(options.includes('--fresh') && given.DATABASE_URL !== undefined
      ? [
          '--fresh empties the embedded database only. Empty the server that DATABASE_URL names yourself, then start without it.',
        ]
      : []),
  ];
  if (!parsed.success || problems.length > 0) {
    console.error(`${problems.join('\n')}\n\n${HELP}`);
    process.exit(1);
  }
  const env = parsed.data;
  return {
    port: env.PORT,
    oktaPort: env.OKTA_PORT,
    dataDirectory: resolve(env.SSO_DATA_DIR),
    databaseUrl: env.DATABASE_URL ?? null,
    logLevel: env.LOG_LEVEL,
    sessionSeconds: env.SSO_DEV_SESSION_SECONDS ?? null,
    fresh: options.includes('--fresh'),
  };
}
