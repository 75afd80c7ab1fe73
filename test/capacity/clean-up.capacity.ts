import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OneProcess, percentile, signInAtRate, signInMany, startOneProcess, summary } from './one-process.js';

/** Of each of the two tables that grow with every sign-in. */
const ROWS = 500_000;
const LOAD = { perSecond: 20, seconds: 60 };
/** “Unchanged” within what two runs of the same differ by. */
const TOLERANCE = { factor: 1.5, ms: 10 };

describe('R17 a million expired rows', () => {
  let one: OneProcess;
  beforeAll(async () => {
    one = await startOneProcess({}, { cleanUpEveryMs: 200 });
    await signInMany(one, 1_000);
  });
  afterAll(() => one?.stop());

  const query = <Row>(sql: string): Promise<readonly Row[]> => one.rig.database.query<Row>(sql);

  async function expired(): Promise<number> {
    const [row] = await query<{ count: number }>(`
      select ((select count(*) from transactions where expires_at <= now())
        + (select count(*) from sessions where absolute_expires_at <= now()))::integer as count`);
    return row?.count ?? 0;
  }

  test('are deleted while people sign in, who do not notice', { timeout: 900_000 }, async () => {
    const undisturbed = await signInAtRate(one, LOAD);
    // Copies of a row that is there, each with an id and a hash of its own.
    for (const [table, times] of [
      ['transactions', "'state_hash', 'old-' || n, 'expires_at', now() - interval '1 hour'"],
      [
        'sessions',
        `'handle_hash', 'old-' || n, 'idle_expires_at', now() - interval '2 hours',
          'absolute_expires_at', now() - interval '1 hour'`,
      ],
    ]) {
      await query(`
        insert into ${table}
        select copy.* from (select t from ${table} t limit 1) one, generate_series(1, ${ROWS}) n
        cross join lateral jsonb_populate_record(one.t, jsonb_build_object('id', 'old-' || n, ${times})) copy`);
    }
    const before = await expired();
    const meanwhile: number[] = [];
    const beganAt = performance.now();
    let lasted = 0;
    // For as long as there is something to delete, and no longer: what comes after it is undisturbed again.
    for (let left = before; left > 0; left = await expired()) {
      meanwhile.push(...(await signInAtRate(one, { ...LOAD, seconds: 5 })));
      lasted = (performance.now() - beganAt) / 1000;
    }
    console.log(
      `${LOAD.perSecond} sign-ins a second alone: ${summary(undisturbed)}\n` +
        `while ${before} rows were deleted in ${Math.round(lasted)} s: ${summary(meanwhile)}`,
    );
    // Else nothing was measured.
    expect(before).toBeGreaterThan(1.5 * ROWS);
    expect(meanwhile.length).toBeGreaterThan(10 * LOAD.perSecond);
    const [alone, busy] = [percentile(undisturbed, 0.95), percentile(meanwhile, 0.95)];
    expect(busy).toBeLessThan(alone * TOLERANCE.factor + TOLERANCE.ms);
  });
});
