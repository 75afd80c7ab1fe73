import { expect, test, vi } from 'vitest';
import { cleanUpPeriodically } from './clean-up-periodically.js';

test('begins no round before the last one has ended, survives a failure, and waits for the last when it stops', async () => {
  const rounds: PromiseWithResolvers<number>[] = [];
  const limits: number[] = [];
  const warnings: unknown[] = [];
  vi.useFakeTimers();
  const cleanUp = cleanUpPeriodically({
    store: {
      deleteExpired(limit) {
        const round = Promise.withResolvers<number>();
        rounds.push(round);
        limits.push(limit);
        return round.promise;
      },
    },
    logger: { warn: (...line: unknown[]) => void warnings.push(line) },
  });
  await vi.advanceTimersByTimeAsync(59_999);
  expect(rounds).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(180_001);
  expect(limits).toEqual([1_000]);
  rounds[0]?.reject(new Error('secret of the database'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(warnings).toEqual([['expired rows could not be deleted']]);
  expect(rounds).toHaveLength(2);
  let isStopped = false;
  const stopped = cleanUp.stop().then(() => {
    isStopped = true;
  });
  await vi.advanceTimersByTimeAsync(120_000);
  expect([rounds.length, isStopped]).toEqual([2, false]);
  rounds[1]?.resolve(0);
  await stopped;
  vi.useRealTimers();
});

test('R17, R18 goes on batch after batch until nothing is left, and begins none when it stops', async () => {
  vi.useFakeTimers();
  let left = 4_500;
  const batches: number[] = [];
  const cleanUp = cleanUpPeriodically({
    store: {
      async deleteExpired(limit) {
        const deleted = Math.min(limit, left);
        left -= deleted;
        batches.push(deleted);
        return deleted;
      },
    },
    logger: { warn: () => {} },
  });
  await vi.advanceTimersByTimeAsync(61_000);
  expect(batches).toEqual([1_000, 1_000, 1_000, 1_000, 500]);
  left = 1_000_000;
  await vi.advanceTimersByTimeAsync(59_050);
  const done = batches.length;
  const stopped = cleanUp.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  await stopped;
  expect([done, batches.length]).toEqual([6, 6]);
  vi.useRealTimers();
});
