import { SsoError } from '@ipscape/sso-core';
import { expect, test } from 'vitest';
import { createHealthRoutes } from './health-routes.js';
import { createMetrics } from './metrics.js';

const metrics = createMetrics();

function scene() {
  const state = { isStopping: false, isDown: false };
  const ping = async (): Promise<void> => {
    if (state.isDown) throw new SsoError('store-unavailable', { cause: new Error('CANARY') });
  };
  return { state, routes: createHealthRoutes({ store: { ping }, metrics, isStopping: () => state.isStopping }) };
}

test('R19 a process that runs is alive, whatever its database does', async () => {
  const { state, routes } = scene();
  state.isDown = true;
  state.isStopping = true;
  expect((await routes.request('/livez')).status).toBe(200);
});

test('R19 is ready while the database answers, and again when it answers again', async () => {
  const { state, routes } = scene();
  expect((await routes.request('/readyz')).status).toBe(200);
  state.isDown = true;
  const down = await routes.request('/readyz');
  expect(down.status).toBe(503);
  expect(await down.text()).toBe('database unavailable');
  state.isDown = false;
  expect((await routes.request('/readyz')).status).toBe(200);
});

test('R19 is not ready from the moment it stops', async () => {
  const { state, routes } = scene();
  state.isStopping = true;
  expect((await routes.request('/readyz')).status).toBe(503);
});

test('counts requests by template and sign-ins by result, in Prometheus’ format', async () => {
  metrics.observeRequest({ product: 'cti', route: '/cti/login', status: 302 }, 0.01);
  metrics.countSignIn('cti', 'state-mismatch');
  const response = await scene().routes.request('/metrics');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  const text = await response.text();
  expect(text).toContain('sso_http_request_duration_seconds_count{product="cti",route="/cti/login",status="302"} 1');
  expect(text).toContain('sso_sign_ins_total{product="cti",result="state-mismatch"} 1');
});

test('times requests to providers by the kind of answer', async () => {
  const answers: (() => Promise<Response>)[] = [
    async () => new Response('{}'),
    async () => new Response('', { status: 503 }),
    () => Promise.reject(new SsoError('idp-timeout')),
    () => Promise.reject(new Error('CANARY')),
  ];
  for (const answer of answers)
    await metrics
      .measureFetch(answer)('https://idp.example/')
      .catch(() => {});
  const text = await metrics.registry.metrics();
  for (const result of ['2xx', '5xx', 'idp-timeout', 'error']) {
    expect(text).toContain(`sso_idp_request_duration_seconds_count{result="${result}"} 1`);
  }
  expect(text).not.toContain('CANARY');
});
