/**
 * @module
 * Tracing with OpenTelemetry. Loaded only where the environment asks for it, so that the others neither need the SDK
 * nor pay for it. Attributes are method, route template, status, codes and ids: no path, query, address of a person,
 * token or statement. Nothing is propagated to identity providers.
 */
import { type ClientAddressStore, SsoError, type SsoErrorCode, type SsoFetch } from '@ipscape/sso-core';
import { type Context, context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Tracing } from '../tracing.js';
import { createTraceSampler } from './trace-sampler.js';
import type { TraceSampling } from './tracing-environment.js';

const SERVICE_NAME = 'ipscape-sso';
const STOP_PATIENCE_MS = 2000;

/** Starts sending spans to the endpoint that the environment names. One for a process. */
export function startTracing(sampling: TraceSampling): Tracing {
  const provider = new TracerProvider({
    sampler: createTraceSampler(sampling),
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': SERVICE_NAME }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const contexts = new AsyncLocalStorageContextManager();
  context.setGlobalContextManager(contexts);
  const tracer = provider.getTracer('@ipscape/sso-hono');

  /** Runs in a span that ends with it; a failure leaves its code and nothing else of the error. */
  async function inSpan<T>(span: Span, parent: Context, run: () => Promise<T>): Promise<T> {
    try {
      return await context.with(trace.setSpan(parent, span), run);
    } catch (error) {
      markFailed(span, SsoError.is(error) ? error.code : 'internal-error');
      throw error;
    } finally {
      span.end();
    }
  }

  return {
    traceRequest({ method, product, traceParent }, run, answer) {
      const parent = toParent(traceParent);
      const attributes = { 'http.request.method': method, 'ipscape.product': product };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
      return inSpan(span, parent, async () => {
        await run();
        const { route, status, tenantId, reference, code } = answer();
        span.updateName(`${method} ${route}`);
        span.setAttributes({
          'http.route': route,
          'http.response.status_code': status,
          'ipscape.reference': reference,
          ...(tenantId === null ? {} : { 'ipscape.tenant.id': tenantId }),
          ...(code === null ? {} : { 'error.type': code }),
        });
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      });
    },
    traceFetch:
      (fetch): SsoFetch =>
      (url, init) => {
        const method = init?.method ?? 'GET';
        const { hostname, port } = new URL(url);
        const endpoint = init?.budget?.endpoint;
        const attributes = {
          'http.request.method': method,
          'server.address': hostname,
          ...(port === '' ? {} : { 'server.port': Number(port) }),
          ...(endpoint === undefined ? {} : { 'ipscape.idp.endpoint': endpoint }),
        };
        const parent = context.active();
        const span = tracer.startSpan(`${method} ${endpoint ?? 'idp'}`, { kind: SpanKind.CLIENT, attributes }, parent);
        return inSpan(span, parent, async () => {
          const response = await fetch(url, init);
          span.setAttribute('http.response.status_code', response.status);
          if (response.status >= 400) markFailed(span, String(response.status));
          return response;
        });
      },
    traceStore<Store extends object>(store: Store): Store {
      const traced = Object.entries(store).map(([name, member]: [string, unknown]) => [
        name,
        isMethod(member) && name !== RUNS_A_REQUEST
          ? (...input: unknown[]) => {
              const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': name };
              const parent = context.active();
              const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
              return inSpan(span, parent, () => member.apply(store, input));
            }
          : member,
      ]);
      return Object.fromEntries(traced) as Store;
    },
    traceId: () => trace.getSpanContext(context.active())?.traceId ?? null,
    async stop() {
      // A collector that does not answer must not hold the process; the exporter would try for as long as it is told.
      const { promise: tooLong, resolve } = Promise.withResolvers<void>();
      const patience = setTimeout(resolve, STOP_PATIENCE_MS);
      await Promise.race([provider.shutdown().catch(() => {}), tooLong]);
      clearTimeout(patience);
      context.disable();
    },
  };
}

/** A whole request goes through it: that is no call of the database. */
const RUNS_A_REQUEST: keyof ClientAddressStore = 'withClientAddress';

function isMethod(member: unknown): member is (...input: unknown[]) => Promise<unknown> {
  return typeof member === 'function';
}

function markFailed(span: Span, code: SsoErrorCode | string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function toParent(traceParent: string | null): Context {
  const parent = traceParent === null ? null : parseTraceParent(traceParent);
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}
