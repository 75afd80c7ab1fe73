import { START_PATHS } from '@ipscape/sso-core';
import type { Tracing } from '@ipscape/sso-hono';
import { startTracing } from '@ipscape/sso-hono/tracing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser, send } from '../support/http-browser.js';
import { type Rig, startRig, startUrl, walkToCallback } from '../support/rig.js';
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.js';

const [database] = await testStores();
if (database === undefined) throw new Error('No database.');

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let collector: TraceCollector;
let tracing: Tracing;
let rig: Rig;

beforeEach(async () => {
  collector = await startTraceCollector();
  // Where the exporter looks, as it would in a process of its own.
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.endpoint);
  tracing = startTracing({ sampler: 'parentbased_always_on', ratio: 1 });
  rig = await startRig(await database.open(), { tracing, trustedProxies: ['127.0.0.0/8'] });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await tracing.stop();
  await rig.stop();
  await collector.stop();
});

/** The rig trusts whoever connects from this machine, so a proxy's headers are sent with every request. */
const forwarded = { 'x-forwarded-proto': 'http' };

test('a sign-in is one trace a request, down to the database and the provider', async () => {
  const browser = new HttpBrowser();
  const callback = await walkToCallback(rig, browser);
  const finished = await browser.request(callback);
  expect(finished.status).toBe(303);
  await tracing.stop();

  const [answered] = collector.spans.filter(({ name }) => name === 'GET /workspace/security/sso-oauth-callback');
  expect(answered).toMatchObject({
    service: 'ipscape-sso',
    isError: false,
    attributes: {
      'http.route': '/workspace/security/sso-oauth-callback',
      'http.response.status_code': 303,
      'ipscape.product': 'workspace',
      'ipscape.tenant.id': 'acme',
    },
  });
  const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === answered?.spanId);
  expect(below.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['claimTransaction', 'POST token', 'openSession']),
  );
  expect(new Set(below.map(({ traceId }) => traceId))).toEqual(new Set([answered?.traceId]));
  const [line] = rig.logLines.filter((text) => text.includes('/workspace/security/sso-oauth-callback'));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ trace: answered?.traceId });
});

test('O8 no secret, code, token or person is in what is sent', async () => {
  const browser = new HttpBrowser();
  const callback = await walkToCallback(rig, browser, { query: 'return_to=%2Fworkspace%2Fcanary-path%3Fq%3Dcanary' });
  await browser.request(callback);
  await browser.request(callback);
  await send(`${rig.tenants.acme.origin}/workspace/canary-path?code=canary-code`, { headers: forwarded });
  await tracing.stop();

  const { searchParams } = new URL(callback);
  const tokens = rig.outgoing.flatMap(({ answer, body }) => [...answer.matchAll(/eyJ[\w.-]+/g), body].map(String));
  const secrets = [
    searchParams.get('code'),
    searchParams.get('state'),
    rig.tenants.acme.clientSecret,
    'canary',
    'acme.example',
    'Arun',
    ...tokens,
  ];
  const sent = collector.bodies.join('\n');
  expect(sent).toContain('claimTransaction');
  for (const secret of secrets) if (secret) expect(sent).not.toContain(secret);
});

test('a refusal carries its code, and a failing provider an error', async () => {
  const browser = new HttpBrowser();
  const callback = await walkToCallback(rig, browser);
  rig.tenants.acme.org.faults.token = { status: 503 };
  const refused = await browser.request(callback);
  await tracing.stop();
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(collector.spans.find(({ name }) => name === 'POST token')).toMatchObject({
    isError: true,
    attributes: { 'http.response.status_code': 503, 'error.type': '503', 'ipscape.idp.endpoint': 'token' },
  });
  const answered = collector.spans.find(({ name }) => name === 'GET /workspace/security/sso-oauth-callback');
  expect(answered?.attributes).toMatchObject({ 'error.type': 'idp-error' });
});

test('T3 only a proxy of ours says to which trace a request belongs', async () => {
  await send(startUrl(rig), { headers: { ...forwarded, traceparent: PARENT } });
  await send(startUrl(rig), { headers: { ...forwarded, traceparent: 'nonsense' } });
  await tracing.stop();
  const starts = collector.spans.filter(({ name }) => name === `GET ${START_PATHS.workspace}`);
  expect(starts).toHaveLength(2);
  expect(starts.filter(({ traceId }) => traceId === '0af7651916cd43dd8448eb211c80319c')).toHaveLength(1);
});

test('a collector that is gone disturbs nobody', async () => {
  await collector.stop();
  const browser = new HttpBrowser();
  const finished = await browser.request(await walkToCallback(rig, browser));
  expect(finished.status).toBe(303);
  collector = await startTraceCollector();
});
