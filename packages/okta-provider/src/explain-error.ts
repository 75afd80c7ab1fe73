import type { ErrorExplanation, ProviderErrorInput } from '@ipscape/sso-core';
import { ERROR_RULES, RATE_LIMITED } from './error-rules.js';

/**
 * What an administrator should do in Okta about an error that Okta reported. The answer is fixed text: nothing that
 * was received is repeated in it. Null for codes that Okta's lists do not contain. In Okta's own error shape, pass
 * `errorCode` as `error` and `errorSummary` as `errorDescription`.
 */
export function explainError(input: ProviderErrorInput): ErrorExplanation | null {
  // Okta reports a rate limit under several codes, invalid_grant among them, which would send people after a wrong cause.
  if (input.status === 429) return RATE_LIMITED;
  const rule = ERROR_RULES.find(
    ({ error, description, stage }) =>
      error === input.error &&
      (description === undefined || description.test(input.errorDescription ?? '')) &&
      (stage === undefined || stage === input.stage),
  );
  return rule === undefined ? null : { code: rule.code, advice: rule.advice };
}
