import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { json } from '../test/fake-provider.js';
import { createDiscovery, type IssuerKey } from './discovery.js';

const HOUR = 3_600_000;
const ISSUER = 'https://acme.okta.example';
const key: IssuerKey = { tenantId: 'acme', revisionId: 'r1', issuer: ISSUER };

const documentOf = (issuer: string, changes: Readonly<Record<string, unknown>> = {}) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
  ...changes,
});

function rig() {
  const state = {
    nowMs: 1_800_000_000_000,
    answer: (url: string): Response => json(documentOf(new URL(url).origin)),
    fetches: [] as string[],
  };
  const discovery = createDiscovery({
    fetch: async (url) => {
      state.fetches.push(url);
      await null;
      return state.answer(url);
    },
    now: () => state.nowMs,
  });
  return { state, discovery };
}

const refuse = (): Response => {
  throw new TypeError('connection refused');
};
const timeOut = (): Response => {
  throw new DOMException('too slow', 'TimeoutError');
};
const text = (body: BodyInit) => () => new Response(body, { headers: { 'content-type': 'application/json' } });

describe('discovery', () => {
  test('R24 asks once for a hundred callers at once, and not again within the hour', async () => {
    const { state, discovery } = rig();
    await Promise.all(Array.from({ length: 100 }, () => discovery.find(key)));
    state.nowMs += HOUR - 1;
    await discovery.find(key);
    expect(state.fetches).toEqual([`${ISSUER}/.well-known/openid-configuration`]);
    state.nowMs += 1;
    await Promise.all(Array.from({ length: 100 }, () => discovery.find(key)));
    expect(state.fetches).toHaveLength(2);
  });

  test('F15, R24 does not remember a failure: the next caller asks again', async () => {
    const { state, discovery } = rig();
    const good = state.answer;
    state.answer = refuse;
    const failures = await Promise.allSettled(Array.from({ length: 100 }, () => discovery.find(key)));
    expect(failures.every(({ status }) => status === 'rejected')).toBe(true);
    expect(state.fetches).toHaveLength(1);
    state.answer = good;
    state.nowMs += 500;
    await expect(discovery.find(key)).resolves.toMatchObject({ issuer: ISSUER });
  });

  test('F15 asks a provider that is down a few times for any number of callers', async () => {
    const { state, discovery } = rig();
    state.answer = timeOut;
    for (let start = 0; start < 1000; start++) {
      expect(await caught(() => discovery.find(key))).toMatchObject({ code: 'idp-timeout', stage: 'discovery' });
      state.nowMs += 10;
    }
    // At 0, 0.5, 1.5, 3.5 and 7.5 seconds.
    expect(state.fetches).toHaveLength(5);
    state.nowMs += 3_600_000;
    await caught(() => discovery.find(key));
    state.nowMs += 9_999;
    await caught(() => discovery.find(key));
    expect(state.fetches).toHaveLength(6);
    state.nowMs += 1;
    await caught(() => discovery.find(key));
    expect(state.fetches).toHaveLength(7);
  });

  test('F15 is not held up by failures before the last document', async () => {
    const { state, discovery } = rig();
    const good = state.answer;
    state.answer = refuse;
    for (let attempt = 0; attempt < 10; attempt++) {
      await caught(() => discovery.find(key));
      state.nowMs += 10_000;
    }
    state.answer = good;
    await discovery.find(key);
    state.answer = text('<html>');
    state.nowMs += 3_600_000;
    await caught(() => discovery.find(key));
    state.answer = good;
    state.nowMs += 500;
    await expect(discovery.find(key)).resolves.toMatchObject({ issuer: ISSUER });
  });

  test('F15 is not made to ask by any number of callbacks that failed', async () => {
    const { state, discovery } = rig();
    await discovery.find(key);
    for (let callback = 0; callback < 1000; callback++) {
      discovery.expire(key);
      await discovery.find(key);
      state.nowMs += 10;
    }
    expect(state.fetches.length).toBeLessThanOrEqual(11);
  });

  test.each<[string, () => Response]>([
    ['a refused connection', refuse],
    ['a timeout', timeOut],
    ['500', () => new Response('', { status: 500 })],
    ['503', () => new Response('', { status: 503 })],
    ['429', () => new Response('', { status: 429 })],
  ])('R6 serves the old document for a day after %s, asking every five seconds', async (_name, failure) => {
    const { state, discovery } = rig();
    const good = state.answer;
    const metadata = await discovery.find(key);
    state.answer = failure;
    state.nowMs += HOUR;
    for (let second = 0; second < 10; second++) {
      expect(await discovery.find(key)).toBe(metadata);
      state.nowMs += 1000;
    }
    expect(state.fetches).toHaveLength(3);
    state.nowMs += 23 * HOUR - 10_000;
    expect(await discovery.find(key)).toBe(metadata);
    state.nowMs += 5_001;
    await expect(discovery.find(key)).rejects.toMatchObject({ stage: 'discovery' });
    state.answer = good;
    state.nowMs += 500;
    await expect(discovery.find(key)).resolves.toMatchObject({ issuer: ISSUER });
  });

  test.each<[string, (url: string) => Response, string]>([
    ['another issuer', () => json(documentOf('https://evil.example')), 'issuer-mismatch'],
    [
      'an endpoint elsewhere',
      () => json(documentOf(ISSUER, { token_endpoint: 'https://evil.example/token' })),
      'idp-response-invalid',
    ],
    [
      'a demand for pushed requests',
      () => json(documentOf(ISSUER, { require_pushed_authorization_requests: true })),
      'par-required',
    ],
    ['404', () => new Response('', { status: 404 }), 'idp-response-invalid'],
    ['302', () => new Response('', { status: 302 }), 'idp-response-invalid'],
    ['HTML', text('<html>'), 'idp-response-invalid'],
  ])('P3, R24 closes at once, and stays closed, for a newer document with %s', async (_name, answer, code) => {
    const { state, discovery } = rig();
    await discovery.find(key);
    state.answer = answer;
    state.nowMs += HOUR;
    expect(await caught(() => discovery.find(key))).toMatchObject({ code });
    state.answer = refuse;
    expect(await caught(() => discovery.find(key))).toMatchObject({ code });
    state.nowMs += 500;
    expect(await caught(() => discovery.find(key))).toMatchObject({ code: 'idp-unreachable' });
  });

  test('R24 asks anew after expire(), and still serves the old document when that fails', async () => {
    const { state, discovery } = rig();
    discovery.expire(key);
    const metadata = await discovery.find(key);
    discovery.expire({ ...key, tenantId: 'globex' });
    await discovery.find(key);
    expect(state.fetches).toHaveLength(1);
    discovery.expire(key);
    state.answer = refuse;
    expect(await discovery.find(key)).toBe(metadata);
    expect(state.fetches).toHaveLength(2);
  });

  test.each<[string, Partial<IssuerKey>]>([
    ['tenant', { tenantId: 'globex' }],
    ['revision', { revisionId: 'r2' }],
    ['issuer', { issuer: 'https://globex.okta.example' }],
  ])('T8 shares nothing with another %s', async (_name, other) => {
    const { state, discovery } = rig();
    await discovery.find(key);
    state.answer = refuse;
    await expect(discovery.find({ ...key, ...other })).rejects.toMatchObject({ code: 'idp-unreachable' });
    await expect(discovery.find(key)).resolves.toMatchObject({ issuer: ISSUER });
  });
});

describe('P5, F10 discovery refuses within a second', () => {
  const document = JSON.stringify(documentOf(ISSUER));

  test.each<[string, () => Response, Readonly<Record<string, unknown>>]>([
    [
      'HTML with status 200',
      text('<!doctype html><title>Sign in</title>'),
      { code: 'idp-response-invalid', details: { reason: 'not-json' } },
    ],
    ['an empty body', text(''), { code: 'idp-response-invalid', details: { reason: 'not-json' } }],
    ['half a document', text(document.slice(0, 50)), { code: 'idp-response-invalid', details: { reason: 'not-json' } }],
    ['two documents', text(document + document), { code: 'idp-response-invalid', details: { reason: 'not-json' } }],
    ['an array', text(`[${document}]`), { code: 'idp-response-invalid', details: { reason: 'not-an-object' } }],
    ['null', text('null'), { code: 'idp-response-invalid', details: { reason: 'not-an-object' } }],
    ['text', text('"x"'), { code: 'idp-response-invalid', details: { reason: 'not-an-object' } }],
    [
      'UTF-16',
      text(Buffer.from(document, 'utf16le')),
      { code: 'idp-response-invalid', details: { reason: 'not-json' } },
    ],
    [
      'a repeated issuer of which the last is wrong',
      text(document.replace('{', '{"x":1,').replace('}', ',"issuer":"https://evil.example"}')),
      { code: 'idp-response-invalid', details: { reason: 'repeated-member' } },
    ],
    [
      'a repeated member that nobody reads, deep inside',
      text(document.replace('{', '{"x":[{"a":{"b":1,"\\u0062":2}}],')),
      { code: 'idp-response-invalid', details: { reason: 'repeated-member' } },
    ],
    ['a byte order mark', text(`\ufeff${document}`), { code: 'idp-response-invalid', details: { reason: 'not-json' } }],
    [
      'a byte in a member that nobody reads which is no UTF-8',
      text(Buffer.from(document.replace('{', '{"x":"\xff",'), 'latin1')),
      { code: 'idp-response-invalid', details: { reason: 'not-json' } },
    ],
    [
      'an array that is nested 100,000 deep',
      text('['.repeat(100_000) + ']'.repeat(100_000)),
      { code: 'idp-response-invalid' },
    ],
    [
      'an object that is nested 50,000 deep',
      text(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`),
      { code: 'idp-response-invalid' },
    ],
    [
      '20,000 fields and no issuer',
      text(JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f${n}`, n])))),
      { code: 'idp-response-invalid', details: { field: 'issuer' } },
    ],
    [
      '204',
      () => new Response(null, { status: 204 }),
      { code: 'idp-response-invalid', details: { status: 204, reason: 'status' } },
    ],
    [
      '201',
      () => json(documentOf(ISSUER), 201),
      { code: 'idp-response-invalid', details: { status: 201, reason: 'status' } },
    ],
    [
      '301',
      () => new Response('', { status: 301 }),
      { code: 'idp-response-invalid', details: { status: 301, reason: 'status' } },
    ],
    [
      '401',
      () => new Response('', { status: 401 }),
      { code: 'idp-response-invalid', details: { status: 401, reason: 'status' } },
    ],
    ['429', () => new Response('', { status: 429 }), { code: 'idp-rate-limited', details: { status: 429 } }],
    ['502', () => new Response('', { status: 502 }), { code: 'idp-error', details: { status: 502 } }],
    ['a timeout', timeOut, { code: 'idp-timeout' }],
    [
      'a broken body',
      () => new Response(new ReadableStream({ pull: (c) => c.error(new TypeError('reset')) })),
      { code: 'idp-unreachable' },
    ],
  ])('%s', async (_name, answer, expected) => {
    const { state, discovery } = rig();
    state.answer = answer;
    const start = performance.now();
    expect(await caught(() => discovery.find(key))).toMatchObject({ stage: 'discovery', ...expected });
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test.each<[string, () => Response]>([
    ['colons and quotes in texts', text(document.replace('{', '{"a:b\\"":"\\\\","c":":{\\":",'))],
    ['one name in two objects', text(document.replace('{', '{"x":{"issuer":"y"},'))],
    ['a field named __proto__', text(document.replace('{', '{"__proto__":{"token_endpoint":"https://evil.example"},'))],
  ])('but tolerates %s', async (_name, answer) => {
    const { state, discovery } = rig();
    state.answer = answer;
    await expect(discovery.find(key)).resolves.toMatchObject({ tokenEndpoint: `${ISSUER}/token` });
  });
});
