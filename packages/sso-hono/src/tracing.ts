/**
 * @module
 * What an adapter tells a tracing system, without knowing one: `@ipscape/sso-hono/node` implements it with
 * OpenTelemetry where the environment asks for it. Nothing here costs anything while tracing is off.
 */
import type { SsoErrorCode, SsoFetch } from '@ipscape/sso-core';

/** What is known of a request before it is answered. */
export interface TracedRequest {
  readonly method: string;
  readonly product: string;
  /** `traceparent` of W3C Trace Context from a proxy of ours, or null: a stranger does not choose our traces. */
  readonly traceParent: string | null;
}

/** Known when the answer is. The route is its template; paths and queries may hold what nobody else may see. */
export interface TracedAnswer {
  readonly route: string;
  readonly status: number;
  /** Null when the request belongs to no tenant. */
  readonly tenantId: string | null;
  /** What the person and the log have too. */
  readonly reference: string;
  /** What the request was refused with, or null. */
  readonly code: SsoErrorCode | null;
}

/** Spans of requests and of what they cause. No failure of a tracing system is a failure of a request. */
export interface Tracing {
  /** Runs a request in a span; everything below belongs to it. `answer` is called once, after `run`. */
  traceRequest(request: TracedRequest, run: () => Promise<void>, answer: () => TracedAnswer): Promise<void>;
  /** The same fetch with a span for each request: which endpoint of which host, and the answer's status. */
  traceFetch(fetch: SsoFetch): SsoFetch;
  /** The same methods with a span for each call: its name, never its input or result. */
  traceStore<Store extends object>(store: Store): Store;
  /** Of the request under way, for its log line; null when there is none. */
  traceId(): string | null;
  /** Sends what was not sent yet. */
  stop(): Promise<void>;
}
