/**
 * @module
 * A bounded number of calls at a time, and a bounded number that wait their turn.
 */
import { SsoError } from './errors.js';

export interface BulkheadOptions {
  readonly maxActive: number;
  readonly maxWaiting: number;
}

export interface Bulkhead {
  /**
   * Waits for a place, in order of arrival, for at most `timeoutMs`. The function it gives must be called once, to
   * leave.
   *
   * @throws {@link SsoError} `idp-timeout` when no place became free in time, `idp-unreachable` when too many wait.
   */
  enter(timeoutMs: number): Promise<() => void>;
}

export function createBulkhead({ maxActive, maxWaiting }: BulkheadOptions): Bulkhead {
  let active = 0;
  const waiting = new Set<() => void>();

  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      active -= 1;
    } else {
      waiting.delete(next);
      next();
    }
  };
  return {
    async enter(timeoutMs) {
      if (active < maxActive) {
        active += 1;
        return leave;
      }
      if (waiting.size >= maxWaiting)
        throw new SsoError('idp-unreachable', { details: { reason: 'too-many-waiting' } });
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(proceed);
          reject(new SsoError('idp-timeout', { details: { reason: 'too-many-active' } }));
        }, timeoutMs);
        const proceed = (): void => {
          clearTimeout(timer);
          resolve();
        };
        waiting.add(proceed);
      });
      return leave;
    },
  };
}
