/**
 * @module
 * The one file of this app that reads the environment.
 */
import { type AdapterEnvironment, EnvironmentError, readAdapterEnvironment } from '@ipscape/sso-hono/node';

/** Ends the process with every problem listed when the environment is not usable. */
export function readEnvironment(): AdapterEnvironment {
  try {
    return readAdapterEnvironment(process.env, { port: 3001 });
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
