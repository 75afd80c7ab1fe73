import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createProductTokenVerifier, type ProductTokenVerifier, productTokenIssuer } from '@ipscape/sso-core';
import { createGuardedFetch } from '@ipscape/sso-core/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser, send } from '../support/http-browser.js';
import { type Rig, signIn, startRig } from '../support/rig.js';
import { createService as createExpressService } from './express-service.js';
import { createService as createFastifyService } from './fastify-service.js';
import { createService as createHonoService } from './hono-service.js';
import { createService as createNodeService } from './node-service.js';
import { createProductFetch } from './product-fetch.js';
import { verifier as manyTenants } from './verifier.js';

const stores = await testStores();
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const listening = (server: Server): Promise<Server> =>
  new Promise((resolve) => (server.listening ? resolve(server) : server.once('listening', () => resolve(server))));

const SERVICES: Readonly<Record<string, (verifier: ProductTokenVerifier) => Promise<Server>>> = {
  Hono: async (verifier) =>
    serve({ fetch: createHonoService(verifier).fetch, port: 0, hostname: '127.0.0.1' }) as Server,
  Express: async (verifier) => createExpressService(verifier).listen(0, '127.0.0.1'),
  Fastify: async (verifier) => {
    const app = createFastifyService(verifier);
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server as Server;
  },
  'node:http': async (verifier) => createNodeService(verifier).listen(0, '127.0.0.1'),
};

describe('docs/integrate.md', () => {
  const guide = read('../../docs/integrate.md');
  test.each([
    ['ts', 'verifier.ts'],
    ['ts', 'hono-service.ts'],
    ['ts', 'express-service.ts'],
    ['ts', 'fastify-service.ts'],
    ['ts', 'node-service.ts'],
    ['ts', 'product-fetch.ts'],
    ['ts run', 'service-test.ts'],
    ['ts', 'other-ways-in.ts'],
    ['nginx', 'nginx.conf'],
    ['caddyfile', 'Caddyfile'],
  ])('shows as %s what is tested here: %s', (language, file) => {
    expect(guide).toContain(`\`\`\`${language}\n${read(`./${file}`)}\`\`\``);
  });

  test('shows nothing else as code that nobody runs', () => {
    const blocks = [...guide.matchAll(/^```(\w*)$/gm)].map(([, language]) => language).filter((name) => name !== '');
    expect(blocks.filter((language) => !['sh', 'json'].includes(language ?? ''))).toHaveLength(9);
  });
});

// A token is the same whatever database it comes from.
describe.each(stores.slice(-1))('services with tokens of an adapter on $name', ({ open }) => {
  let rig: Rig;
  let token: string;
  let keysFail = false;
  let aheadMs = 0;
  let verifier: ProductTokenVerifier;

  beforeAll(async () => {
    rig = await startRig(await open());
    token = await tokenFor('agent');
  });
  afterAll(() => rig?.stop());

  async function tokenFor(person: 'agent' | 'admin', product: 'cti' | 'toolbar' = 'cti'): Promise<string> {
    const browser = new HttpBrowser();
    await signIn(rig, browser, { product, person });
    const answer = await browser.post(`${rig.tenants.acme.origin}/${product}/session/token`);
    return String(answer.json().token);
  }

  describe.each(Object.entries(SERVICES))('%s', (_name, start) => {
    let server: Server;
    let url: string;
    beforeAll(async () => {
      const guarded = createGuardedFetch({ allowLocalhost: true });
      verifier = createProductTokenVerifier({
        product: 'cti',
        issuer: productTokenIssuer('acme.localhost', 'cti', { protocol: 'http', port: rig.port }),
        fetch: async (address, init) => (keysFail ? new Response('', { status: 500 }) : guarded(address, init)),
        now: () => Date.now() + aheadMs,
      });
      server = await listening(await start(verifier));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/calls/mine`;
    });
    afterAll(() => {
      server?.closeAllConnections();
      server?.close();
    });
    const ask = (authorization: string | null) => send(url, { headers: { authorization } });

    test('product-keys-unavailable: 503 until keys can be had', async () => {
      keysFail = true;
      const answer = await ask(`Bearer ${token}`);
      keysFail = false;
      expect([answer.status, answer.json().code]).toEqual([503, 'product-keys-unavailable']);
      expect(answer.headers['retry-after']).toBe('5');
      // The pause after a failure, by the verifier's clock.
      aheadMs += 1_000;
    });

    test('a good token: 200, and the handler knows who calls', async () => {
      const answer = await ask(`Bearer ${token}`);
      expect([answer.status, answer.json()]).toEqual([200, { tenant: 'acme', calls: 'of acme-agent' }]);
    });

    test('session-required: no token', async () => {
      for (const header of [null, 'Basic YTpi', 'Bearer']) {
        const answer = await ask(header);
        expect([answer.status, answer.json().code]).toEqual([401, 'session-required']);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      }
    });

    test('product-token-invalid: another product, a broken signature, text', async () => {
      const broken = token.slice(0, -20) + 'A'.repeat(20);
      for (const bad of [await tokenFor('admin', 'toolbar'), broken, 'text']) {
        const answer = await ask(`Bearer ${bad}`);
        expect([answer.status, answer.json().code]).toEqual([401, 'product-token-invalid']);
        expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
        expect(answer.text).not.toContain(bad);
      }
    });

    test('product-token-expired: a token of six minutes ago', async () => {
      aheadMs += 361_000;
      const answer = await ask(`Bearer ${token}`);
      aheadMs -= 361_000;
      expect([answer.status, answer.json().code]).toEqual([401, 'product-token-expired']);
    });
  });

  test('A verifier for many tenants knows only its own domains', async () => {
    await expect(manyTenants.verify(token)).rejects.toMatchObject({
      code: 'product-token-invalid',
      details: { reason: 'iss' },
    });
  });
});

describe('the page’s fetch', () => {
  function page(answers: () => { status: number; expiresIn: number }) {
    const state = { minted: 0, sent: [] as (string | null)[], refused: [] as string[] };
    const original = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      if (String(input) === '/cti/session/token') {
        const { status, expiresIn } = answers();
        state.minted++;
        return Response.json({ token: `token-${state.minted}`, expiresIn }, { status });
      }
      const sent = new Headers(init?.headers).get('authorization');
      state.sent.push(sent);
      return new Response(null, { status: state.refused.includes(sent ?? '') ? 401 : 200 });
    };
    const restore = (): void => {
      globalThis.fetch = original;
    };
    return { state, restore };
  }

  test('shares one token among all requests, and replaces one that is nearly over', async () => {
    let expiresIn = 300;
    const { state, restore } = page(() => ({ status: 200, expiresIn }));
    try {
      const productFetch = createProductFetch('cti');
      await Promise.all(Array.from({ length: 20 }, () => productFetch('/calls/mine')));
      expect(new Set(state.sent)).toEqual(new Set(['Bearer token-1']));
      expiresIn = 29;
      const brief = createProductFetch('cti');
      await brief('/calls/mine');
      await brief('/calls/mine');
      expect(state.sent.slice(-2)).toEqual(['Bearer token-2', 'Bearer token-3']);
    } finally {
      restore();
    }
  });

  test('replaces a token that was refused, once, and one for all who noticed', async () => {
    const { state, restore } = page(() => ({ status: 200, expiresIn: 300 }));
    try {
      const productFetch = createProductFetch('cti');
      await productFetch('/calls/mine');
      state.refused = ['Bearer token-1'];
      const answers = await Promise.all([1, 2, 3].map(() => productFetch('/calls/mine')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(state.minted).toBe(2);
      state.refused = ['Bearer token-2', 'Bearer token-3'];
      expect((await productFetch('/calls/mine')).status).toBe(401);
      expect(state.minted).toBe(3);
    } finally {
      restore();
    }
  });

  test('asks the adapter as it is told to, e.g. in a frame', async () => {
    const { state, restore } = page(() => ({ status: 200, expiresIn: 300 }));
    try {
      const asked: string[] = [];
      const productFetch = createProductFetch('cti', async (path) => {
        asked.push(path);
        return Response.json({ token: 'of the frame', expiresIn: 300 });
      });
      await productFetch('/calls/mine');
      expect([asked, state]).toMatchObject([['/cti/session/token'], { sent: ['Bearer of the frame'], minted: 0 }]);
    } finally {
      restore();
    }
  });

  test('fails when the session is over, and works again after the next sign-in', async () => {
    let status = 401;
    const { state, restore } = page(() => ({ status, expiresIn: 300 }));
    try {
      const productFetch = createProductFetch('cti');
      await expect(productFetch('/calls/mine')).rejects.toThrow('401');
      expect(state.sent).toEqual([]);
      status = 200;
      await productFetch('/calls/mine', { headers: { accept: 'text/plain' } });
      expect(state.sent).toEqual(['Bearer token-2']);
    } finally {
      restore();
    }
  });
});
