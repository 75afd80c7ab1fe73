/**
 * @module
 * Stops asking an endpoint that keeps failing, and finds out when it works again. A state machine: no I/O, no timers.
 */
import { BREAKER_FAILURES, BREAKER_OPEN_MAX_MS, BREAKER_OPEN_MIN_MS } from './limits.js';

/** To be called once with how the call ended. */
export type CallPermit = (isSuccess: boolean) => void;

export interface CircuitBreaker {
  /** Whether {@link CircuitBreaker.enter} would refuse now. */
  isOpen(): boolean;
  /** Leave to call the endpoint, or null while it is left alone. */
  enter(): CallPermit | null;
}

/**
 * A breaker that opens after {@link BREAKER_FAILURES} failures without a success in between. While it is open nobody
 * calls; after a second one call goes through as a probe. Its success closes the breaker, its failure opens it again
 * for twice as long, up to half a minute.
 *
 * @param now - milliseconds of any clock. If it goes back, the breaker is open no longer than it would have been.
 */
export function createCircuitBreaker(now: () => number): CircuitBreaker {
  let failures = 0;
  let openMs = 0;
  let openedAt = 0;
  let isProbing = false;
  /** Calls that began before the breaker changed say nothing about what it is now. */
  let generation = 0;

  const open = (): void => {
    generation += 1;
    openMs = openMs === 0 ? BREAKER_OPEN_MIN_MS : Math.min(openMs * 2, BREAKER_OPEN_MAX_MS);
    openedAt = now();
  };
  const close = (): void => {
    generation += 1;
    openMs = 0;
    failures = 0;
  };
  const isOpen = (): boolean => {
    const elapsedMs = now() - openedAt;
    return openMs > 0 && (isProbing || (elapsedMs >= 0 && elapsedMs < openMs));
  };
  return {
    isOpen,
    enter() {
      if (isOpen()) return null;
      if (openMs > 0) {
        isProbing = true;
        return (isSuccess) => {
          isProbing = false;
          if (isSuccess) close();
          else open();
        };
      }
      const begunIn = generation;
      return (isSuccess) => {
        if (begunIn !== generation) return;
        failures = isSuccess ? 0 : failures + 1;
        if (failures >= BREAKER_FAILURES) open();
      };
    },
  };
}
