/**
 * @module
 * One https server for all host names of a test: the tenants' products on `*.localhost`, and on every other name a page
 * that stands for a CRM or an attacker. Browsers are told to connect to it for whatever is on port 443.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createThrowawayCertificate } from './throwaway-certificate.js';

export interface HostPageOptions {
  /** Address in the frame. */
  readonly src: string;
  /** The frame's `sandbox`; without it there is none. */
  readonly sandbox?: string | undefined;
  /** Whether the page sends `Cross-Origin-Opener-Policy: same-origin`. */
  readonly isIsolated?: boolean;
}

export interface HttpsFront {
  readonly port: number;
  stop(): Promise<void>;
}

/** @param products - answers for the tenants' host names */
export async function startHttpsFront(
  products: (request: Request, env: unknown) => Response | Promise<Response>,
): Promise<HttpsFront> {
  const listener = getRequestListener((request, env) =>
    new URL(request.url).hostname.endsWith('.localhost') ? products(request, env) : hostPage(new URL(request.url)),
  );
  const server = createServer(createThrowawayCertificate(), (request, response) => {
    // As a proxy that ends TLS says it.
    request.headers['x-forwarded-proto'] = 'https';
    request.rawHeaders.push('x-forwarded-proto', 'https');
    return listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Address of the page that shows a frame on any host but the tenants'. */
export function hostPageUrl(host: string, { src, sandbox, isIsolated = false }: HostPageOptions): string {
  const query = new URLSearchParams({ src, ...(sandbox === undefined ? {} : { sandbox }) });
  if (isIsolated) query.set('isolated', 'true');
  return `https://${host}/?${query}`;
}

function hostPage({ searchParams: query, hostname }: URL): Response {
  const attribute = (name: string): string =>
    (query.get(name) ?? '').replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const sandbox = query.has('sandbox') ? ` sandbox="${attribute('sandbox')}"` : '';
  const frame = query.has('src')
    ? `<iframe width="320" height="640" src="${attribute('src')}"${sandbox}></iframe>`
    : '';
  return new Response(`<!DOCTYPE html><title>${hostname}</title><link rel="icon" href="data:,">${frame}`, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      ...(query.has('isolated') ? { 'cross-origin-opener-policy': 'same-origin' } : {}),
    },
  });
}
