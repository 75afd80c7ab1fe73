import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { megabytes, type OneProcess, signInMany, startOneProcess } from './one-process.js';

const TENANTS = 1_000;
const MAX_BYTES = 50 * 1024 * 1024;
const WARM_UP = 2_000;

describe('R25 a thousand tenants', () => {
  let one: OneProcess;
  beforeAll(async () => {
    one = await startOneProcess({
      furtherTenants: Array.from({ length: TENANTS }, (_, index) => `tenant-${index}`),
    });
  });
  afterAll(() => one?.stop());

  test('that nobody uses at the moment cost little memory', { timeout: 900_000 }, async () => {
    // Two of them only, so that what remains is the tenants' own.
    const { rig } = one;
    const few = { ...one, signIn: (turn: number) => one.signIn((turn % 2) + (turn % 3) * rig.allTenants.length) };
    await signInMany(few, WARM_UP);
    const before = await one.adapters.memory();
    await signInMany(one, rig.allTenants.length);
    const after = await one.adapters.memory();
    const each = (after.rss - before.rss) / TENANTS / 1024;
    console.log(
      `${TENANTS} tenants with their keys, metadata and a session: resident memory from ${megabytes(before.rss)} ` +
        `to ${megabytes(after.rss)} MB, heap from ${megabytes(before.heapUsed)} to ${megabytes(after.heapUsed)} MB, ` +
        `${Math.round(each)} KB each`,
    );
    // Resident memory alone may be what the process had in reserve.
    expect(after.heapUsed - before.heapUsed).toBeLessThan(MAX_BYTES);
    expect(after.rss - before.rss).toBeLessThan(MAX_BYTES);
  });
});
