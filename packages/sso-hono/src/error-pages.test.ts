import { SSO_ERRORS, type SsoErrorCode } from '@ipscape/sso-core';
import { describe, expect, test } from 'vitest';
import { ERROR_PAGES } from './error-pages.js';

const CODES = Object.keys(SSO_ERRORS) as SsoErrorCode[];

test('every code has a page, and no page is without a code', () => {
  expect(Object.keys(ERROR_PAGES).toSorted()).toEqual(CODES.toSorted());
});

describe.each(CODES)('%s', (code) => {
  const { status, title, text, advice, action } = ERROR_PAGES[code];

  test('says what is the matter and what to do, in whole sentences', () => {
    expect(title).toMatch(/^[A-Z].{5,60}[^.]$/);
    expect(text).toMatch(/^[A-Z].{10,120}\.$/);
    expect(advice).toMatch(/^[A-Z].{5,120}\.$/);
  });

  test('uses no word of the protocol and no code', () => {
    const words =
      /\b(?:oauth|oidc|openid|state|nonce|token|claim|redirect|callback|issuer|transaction|pkce|jwt|http|null|undefined)\b/i;
    expect(`${title} ${text} ${advice}`).not.toMatch(words);
    expect(`${title} ${text} ${advice}`).not.toContain(code);
  });

  test('is a failure of the right kind', () => {
    if (code === 'internal-error') expect(status).toBe(500);
    else expect([400, 401, 403, 404, 409, 413, 422, 429, 502, 503]).toContain(status);
    if (code.startsWith('idp-') && code !== 'idp-denied') expect([502, 503]).toContain(status);
    if (code.startsWith('user-') || code.startsWith('email-')) expect(status).toBe(403);
  });

  test('offers another account exactly where another account can help', () => {
    expect(action === 'other-account').toBe(
      /^(?:user-(?!mismatch)|email-|identity-held|product-not-permitted)/.test(code),
    );
  });
});

test('T11 who exists and what was wrong with an address is not told apart from who does not', () => {
  expect(ERROR_PAGES['user-not-found'].status).toBe(ERROR_PAGES['user-inactive'].status);
  expect(ERROR_PAGES['user-not-found'].title).toBe(ERROR_PAGES['user-inactive'].title);
});
