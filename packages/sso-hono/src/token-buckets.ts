/**
 * @module
 * A limit of a rate for each of any number of keys, in bounded memory: the generic cell rate algorithm, which keeps one
 * time for a key and needs no timer. Per process, like every limit here.
 */
import QuickLRU from 'quick-lru';

/** A bucket of tokens that fills again by and by. It begins full. */
export interface RateLimit {
  /** Taken at once from a full bucket. */
  readonly burst: number;
  /** Given back in a second. */
  readonly perSecond: number;
}

export interface TokenBucketsOptions extends RateLimit {
  /** Keys that are remembered; the one that was used longest ago gives way, and begins anew with a full bucket. */
  readonly maxKeys: number;
  /** Milliseconds of any clock. */
  readonly now: () => number;
}

export interface TokenBuckets {
  /** Milliseconds until a token is there; 0 when one is. Takes nothing. */
  waitMs(key: string): number;
  /** Whether a token is there or not: whoever must not go on asks {@link waitMs} before. */
  take(key: string): void;
  /** Returns what was taken. A bucket never holds more than its burst. */
  giveBack(key: string): void;
}

/** What sums of fractions may be off by, in milliseconds since 1970. */
const ROUNDING_MS = 0.01;

export function createTokenBuckets({ burst, perSecond, maxKeys, now }: TokenBucketsOptions): TokenBuckets {
  const intervalMs = 1000 / perSecond;
  /** When the bucket of a key will be full again. */
  const fullAt = new QuickLRU<string, number>({ maxSize: maxKeys });
  /** More than an empty bucket misses is missing only when the clock went back: the key begins anew then. */
  const mostMs = (burst + 1) * intervalMs;
  const missingMs = (key: string): number => {
    const ms = Math.max(0, (fullAt.get(key) ?? 0) - now());
    return ms > mostMs ? 0 : ms;
  };
  return {
    waitMs: (key) => Math.max(0, Math.ceil(missingMs(key) - (burst - 1) * intervalMs - ROUNDING_MS)),
    take: (key) => fullAt.set(key, now() + missingMs(key) + intervalMs),
    giveBack(key) {
      const at = fullAt.get(key);
      if (at !== undefined) fullAt.set(key, at - intervalMs);
    },
  };
}
