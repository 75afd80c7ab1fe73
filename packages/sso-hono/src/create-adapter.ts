/**
 * @module
 * One product's adapter: everything that the three have in common. A product adds its own routes.
 */

import type { HttpBindings } from '@hono/node-server';
import { createProductTokenMint, PRODUCTS, type Product, SsoError } from '@ipscape/sso-core';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { routePath } from 'hono/route';
import type { StatusCode } from 'hono/utils/http-status';
import type { Adapter, AdapterDeps, AdapterEnv, AdapterRequest, AdapterStore } from './adapter-context.js';
import { describeError, toSsoError } from './describe-error.js';
import { errorResponse } from './error-response.js';
import { createProductTokenRoutes } from './product-token-routes.js';
import { createReference } from './reference.js';
import { createRequestFacts, type ReadRequestFacts, toDomain } from './request-facts.js';
import { createSessionActivity } from './session-activity.js';
import { createSessionLookup } from './session-lookup.js';
import { createSessionRoutes } from './session-routes.js';
import { createSignInLimiter, SIGN_IN_LIMITS } from './sign-in-limits.js';
import { createTenantLookup } from './tenant-lookup.js';
import type { TracedAnswer } from './tracing.js';

/** The dependencies of an adapter, and what makes it the adapter of one product. */
export interface CreateAdapterOptions<Store extends AdapterStore = AdapterStore> extends AdapterDeps<Store> {
  /** Every path of the product is under `/` and this. */
  readonly product: Product;
  /** The product's own routes, after tenant and headers are settled. */
  readonly routes: (adapter: Adapter<Store>) => Hono<AdapterEnv>;
}

const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The adapter of a product as a Hono app. Every answer is `no-store`; every error is a page or problem details; every
 * request under the product's path belongs to the tenant of its host, or is refused.
 */
export function createAdapter<Store extends AdapterStore>({
  product,
  routes,
  ...deps
}: CreateAdapterOptions<Store>): Hono<AdapterEnv> {
  const adapter: Adapter<Store> = {
    ...deps,
    product,
    tenants: createTenantLookup(deps.store),
    sessions: createSessionLookup(deps.store, {
      onUnrecorded: (cause) =>
        deps.logger.error({ product, error: describeError(toSsoError(cause)) }, 'foreign handle not looked for'),
    }),
    productTokens: createProductTokenMint({ store: deps.store, scheme: deps.scheme, now: deps.signIn.now }),
    limiter: createSignInLimiter(deps.signInLimits ?? SIGN_IN_LIMITS, deps.signIn.now),
  };
  const readFacts = createRequestFacts(deps.trustedProxies);
  const app = new Hono<AdapterEnv>();
  app.use(async function refuseDotSegments(c, next) {
    // A proxy that matches the path as it was sent would route "/workspace/../metrics" to what it must not route.
    const sent = (c.env as Partial<HttpBindings> | undefined)?.incoming?.url ?? '';
    if (DOT_SEGMENT.test(sent.split('?', 1)[0] ?? '')) return c.body(null, 400);
    return next();
  });
  if (deps.health !== undefined) app.route('/', deps.health);

  app.use(async function observe(c, next) {
    const startedAt = performance.now();
    c.set('reference', createReference());
    c.set('tenant', null);
    c.set('setup', null);
    c.set('errorCode', null);
    c.set('facts', factsOf(c, readFacts));
    setCommonHeaders(c, adapter);
    const answer = async (): Promise<void> => {
      await next();
      logRequest(c, adapter, performance.now() - startedAt);
    };
    if (adapter.tracing === undefined) return answer();
    const { traceParent } = c.get('facts');
    return adapter.tracing.traceRequest({ method: c.req.method, product, traceParent }, answer, () => tracedAnswer(c));
  });
  app.use(async function tellClientAddress(c, next) {
    if (deps.store.withClientAddress === undefined) return next();
    return deps.store.withClientAddress(c.get('facts').clientAddress, next);
  });
  app.use(`/${product}/*`, async function requireTenant(c, next) {
    const { host, protocol } = c.get('facts');
    const { scheme } = adapter;
    const domain = host === null ? null : toDomain(host, scheme.port, scheme.protocol === 'https' ? 443 : 80);
    const setup = domain === null ? null : await adapter.tenants(domain);
    if (setup === null) throw new SsoError('tenant-unknown');
    c.set('setup', setup);
    c.set('tenant', setup.tenant);
    // A callback over plain http is asked again over https; nothing is spent.
    if (scheme.protocol === 'https' && protocol === 'http') {
      const { pathname, search } = new URL(c.req.url);
      return c.redirect(`https://${setup.tenant.domain}${pathname}${search}`, 308);
    }
    return next();
  });
  app.route('/', createSessionRoutes(adapter));
  app.route('/', createProductTokenRoutes(adapter));
  app.route('/', createSessionActivity(adapter));
  app.route('/', routes(adapter));

  app.notFound((c) => errorResponse(c, adapter, 'not-found'));
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status < 500) return passOn(c, error);
    const known = toSsoError(error);
    const level = known.code === 'internal-error' ? 'error' : 'info';
    adapter.logger[level](
      { reference: c.get('reference'), product, tenant: c.get('tenant')?.id, error: describeError(known) },
      'request refused',
    );
    return errorResponse(c, adapter, known.code);
  });
  return app;
}

/** What a product's own route answers on purpose stays its answer; only the common headers are added. */
function passOn(c: AdapterRequest, error: HTTPException): Response {
  const answer = error.getResponse();
  for (const [name, value] of answer.headers) c.header(name, value, { append: name === 'set-cookie' });
  return c.newResponse(answer.body, answer.status as StatusCode);
}

function factsOf(c: AdapterRequest, readFacts: ReadRequestFacts) {
  const bindings = c.env as Partial<HttpBindings> | undefined;
  return readFacts({
    peerAddress: bindings?.incoming?.socket.remoteAddress ?? null,
    header: (name) => c.req.header(name) ?? (name === 'host' ? new URL(c.req.url).host : undefined),
  });
}

/** Before the answer is made: adding a header to a finished one would copy it. */
function setCommonHeaders(c: AdapterRequest, adapter: Adapter): void {
  c.header('cache-control', 'no-store');
  c.header('vary', 'Cookie, Accept');
  c.header('referrer-policy', 'no-referrer');
  c.header('x-content-type-options', 'nosniff');
  c.header('cross-origin-resource-policy', 'same-origin');
  if (adapter.scheme.protocol === 'https') c.header('strict-transport-security', 'max-age=31536000');
}

const POLLED_ROUTES: ReadonlySet<string> = new Set(
  PRODUCTS.flatMap((product) => [`/${product}/session`, `/${product}/session/activity`, `/${product}/auth`]),
);

/** One line a request: the route's template, never its path or query, which may hold a code. */
function logRequest(c: AdapterRequest, { product, logger, metrics, tracing }: Adapter, durationMs: number): void {
  const route = routePath(c, -1);
  const { status } = c.res;
  metrics.observeRequest({ product, route, status }, durationMs / 1000);
  // A product asks for its session every few seconds: an answer that says nothing new is no event.
  const level = POLLED_ROUTES.has(route) && c.res.ok ? 'debug' : 'info';
  logger[level](
    {
      reference: c.get('reference'),
      product,
      tenant: c.get('tenant')?.id,
      method: c.req.method,
      route,
      status,
      durationMs: Math.round(durationMs * 10) / 10,
      code: c.get('errorCode') ?? undefined,
      client: c.get('facts').clientAddress ?? undefined,
      trace: tracing?.traceId() ?? undefined,
    },
    'request',
  );
}

function tracedAnswer(c: AdapterRequest): TracedAnswer {
  return {
    route: routePath(c, -1),
    status: c.res.status,
    tenantId: c.get('tenant')?.id ?? null,
    reference: c.get('reference'),
    code: c.get('errorCode'),
  };
}
