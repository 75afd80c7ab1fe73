/**
 * @module
 * What becomes of a fault that nobody caught: the process ends, as it would by itself, but without printing what the
 * error says.
 */
import type { Logger } from 'pino';

/**
 * Logs a fault that nobody caught, and a rejection that nobody waits for, by class, code and frames, and ends the process
 * with code 1. Node itself would print message and members, which may quote what was sent.
 */
export function endOnFault(logger: Logger): void {
  process.on('uncaughtException', (fault: unknown) => {
    try {
      // Whatever can be thrown can arrive here: a text would be logged as it is.
      logger.fatal({ err: fault instanceof Error ? fault : new Error('No error.') }, 'unexpected fault');
    } finally {
      process.exit(1);
    }
  });
}
