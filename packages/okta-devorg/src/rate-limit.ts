/**
 * @module Okta's rate limit headers. The limit is announced, not enforced; `faults.rateLimited` enforces it.
 */
import type { ServerResponse } from 'node:http';
import { sendApiError } from './send-json.js';

const WINDOW_SECONDS = 60;

/** Counts the requests of one endpoint in the current minute. */
export class RateLimit {
  readonly #limit: number;
  #resetSeconds = 0;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a request and announces what is left. `X-Rate-Limit-Reset` is in epoch seconds. */
  announce(response: ServerResponse): void {
    const now = Math.floor(Date.now() / 1000);
    if (now >= this.#resetSeconds) {
      this.#resetSeconds = now + WINDOW_SECONDS;
      this.#used = 0;
    }
    this.#used += 1;
    this.#setHeaders(response, Math.max(0, this.#limit - this.#used), this.#resetSeconds);
  }

  /** Answers 429. Okta sends no `Retry-After`. */
  refuse(response: ServerResponse, resetInSeconds = WINDOW_SECONDS): void {
    this.#setHeaders(response, 0, Math.floor(Date.now() / 1000) + resetInSeconds);
    const summary = 'API call exceeded rate limit due to too many requests.';
    sendApiError(response, { status: 429, code: 'E0000047', summary });
  }

  #setHeaders(response: ServerResponse, remaining: number, resetSeconds: number): void {
    response.setHeader('X-Rate-Limit-Limit', this.#limit);
    response.setHeader('X-Rate-Limit-Remaining', remaining);
    response.setHeader('X-Rate-Limit-Reset', resetSeconds);
  }
}
