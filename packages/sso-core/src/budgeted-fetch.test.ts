import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { createBudgetedFetch, withBudget } from './budgeted-fetch.js';
import { SsoError } from './errors.js';
import { BREAKER_FAILURES, BUDGET_MAX_ACTIVE, BUDGET_MAX_WAITING } from './limits.js';
import type { CallBudget, SsoFetch, SsoFetchInit } from './ports.js';

const ACME = 'https://acme.okta.example/token';
const acme: CallBudget = { tenantId: 'acme', endpoint: 'token' };
const globex: CallBudget = { ...acme, tenantId: 'globex' };

function rig(answer: (url: string, init: SsoFetchInit) => Promise<Response> | Response = () => new Response('{}')) {
  const state = { nowMs: 1_800_000_000_000, answer, calls: [] as SsoFetchInit[], waits: [] as number[] };
  const fetch = createBudgetedFetch(
    async (url, init = {}) => {
      state.calls.push(init);
      return state.answer(url, init);
    },
    {
      now: () => state.nowMs,
      wait: async (delayMs) => {
        state.waits.push(delayMs);
        state.nowMs += delayMs;
      },
    },
  );
  const ask = (budget: CallBudget = acme, init: SsoFetchInit = {}, url = ACME) =>
    withBudget(fetch, budget)(url, { method: 'POST', ...init });
  return { state, fetch, ask };
}

const refuse = (): never => {
  throw new SsoError('idp-timeout');
};
const limited = (headers: Readonly<Record<string, string>> = {}) => new Response('', { status: 429, headers });

describe('R7 an endpoint that keeps failing', () => {
  async function failing() {
    const world = rig(refuse);
    for (let call = 0; call < BREAKER_FAILURES; call++) await caught(() => world.ask());
    world.state.calls.length = 0;
    return world;
  }

  test('is left alone, and callers are told at once that it is not reachable', async () => {
    const { state, ask } = await failing();
    const errors = await Promise.all(Array.from({ length: 1000 }, () => caught(() => ask())));
    for (const error of errors) {
      expect(error).toMatchObject({
        code: 'idp-unreachable',
        details: { reason: 'circuit-open', lastFailure: 'idp-timeout' },
      });
    }
    expect(state.calls).toEqual([]);
  });

  test.each<[string, CallBudget, string]>([
    ['another tenant', globex, ACME],
    ['another endpoint of the tenant', { ...acme, endpoint: 'keys' }, ACME],
    ['another provider of the tenant', acme, 'https://other.okta.example/token'],
  ])('does not stop %s', async (_name, budget, url) => {
    const { state, ask } = await failing();
    state.answer = () => new Response('{}');
    expect((await ask(budget, {}, url)).status).toBe(200);
  });

  test('is probed once, and asked by everybody when that succeeds', async () => {
    const { state, ask } = await failing();
    state.nowMs += 1_000;
    const probe = Promise.withResolvers<Response>();
    state.answer = () => probe.promise;
    const first = ask();
    expect(await caught(() => ask())).toMatchObject({ code: 'idp-unreachable' });
    probe.resolve(new Response('{}'));
    expect((await first).status).toBe(200);
    state.answer = () => new Response('{}');
    await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(state.calls).toHaveLength(11);
  });

  test.each([500, 502, 503])('by answering %s is one', async (status) => {
    const { state, ask } = rig(() => new Response('', { status }));
    for (let call = 0; call < BREAKER_FAILURES; call++) expect((await ask()).status).toBe(status);
    expect(await caught(() => ask())).toMatchObject({ details: { lastFailure: 'idp-error' } });
    expect(state.calls).toHaveLength(BREAKER_FAILURES);
  });

  test.each([200, 400, 401, 403, 404])('is not one that answers %s', async (status) => {
    const { state, ask } = rig(() => new Response('', { status }));
    for (let call = 0; call < 100; call++) await ask();
    expect(state.calls).toHaveLength(100);
  });
});

describe('R2 a rate limit', () => {
  test('is respected for as long as it was announced, by the tenant that it was announced to', async () => {
    const { state, ask } = rig(() => limited({ 'retry-after': '5' }));
    expect((await ask()).status).toBe(429);
    state.answer = () => new Response('{}');
    state.nowMs += 4_000;
    expect(await caught(() => ask())).toMatchObject({ code: 'idp-rate-limited', details: { retryAfterSeconds: 1 } });
    expect(state.calls).toHaveLength(1);
    expect((await ask(globex)).status).toBe(200);
    state.nowMs += 1_000;
    expect((await ask()).status).toBe(200);
  });

  test('never has a POST sent again', async () => {
    const { state, ask } = rig(() => limited({ 'retry-after': '1' }));
    await ask(acme, { method: 'POST' });
    expect([state.calls.length, state.waits]).toEqual([1, []]);
  });

  test('that is over in a second has a GET sent again, once', async () => {
    const { state, ask } = rig(() => limited({ 'retry-after': '1' }));
    expect((await ask(acme, { method: 'GET' })).status).toBe(429);
    expect([state.calls.length, state.waits.length]).toEqual([2, 1]);
    expect(state.waits[0]).toBeGreaterThanOrEqual(1_000);
    state.nowMs += 5_000;
    const answers = [limited({ 'retry-after': '1' }), new Response('{}')];
    state.answer = () => answers.shift() ?? new Response('{}');
    expect((await ask(acme, { method: 'GET' })).status).toBe(200);
  });

  test.each<[string, Readonly<Record<string, string>>, SsoFetchInit]>([
    ['is longer than anybody waits', { 'retry-after': '5' }, {}],
    ['ends after the deadline', { 'retry-after': '1' }, { timeoutMs: 900 }],
    ['was not announced', {}, {}],
  ])('that %s fails a GET', async (_name, headers, init) => {
    const { state, ask } = rig(() => limited(headers));
    expect((await ask(acme, { method: 'GET', ...init })).status).toBe(429);
    expect([state.calls.length, state.waits]).toEqual([1, []]);
  });

  test('does not count as a failure of the endpoint', async () => {
    const { state, ask } = rig(() => limited());
    for (let call = 0; call < 50; call++) {
      await ask();
      state.nowMs += 1_000;
    }
    expect(state.calls).toHaveLength(50);
  });

  test('does not last for ever when the clock goes back', async () => {
    const { state, ask } = rig(() => limited({ 'retry-after': '60' }));
    await ask();
    state.nowMs -= 3_600_000;
    state.answer = () => new Response('{}');
    expect((await ask()).status).toBe(200);
  });
});

describe('T13 a tenant whose provider hangs', () => {
  function hanging() {
    const open: ((response: Response) => void)[] = [];
    const world = rig((url) =>
      url === ACME ? new Promise<Response>((resolve) => open.push(resolve)) : new Response('{}'),
    );
    return { ...world, open };
  }

  test('has so many requests at a time, and the others in order of their arrival', async () => {
    const { state, ask, open } = hanging();
    const order: number[] = [];
    const asked = Array.from({ length: BUDGET_MAX_ACTIVE + 3 }, (_, index) => ask().then(() => order.push(index)));
    await Promise.resolve();
    expect(state.calls).toHaveLength(BUDGET_MAX_ACTIVE);
    for (let index = 0; index < asked.length; index++) {
      open[index]?.(new Response('{}'));
      await asked[index];
    }
    expect(order).toEqual(asked.map((_, index) => index));
  });

  test('takes no place of another tenant’s', async () => {
    const { ask } = hanging();
    for (let call = 0; call < BUDGET_MAX_ACTIVE * 2; call++) void ask();
    expect((await ask(globex, {}, 'https://globex.okta.example/token')).status).toBe(200);
  });

  test('has so many that wait, and the next is refused at once', async () => {
    const { ask } = hanging();
    for (let call = 0; call < BUDGET_MAX_ACTIVE + BUDGET_MAX_WAITING; call++) void ask();
    expect(await caught(() => ask())).toMatchObject({
      code: 'idp-unreachable',
      details: { reason: 'too-many-waiting' },
    });
  });

  test('F8 keeps nobody waiting past the deadline, and who left takes no place', async () => {
    const { state, ask, open } = hanging();
    for (let call = 0; call < BUDGET_MAX_ACTIVE; call++) void ask();
    expect(await caught(() => ask(acme, { timeoutMs: 20 }))).toMatchObject({ code: 'idp-timeout' });
    const next = ask();
    open[0]?.(new Response('{}'));
    await expect.poll(() => state.calls.length).toBe(BUDGET_MAX_ACTIVE + 1);
    open[BUDGET_MAX_ACTIVE]?.(new Response('{}'));
    expect((await next).status).toBe(200);
  });

  test('F8 gives a request that waited the rest of its time', async () => {
    const { state, ask, open } = hanging();
    for (let call = 0; call < BUDGET_MAX_ACTIVE; call++) void ask();
    void ask(acme, { timeoutMs: 10_000 });
    await Promise.resolve();
    state.nowMs += 4_000;
    open[0]?.(new Response('{}'));
    await expect.poll(() => state.calls.at(-1)?.timeoutMs).toBe(6_000);
  });
});

test('a request without a budget passes through as it is', async () => {
  const seen: unknown[] = [];
  const plain: SsoFetch = async (...given) => {
    seen.push(given);
    return new Response('', { status: 500 });
  };
  const fetch = createBudgetedFetch(plain);
  const init = { method: 'POST', body: 'x' };
  for (let call = 0; call < 100; call++) await fetch(ACME, init);
  expect(seen).toHaveLength(100);
  expect(seen[0]).toEqual([ACME, init]);
});
