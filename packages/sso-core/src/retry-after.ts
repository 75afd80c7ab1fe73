/**
 * @module
 * When a provider that limits the rate of requests wants to be asked again. Pure.
 */
import { RATE_LIMIT_MAX_MS, RATE_LIMIT_MIN_MS } from './limits.js';

export interface RetryAfter {
  /** From now; between one second and one minute, whatever was sent. */
  readonly delayMs: number;
  /** Whether the provider said so, or nothing that can be understood. */
  readonly isAnnounced: boolean;
}

/**
 * What `Retry-After` says (RFC 9110 §10.2.3), or else Okta's `X-Rate-Limit-Reset`, which is in seconds since 1970. A
 * time of day is compared with the answer's own `Date`, so that our clock does not matter.
 */
export function parseRetryAfter(headers: Headers, nowMs: number): RetryAfter {
  const sentAt = parseDate(headers.get('date')) ?? nowMs;
  const delayMs =
    parseDelay(headers.get('retry-after'), sentAt) ?? parseReset(headers.get('x-rate-limit-reset'), sentAt);
  return {
    delayMs: Math.min(Math.max(delayMs ?? 0, RATE_LIMIT_MIN_MS), RATE_LIMIT_MAX_MS),
    isAnnounced: delayMs !== null,
  };
}

const DIGITS = /^\d+$/;

function parseDelay(value: string | null, sentAt: number): number | null {
  if (value !== null && DIGITS.test(value)) return Number(value) * 1000;
  const date = parseDate(value);
  return date === null ? null : date - sentAt;
}

function parseReset(value: string | null, sentAt: number): number | null {
  return value !== null && DIGITS.test(value) ? Number(value) * 1000 - sentAt : null;
}

/** The one form that servers send. RFC 9110 §5.6.7. */
function parseDate(value: string | null): number | null {
  if (value === null || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(value)) return null;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : date;
}
