import { expect, test } from 'vitest';
import { SSO_ERRORS, SsoError, type SsoErrorCode } from './errors.js';
import { productTokenProblem } from './product-token-problem.js';

const ANSWERS = {
  'session-required': [401, 'www-authenticate', 'Bearer'],
  'product-token-invalid': [401, 'www-authenticate', 'Bearer error="invalid_token"'],
  'product-token-expired': [
    401,
    'www-authenticate',
    'Bearer error="invalid_token", error_description="The access token expired"',
  ],
  'product-keys-unavailable': [503, 'retry-after', '5'],
} as const;

test.each(Object.entries(ANSWERS))('%s', (code, [status, name, value]) => {
  const details = { reason: 'CANARY' };
  const problem = productTokenProblem(new SsoError(code as SsoErrorCode, { details }));
  expect(problem).toMatchObject({ status, body: { status, code, title: SSO_ERRORS[code as SsoErrorCode] } });
  expect(problem?.headers).toMatchObject({ [name]: value, 'cache-control': 'no-store' });
  expect(JSON.stringify(problem)).not.toContain('CANARY');
});

const others = Object.keys(SSO_ERRORS).filter((code) => !(code in ANSWERS)) as SsoErrorCode[];
test.each([...others.map((code) => new SsoError(code)), new Error('x'), null, undefined, 'text'])(
  'is null for what is the service’s own: %s',
  (error) => {
    expect(productTokenProblem(error)).toBeNull();
  },
);
