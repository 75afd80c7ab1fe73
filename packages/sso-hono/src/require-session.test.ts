import { createProductTokenVerifier, type SsoError } from '@ipscape/sso-core';
import { createTestProductTokens } from '@ipscape/sso-core/testing';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { requireSession, type SessionEnv } from './require-session.js';

const tokens = createTestProductTokens({ product: 'cti' });

function createService(issuer: () => boolean = () => true) {
  const verifier = createProductTokenVerifier({ product: 'cti', issuer, fetch: tokens.fetch });
  const refused: SsoError[] = [];
  const app = new Hono<SessionEnv>()
    .use(requireSession({ verifier, onRefused: (error) => void refused.push(error) }))
    .get('/who', (c) => c.text(c.get('session').user.id))
    .get('/broken', () => {
      throw new RangeError('the handler’s own');
    })
    .onError((error, c) => c.text(error.name, 500));
  const ask = async (path: string, token: string | null) =>
    app.request(path, token === null ? {} : { headers: { authorization: `Bearer ${token}` } });
  return { ask, refused };
}

test('gives handlers the session', async () => {
  const { ask, refused } = createService();
  const answer = await ask('/who', await tokens.issue({ id: 'user-9' }));
  expect([answer.status, await answer.text(), refused]).toEqual([200, 'user-9', []]);
});

test('tells of each refusal what a log may hold', async () => {
  const { ask, refused } = createService();
  const expired = await tokens.issueExpired();
  for (const token of [null, 'CANARY', expired]) {
    const answer = await ask('/who', token);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  }
  expect(refused.map(({ code }) => code)).toEqual([
    'session-required',
    'product-token-invalid',
    'product-token-expired',
  ]);
  expect(JSON.stringify(refused)).not.toContain('CANARY');
});

test('touches no error of a handler, nor of the service’s own resolver', async () => {
  const handler = createService();
  const broken = await handler.ask('/broken', await tokens.issue());
  expect([broken.status, await broken.text(), handler.refused]).toEqual([500, 'RangeError', []]);
  const resolver = createService(() => {
    throw new TypeError('database');
  });
  const answer = await resolver.ask('/who', await tokens.issue());
  expect([answer.status, await answer.text(), resolver.refused]).toEqual([500, 'TypeError', []]);
});
