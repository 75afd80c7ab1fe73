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
