import { SsoError } from '@ipscape/sso-core';
import { HTTPException } from 'hono/http-exception';
import { expect, test } from 'vitest';
import { describeError, toSsoError } from './describe-error.js';

test('an error of ours is told by its code, stage and details', () => {
  const error = new SsoError('token-invalid', { stage: 'id-token', details: { reason: 'nonce' } });
  expect(describeError(error)).toEqual({ code: 'token-invalid', stage: 'id-token', details: { reason: 'nonce' } });
});

test('causes are told by class and code, at most five of them', () => {
  let cause: Error = Object.assign(new TypeError('CANARY'), { code: 'ECONNRESET' });
  for (let depth = 0; depth < 10; depth++) cause = new Error('CANARY', { cause });
  const described = describeError(new SsoError('idp-unreachable', { cause }));
  expect(described).toEqual({ code: 'idp-unreachable', causes: Array(5).fill('Error') });
  expect(
    describeError(new SsoError('idp-unreachable', { cause: Object.assign(new Error('CANARY'), { code: 7 }) })),
  ).toEqual({
    code: 'idp-unreachable',
    causes: ['Error'],
  });
});

test.each([
  [400, 'request-invalid'],
  [413, 'request-too-large'],
  [500, 'internal-error'],
] as const)('what Hono answers with %d is %s, and its message is nobody’s', (status, code) => {
  const error = toSsoError(new HTTPException(status, { message: 'CANARY' }));
  expect(error.code).toBe(code);
  expect(JSON.stringify([describeError(error), error.message])).not.toContain('CANARY');
});

test('a defect is told by its frames, even when its message looks like one', () => {
  const defect = new Error('first line\n    at CANARY (secret.ts:1:1)\nat CANARY');
  const described = describeError(toSsoError(defect));
  expect(described).toMatchObject({ code: 'internal-error', causes: ['Error'] });
  expect(described.stack?.[0]).toContain('describe-error.test.ts');
  expect(JSON.stringify(described)).not.toContain('CANARY');
});

test.each([undefined, null, 'text', 7, {}])('whatever is thrown is an error: %s', (thrown) => {
  expect(describeError(toSsoError(thrown)).code).toBe('internal-error');
});

test.each([
  [400, 'request-invalid'],
  [413, 'request-too-large'],
  [500, 'internal-error'],
] as const)('R21 a request that the router refuses with %d is %s', (status, code) => {
  expect(toSsoError(new HTTPException(status, { message: 'CANARY' }))).toMatchObject({ code });
});
