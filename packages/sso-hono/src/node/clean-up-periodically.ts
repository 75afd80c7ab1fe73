/**
 * @module
 * Deletes what is past its time for as long as a process runs.
 */
import type { HealthStore } from '@ipscape/sso-core';
import type { Logger } from 'pino';

/** What is cleaned up, and how gently. Every instance may do it at the same time. */
export interface CleanUpOptions {
  readonly store: Pick<HealthStore, 'deleteExpired'>;
  /** Told of a round that failed. */
  readonly logger: Pick<Logger, 'warn'>;
  /** Default 60,000. */
  readonly intervalMs?: number;
  /** Rows of each kind at a time. Default 1,000. */
  readonly rows?: number;
  /** Between two batches of one round. Default 100. */
  readonly pauseMs?: number;
}

/** A clean-up that runs until it is stopped. */
export interface CleanUp {
  /** Begins no further round, and waits for the one under way, so that the database may be closed. */
  stop(): Promise<void>;
}

/**
 * A round deletes batch after batch until nothing is left, so that no flood outruns it. One that fails is logged and the
 * next one tries again; rounds never overlap, and keep no process alive.
 */
export function cleanUpPeriodically(options: CleanUpOptions): CleanUp {
  const { store, logger, intervalMs = 60_000, rows = 1_000, pauseMs = 100 } = options;
  let round: Promise<void> | null = null;
  let isStopping = false;
  async function deleteAll(): Promise<void> {
    while (!isStopping && (await store.deleteExpired(rows)) >= rows) {
      // Sign-ins come first: the database is theirs between two batches.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  const timer = setInterval(() => {
    round ??= deleteAll()
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
      isStopping = true;
      clearInterval(timer);
      await round;
    },
  };
}
