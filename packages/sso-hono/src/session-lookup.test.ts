import type { SessionKey, SessionView } from '@ipscape/sso-core';
import { describe, expect, test, vi } from 'vitest';
import { createSessionLookup, type SessionLookup } from './session-lookup.js';

const KEY: SessionKey = { tenantId: 'acme', product: 'cti', handleHash: 'hash' };
const VIEW: SessionView = {
  id: 'session',
  tenant: { id: 'acme', domain: 'acme.example' },
  product: 'cti',
  user: { id: 'user', email: 'agent@acme.example', name: 'Agent', role: 'agent' },
  authTime: new Date(0),
  expiresAt: new Date(1),
  transactionId: 'transaction',
  life: {
    readAt: new Date(0),
    idleExpiresAt: new Date(1),
    absoluteExpiresAt: new Date(10),
    call: null,
    deferral: null,
  },
};

/** A store with one session, a clock that is moved by hand, and a record of what was asked. */
function scene() {
  const state = {
    now: 1_000_000,
    alive: true,
    calls: [] as string[],
    movedTo: null as Date | null,
    unrecorded: [] as unknown[],
  };
  /** What happens while the store answers. */
  const during = {
    find: async () => {},
    touch: async () => {},
    report: async () => {},
    end: async () => {},
    record: async () => {},
  };
  const store = {
    async findSession() {
      state.calls.push('find');
      const view = state.alive ? VIEW : null;
      await during.find();
      return view;
    },
    async touchSession() {
      state.calls.push('touch');
      await during.touch();
      return state.movedTo;
    },
    async reportCall() {
      state.calls.push('report');
      await during.report();
      return state.alive;
    },
    async signOutEverywhere() {
      state.calls.push('end everywhere');
      const ended = state.alive ? { issuer: 'https://acme.okta.com', idToken: null, returnsFromProvider: false } : null;
      state.alive = false;
      await during.end();
      return ended;
    },
    async recordForeignSession() {
      state.calls.push('record');
      await during.record();
      return true;
    },
    async endSession() {
      state.calls.push('end');
      const wasAlive = state.alive;
      state.alive = false;
      await during.end();
      return wasAlive;
    },
  };
  return {
    state,
    during,
    store,
    sessions: createSessionLookup(store, {
      now: () => state.now,
      onUnrecorded: (error) => state.unrecorded.push(error),
    }),
  };
}

test('asks the database once in four seconds', async () => {
  const { state, sessions } = scene();
  expect(await sessions.find(KEY)).toBe(VIEW);
  state.now += 3_999;
  expect(await sessions.find(KEY)).toBe(VIEW);
  expect(state.calls).toEqual(['find', 'touch']);
  state.now += 1;
  await sessions.find(KEY);
  expect(state.calls).toEqual(['find', 'touch', 'find']);
});

test('S8 a session that ended elsewhere is gone after four seconds, however long the database takes', async () => {
  const { state, during, sessions } = scene();
  // The answer is from before the three seconds that it and the touch took.
  during.find = async () => {
    state.now += 1_000;
  };
  during.touch = async () => {
    state.now += 2_000;
  };
  await sessions.find(KEY);
  state.alive = false;
  state.now += 999;
  expect(await sessions.find(KEY)).toBe(VIEW);
  state.now += 1;
  expect(await sessions.find(KEY)).toBeNull();
});

test('S8 a machine whose clock is set back does not keep alive what was revoked', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  try {
    const { state, store } = scene();
    // By its own clock, which is a second old: the first use moves the idle limit all the same.
    const sessions = createSessionLookup(store);
    await sessions.find(KEY);
    expect(state.calls).toEqual(['find', 'touch']);
    state.alive = false;
    vi.advanceTimersByTime(4_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(await sessions.find(KEY)).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});

test('moves the idle limit once a minute of use', async () => {
  const { state, sessions } = scene();
  for (let seconds = 0; seconds < 180; seconds += 5) {
    await sessions.find(KEY);
    state.now += 5_000;
  }
  expect(state.calls.filter((call) => call === 'touch')).toHaveLength(3);
});

test('a handle that names no session is not remembered and moves nothing', async () => {
  const { state, sessions } = scene();
  state.alive = false;
  expect(await sessions.find(KEY)).toBeNull();
  expect(await sessions.find(KEY)).toBeNull();
  expect(state.calls).toEqual(['find', 'record', 'find', 'record']);
});

test.each([
  ['tenant', { ...KEY, tenantId: 'globex' }],
  ['product', { ...KEY, product: 'toolbar' as const }],
  ['handle', { ...KEY, handleHash: 'hash2' }],
])('a session is remembered for its own %s only', async (_name, other) => {
  const { state, sessions } = scene();
  await sessions.find(KEY);
  state.alive = false;
  expect(await sessions.find(other)).toBeNull();
});

describe('R22 end', () => {
  test('is seen here at once, and says whether there was something to end', async () => {
    const { sessions } = scene();
    await sessions.find(KEY);
    expect(await sessions.end(KEY)).toBe(true);
    expect(await sessions.find(KEY)).toBeNull();
    expect(await sessions.end(KEY)).toBe(false);
  });

  test('wins against a question that was asked before it and is answered after it', async () => {
    const { during, sessions } = scene();
    const answer = Promise.withResolvers<void>();
    during.find = () => answer.promise;
    const asked = sessions.find(KEY);
    await sessions.end(KEY);
    during.find = async () => {};
    answer.resolve();
    await asked;
    expect(await sessions.find(KEY)).toBeNull();
  });

  test('wins against a question that is asked while it is under way', async () => {
    const { state, during, sessions } = scene();
    during.end = async () => {
      // The database still shows the session to others until the end is committed.
      state.alive = true;
      await sessions.find(KEY);
      state.alive = false;
    };
    await sessions.end(KEY);
    expect(await sessions.find(KEY)).toBeNull();
  });

  test('forgets the session even when the database does not answer', async () => {
    const { state, during, sessions } = scene();
    await sessions.find(KEY);
    during.end = () => Promise.reject(new Error('down'));
    await expect(sessions.end(KEY)).rejects.toThrow('down');
    await sessions.find(KEY);
    expect(state.calls.filter((call) => call === 'find')).toHaveLength(2);
  });
});

test('a failure is not remembered', async () => {
  const { during, sessions } = scene();
  during.find = () => Promise.reject(new Error('down'));
  await expect(sessions.find(KEY)).rejects.toThrow('down');
  during.find = async () => {};
  expect(await sessions.find(KEY)).toBe(VIEW);
});

test('S5 a session in use after long idleness says when it ends now, not when it would have ended', async () => {
  const { state, sessions } = scene();
  state.movedTo = new Date(9);
  const view = await sessions.find(KEY);
  expect(view).toMatchObject({ expiresAt: new Date(9), life: { idleExpiresAt: new Date(9) } });
  expect(await sessions.find(KEY)).toBe(view);
});

test('S5 whoever only watches the clock does not move it', async () => {
  const { state, sessions } = scene();
  for (let minute = 0; minute < 5; minute++) {
    await sessions.find(KEY, { isPassive: true });
    state.now += 60_000;
  }
  expect(state.calls).toEqual(['find', 'find', 'find', 'find', 'find']);
  state.calls.length = 0;
  await sessions.find(KEY, { isPassive: true });
  // Known from the passive question a moment ago, and touched all the same.
  await sessions.find(KEY);
  await sessions.find(KEY);
  expect(state.calls).toEqual(['find', 'find', 'touch']);
});

test('what was known before a call was reported is not known after it', async () => {
  const { state, sessions } = scene();
  await sessions.find(KEY);
  state.calls.length = 0;
  await sessions.reportCall(KEY, 'started');
  expect(state.calls).toEqual(['report', 'find']);
  expect(await sessions.find(KEY, { isPassive: true })).toBe(VIEW);
  expect(state.calls).toEqual(['report', 'find']);
});

test('an answer that was asked for before a report is not remembered after it', async () => {
  const { state, during, sessions } = scene();
  const asked = Promise.withResolvers<void>();
  during.find = () => asked.promise;
  const slow = sessions.find(KEY, { isPassive: true });
  during.find = async () => {};
  state.alive = false;
  expect(await sessions.reportCall(KEY, 'ended')).toBeNull();
  asked.resolve();
  await slow;
  expect(await sessions.find(KEY)).toBeNull();
});

describe('T7 a handle that is not found', () => {
  const ASKED: readonly [string, (sessions: SessionLookup) => Promise<unknown>, unknown][] = [
    ['for a session', (sessions) => sessions.find(KEY), null],
    ['by somebody who only watches', (sessions) => sessions.find(KEY, { isPassive: true }), null],
    ['to report a call', (sessions) => sessions.reportCall(KEY, 'started'), null],
    ['to sign out', (sessions) => sessions.end(KEY), false],
    ['to sign out everywhere', (sessions) => sessions.endEverywhere(KEY), null],
  ];

  test.each(ASKED)('%s is looked for in the other tenants once, after its own', async (_what, ask, answer) => {
    const { state, sessions } = scene();
    state.alive = false;
    expect(await ask(sessions)).toBe(answer);
    expect([state.calls.length, state.calls[1]]).toEqual([2, 'record']);
    expect(state.unrecorded).toEqual([]);
  });

  test.each(ASKED)('%s and cannot be looked for gets the same answer', async (_what, ask, answer) => {
    const { state, during, sessions } = scene();
    state.alive = false;
    const down = new Error('down');
    during.record = () => Promise.reject(down);
    expect(await ask(sessions)).toBe(answer);
    expect(state.unrecorded).toEqual([down]);
  });

  test.each(ASKED)('is not looked for elsewhere when it is found, asked %s', async (_what, ask) => {
    const { state, sessions } = scene();
    await ask(sessions);
    expect(state.calls).not.toContain('record');
  });
});
