/**
 * @module
 * Runs the product services, each as a server of its own that reaches the adapters over HTTP alone.
 */
import {
  createProductTokenVerifier,
  type OriginScheme,
  PRODUCTS,
  type Product,
  productTokenIssuer,
} from '@ipscape/sso-core';
import { createGuardedFetch } from '@ipscape/sso-core/node';
import { serveUntilStopped } from '@ipscape/sso-hono/node';
import { domainOf, TENANTS } from './people.js';
import { PRODUCT_SERVICES } from './product-services.js';

export interface ProductServices {
  /** Where each listens, without a trailing slash. */
  readonly origins: Readonly<Record<Product, string>>;
  close(): Promise<void>;
}

export interface ProductServicesOptions {
  readonly host: string;
  /** How the tenants' origins are written. */
  readonly scheme: OriginScheme;
  readonly logger: Parameters<typeof serveUntilStopped>[0]['logger'];
}

export async function serveProductServices({ host, scheme, logger }: ProductServicesOptions): Promise<ProductServices> {
  const started = await Promise.all(
    PRODUCTS.map(async (product) => {
      const issuers = new Set(TENANTS.map((tenant) => productTokenIssuer(domainOf(tenant), product, scheme)));
      const verifier = createProductTokenVerifier({
        product,
        issuer: (issuer) => issuers.has(issuer),
        fetch: createGuardedFetch({ allowLocalhost: true }),
      });
      const { fetch } = PRODUCT_SERVICES[product](verifier);
      return { product, server: await serveUntilStopped({ fetch, host, port: 0, logger }) };
    }),
  );
  const origins = Object.fromEntries(started.map(({ product, server }) => [product, `http://${host}:${server.port}`]));
  return {
    origins: origins as Record<Product, string>,
    async close() {
      await Promise.all(started.map(({ server }) => server.stop(2_000)));
    },
  };
}
