/**
 * @module
 * One origin per tenant: sends a request to the adapter of its product, and shows a page where a product would be.
 */
import { HOME_PATHS, PRODUCTS, type Product } from '@ipscape/sso-core';
import { renderPage } from '@ipscape/sso-hono';
import { type Context, Hono } from 'hono';
import { proxy } from 'hono/proxy';
import { CRM_HOST, showCrm } from './crm-page.js';
import type { DevTenant } from './people.js';
import { ProductPage, sessionBody } from './product-page.js';
import { SERVICE_SCRIPT, SERVICE_SCRIPT_PATH } from './service-section.js';
import { SOFTPHONE_SCRIPT, SOFTPHONE_SCRIPT_PATH, SoftphonePage } from './softphone-page.js';
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
  readonly origins: (tenant: Pick<DevTenant, 'name'>) => string;
  /** Of the page that stands for a CRM; without it there is none. */
  readonly crmOrigin?: string;
  /** Of the CRM pages that may show the CTI Adaptor of the tenant with this domain. */
  readonly frameOrigins: (domain: string) => Promise<readonly string[]>;
}

/** Where a person without a session is sent, with the way back. */
const SIGN_IN_PATHS: Readonly<Record<Product, string>> = {
  workspace: '/workspace/login',
  cti: '/cti/login',
  toolbar: '/toolbar/login',
};

export function createGateway({ adapters, services, health, origins, crmOrigin, frameOrigins }: GatewayOptions): Hono {
  const gateway = new Hono();
  gateway.use(async (c, next) => {
    if (crmOrigin === undefined || domainOf(c) !== CRM_HOST) return next();
    return c.req.path === '/' ? showCrm(c, origins({ name: 'acme' })) : c.notFound();
  });
  gateway.route('/', health);
  gateway.get('/', (c) => renderPage(c, <WelcomePage origins={origins} crmOrigin={crmOrigin ?? null} />));
  for (const [path, script] of [
    [TOOLBAR_SCRIPT_PATH, TOOLBAR_SCRIPT],
    [SOFTPHONE_SCRIPT_PATH, SOFTPHONE_SCRIPT],
    [SERVICE_SCRIPT_PATH, `${SERVICE_SCRIPT}connectService();\n`],
  ] as const) {
    gateway.get(path, (c) => c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  }
  // In a frame only the page's own script can tell whether somebody is signed in.
  gateway.get(HOME_PATHS.cti, async (c, next) => {
    if (c.req.header('sec-fetch-dest') !== 'iframe') return next();
    return showSoftphone(c, 'Softphone', await frameOrigins(domainOf(c)));
  });
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

function domainOf(c: Context): string {
  return new URL(c.req.url).hostname;
}

function showSoftphone(c: Context, title: string, frameAncestors: readonly string[]): Promise<Response> {
  c.header('cache-control', 'no-store');
  return renderPage(c, <SoftphonePage title={title} />, 200, { script: true, postsForms: true, frameAncestors });
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
  if (product === 'cti') return showSoftphone(c, 'Signed in', []);
  c.header('cache-control', 'no-store');
  if (product === 'toolbar') {
    const page = <ToolbarPage session={sessionBody.parse(await response.json())} />;
    return renderPage(c, page, 200, { script: true, postsForms: true });
  }
  return renderPage(c, <ProductPage session={sessionBody.parse(await response.json())} />, 200, { script: true });
}
