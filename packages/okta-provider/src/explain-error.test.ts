import { type ProviderErrorInput, SSO_ERRORS, type SsoErrorCode } from '@ipscape/sso-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AUTHORIZATION_ERRORS, OTHER_ERRORS, TOKEN_ERRORS } from '../test/okta-errors.js';
import { ERROR_RULES } from './error-rules.js';
import { explainError } from './explain-error.js';

const explain = (error: string, rest: Partial<ProviderErrorInput> = {}) =>
  explainError({ stage: 'authorization', error, errorDescription: null, status: null, ...rest });

describe('explainError', () => {
  test.each([...AUTHORIZATION_ERRORS, ...TOKEN_ERRORS, ...OTHER_ERRORS])(
    '%s (%s, %s): %s',
    (_reason, stage, status, error, errorDescription, expected) => {
      expect(explainError({ stage, status, error, errorDescription })?.code).toBe(expected);
    },
  );

  test.each<[error: string, description: string | null, status: number | null, expected: SsoErrorCode]>([
    // Newer wordings of Okta's specification.
    ['access_denied', "User isn't assigned to the client app.", 400, 'user-not-assigned'],
    ['access_denied', 'User isn\u2019t assigned to the client app.', null, 'user-not-assigned'],
    ['access_denied', 'USER IS NOT ASSIGNED', null, 'user-not-assigned'],
    ['access_denied', 'User cancelled the request.', null, 'idp-denied'],
    ['access_denied', null, null, 'idp-denied'],
    ['access_denied', '', null, 'idp-denied'],
    ['invalid_grant', 'You made too many requests.', 400, 'idp-rate-limited'],
    ['invalid_grant', null, 429, 'idp-rate-limited'],
    ['invalid_grant', null, 400, 'grant-rejected'],
    ['something_new', null, 429, 'idp-rate-limited'],
    ['interaction_required', null, null, 'interaction-required'],
    [
      'invalid_request',
      'The resource request must use the DPoP authentication scheme when using a DPoP bound token.',
      400,
      'dpop-required',
    ],
    // Okta's own shape: errorCode and errorSummary.
    ['E0000047', 'You exceeded the maximum number of requests. Try again in a while.', 429, 'idp-rate-limited'],
    ['E0000047', null, null, 'idp-rate-limited'],
    ['E0000015', 'You do not have permission to access the feature you are requesting', 401, 'request-rejected'],
    ['E0000007', 'Not found: Resource not found: aus1 (AuthorizationServer)', 404, 'request-rejected'],
    ['E0000007', null, 404, 'request-rejected'],
    ['E0000006', 'You do not have permission to perform the requested action', 403, 'request-rejected'],
    ['E0000011', 'Invalid token provided', 401, 'idp-error'],
    ['E0000001', 'Api validation failed', 400, 'request-rejected'],
    ['invalid_client', "Invalid value for 'client_id' parameter.", 400, 'client-rejected'],
  ])('%s %j (%s) is %s', (error, errorDescription, status, expected) => {
    expect(explain(error, { errorDescription, status })?.code).toBe(expected);
  });

  test.each<[error: string, description: string | null, advice: RegExp]>([
    ['access_denied', 'User is not assigned to the client application.', /Assignments tab/],
    ['access_denied', 'Policy evaluation failed for this request.', /Host Name alone, without "\/oauth2\/default"/],
    ['access_denied', 'The resource owner or authorization server denied the request.', /Sign On tab/],
    ['access_denied', "The request is made from outside the client's permitted network zones.", /Network IP/],
    ['invalid_client', 'The client secret supplied for a confidential client is invalid.', /Client Secrets/],
    ['invalid_client', "Invalid value for 'client_id' parameter.", /does not know the Client ID/],
    ['invalid_client', 'Client authentication failed.', /Client authentication is "Client secret"/],
    ['invalid_dpop_proof', 'The DPoP proof JWT header is missing.', /untick "Require Demonstrating Proof/],
    ['unauthorized_client', 'The client is not authorized.', /tick "Authorization Code"/],
    ['unauthorized_client', 'This client cannot use a custom authorization server.', /Host Name alone/],
    ['login_required', 'Request expired, please start over and try again.', /open for too long/],
    ['invalid_request', "The 'redirect_uri' parameter must be a Login redirect URI.", /Sign-in redirect URIs/],
    ['invalid_request', "The 'post_logout_redirect_uri' parameter must be a Logout URI.", /Sign-out redirect URIs/],
    ['server_error', 'The groups claim matched too many groups.', /groups claim/],
    ['jit_failure', 'Unable to create the user.', /Identity Providers/],
  ])('advises on %s %j', (error, errorDescription, advice) => {
    expect(explain(error, { errorDescription })?.advice).toMatch(advice);
  });

  test('does not tell an administrator that the user cancelled when the token endpoint refused', () => {
    expect(explain('access_denied', { stage: 'token' })).toMatchObject({
      code: 'request-rejected',
      advice: expect.not.stringMatching(/cancel/),
    });
  });

  test.each(['', 'unknown', 'ACCESS_DENIED', ' access_denied', 'E9999999', '__proto__', 'constructor', 'toString'])(
    'has nothing to say about %j',
    (error) => {
      expect(explain(error)).toBeNull();
    },
  );

  test('an unknown code stays unknown whatever its text says', () => {
    expect(explain('unknown', { errorDescription: 'User is not assigned to the client application.' })).toBeNull();
  });

  test('never throws, and its advice never repeats what was received', () => {
    const error = fc.oneof(fc.string(), fc.constantFrom(...ERROR_RULES.map((rule) => rule.error)));
    fc.assert(
      fc.property(error, fc.option(fc.string({ unit: 'binary' })), fc.option(fc.nat(599)), (code, text, status) => {
        const errorDescription = text === null ? null : `${text} canary-7f3a91`;
        const explanation = explain(code, { errorDescription, status });
        expect(JSON.stringify(explanation)).not.toContain('canary');
      }),
    );
  });

  test('every rule can be reached, has a code of the table and advice of one to three sentences', () => {
    for (const rule of ERROR_RULES) {
      expect(SSO_ERRORS).toHaveProperty([rule.code]);
      expect(rule.advice).toMatch(/^[A-Zi].*\.$/);
      expect(rule.advice.split(/[.;] (?=[A-Z])/).length).toBeLessThanOrEqual(3);
      const earlier = ERROR_RULES.slice(0, ERROR_RULES.indexOf(rule)).filter(({ error }) => error === rule.error);
      expect(earlier.every(({ description, stage }) => description !== undefined || stage !== undefined)).toBe(true);
    }
  });
});
