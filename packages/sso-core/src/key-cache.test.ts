import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { json } from '../test/fake-provider.js';
import { makeRsaKey, type SigningKey } from '../test/signing-key.js';
import { createKeyCache, type KeyRequest } from './key-cache.js';

const HOUR = 3_600_000;
const first = makeRsaKey('first');
const second = makeRsaKey('second');

const request: KeyRequest = {
  tenantId: 'acme',
  revisionId: 'r1',
  issuer: 'https://acme.okta.example',
  jwksUri: 'https://acme.okta.example/keys',
  kid: 'first',
  algorithm: 'RS256',
};

/** A key endpoint with a clock; `failure` makes it fail. */
function rig(...keys: SigningKey[]) {
  const state = {
    nowMs: 1_800_000_000_000,
    keys: keys as readonly SigningKey[],
    failure: null as (() => Response) | null,
    fetches: [] as { readonly url: string; readonly atMs: number }[],
  };
  const cache = createKeyCache({
    fetch: async (url) => {
      state.fetches.push({ url, atMs: state.nowMs });
      // Decided when the request arrives, like a server.
      const { failure, keys: published } = state;
      await null;
      return failure === null ? json({ keys: published.map(({ jwk }) => jwk) }) : failure();
    },
    now: () => state.nowMs,
  });
  const find = (kid: string | null, changes: Partial<KeyRequest> = {}) => cache.find({ ...request, kid, ...changes });
  const advance = (ms: number): void => {
    state.nowMs += ms;
  };
  return { state, find, advance, cache };
}

const refuse = (): Response => {
  throw new TypeError('connection refused');
};

test('R24 fetches once for a hundred callers at once, and not again within the hour', async () => {
  const { state, find, advance } = rig(first);
  const keys = await Promise.all(Array.from({ length: 100 }, () => find('first')));
  expect(new Set(keys).size).toBe(1);
  advance(HOUR - 1);
  await find('first');
  expect(state.fetches).toHaveLength(1);
  advance(1);
  await Promise.all(Array.from({ length: 100 }, () => find('first')));
  expect(state.fetches).toHaveLength(2);
});

test('imports a key once', async () => {
  const { find } = rig(first, second);
  expect(await find('first')).toBe(await find('first'));
  expect(await find('second')).not.toBe(await find('first'));
});

test.each([0, 1, 5, 29, 31].flatMap((seconds) => [[seconds, true] as const, [seconds, false] as const]))(
  'R3 serves a key published %d seconds after the last fetch to 20 sign-ins (old key kept: %s)',
  async (seconds, keepOld) => {
    const { state, find, advance } = rig(first);
    await find('first');
    advance(seconds * 1000);
    state.keys = keepOld ? [first, second] : [second];
    for (let signIn = 0; signIn < 20; signIn++) await expect(find('second')).resolves.toBeDefined();
    expect(state.fetches).toHaveLength(2);
  },
);

test('P24 serves a key published in the middle of a hundred sign-ins to all of them', async () => {
  const { state, find } = rig(first);
  const before = Array.from({ length: 50 }, () => find('first'));
  await null;
  state.keys = [second, first];
  const after = Array.from({ length: 50 }, () => find('second'));
  const results = await Promise.allSettled([...before, ...after]);
  expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(state.fetches).toHaveLength(2);
});

describe('R4 1000 unknown key ids in ten seconds cause at most three fetches', () => {
  test('one after another', async () => {
    const { state, find, advance } = rig(first);
    for (let index = 0; index < 1000; index++) {
      const error = await caught(() => find(`unknown-${index}`));
      expect(error).toMatchObject({ code: 'token-invalid', details: { reason: 'key-unknown' } });
      advance(10);
    }
    expect(state.fetches.length).toBeLessThanOrEqual(3);
  });

  test('in parallel', async () => {
    const { state, find, advance } = rig(first);
    for (let second = 0; second < 10; second++) {
      await Promise.allSettled(Array.from({ length: 100 }, (_, index) => find(`unknown-${second}-${index}`)));
      advance(999);
    }
    expect(state.fetches.length).toBeLessThanOrEqual(3);
    await expect(find('first')).resolves.toBeDefined();
  });

  test('T8, R5 and do not delay another tenant’s new key', async () => {
    const { state, find } = rig(first);
    await find('first', { tenantId: 'globex' });
    await Promise.allSettled(Array.from({ length: 1000 }, (_, index) => find(`unknown-${index}`)));
    state.keys = [second];
    await expect(find('second', { tenantId: 'globex' })).resolves.toBeDefined();
  });
});

describe('a failing endpoint', () => {
  test.each<[string, () => Response, string]>([
    ['refused connections', refuse, 'idp-unreachable'],
    ['500', () => new Response('', { status: 500 }), 'idp-error'],
    ['429', () => new Response('', { status: 429 }), 'idp-rate-limited'],
    ['404', () => new Response('', { status: 404 }), 'idp-response-invalid'],
    ['302', () => new Response('', { status: 302 }), 'idp-response-invalid'],
    ['HTML', () => new Response('<html>'), 'idp-response-invalid'],
    ['an array', () => json([]), 'idp-response-invalid'],
    ['no keys member', () => json({}), 'idp-response-invalid'],
    ['keys that are no array', () => json({ keys: {} }), 'idp-response-invalid'],
  ])('R4 by %s is asked at most three times in ten seconds', async (_name, failure, code) => {
    const { state, find, advance } = rig(first);
    state.failure = failure;
    for (let index = 0; index < 1000; index++) {
      const error = await caught(() => find('first'));
      expect(error).toMatchObject({ code, stage: 'id-token' });
      advance(10);
    }
    expect(state.fetches.length).toBeLessThanOrEqual(3);
  });

  test('is asked once by parallel callers', async () => {
    const { state, find } = rig(first);
    state.failure = refuse;
    await Promise.allSettled(Array.from({ length: 100 }, () => find('first')));
    expect(state.fetches).toHaveLength(1);
  });

  test('is asked again after 1, 4, 16 and then 60 seconds', async () => {
    const { state, find, advance } = rig(first);
    state.failure = refuse;
    for (let second = 0; second < 250; second++) {
      await caught(() => find('first'));
      advance(1000);
    }
    const seconds = state.fetches.map(({ atMs }) => (atMs - (state.fetches[0]?.atMs ?? 0)) / 1000);
    expect(seconds).toEqual([0, 1, 5, 21, 81, 141, 201]);
  });

  test('that recovers serves at once, and the next failure begins with a second again', async () => {
    const { state, find, advance } = rig(first);
    state.failure = refuse;
    for (let second = 0; second < 30; second++) {
      await caught(() => find('first'));
      advance(1000);
    }
    state.failure = null;
    advance(60_000);
    await expect(find('first')).resolves.toBeDefined();
    state.failure = refuse;
    advance(HOUR);
    await find('first');
    advance(1000);
    await find('first');
    expect(state.fetches.slice(-2).map(({ atMs }) => atMs - state.nowMs)).toEqual([-1000, 0]);
  });

  test('R6 leaves the keys of the last good set in use for a day, and no longer', async () => {
    const { state, find, advance } = rig(first);
    await find('first');
    state.failure = refuse;
    for (let hour = 1; hour <= 24; hour++) {
      advance(HOUR);
      await expect(find('first')).resolves.toBeDefined();
    }
    advance(1);
    expect(await caught(() => find('first'))).toMatchObject({ code: 'idp-unreachable' });
  });

  test('R6, R4 never makes an unknown key id acceptable', async () => {
    const { state, find, advance } = rig(first);
    await find('first');
    state.failure = refuse;
    for (let second = 0; second < 100; second++) {
      expect((await caught(() => find('second'))).code).toBe('idp-unreachable');
      advance(1000);
    }
  });

  test('R4 is to blame for a key id that nobody knows while it fails, and only then', async () => {
    const { state, find, advance } = rig(first);
    await find('first');
    expect((await caught(() => find('second'))).code).toBe('token-invalid');
    advance(5_000);
    state.failure = () => new Response('', { status: 503 });
    expect((await caught(() => find('second'))).code).toBe('idp-error');
    await expect(find('first')).resolves.toBeDefined();
    state.failure = null;
    advance(5_000);
    expect((await caught(() => find('second'))).code).toBe('token-invalid');
  });

  test('is asked for an unknown key id as soon as both the pause and the cool-down are over', async () => {
    const { state, find, advance } = rig(first);
    await find('first');
    state.failure = refuse;
    for (let second = 0; second < 160; second++) {
      await caught(() => find('second'));
      advance(1000);
    }
    const seconds = state.fetches.slice(1).map(({ atMs }) => (atMs - (state.fetches[1]?.atMs ?? 0)) / 1000);
    expect(seconds).toEqual([0, 5, 10, 26, 86, 146]);
  });
});

test('R6 does not serve a key that the newest set no longer holds', async () => {
  const { state, find, advance } = rig(first);
  await find('first');
  state.keys = [second];
  // Until something has the set fetched, it is not known to be gone.
  await expect(find('first')).resolves.toBeDefined();
  await find('second');
  advance(6000);
  expect(await caught(() => find('first'))).toMatchObject({ details: { reason: 'key-unknown' } });
  advance(24 * HOUR);
  expect(await caught(() => find('first'))).toMatchObject({ details: { reason: 'key-unknown' } });
});

test('asks the address that the newest metadata names', async () => {
  const { state, find, advance } = rig(first);
  await find('first');
  advance(HOUR);
  await find('first', { jwksUri: 'https://acme.okta.example/other' });
  expect(state.fetches.map(({ url }) => url)).toEqual([request.jwksUri, 'https://acme.okta.example/other']);
});

test.each<[string, Partial<KeyRequest>]>([
  ['tenant', { tenantId: 'globex' }],
  ['revision', { revisionId: 'r2' }],
  ['issuer', { issuer: 'https://globex.okta.example' }],
  ['tenant and revision that read alike when joined', { tenantId: 'acme","r', revisionId: '1' }],
])('T8 shares nothing with another %s', async (_name, other) => {
  const { state, find } = rig(first);
  const own = await find('first');
  const foreign = { ...first, jwk: second.jwk };
  state.keys = [{ ...foreign, jwk: { ...second.jwk, kid: 'first' } }];
  expect(await find('first', other)).not.toBe(own);
  expect(await find('first')).toBe(own);
  expect(state.fetches).toHaveLength(2);
});
