import {
  createKeyCache,
  createProductTokenVerifier,
  PRODUCTS,
  type Product,
  productTokenIssuer,
  SsoError,
  verifyIdToken,
} from '@ipscape/sso-core';
import { createGuardedFetch, nodeCrypto } from '@ipscape/sso-core/node';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig, startUrl, type TenantName, walkToCallback } from '../support/rig.js';

const stores = await testStores();

describe.each(stores.slice(-1))('product tokens over HTTP, on $name', ({ open }) => {
  let rig: Rig;
  let browser: HttpBrowser;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from signing_keys');
    browser = new HttpBrowser();
  });

  const originOf = (tenant: TenantName = 'acme') => rig.tenants[tenant].origin;
  const tokenUrl = (product: Product, tenant: TenantName = 'acme') => `${originOf(tenant)}/${product}/session/token`;
  const keysUrl = (product: Product, tenant: TenantName = 'acme') =>
    `${originOf(tenant)}/${product}/.well-known/jwks.json`;
  const issuerOf = (product: Product, tenant: TenantName = 'acme') =>
    productTokenIssuer(`${tenant}.localhost`, product, { protocol: 'http', port: rig.port });

  /** Asks as the product's own page does. */
  async function tokenOf(product: Product, person = browser, tenant: TenantName = 'acme'): Promise<string> {
    const answer = await person.post(tokenUrl(product, tenant), { headers: { accept: 'application/json' } });
    expect(answer.status).toBe(200);
    return String(answer.json().token);
  }

  function verifierOf(product: Product, tenant: TenantName = 'acme') {
    return createProductTokenVerifier({
      product,
      issuer: issuerOf(product, tenant),
      fetch: createGuardedFetch({ allowLocalhost: true }),
      now: () => Date.now() + rig.clockAheadMs,
    });
  }

  async function codeOf(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      () => 'accepted',
      (error: unknown) => (SsoError.is(error) ? `${error.code} ${error.details.reason ?? ''}`.trim() : error),
    );
  }

  describe.each(PRODUCTS)('%s', (product) => {
    test('hands out a token that the product’s services verify', async () => {
      await signIn(rig, browser, { product });
      const answer = await browser.post(tokenUrl(product), { headers: { accept: 'application/json' } });
      const { token, tokenType, expiresIn, expiresAt, ...rest } = answer.json();
      expect([answer.status, tokenType, expiresIn, rest]).toEqual([200, 'Bearer', 300, {}]);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(decodeJwt(String(token)).exp).toBe(Date.parse(String(expiresAt)) / 1000);
      const session = await verifierOf(product).verify(String(token));
      const shown = (await browser.ask(`${originOf()}/${product}/session`)).json();
      expect({ ...session, authTime: session.authTime.toISOString() }).toMatchObject({
        user: shown.user as object,
        tenant: shown.tenant as object,
        product: shown.product,
        authTime: String(shown.authTime).replace(/\.\d+Z/, '.000Z'),
      });
    });

    test('publishes its keys to everybody, and nothing private of them', async () => {
      await signIn(rig, browser, { product });
      const { kid } = decodeProtectedHeader(await tokenOf(product));
      const answer = await new HttpBrowser().ask(keysUrl(product));
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/jwk-set+json');
      expect(answer.headers['cache-control']).toBe('public, max-age=60');
      expect(answer.headers.vary).toBeUndefined();
      expect(answer.setCookies).toEqual([]);
      const { keys } = answer.json() as { keys: Record<string, unknown>[] };
      expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']]);
      expect(keys[0]?.kid).toBe(kid);
    });
  });

  test('keys are asked for again at no cost', async () => {
    const first = await browser.ask(keysUrl('cti'));
    const etag = first.headers.etag ?? '';
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await browser.ask(keysUrl('cti'), { headers: { 'if-none-match': tag } });
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
    }
    expect((await browser.ask(keysUrl('cti'), { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  describe('S8 there is no token', () => {
    async function expectNone(answer: Answer, code = 'session-required'): Promise<void> {
      expect(answer.json()).toMatchObject({ code });
      expect(answer.text).not.toContain('eyJ');
    }
    const ask = (headers: Readonly<Record<string, string | null>> = {}, product: Product = 'cti') =>
      browser.post(tokenUrl(product), { headers: { accept: 'application/json', ...headers } });

    test('without a session', async () => {
      const answer = await ask();
      expect(answer.status).toBe(401);
      await expectNone(answer);
    });

    test('after signing out, ending, disabling, or losing the product', async () => {
      const ends: readonly ((tenantId: string) => Promise<unknown>)[] = [
        () => browser.post(`${originOf()}/cti/logout`),
        (tenantId) => rig.store.revokeSessions({ tenantId, actor: 'test' }),
        () => rig.database.query("update sessions set idle_expires_at = now() - interval '1s'"),
        () => rig.database.query("update users set status = 'disabled' where id = 'acme-agent'"),
        (tenantId) => rig.store.setSsoEntitlement({ tenantId, entitled: false, actor: 'test' }),
      ];
      for (const end of ends) {
        await signIn(rig, browser, { product: 'cti' });
        await tokenOf('cti');
        await end('acme');
        // What an instance remembers ends within five seconds; a new one remembers nothing.
        rig.restart();
        await expectNone(await ask());
        await rig.database.query("update users set status = 'active' where id = 'acme-agent'");
        await rig.repair();
      }
    });

    test('for another product’s session', async () => {
      await signIn(rig, browser, { product: 'toolbar' });
      await expectNone(await ask());
    });

    test('for another tenant’s session', async () => {
      await signIn(rig, browser, { product: 'cti', tenant: 'globex' });
      const value = browser.findCookie(originOf('globex'), '__Host-ipscape-cti');
      await expectNone(await ask({ cookie: `__Host-ipscape-cti=${value}` }));
    });

    test.each<[string, Readonly<Record<string, string | null>>]>([
      ['no origin', { origin: null }],
      ['the origin null', { origin: 'null' }],
      ['another site', { origin: 'https://evil.example' }],
      ['a sibling domain', { origin: 'http://globex.localhost' }],
      ['a longer name', { origin: 'http://acme.localhost.evil.example' }],
      ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
      ['a same-site fetch', { 'sec-fetch-site': 'same-site' }],
      ['a navigation by hand', { 'sec-fetch-site': 'none' }],
    ])('S10 for %s', async (_what, headers) => {
      await signIn(rig, browser, { product: 'cti' });
      const answer = await ask(headers);
      expect(answer.status).toBe(403);
      await expectNone(answer, 'request-forbidden');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    });

    test('S10 for a GET', async () => {
      await signIn(rig, browser, { product: 'cti' });
      expect((await browser.ask(tokenUrl('cti'))).status).toBe(404);
    });

    test('R12 while the database does not answer, nor keys', async () => {
      await signIn(rig, browser, { product: 'cti' });
      rig.breakStore('findSigningKey', () => new SsoError('store-unavailable'));
      rig.breakStore('listPublishedKeys', () => new SsoError('store-unavailable'));
      rig.restart();
      for (const answer of [await ask(), await browser.ask(keysUrl('cti'))]) {
        expect([answer.status, answer.headers['retry-after'], answer.headers['cache-control']]).toEqual([
          503,
          '5',
          'no-store',
        ]);
        await expectNone(answer, 'store-unavailable');
      }
      await rig.repair();
      await tokenOf('cti');
    });
  });

  test('S14 never outlives the session', async () => {
    await signIn(rig, browser, { product: 'cti' });
    await rig.database.query("update sessions set idle_seconds = 40, idle_expires_at = now() + interval '40s'");
    rig.restart();
    const answer = await browser.post(tokenUrl('cti'), { headers: { accept: 'application/json' } });
    expect(answer.json().expiresIn).toBeLessThanOrEqual(40);
    expect(answer.json().expiresIn).toBeGreaterThan(20);
  });

  describe('S12 in every slot of another kind a product token is refused', () => {
    test('as another product’s or another tenant’s token', async () => {
      for (const product of PRODUCTS) {
        for (const tenant of ['acme', 'globex'] as const) {
          const person = new HttpBrowser();
          await signIn(rig, person, { product, tenant });
          const token = await tokenOf(product, person, tenant);
          for (const other of PRODUCTS) {
            for (const elsewhere of ['acme', 'globex'] as const) {
              const result = await codeOf(verifierOf(other, elsewhere).verify(token));
              const isOwn = other === product && elsewhere === tenant;
              if (isOwn) expect(result).toBe('accepted');
              else expect(result).toMatch(/^product-token-invalid (?:iss|key-unknown)$/);
            }
          }
        }
      }
    });

    test('as a session cookie, a transaction, an admin link or a state', async () => {
      await signIn(rig, browser, { product: 'cti' });
      const token = await tokenOf('cti');
      const stranger = new HttpBrowser();
      for (const cookie of [`__Host-ipscape-cti=${token}`, `__Host-ipscape-settings=${token}`]) {
        const answer = await stranger.ask(`${originOf()}/cti/session`, { headers: { cookie } });
        expect(answer.json()).toMatchObject({ code: 'session-required' });
      }
      const bearer = await stranger.ask(`${originOf()}/cti/session`, { headers: { authorization: `Bearer ${token}` } });
      expect(bearer.status).toBe(401);
      expect((await stranger.ask(`${originOf()}/workspace/admin-link/${token}`)).status).not.toBe(303);
      const callback = new URL(await walkToCallback(rig, stranger, { product: 'cti' }));
      callback.searchParams.set('state', token);
      expect((await stranger.ask(callback.href)).status).toBe(400);
    });

    test('as an ID token, with the very keys that signed it', async () => {
      await signIn(rig, browser, { product: 'cti' });
      const idToken = await tokenOf('cti');
      const issuer = issuerOf('cti');
      const keys = createKeyCache({ fetch: createGuardedFetch({ allowLocalhost: true }) });
      const key = { tenantId: 'acme', revisionId: '1', issuer };
      const input = { idToken, accessToken: 'a', key, jwksUri: keysUrl('cti'), clientId: 'cti', nonce: 'n' };
      const verified = verifyIdToken({ ...input, algorithms: ['ES256'] }, { keys, crypto: nodeCrypto });
      expect(await codeOf(verified)).toBe('token-invalid typ');
    });

    test('and a verifier takes neither cookies nor Okta’s tokens', async () => {
      await signIn(rig, browser, { product: 'cti' });
      const cookie = browser.findCookie(originOf(), '__Host-ipscape-cti') ?? '';
      const answer = rig.outgoing.findLast(({ url }) => url.includes('/token'))?.answer ?? '{}';
      const { id_token: idToken = '', access_token: accessToken = '' } = JSON.parse(answer) as Record<string, string>;
      expect(idToken).toMatch(/^eyJ/);
      for (const token of [cookie, idToken, accessToken]) {
        expect(await codeOf(verifierOf('cti').verify(token))).toMatch(/^product-token-invalid (?:malformed|alg|typ)$/);
      }
    });
  });

  describe('A6 keys rotate without a failed request', () => {
    const pass = (interval: string) =>
      rig.database.query(
        'update signing_keys set signs_from = signs_from - $1::interval, signs_until = signs_until - $1::interval',
        [interval],
      );

    test('on two instances, for a verifier that is warm and one that is new', async () => {
      await signIn(rig, browser, { product: 'cti' });
      const second = await rig.startSecondInstance();
      const warm = verifierOf('cti');
      const kids = new Set<unknown>();
      // 40 days in steps of half a day, at each of which both instances forget what they remember for a moment.
      for (let step = 0; step < 80; step++) {
        browser.connectTo = () => (step % 2 === 0 ? rig.port : second.port);
        const token = await tokenOf('cti');
        kids.add(decodeProtectedHeader(token).kid);
        expect(await codeOf(warm.verify(token))).toBe('accepted');
        if (step % 10 === 0) expect(await codeOf(verifierOf('cti').verify(token))).toBe('accepted');
        await pass('12 hours');
        rig.clockAheadMs += 5_000;
      }
      expect(kids.size).toBe(2);
    });

    test('a warm verifier needs one fetch more for the new key, and none for those of the day before', async () => {
      await signIn(rig, browser, { product: 'cti' });
      await tokenOf('cti');
      await pass('30 days');
      rig.restart();
      await tokenOf('cti');
      let fetches = 0;
      const guarded = createGuardedFetch({ allowLocalhost: true });
      const verifier = createProductTokenVerifier({
        product: 'cti',
        issuer: issuerOf('cti'),
        fetch: (url, init) => {
          fetches++;
          return guarded(url, init);
        },
      });
      const old = await tokenOf('cti');
      await verifier.verify(old);
      await pass('25 hours');
      rig.restart();
      const fresh = await tokenOf('cti');
      expect(decodeProtectedHeader(fresh).kid).not.toBe(decodeProtectedHeader(old).kid);
      expect(await codeOf(verifier.verify(fresh))).toBe('accepted');
      expect(await codeOf(verifier.verify(old))).toBe('accepted');
      expect(fetches).toBe(1);
    });

    test('and a key that was revoked signs nothing any more within five seconds, in every instance', async () => {
      await signIn(rig, browser, { product: 'cti' });
      const stolen = await tokenOf('cti');
      await rig.store.rotateSigningKeys({ tenantId: 'acme', urgency: 'at-once', actor: 'test' });
      rig.clockAheadMs = 4_000;
      const fresh = await tokenOf('cti');
      expect(await codeOf(verifierOf('cti').verify(fresh))).toBe('accepted');
      expect(await codeOf(verifierOf('cti').verify(stolen))).toBe('product-token-invalid key-unknown');
    });
  });

  test('O7 no line of the log holds a token or a private key', async () => {
    await signIn(rig, browser, { product: 'cti' });
    const token = await tokenOf('cti');
    await rig.store.rotateSigningKeys({ tenantId: 'acme', urgency: 'at-once', actor: 'test' });
    const lines = rig.logLines.join('\n');
    expect(lines).toContain('/cti/session/token');
    for (const part of token.split('.')) expect(lines).not.toContain(part);
    expect(lines).not.toMatch(/"d":|PRIVATE/);
  });

  describe('GET /{product}/auth', () => {
    const ODD = [
      '50%25 off <a@b.example>',
      'ağent+ÅÄÖ@acme.example',
      'a\r\nX-Evil: 1',
      '"quoted, list"',
      '🎧%20 \u0000',
    ];

    test.each(ODD)('tells %j so that decoding gives it back', async (email) => {
      await signIn(rig, browser, { product: 'cti' });
      await rig.database.query("update users set email = $1 where id = 'acme-agent'", [email.replace('\u0000', '')]);
      rig.restart();
      try {
        const answer = await browser.ask(`${originOf()}/cti/auth`);
        expect(answer.status).toBe(204);
        const header = String(answer.headers['x-ipscape-email']);
        expect(header).toMatch(/^[\x21-\x7e]+$/);
        expect(decodeURIComponent(header)).toBe(email.replace('\u0000', ''));
        expect(answer.headers['x-evil']).toBeUndefined();
      } finally {
        await rig.database.query("update users set email = 'agent@acme.example' where id = 'acme-agent'");
      }
    });

    test('leaves an ordinary address as it is', async () => {
      await signIn(rig, browser, { product: 'cti' });
      expect((await browser.ask(`${originOf()}/cti/auth`)).headers).toMatchObject({
        'x-ipscape-user': 'acme-agent',
        'x-ipscape-email': 'agent@acme.example',
        'x-ipscape-tenant': 'acme',
        'x-ipscape-role': 'agent',
      });
    });

    test('answers 401 to a stranger, with none of the headers', async () => {
      const answer = await browser.ask(`${originOf()}/cti/auth`);
      expect(answer.status).toBe(401);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-ipscape'))).toEqual([]);
    });
  });

  test('T1 a host that is no tenant’s has neither tokens nor keys', async () => {
    const stranger = startUrl(rig)
      .replace('acme.', 'nobody.')
      .replace(/\/workspace.*/, '');
    for (const path of ['/cti/.well-known/jwks.json', '/cti/session/token']) {
      const answer = await browser.post(stranger + path, { headers: { accept: 'application/json' } });
      expect(answer.json()).toMatchObject({ code: 'tenant-unknown' });
    }
    expect(await rig.database.query('select id from signing_keys')).toEqual([]);
  });
});
