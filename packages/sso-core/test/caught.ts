import { expect } from 'vitest';
import { SsoError } from '../src/errors.js';

/** The {@link SsoError} that a call ends with; anything else fails the test. */
export async function caught(call: () => unknown): Promise<SsoError> {
  try {
    await call();
  } catch (error) {
    if (SsoError.is(error)) return error;
    throw error;
  }
  return expect.unreachable('nothing was thrown');
}
