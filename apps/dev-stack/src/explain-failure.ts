/**
 * @module
 * Why the stack did not start, in one sentence and with what to do.
 */
import type { StackEnvironment } from './environment.js';

export function explainFailure(error: unknown, environment: StackEnvironment): string {
  if (!(error instanceof Error)) return 'The stack could not be started.';
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const port = 'port' in error ? Number(error.port) : environment.port;
    const variable = port === environment.oktaPort ? 'OKTA_PORT' : 'PORT';
    const problem = code === 'EADDRINUSE' ? 'is used by another program' : 'may not be used by you';
    return `Port ${port} ${problem}. Stop that program, or choose another port: ${variable}=${port + 10} npm start`;
  }
  if (code === 'store-unavailable') {
    return environment.databaseUrl === null
      ? `The embedded database in ${environment.dataDirectory} could not be opened. "npm start -- --fresh" begins anew.`
      : 'The PostgreSQL server that DATABASE_URL names could not be used. Is it running, and does the database exist?';
  }
  return error.message;
}
