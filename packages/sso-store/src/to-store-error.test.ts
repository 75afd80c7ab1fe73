import { inspect } from 'node:util';
import { SsoError } from '@ipscape/sso-core';
import { describe, expect, it, test } from 'vitest';
import { toStoreError } from './to-store-error.js';

const failure = (facts: object, message = 'CANARY'): Error => Object.assign(new Error(message), facts);

describe('toStoreError', () => {
  const unavailable = [
    { code: 'ECONNREFUSED', syscall: 'connect' },
    { code: 'ECONNRESET' },
    { code: 'EPIPE' },
    { code: 'ENOTFOUND' },
    { code: '08006' },
    { code: '28P01' },
    { code: '3D000' },
    { code: '40P01' },
    { code: '53300' },
    { code: '55000' },
    { code: '55P03' },
    { code: '57014' },
    { code: '57P01' },
    { code: '25006' },
    {}, // what the driver throws itself, e.g. when no connection is free in time
  ];
  test.each(unavailable)('takes %j for an outage', (facts) => {
    expect(toStoreError(failure(facts)).code).toBe('store-unavailable');
  });

  const defects = ['23505', '23503', '42601', '42P01', '42501'].map((code) => failure({ code }));
  test.each([...defects, new TypeError('x'), new RangeError('x'), 'text', null])('takes %s for a defect', (error) => {
    expect(toStoreError(error).code).toBe('internal-error');
  });

  test.each(['22021', '22P05'])('takes %s for a value that no text can be', (code) => {
    expect(toStoreError(failure({ code }))).toMatchObject({ code: 'request-invalid', details: { reason: 'text' } });
  });

  it('returns an SsoError as it is', () => {
    const error = new SsoError('user-inactive');
    expect(toStoreError(error)).toBe(error);
  });

  it('keeps code, constraint, table and system call, and nothing else', () => {
    const secrets = { query: 'CANARY', params: ['CANARY'], detail: 'CANARY', where: 'CANARY', hint: 'CANARY' };
    const error = toStoreError(failure({ ...secrets, code: '23505', constraint: 'users_pkey', table: 'users' }));
    const printed = inspect(error, { depth: 9, showHidden: true });
    expect(printed).not.toContain('CANARY');
    expect(printed).toContain('23505');
    expect(printed).toContain('users_pkey');
  });
});
