/**
 * @module
 * Deletes what is past its time for as long as a process runs.
 */
import type { HealthStore } from '@ipscape/sso-core';
import type { Logger } from 'pino';

export interface CleanUpOptions {
  readonly store: Pick<HealthStore, 'deleteExpired'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Default 60,000. */
  readonly intervalMs?: number;
  /** Rows of each kind at a time. Default 1,000. */
  readonly rows?: number;
}

export interface CleanUp {
  /** Begins no further round, and waits for the one under way, so that the database may be closed. */
  stop(): Promise<void>;
}

/** A round that fails is logged and the next one tries again; rounds never overlap, and keep no process alive. */
export function cleanUpPeriodically({ store, logger, intervalMs = 60_000, rows = 1_000 }: CleanUpOptions): CleanUp {
  let round: Promise<void> | null = null;
  const timer = setInterval(() => {
    round ??= store
      .deleteExpired(rows)
      .then(
        () => {},
        () => logger.warn('expired rows could not be deleted'),
      )
      .finally(() => {
        round = null;
      });
  }, intervalMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}
