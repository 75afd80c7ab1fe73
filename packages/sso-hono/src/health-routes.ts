/**
 * @module
 * For the operator: not under a product's path, so that a public proxy does not route them.
 */
import { Hono } from 'hono';
import type { AdapterStore } from './adapter-context.js';
import type { Metrics } from './metrics.js';

/** What the operator's routes look at. */
export interface HealthOptions {
  /** Pinged at every question for readiness. */
  readonly store: Pick<AdapterStore, 'ping'>;
  /** Of the whole process. */
  readonly metrics: Metrics;
  /** Whether the process has begun to stop. */
  readonly isStopping: () => boolean;
}

/**
 * `/livez` answers while the process runs. `/readyz` answers 200 while the database does and the process is not
 * stopping; a tenant's provider has no part in it. `/metrics` is in Prometheus' text format.
 */
export function createHealthRoutes({ store, metrics, isStopping }: HealthOptions): Hono {
  const routes = new Hono();
  routes.get('/livez', (c) => c.text('ok'));
  routes.get('/readyz', async (c) => {
    if (isStopping()) return c.text('stopping', 503);
    try {
      await store.ping();
      return c.text('ok');
    } catch {
      return c.text('database unavailable', 503);
    }
  });
  routes.get('/metrics', async (c) =>
    c.text(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );
  return routes;
}
