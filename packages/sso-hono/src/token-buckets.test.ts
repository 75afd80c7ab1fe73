import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTokenBuckets } from './token-buckets.js';

function scene(options: { readonly burst?: number; readonly perSecond?: number; readonly maxKeys?: number } = {}) {
  const clock = { ms: 1_800_000_000_000 };
  const buckets = createTokenBuckets({ burst: 3, perSecond: 2, maxKeys: 100, now: () => clock.ms, ...options });
  const tryTake = (key: string): boolean => {
    if (buckets.waitMs(key) > 0) return false;
    buckets.take(key);
    return true;
  };
  return { clock, buckets, tryTake };
}

describe('S15 a bucket of tokens', () => {
  test('holds the burst, and says to the millisecond when the next one comes', () => {
    const { clock, buckets, tryTake } = scene();
    expect([tryTake('a'), tryTake('a'), tryTake('a'), tryTake('a')]).toEqual([true, true, true, false]);
    expect(buckets.waitMs('a')).toBe(500);
    clock.ms += 499;
    expect([buckets.waitMs('a'), tryTake('a')]).toEqual([1, false]);
    clock.ms += 1;
    expect([tryTake('a'), tryTake('a')]).toEqual([true, false]);
  });

  test('is never fuller than full, however long nobody comes or how much is given back', () => {
    const { clock, buckets, tryTake } = scene();
    tryTake('a');
    for (let count = 0; count < 50; count++) buckets.giveBack('a');
    clock.ms += 1_000_000;
    buckets.giveBack('a');
    buckets.giveBack('never seen');
    for (const key of ['a', 'never seen']) {
      expect([1, 2, 3, 4].map(() => tryTake(key))).toEqual([true, true, true, false]);
    }
  });

  test('holds nobody up when the clock goes back', () => {
    const { clock, buckets, tryTake } = scene();
    for (let count = 0; count < 3; count++) tryTake('a');
    clock.ms -= 300_000;
    expect(buckets.waitMs('a')).toBe(0);
    expect([1, 2, 3, 4].map(() => tryTake('a'))).toEqual([true, true, true, false]);
    clock.ms += 500;
    expect(tryTake('a')).toBe(true);
  });

  test('is one key’s alone', () => {
    const { tryTake } = scene({ burst: 1 });
    expect([tryTake('a'), tryTake('b'), tryTake('a'), tryTake('b')]).toEqual([true, true, false, false]);
  });

  test('R18 is forgotten with the key that was used longest ago', () => {
    const { tryTake } = scene({ burst: 1, maxKeys: 2 });
    for (const key of ['a', 'b', 'c']) tryTake(key);
    expect([tryTake('c'), tryTake('b'), tryTake('a')]).toEqual([false, false, true]);
  });

  test('gives no more than the burst and the rate together, whatever the times, and all of that', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(pauses, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), (ms, burst, perSecond) => {
        const { clock, tryTake } = scene({ burst, perSecond });
        const startedAt = clock.ms;
        let taken = 0;
        for (const pause of ms) {
          clock.ms += pause;
          while (tryTake('a')) taken += 1;
        }
        const last = ms.at(-1) ?? 0;
        const most = burst + ((clock.ms - startedAt) / 1000) * perSecond;
        expect(taken).toBeLessThanOrEqual(most + 1);
        expect(taken).toBeGreaterThanOrEqual(Math.min(burst, Math.floor((last / 1000) * perSecond) - 1));
      }),
    );
  });
});
