import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  megabytes,
  type OneProcess,
  percentile,
  signInAtRate,
  signInMany,
  startOneProcess,
  summary,
} from './one-process.js';

const MAX_ADDED_P95_MS = 50;
const MAX_GROWTH_BYTES = 5 * 1024 * 1024;
const ROUND = 10_000;

describe('R25 one process of the adapters', () => {
  let one: OneProcess;
  beforeAll(async () => {
    one = await startOneProcess();
    await signInMany(one, 1_000);
  });
  afterAll(() => one?.stop());

  test('adds little to a sign-in at fifty a second', { timeout: 120_000 }, async () => {
    const times = await signInAtRate(one, { perSecond: 50, seconds: 60 });
    console.log(`50 sign-ins a second, start and callback together, the token answer included: ${summary(times)}`);
    expect(percentile(times, 0.95)).toBeLessThan(MAX_ADDED_P95_MS);
  });

  test('does not grow with ten thousand sign-ins', { timeout: 900_000 }, async () => {
    // The first round fills what is meant to be filled: caches, compiled code, the heap's own reserve.
    await signInMany(one, ROUND);
    const before = await one.adapters.memory();
    await signInMany(one, ROUND);
    const after = await one.adapters.memory();
    const held = ({ heapUsed, arrayBuffers }: NodeJS.MemoryUsage): number => heapUsed + arrayBuffers;
    const growth = { resident: after.rss - before.rss, held: held(after) - held(before) };
    console.log(
      `${ROUND} sign-ins: resident memory from ${megabytes(before.rss)} to ${megabytes(after.rss)} MB, ` +
        `held from ${megabytes(held(before))} to ${megabytes(held(after))} MB`,
    );
    expect(growth.resident).toBeLessThan(MAX_GROWTH_BYTES);
    expect(growth.held).toBeLessThan(MAX_GROWTH_BYTES);
  });
});
