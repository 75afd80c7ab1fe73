import { expect, test } from 'vitest';
import { createCircuitBreaker } from './circuit-breaker.js';
import { BREAKER_FAILURES } from './limits.js';

function rig() {
  const clock = { nowMs: 1_800_000_000_000 };
  const breaker = createCircuitBreaker(() => clock.nowMs);
  const enter = () => {
    const permit = breaker.enter();
    if (permit === null) throw new Error('The breaker is open.');
    return permit;
  };
  const fail = (times: number): void => {
    for (let time = 0; time < times; time++) enter()(false);
  };
  return { clock, breaker, enter, fail };
}

test('R7 opens after ten failures in a row, and not before', () => {
  const { breaker, fail } = rig();
  fail(BREAKER_FAILURES - 1);
  expect(breaker.isOpen()).toBe(false);
  fail(1);
  expect(breaker.isOpen()).toBe(true);
  expect(breaker.enter()).toBeNull();
});

test('R7 counts failures from anew after a success', () => {
  const { breaker, enter, fail } = rig();
  for (let round = 0; round < 5; round++) {
    fail(BREAKER_FAILURES - 1);
    enter()(true);
  }
  expect(breaker.isOpen()).toBe(false);
});

test('R7 lets one probe through after a second, and closes when it succeeds', () => {
  const { clock, breaker, enter, fail } = rig();
  fail(BREAKER_FAILURES);
  clock.nowMs += 999;
  expect(breaker.enter()).toBeNull();
  clock.nowMs += 1;
  const probe = enter();
  expect(breaker.isOpen()).toBe(true);
  expect(breaker.enter()).toBeNull();
  probe(true);
  fail(BREAKER_FAILURES - 1);
  expect(breaker.isOpen()).toBe(false);
});

test('R7 stays open twice as long after each failed probe, up to half a minute', () => {
  const { clock, breaker, enter, fail } = rig();
  fail(BREAKER_FAILURES);
  for (const openMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    clock.nowMs += openMs - 1;
    expect(breaker.enter()).toBeNull();
    clock.nowMs += 1;
    enter()(false);
  }
  clock.nowMs += 30_000;
  enter()(true);
  fail(BREAKER_FAILURES);
  clock.nowMs += 1_000;
  expect(breaker.isOpen()).toBe(false);
});

test('R7 learns nothing from calls that began before it changed', () => {
  const { clock, breaker, enter, fail } = rig();
  const old = Array.from({ length: 20 }, () => enter());
  fail(BREAKER_FAILURES);
  old[0]?.(true);
  expect(breaker.isOpen()).toBe(true);
  clock.nowMs += 1_000;
  enter()(true);
  for (const permit of old.slice(1)) permit(false);
  expect(breaker.isOpen()).toBe(false);
});

test('R7 does not stay open for ever when the clock goes back', () => {
  const { clock, breaker, fail } = rig();
  fail(BREAKER_FAILURES);
  clock.nowMs -= 3_600_000;
  expect(breaker.isOpen()).toBe(false);
});
