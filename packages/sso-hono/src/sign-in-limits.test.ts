import { describe, expect, test } from 'vitest';
import { createSignInLimiter, SIGN_IN_LIMITS, type SignInClient } from './sign-in-limits.js';

const HEADQUARTERS = '203.0.113.9';

function scene() {
  const clock = { ms: 1_000_000 };
  const limiter = createSignInLimiter(SIGN_IN_LIMITS, () => clock.ms);
  const client = (clientAddress: string, tenantId = 'acme'): SignInClient => ({ tenantId, clientAddress });
  /** How many of so many starts at once are let in. */
  const flood = (count: number, next: (index: number) => SignInClient, step: 'start' | 'callback' = 'start'): number =>
    Array.from({ length: count }, (_, index) => limiter.admit(step, next(index))).filter((refusal) => refusal === null)
      .length;
  /** Of agents who arrive evenly, stay at the provider for a while and sign in: how many are refused. */
  function startShift(
    agents: number,
    seconds: number,
    atProviderSeconds: number,
    next: (index: number) => SignInClient,
  ) {
    const underWay: { readonly at: number; readonly agent: SignInClient }[] = [];
    let refused = 0;
    const finish = (until: number): void => {
      while (underWay.length > 0 && (underWay[0]?.at ?? 0) <= until) {
        const { agent } = underWay.shift() ?? expect.fail();
        if (limiter.admit('callback', agent) === null) limiter.succeed(agent);
        else refused += 1;
      }
    };
    const startedAt = clock.ms;
    for (let index = 0; index < agents; index++) {
      clock.ms = startedAt + (index * seconds * 1000) / agents;
      finish(clock.ms);
      const agent = next(index);
      if (limiter.admit('start', agent) === null) underWay.push({ at: clock.ms + atProviderSeconds * 1000, agent });
      else refused += 1;
    }
    finish(Number.POSITIVE_INFINITY);
    return refused;
  }
  return { clock, limiter, client, flood, startShift };
}

describe('S15 a call centre', () => {
  test.each([
    [500, 60, 90],
    [5_000, 300, 40],
    [5_000, 120, 20],
    [20_000, 300, 40],
  ])(
    'of %d agents behind one address, within %d seconds and %d at the provider, is not held up',
    (agents, seconds, away) => {
      const { client, startShift } = scene();
      expect(startShift(agents, seconds, away, () => client(HEADQUARTERS))).toBe(0);
    },
  );

  test('whose agents work at home is not held up', () => {
    const { client, startShift } = scene();
    const home = (index: number) =>
      client(`2001:db8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::1`);
    expect(startShift(20_000, 300, 40, home)).toBe(0);
  });

  test('that signed in before is not held up by a flood from any number of networks', () => {
    const { clock, limiter, client, flood, startShift } = scene();
    limiter.succeed(client(HEADQUARTERS));
    flood(8_000, (index) => client(`198.51.${index % 250}.${index % 251}`));
    flood(8_000, (index) => client(`198.51.${index % 250}.${index % 251}`), 'callback');
    expect(limiter.admit('start', client('192.0.2.1'))?.limit).toBe('strangers');
    expect(limiter.admit('callback', client('192.0.2.1'))?.limit).toBe('strangers');
    expect(startShift(5_000, 300, 40, () => client(HEADQUARTERS))).toBe(0);
    clock.ms += 7 * 24 * 60 * 60 * 1000;
    flood(8_000, (index) => client(`198.51.${index % 250}.${index % 251}`));
    expect(limiter.admit('start', client(HEADQUARTERS))?.limit).toBe('strangers');
  });

  test('that shares its address with another tenant’s is not held up by that one’s flood', () => {
    const { client, flood, startShift } = scene();
    expect(flood(8_000, () => client(HEADQUARTERS, 'globex'))).toBe(2_000);
    expect(startShift(2_500, 300, 40, () => client(HEADQUARTERS))).toBe(0);
  });

  test('is as it was soon after an outage of its provider in which nobody signed in', () => {
    const { clock, limiter, client, startShift } = scene();
    limiter.succeed(client(HEADQUARTERS));
    for (let second = 0; second < 600; second++) {
      clock.ms += 1_000;
      for (let agent = 0; agent < 100; agent++) {
        if (limiter.admit('start', client(HEADQUARTERS)) === null) limiter.admit('callback', client(HEADQUARTERS));
      }
    }
    // Agents who are told to wait try again; the provider knows them, so each is there and back in two seconds.
    let waiting = 5_000;
    let seconds = 0;
    for (let under = 0; waiting > 0; seconds++) {
      clock.ms += 1_000;
      for (; under > 0; under--)
        if (limiter.admit('callback', client(HEADQUARTERS)) === null) limiter.succeed(client(HEADQUARTERS));
      while (waiting > 0 && limiter.admit('start', client(HEADQUARTERS)) === null) {
        waiting -= 1;
        under += 1;
      }
    }
    expect(seconds).toBeLessThan(60);
    clock.ms += 200_000;
    expect(startShift(5_000, 300, 40, () => client(HEADQUARTERS))).toBe(0);
  });
});

describe('S15, R18 a flood', () => {
  test('of ten thousand starts from one /64 is let in for a fifth, and told when to come again', () => {
    const { clock, limiter, client, flood } = scene();
    const next = (index: number) => client(`2001:db8:1:2:${index.toString(16)}::1`);
    expect(flood(10_000, next)).toBe(2_000);
    expect(limiter.admit('start', next(0))).toEqual({ limit: 'network', retryAfterSeconds: 1 });
    clock.ms += 60_000;
    expect(flood(10_000, next)).toBe(1_200);
    expect(limiter.admit('start', client('2001:db8:1:3::1'))).toBeNull();
  });

  test('of one network at many tenants is one flood', () => {
    const { client, flood } = scene();
    expect(flood(10_000, (index) => client(HEADQUARTERS, `tenant-${index % 100}`))).toBe(5_000);
  });

  test.each([
    ['start', 5_000, 600, 17_000],
    ['callback', 1_000, 600, 4_000],
  ] as const)(
    'of %ss at one tenant from a hundred thousand networks is let in for little',
    (step, at, seconds, most) => {
      const { clock, client, flood } = scene();
      const next = (index: number) => client(`198.${index % 40}.${index % 50}.${index % 50}`);
      expect(flood(10_000, next, step)).toBe(at);
      let all = at;
      for (let second = 0; second < seconds; second++) {
        clock.ms += 1_000;
        all += flood(50, next, step);
      }
      expect(all).toBe(most);
    },
  );

  test('does not hold another tenant up', () => {
    const { limiter, client, flood } = scene();
    flood(8_000, (index) => client(`198.51.${index % 250}.${index % 251}`));
    expect(limiter.admit('start', client('192.0.2.1', 'globex'))).toBeNull();
  });

  test('of starts leaves callbacks alone, and one of callbacks the starts', () => {
    const { limiter, client, flood } = scene();
    flood(3_000, () => client(HEADQUARTERS));
    expect(limiter.admit('callback', client(HEADQUARTERS))).toBeNull();
    flood(3_000, () => client('192.0.2.1', 'globex'), 'callback');
    expect(limiter.admit('start', client('192.0.2.1', 'globex'))).toBeNull();
  });

  test('of refusals writes a bounded number of lines a day for each tenant', () => {
    const { clock, limiter } = scene();
    let lines = 0;
    for (let minute = 0; minute < 24 * 60; minute++) {
      clock.ms += 60_000;
      for (let count = 0; count < 200; count++) lines += limiter.admitLogLine('acme') ? 1 : 0;
    }
    expect(lines).toBeLessThanOrEqual(2_000 + 0.2 * 24 * 60 * 60);
    expect(limiter.admitLogLine('globex')).toBe(true);
  });

  test('whose client nobody knows is one network', () => {
    const { limiter, flood } = scene();
    expect(flood(10_000, () => ({ tenantId: 'acme', clientAddress: null }))).toBe(2_000);
    expect(limiter.admit('start', { tenantId: 'acme', clientAddress: 'nonsense' })?.limit).toBe('network');
  });
});
