import { expect, test } from 'vitest';
import { parseRetryAfter } from './retry-after.js';

const NOW = Date.UTC(2026, 8, 1, 12, 0, 0);
const seconds = (offset: number): string => String(NOW / 1000 + offset);
const date = (offset: number): string => new Date(NOW + offset * 1000).toUTCString();

test.each<[string, Readonly<Record<string, string>>, number]>([
  ['seconds', { 'retry-after': '7' }, 7_000],
  ['a date', { 'retry-after': date(7) }, 7_000],
  ['Okta’s reset', { 'x-rate-limit-reset': seconds(5) }, 5_000],
  ['both, of which Retry-After counts', { 'retry-after': '3', 'x-rate-limit-reset': seconds(50) }, 3_000],
  ['a reset by a clock that is an hour ahead', { 'x-rate-limit-reset': seconds(3605), date: date(3600) }, 5_000],
  ['zero', { 'retry-after': '0' }, 1_000],
  ['a reset in the past', { 'x-rate-limit-reset': seconds(-600) }, 1_000],
  ['a reset in 2038', { 'x-rate-limit-reset': '2147483647' }, 60_000],
  ['a reset that is no time any more', { 'x-rate-limit-reset': '1000000000000000000' }, 60_000],
  ['a delay beyond all numbers', { 'retry-after': '9'.repeat(400) }, 60_000],
])('R2 takes %s as announced, within bounds', (_name, headers, delayMs) => {
  expect(parseRetryAfter(new Headers(headers), NOW)).toEqual({ delayMs, isAnnounced: true });
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['nothing', {}],
  ['text', { 'retry-after': 'soon', 'x-rate-limit-reset': 'tomorrow' }],
  ['an exponent', { 'x-rate-limit-reset': '1e18' }],
  ['a negative number', { 'retry-after': '-5' }],
  ['a fraction', { 'retry-after': '1.5' }],
  ['another form of date', { 'retry-after': '2026-09-01T12:00:05Z' }],
  ['a date that is none', { 'retry-after': 'Tue, 99 Sep 2026 12:00:05 GMT' }],
])('R2 waits a second after %s', (_name, headers) => {
  expect(parseRetryAfter(new Headers(headers), NOW)).toEqual({ delayMs: 1_000, isAnnounced: false });
});
