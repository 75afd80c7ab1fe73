/**
 * @module
 * One origin per tenant: sends a request to the adapter of its product, and shows a page where a product would be.
 */
import { HOME_PATHS, PRODUCTS, type Product } from '@ipscape/sso-core';
import { renderPage } from '@ipscape/sso-hono';
import { type Context, Hono } from 'hono';
import { proxy } from 'hono/proxy';
import type { DevTenant } from './people.js';
import { ProductPage, sessionBody } from './product-page.js';
import { SERVICE_SCRIPT, SERVICE_SCRIPT_PATH } from './service-section.js';
import { TOOLBAR_SCRIPT, TOOLBAR_SCRIPT_PATH, ToolbarPage } from './toolbar-page.js';
import { WelcomePage } from './welcome-page.js';

/** An adapter as the gateway sees it: something that answers requests. */
export interface ProductAdapter {
  fetch(request: Request, env?: unknown): Response | Promise<Response>;
}

export interface GatewayOptions {
  readonly adapters: Readonly<Record<Product, ProductAdapter>>;
  /** Where each product's service listens. */
  readonly services: Readonly<Record<Product, string>>;
  readonly health: Hono;
  readonly origins: (tenant: DevTenant) => string;
}

/** Where a person without a session is sent, with the way back. */
const SIGN_IN_PATHS: Readonly<Record<Product, string>> = {
  workspace: '/workspace/login',
  cti: '/cti/login',
  toolbar: '/toolbar/login',
};

export function createGateway({ adapters, services, health, origins }: GatewayOptions): Hono {
  const gateway = new Hono();
  gateway.route('/', health);
  gateway.get('/', (c) => renderPage(c, <WelcomePage origins={origins} />));
  gateway.get(TOOLBAR_SCRIPT_PATH, (c) =>
    c.body(TOOLBAR_SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  gateway.get(SERVICE_SCRIPT_PATH, (c) =>
    c.body(`${SERVICE_SCRIPT}connectService();\n`, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  for (const product of PRODUCTS) {
    const adapter = adapters[product];
    gateway.get(HOME_PATHS[product], (c) => showProduct(c, product, adapter));
    gateway.all(`/${product}/*`, (c) => adapter.fetch(c.req.raw, c.env));
    gateway.all(`/services/${product}/*`, (c) => passOn(c, services[product], `/services/${product}`));
  }
  return gateway;
}

/** To a product's service: with the token, and without cookies, which are for the adapters alone. */
function passOn(c: Context, origin: string, prefix: string): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const headers = ['authorization', 'accept', 'content-type'].map((name) => [name, c.req.header(name)] as const);
  return proxy(origin + pathname.slice(prefix.length) + search, {
    raw: c.req.raw,
    headers: Object.fromEntries(headers),
    redirect: 'manual',
  });
}

async function showProduct(c: Context, product: Product, adapter: ProductAdapter): Promise<Response> {
  const url = new URL(c.req.url);
  const request = new Request(new URL(`/${product}/session`, url), {
    headers: { host: c.req.header('host') ?? '', cookie: c.req.header('cookie') ?? '', accept: 'application/json' },
  });
  const response = await adapter.fetch(request, c.env);
  if (response.status === 401) {
    return c.redirect(
      `${SIGN_IN_PATHS[product]}?${new URLSearchParams({ return_to: url.pathname + url.search })}`,
      302,
    );
  }
  // Whatever else is wrong (an unknown host, the database) the adapter explains better.
  if (response.status !== 200) return adapter.fetch(c.req.raw, c.env);
  c.header('cache-control', 'no-store');
  if (product === 'toolbar') {
    const page = <ToolbarPage session={sessionBody.parse(await response.json())} />;
    return renderPage(c, page, 200, { script: true, postsForms: true });
  }
  return renderPage(c, <ProductPage session={sessionBody.parse(await response.json())} />, 200, { script: true });
}
