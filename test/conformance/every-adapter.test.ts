import { CALLBACK_PATHS, PRODUCTS, type Product, type SsoErrorCode, START_PATHS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeRsaKey, signHs256, signNothing, signRs256 } from '../../packages/sso-core/test/signing-key.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import {
  type Rig,
  sessionCookies,
  signIn,
  startRig,
  startUrl,
  type TenantName,
  walkToCallback,
} from '../support/rig.js';
import {
  answerAs,
  attemptSignIn,
  expectAccepted,
  expectRejected,
  type Json,
  PROVIDER_KEY,
  type Script,
} from '../support/scripted-provider.js';

// One wrong thing of each kind at each adapter on each database. All kinds of each thing are in protocol.test.ts and
// binding.test.ts, which judge with the Workspace and on one database.
describe.each(await testStores())('on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open(), { idpTimeoutMs: 1_000 });
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  const seconds = () => Math.floor(Date.now() / 1000);
  const changed = (name: string) => (good: Json) => ({ ...good, email: undefined, [name]: `${String(good[name])}1` });
  const claims = (change: Json): Script => ({ claims: { email: undefined, ...change } });

  /** A thin token and a good userinfo, so that whoever went on would find the user there. */
  const ANSWERS: Readonly<Record<string, readonly [SsoErrorCode, () => Script]>> = {
    'no ID token': ['idp-response-invalid', () => ({ tokenAnswer: { id_token: undefined } })],
    'the type mac': ['idp-response-invalid', () => ({ tokenAnswer: { token_type: 'mac' } })],
    'a stranger’s signature': [
      'token-invalid',
      () => ({ ...claims({}), sign: signRs256(makeRsaKey(PROVIDER_KEY.kid).privateKey) }),
    ],
    'no signature': ['token-invalid', () => ({ ...claims({}), header: { alg: 'none' }, sign: signNothing })],
    'a signature by the secret': [
      'token-invalid',
      () => ({ ...claims({}), header: { alg: 'HS256' }, sign: signHs256(rig.tenants.acme.clientSecret) }),
    ],
    'a key of its own': ['token-invalid', () => ({ ...claims({}), header: { jwk: PROVIDER_KEY.jwk } })],
    'another issuer': ['issuer-mismatch', () => ({ claims: changed('iss') })],
    'another audience': ['token-invalid', () => ({ claims: changed('aud') })],
    'a second audience': [
      'token-invalid',
      () => ({ claims: (good) => ({ ...good, email: undefined, aud: [good.aud, 'x'] }) }),
    ],
    'an expiry six minutes ago': ['token-invalid', () => claims({ exp: seconds() - 360 })],
    'no issue time': ['token-invalid', () => claims({ iat: undefined })],
    'another nonce': ['token-invalid', () => ({ claims: changed('nonce') })],
    'no subject': ['token-invalid', () => claims({ sub: undefined })],
    'a wrong at_hash': ['token-invalid', () => claims({ at_hash: 'x' })],
    'another subject in userinfo': ['userinfo-invalid', () => claims({ sub: 'somebody-else' })],
  };

  describe.each(PRODUCTS)('P11, P12, P13, P15, P16, P17, P18, P19, P20, P21 at %s', (product) => {
    beforeEach(() => {
      rig.tenants.acme.org.faults.userinfo = {
        status: 200,
        body: JSON.stringify({ sub: 'scripted-agent', email: 'agent@acme.example' }),
      };
    });

    test('a good answer signs in', async () => {
      await expectAccepted(rig, await attemptSignIn(rig, { product, ...claims({}) }), 'acme-agent');
      expect(rig.requestsTo('acme')).toContain('userinfo');
    });

    test.each(Object.keys(ANSWERS))('%s is refused', async (name) => {
      const [code, script] = ANSWERS[name] ?? expect.fail('No such answer.');
      await expectRejected(rig, await attemptSignIn(rig, { product, ...script() }), code);
    });
  });

  interface Callback {
    readonly browser: HttpBrowser;
    readonly url: URL;
    readonly product: Product;
  }
  const other = (product: Product): Product => (product === 'toolbar' ? 'cti' : 'toolbar');
  const change =
    (name: string, to: (value: string) => string) =>
    ({ url }: Callback) =>
      url.searchParams.set(name, to(url.searchParams.get(name) ?? ''));
  const moved =
    (tenant: TenantName, product: Product) =>
    ({ browser, url }: Callback) => {
      const cookie = browser.cookieHeader(url.href);
      const target = new URL(`${rig.tenants[tenant].origin}${CALLBACK_PATHS[product]}${url.search}`);
      for (const pair of cookie.split('; ')) browser.setCookie(target.href, `${pair}; Path=/; Secure`);
      url.href = target.href;
    };

  const CALLBACKS: Readonly<Record<string, readonly [SsoErrorCode, (callback: Callback) => unknown]>> = {
    'no state': ['state-mismatch', ({ url }) => url.searchParams.delete('state')],
    'an empty state': ['state-mismatch', change('state', () => '')],
    'a state of one other character': [
      'state-mismatch',
      change('state', (state) => `${state.startsWith('a') ? 'b' : 'a'}${state.slice(1)}`),
    ],
    'a state that is used': ['transaction-repeated', async ({ url }) => new HttpBrowser().ask(url.href)],
    'a state of eleven minutes ago': [
      'transaction-expired',
      () => rig.database.query("update transactions set expires_at = now() - interval '1 second'"),
    ],
    'the state of another browser': [
      'browser-mismatch',
      async (callback) => {
        callback.url.href = await walkToCallback(rig, new HttpBrowser(), { product: callback.product });
      },
    ],
    'the state of another product': ['state-mismatch', (callback) => moved('acme', other(callback.product))(callback)],
    'the state of another tenant': ['state-mismatch', (callback) => moved('globex', callback.product)(callback)],
    'two states': ['state-mismatch', ({ url }) => url.searchParams.append('state', 'x')],
    'two codes': ['response-invalid', ({ url }) => url.searchParams.append('code', 'x')],
    'two issuers': ['response-invalid', ({ url }) => ['a', 'b'].map((iss) => url.searchParams.append('iss', iss))],
    'no code': ['response-invalid', ({ url }) => url.searchParams.delete('code')],
    'a code with a line break': ['response-invalid', change('code', (code) => `${code}\r\nx: y`)],
    'an error beside the code': ['response-invalid', ({ url }) => url.searchParams.set('error', 'access_denied')],
    'another issuer': ['response-issuer-mismatch', ({ url }) => url.searchParams.set('iss', 'https://evil.example')],
    'the issuer of another tenant': [
      'response-issuer-mismatch',
      ({ url }) => url.searchParams.set('iss', rig.tenants.globex.org.origin),
    ],
  };

  describe.each(PRODUCTS)('P6, P7, P8, P10 at %s', (product) => {
    test.each(Object.keys(CALLBACKS))('%s is refused, and the provider is not asked', async (name) => {
      const [code, alter] = CALLBACKS[name] ?? expect.fail('No such callback.');
      const browser = new HttpBrowser();
      const url = new URL(await walkToCallback(rig, browser, { product }));
      await alter({ browser, url, product });
      const before = await rig.snapshot();
      for (const { org } of rig.allTenants) org.clearRequests();
      const answer = await browser.ask(url.href);
      expect(answer.json()).toMatchObject({ code });
      expect([400, 401, 403]).toContain(answer.status);
      expect(sessionCookies(answer)).toEqual([]);
      const after = await rig.snapshot();
      expect({ ...after, transactions: 0 }).toEqual({ ...before, signInLog: before.signInLog + 1, transactions: 0 });
      for (const { name: tenant } of rig.allTenants) expect(rig.requestsTo(tenant as TenantName)).toEqual([]);
    });
  });

  test('P10 a token endpoint that hangs up after the code is asked no second time, and the person starts again', async () => {
    for (const product of PRODUCTS) {
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig, browser, { product });
      for (const { org } of rig.allTenants) org.clearRequests();
      rig.tenants.acme.org.faults.token = { dropConnection: true };
      const page = await browser.request(callback);
      expect([page.status, page.headers.location]).toEqual([502, undefined]);
      expect(page.text).toContain(`href="${START_PATHS[product]}`);
      // Not by a reload either.
      expect((await browser.ask(callback)).json()).toMatchObject({ code: 'transaction-repeated' });
      expect(rig.requestsTo('acme').filter((endpoint) => endpoint === 'token')).toHaveLength(1);
      rig.tenants.acme.org.faults.reset();
      rig.restart();
    }
  });

  test('P8 an issuer that was promised has to be there, and one that was not may be', async () => {
    for (const product of PRODUCTS) {
      rig.tenants.acme.org.faults.discoveryOverrides = { authorization_response_iss_parameter_supported: true };
      rig.restart();
      const browser = new HttpBrowser();
      const url = new URL(await walkToCallback(rig, browser, { product }));
      url.searchParams.delete('iss');
      expect((await browser.ask(url.href)).json()).toMatchObject({ code: 'response-issuer-mismatch' });
      rig.tenants.acme.org.faults.reset();
      rig.restart();
      const named = new URL(await walkToCallback(rig, browser, { product }));
      named.searchParams.set('iss', rig.tenants.acme.org.origin);
      expect((await browser.ask(named.href)).status).toBe(303);
      expect((await signIn(rig, new HttpBrowser(), { product })).status).toBe(303);
    }
  });

  test('P26 somebody else’s code is worth nothing, whether or not the provider looks at the verifier', async () => {
    for (const product of PRODUCTS) {
      const browser = new HttpBrowser();
      const theirs = new URL(await walkToCallback(rig, new HttpBrowser(), { product, person: 'admin' }));
      const own = new URL(await walkToCallback(rig, browser, { product }));
      own.searchParams.set('code', theirs.searchParams.get('code') ?? '');
      expect((await browser.ask(own.href)).json()).toMatchObject({ code: 'grant-rejected' });
      // A provider that does not look gives the victim's token for the victim's code.
      const victim = new URL((await new HttpBrowser().request(startUrl(rig, { product }))).location());
      const next = new URL(await walkToCallback(rig, browser, { product }));
      const nonce = victim.searchParams.get('nonce') ?? '';
      answerAs(rig, { person: 'admin' }, { nonce, clientId: rig.tenants.acme.clientId });
      rig.restart();
      expect((await browser.ask(next.href)).json()).toMatchObject({ code: 'token-invalid' });
      expect((await browser.ask(`${own.origin}/${product}/session`)).status).toBe(401);
      rig.tenants.acme.org.faults.reset();
      rig.restart();
    }
  });

  test('P32 no token of the provider is kept: not in an answer, a cookie, the log or any table', async () => {
    rig.tenants.acme.org.faults.userinfo = {
      status: 200,
      body: JSON.stringify({ sub: 'scripted-agent', email: 'agent@acme.example', marker: 'USERINFO-CANARY' }),
    };
    const idTokens: string[] = [];
    const seen: string[] = [];
    for (const product of PRODUCTS) {
      const { browser, answer } = await attemptSignIn(rig, {
        product,
        claims: { email: undefined, marker: 'CLAIM-CANARY' },
        token: (token) => {
          idTokens.push(token);
          return token;
        },
        tokenAnswer: { refresh_token: 'REFRESH-CANARY' },
      });
      expect(answer.status).toBe(303);
      await browser.ask(`${rig.tenants.acme.origin}/${product}/session`);
      seen.push(...browser.answers.map(({ text, headers }) => text + JSON.stringify(headers)));
    }
    const tables = await rig.database.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    );
    const dump: string[] = [];
    for (const { name } of tables) {
      const rows = await rig.database.query<{ text: string }>(`select to_jsonb(t)::text as text from "${name}" t`);
      dump.push(...rows.map(({ text }) => text));
    }
    expect(dump.length).toBeGreaterThan(10);
    const everything = [...dump, ...seen, ...rig.logLines].join('\n');
    expect(everything).not.toContain('CANARY');
    for (const part of idTokens.flatMap((token) => token.split('.'))) expect(everything).not.toContain(part);
  });
});
