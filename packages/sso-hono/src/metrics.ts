/**
 * @module
 * What an operator watches. Labels are bounded: route templates and codes, never paths, tenants or users.
 */
import { SsoError, type SsoErrorCode, type SsoFetch } from '@ipscape/sso-core';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What an adapter counts and measures. Every label has few values, so the series stay few. */
export interface Metrics {
  /** For `/metrics`; holds the process's default metrics too. */
  readonly registry: Registry;
  /** `route` is the template, never a path. */
  observeRequest(
    labels: { readonly product: string; readonly route: string; readonly status: number },
    seconds: number,
  ): void;
  /** Once for each sign-in or renewal that succeeded or was refused, at its start or at its callback. */
  countSignIn(product: string, result: SsoErrorCode | 'signed-in' | 'renewed'): void;
  /** Something was not done because of a limit: a start or callback refused, a line of the sign-in log not written. */
  countLimited(product: string, limit: string): void;
  /** The same fetch, timed. */
  measureFetch(fetch: SsoFetch): SsoFetch;
}

/** One registry for a process. Names follow the Prometheus conventions; times are in seconds. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'sso_http_request_duration_seconds',
    help: 'Time to answer a request.',
    labelNames: ['product', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const signIns = new Counter({
    name: 'sso_sign_ins_total',
    help: 'Sign-ins by their result: signed-in or an error code.',
    labelNames: ['product', 'result'],
    registers: [registry],
  });
  const limited = new Counter({
    name: 'sso_limited_total',
    help: 'What a limit prevented, by the limit.',
    labelNames: ['product', 'limit'],
    registers: [registry],
  });
  const idpRequests = new Histogram({
    name: 'sso_idp_request_duration_seconds',
    help: 'Time of requests to identity providers, by the kind of answer.',
    labelNames: ['result'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    registry,
    observeRequest: ({ product, route, status }, seconds) => {
      requests.observe({ product, route, status: String(status) }, seconds);
    },
    countSignIn: (product, result) => signIns.inc({ product, result }),
    countLimited: (product, limit) => limited.inc({ product, limit }),
    measureFetch: (fetch) => async (url, init) => {
      const stop = idpRequests.startTimer();
      try {
        const response = await fetch(url, init);
        stop({ result: `${Math.floor(response.status / 100)}xx` });
        return response;
      } catch (error) {
        stop({ result: SsoError.is(error) ? error.code : 'error' });
        throw error;
      }
    },
  };
}
