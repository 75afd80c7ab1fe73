import { connect } from 'node:net';
import { PRODUCTS } from '@ipscape/sso-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import {
  type FuzzedRequest,
  type FuzzedRoute,
  fuzzedBytes,
  fuzzedRequests,
  fuzzedRoutes,
  plainRequest,
} from '../support/fuzzed-requests.js';
import { HttpBrowser, send } from '../support/http-browser.js';
import { FUZZ } from '../support/long-run.js';
import { heldMemory } from '../support/memory.js';
import { type Rig, signIn, startRig } from '../support/rig.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);

const { requests: REQUESTS, seed: SEED } = FUZZ;
const AT_ONCE = 8;
const ROUND = 400;
const SLOWEST_MS = 2_000;

describe('R21 whatever is sent', () => {
  let rig: Rig;
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  beforeAll(async () => {
    if (database === undefined) throw new Error('No database.');
    rig = await startRig(await database.open(), { idpTimeoutMs: 1_000 });
    process.on('unhandledRejection', note);
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await rig?.stop();
  });

  async function signedInCookies(): Promise<string> {
    const browser = new HttpBrowser();
    for (const product of PRODUCTS) await signIn(rig, browser, { product, person: 'admin' });
    return browser.cookieHeader(rig.tenants.acme.origin);
  }

  const routes = (): readonly FuzzedRoute[] => fuzzedRoutes(rig.instance.routes);

  /** Sends it, and judges what holds for every answer. */
  async function ask(request: FuzzedRequest, own: string, found: string): Promise<number | string | undefined> {
    const { origin } = rig.tenants.acme;
    const { method, target, headers, body, isSignedIn } = request;
    const cookie = [isSignedIn ? own : '', headers.cookie ?? ''].filter((part) => part !== '').join('; ');
    const startedAt = performance.now();
    const answer = await send(origin, {
      method,
      target: target.replace(/[^\x21-\x7e]/g, '?'),
      headers: {
        ...headers,
        ...(headers.origin === 'OWN' ? { origin } : {}),
        ...(cookie === '' ? {} : { cookie }),
        ...(body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      ...(body === null ? {} : { body }),
    }).catch((error: NodeJS.ErrnoException) => ({ status: error.code ?? 'error', text: '', headers: {} }));
    expect(performance.now() - startedAt, found).toBeLessThan(SLOWEST_MS);
    // The database and the local Okta answer all the time: 503 would be a statement that failed.
    expect([500, 501, 503, 504, 'error'], found).not.toContain(answer.status);
    expect(answer.text, found).not.toMatch(/\bat \S+ \(|node_modules|<script>alert/);
    expect(JSON.stringify(answer.headers), found).not.toContain('set-cookie":["a=b');
    const orgs = Object.values(rig.tenants).map(({ org }) => org.origin);
    const location = 'location' in answer.headers ? String(answer.headers.location) : '/';
    expect([origin, ...orgs], found).toContain(new URL(location, origin).origin);
    return answer.status;
  }

  const expectNoDefects = (): void => {
    expect(rig.logLines.filter((line) => line.includes('internal-error'))).toEqual([]);
    expect(unhandled).toEqual([]);
  };

  test('as a plain request to each route of the three apps, by a stranger and by an administrator', async () => {
    const all = routes();
    // By way of example: the list is the apps' own.
    for (const known of ['GET /workspace/session', 'POST /cti/logout', 'POST /workspace/api/sso/save', 'GET /metrics'])
      expect(all.map(({ method, path }) => `${method} ${path}`)).toContain(known);
    const ends = ({ path }: FuzzedRoute): boolean => path.endsWith('logout');
    for (const isSignedIn of [false, true]) {
      const own = await signedInCookies();
      for (const route of [...all.filter((each) => !ends(each)), ...all.filter(ends)]) {
        const found = `${route.method} ${route.path}`;
        const status = await ask(plainRequest(route, isSignedIn), own, found);
        // Else its handler was not asked.
        if (isSignedIn && !route.isMadeUp) expect([404, 405], found).not.toContain(status);
      }
    }
    expectNoDefects();
  });

  test(`as a request, ${REQUESTS} times: no fault, nothing slow, nothing kept`, {
    timeout: 30_000 + REQUESTS * 50,
  }, async () => {
    const all = routes();
    let held = 0;
    for (let done = 0, round = 0; done < REQUESTS; done += ROUND, round++) {
      // Whoever was disabled or signed out by the round before comes back.
      await rig.repair();
      // What a provider remembers of each sign-in is none of the adapters' memory.
      for (const { org } of rig.allTenants) org.forgetSignIns();
      const own = await signedInCookies();
      const seed = SEED + round;
      const requests = fuzzedRequests(all, { seed, count: Math.min(ROUND, REQUESTS - done) }).entries();
      const worker = async (): Promise<void> => {
        for (const [index, request] of requests)
          await ask(request, own, `seed ${seed}, request ${index}: ${request.method} ${request.target}`);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      expectNoDefects();
      rig.logLines.length = 0;
      rig.outgoing.length = 0;
      // The first rounds fill what is meant to be filled: caches, prepared statements, compiled code.
      if (round === 1) held = heldMemory();
    }
    const grown = heldMemory() - held;
    if (REQUESTS > 2 * ROUND) expect(grown).toBeLessThan(20 * 1024 * 1024);
    if (REQUESTS > 100 * ROUND) console.log(`Memory: ${Math.round(grown / 1024)} kB more after ${REQUESTS} requests.`);
    expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
  });

  test('as bytes that are hardly HTTP: refused or answered, and the process goes on', async () => {
    for (const text of fuzzedBytes(SEED, Math.min(REQUESTS / 6, 2_000))) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(rig.port, '127.0.0.1', () => socket.end(text, 'latin1'));
        let received = '';
        socket.setTimeout(SLOWEST_MS, () => socket.destroy(new Error('slow')));
        socket.on('data', (chunk) => {
          received += chunk.toString('latin1');
        });
        socket.on('error', (error) => resolve(error.message === 'slow' ? 'slow' : received));
        socket.on('close', () => resolve(received));
      });
      expect(answer, JSON.stringify(text)).not.toMatch(/^slow$|^HTTP\/1\.1 5\d\d/);
    }
    expect(unhandled).toEqual([]);
    expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
  });
});
