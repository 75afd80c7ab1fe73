import { describe, expect, test } from 'vitest';
import { SSO_ERRORS, SsoError, type SsoErrorCode } from './errors.js';
import { RefusedUser } from './sign-in-outcomes.js';

const codes = Object.keys(SSO_ERRORS) as SsoErrorCode[];

describe('SsoError', () => {
  test.each(codes)('%s is lower-case words with hyphens, explained in one or more sentences', (code) => {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(SSO_ERRORS[code]).toMatch(/^[A-Z].*\.$/);
    expect(new SsoError(code).message).toBe(SSO_ERRORS[code]);
  });

  test('keeps details, stage and cause, and adds none', () => {
    const cause = new Error('x');
    expect(new SsoError('idp-error', { details: { status: 500 }, stage: 'token', cause })).toMatchObject({
      name: 'SsoError',
      code: 'idp-error',
      details: { status: 500 },
      stage: 'token',
      cause,
    });
    const bare = new SsoError('idp-error');
    expect(bare).toMatchObject({ details: {}, stage: undefined });
    expect('cause' in bare).toBe(false);
  });

  test('at() gives a stage to an error that has none, and changes nothing else', () => {
    const cause = new Error('x');
    const error = new SsoError('idp-error', { details: { status: 500 }, cause });
    expect(error.at('userinfo')).toMatchObject({
      code: 'idp-error',
      details: { status: 500 },
      stage: 'userinfo',
      cause,
    });
    const staged = new SsoError('idp-error', { stage: 'token' });
    expect(staged.at('userinfo')).toBe(staged);
  });

  test('is() knows its own kind and subclasses', () => {
    expect(SsoError.is(new SsoError('not-found'))).toBe(true);
    expect(SsoError.is(new RefusedUser('user-not-found', null))).toBe(true);
  });

  test('is() knows an error of another copy of the package', async () => {
    const copy = (await import(`./errors.js?${'copy'}`)) as typeof import('./errors.js');
    expect(copy.SsoError).not.toBe(SsoError);
    const foreign = new copy.SsoError('not-found');
    expect(foreign instanceof SsoError).toBe(false);
    expect(SsoError.is(foreign)).toBe(true);
    expect(copy.SsoError.is(new SsoError('not-found'))).toBe(true);
  });

  test.each([
    [null],
    [undefined],
    ['not-found'],
    [{ code: 'not-found', name: 'SsoError' }],
    [new Error('not-found')],
    [Object.assign(new Error('x'), { name: 'SsoError', code: 'not-found' })],
    [new DOMException('x', 'TimeoutError')],
    [{ [Symbol.for('@ipscape/sso-core/SsoError')]: true }],
  ])('is() does not take %o for one', (value) => {
    expect(SsoError.is(value)).toBe(false);
  });
});
