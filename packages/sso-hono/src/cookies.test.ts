import { PRODUCTS } from '@ipscape/sso-core';
import { describe, expect, test } from 'vitest';
import {
  clearedSessionCookie,
  clearedTransactionCookie,
  readSessionHandle,
  readTransactionSecret,
  sessionCookie,
  sessionCookieName,
  supersededHandoffs,
  supersededTransactions,
  transactionCookie,
} from './cookies.js';

const HANDLE = 'h'.repeat(43);
const OTHER = 'o'.repeat(43);
const NAME = 'abcDEF012-_9';
const transaction = (name: string, startedSeconds: number, secret = HANDLE): string =>
  `__Host-ipscape-tx-${name}=${startedSeconds.toString(36)}.${secret}`;
/** Names of the form that is given out: twelve characters. */
const numbered = (index: number): string => `sign-in-${String(index).padStart(4, '0')}`;

describe('cookies that are set', () => {
  test.each(PRODUCTS)(
    'S2 a session cookie of %s is for this host alone, unreadable to script, and ends with the browser',
    (product) => {
      expect(sessionCookie(product, HANDLE)).toBe(
        `__Host-ipscape-${product}=${HANDLE}; Path=/; Secure; HttpOnly; SameSite=Lax`,
      );
      expect(clearedSessionCookie(product)).toBe(
        `__Host-ipscape-${product}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`,
      );
    },
  );

  test('S2 a transaction cookie lives as long as the transaction', () => {
    expect(transactionCookie(NAME, HANDLE, 36, 600)).toBe(
      `__Host-ipscape-tx-${NAME}=10.${HANDLE}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600`,
    );
    expect(clearedTransactionCookie(NAME)).toBe(
      `__Host-ipscape-tx-${NAME}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`,
    );
  });
});

describe('S3 readSessionHandle', () => {
  test('finds the handle among other cookies, with or without white space', () => {
    for (const header of [
      `__Host-ipscape-cti=${HANDLE}`,
      `theme=dark; __Host-ipscape-cti=${HANDLE}; lang=de`,
      `theme=dark;__Host-ipscape-cti=${HANDLE};lang=de`,
      ` \t__Host-ipscape-cti \t=\t ${HANDLE}\t ;`,
      `;;=;=x;a;__Host-ipscape-cti=${HANDLE};;`,
      `__Host-ipscape-workspace=${OTHER}; __Host-ipscape-cti=${HANDLE}; __Host-ipscape-toolbar=${OTHER}`,
    ]) {
      expect(readSessionHandle(header, 'cti'), header).toBe(HANDLE);
    }
  });

  test.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another product', `__Host-ipscape-workspace=${HANDLE}`],
    ['the name in small letters', `__host-ipscape-cti=${HANDLE}`],
    ['the name in capitals', `__HOST-IPSCAPE-CTI=${HANDLE}`],
    ['the name without its prefix', `ipscape-cti=${HANDLE}`],
    ['the prefix without the product', `__Host-ipscape-=${HANDLE}`],
    ['a longer name', `__Host-ipscape-cti2=${HANDLE}`],
    ['a no-break space before the name', `\u00a0__Host-ipscape-cti=${HANDLE}`],
    ['a no-break space as its two UTF-8 bytes', `\u00c2\u00a0__Host-ipscape-cti=${HANDLE}`],
    ['an en quad before the name', `\u2000__Host-ipscape-cti=${HANDLE}`],
    ['a byte order mark before the name', `\ufeff__Host-ipscape-cti=${HANDLE}`],
    ['a vertical tab before the name', `\u000b__Host-ipscape-cti=${HANDLE}`],
    ['a no-break space after the name', `__Host-ipscape-cti\u00a0=${HANDLE}`],
    ['$Version before the name', `$Version=1,__Host-ipscape-cti=${HANDLE}`],
    ['$Version as a cookie and a quoted value', `$Version=1; __Host-ipscape-cti="${HANDLE}"; $Path=/`],
    ['the pair as a value without a name', `=__Host-ipscape-cti=${HANDLE}`],
    ['the pair quoted as a value', `="__Host-ipscape-cti=${HANDLE}"`],
    ['a percent-encoded name', `%5F%5FHost-ipscape-cti=${HANDLE}`],
    ['the name alone', '__Host-ipscape-cti'],
    ['no value', '__Host-ipscape-cti='],
    ['a malformed escape', '__Host-ipscape-cti=%E0%A4%A'],
    ['a character too few', `__Host-ipscape-cti=${HANDLE.slice(1)}`],
    ['a character too many', `__Host-ipscape-cti=${HANDLE}h`],
    ['a character that is never given out', `__Host-ipscape-cti=${HANDLE.slice(1)}+`],
    ['a comma-separated list', `__Host-ipscape-cti=${HANDLE}, __Host-ipscape-cti=${HANDLE}`],
    ["a transaction cookie's value", `__Host-ipscape-cti=10.${HANDLE}`],
    ['itself twice', `__Host-ipscape-cti=${HANDLE}; __Host-ipscape-cti=${OTHER}`],
    ['itself twice with the same value', `__Host-ipscape-cti=${HANDLE}; __Host-ipscape-cti=${HANDLE}`],
    ['itself twice, the second empty', `__Host-ipscape-cti=${HANDLE}; __Host-ipscape-cti=`],
  ])('refuses %s', (_name, header) => {
    expect(readSessionHandle(header, 'cti')).toBeNull();
  });

  test('finds it among 200 other cookies and in a header full of separators', () => {
    const others = Array.from({ length: 200 }, (_, index) => `cookie-${index}=${'x'.repeat(40)}`);
    expect(readSessionHandle([...others, `__Host-ipscape-cti=${HANDLE}`].join('; '), 'cti')).toBe(HANDLE);
    expect(readSessionHandle(`${';='.repeat(8000)};__Host-ipscape-cti=${HANDLE}`, 'cti')).toBe(HANDLE);
  });
});

describe('readTransactionSecret', () => {
  test('reads the secret behind the time of the start', () => {
    expect(readTransactionSecret(`a=b; ${transaction(NAME, 1_700_000_000)}`, NAME)).toBe(HANDLE);
  });

  test.each([
    ['another transaction', transaction('other-name-1', 1)],
    ['the name in another case', transaction(NAME.toLowerCase(), 1)],
    ['itself twice', `${transaction(NAME, 1)}; ${transaction(NAME, 2, OTHER)}`],
    ['no secret', `__Host-ipscape-tx-${NAME}=10.`],
    ['two dots', `__Host-ipscape-tx-${NAME}=1.0.${HANDLE}`],
    ['a secret that is too short', `__Host-ipscape-tx-${NAME}=10.${HANDLE.slice(1)}`],
    ["a session cookie's name", `${sessionCookieName('cti')}=${HANDLE}`],
  ])('refuses %s', (_name, header) => {
    expect(readTransactionSecret(header, NAME)).toBeNull();
  });
});

describe('S7 supersededTransactions', () => {
  const starts = (count: number): string =>
    Array.from({ length: count }, (_, index) => transaction(numbered(index), 1000 + index)).join('; ');

  test.each([0, 1, 5, 6])('lets %d sign-ins under way be', (count) => {
    expect(supersededTransactions(starts(count))).toEqual([]);
  });

  test('with seven under way the oldest gives way, so that eight never are', () => {
    expect(supersededTransactions(starts(7))).toEqual([numbered(0)]);
    expect(supersededTransactions(starts(10))).toEqual([0, 1, 2, 3].map(numbered));
  });

  test('goes by the time of the start and not by the order in the header', () => {
    const shuffled = [5, 2, 7, 0, 6, 3, 1, 4].map((index) => transaction(numbered(index), 1000 + index));
    expect(supersededTransactions(shuffled.join('; '))).toEqual([0, 1].map(numbered));
  });

  test('values that say no time go first', () => {
    const garbage = `__Host-ipscape-tx-${numbered(99)}=!!!`;
    expect(supersededTransactions(`${starts(6)}; ${garbage}`)).toEqual([numbered(99)]);
  });

  test('cookies that only look alike do not count', () => {
    const alike = [
      `__Host-ipscape-tx-${'x'.repeat(11)}=1.${HANDLE}`,
      `__Host-ipscape-tx-${'x'.repeat(13)}=1.${HANDLE}`,
      `__host-ipscape-tx-${'x'.repeat(12)}=1.${HANDLE}`,
      `\u00a0__Host-ipscape-tx-${'x'.repeat(12)}=1.${HANDLE}`,
      `__Host-ipscape-tx-${'x'.repeat(11)}+=1.${HANDLE}`,
    ];
    expect(supersededTransactions([starts(6), ...alike, ...alike].join('; '))).toEqual([]);
  });

  test('200 cookies leave six', () => {
    expect(supersededTransactions(starts(200))).toHaveLength(194);
  });
});

describe('S7 supersededHandoffs', () => {
  const windows = (count: number): string =>
    Array.from({ length: count }, (_, index) => `__Host-ipscape-handoff-${numbered(index)}=${HANDLE}`).join('; ');

  test('with seven that ask the first gives way, so that eight never do', () => {
    expect(supersededHandoffs(undefined)).toEqual([]);
    expect(supersededHandoffs(`${windows(6)}; ${transaction(NAME, 1)}; __Host-ipscape-handoff-x=y`)).toEqual([]);
    expect(supersededHandoffs(`a=b; ${windows(7)}`)).toEqual([numbered(0)]);
    expect(supersededHandoffs(windows(9))).toEqual([0, 1, 2].map(numbered));
  });
});
