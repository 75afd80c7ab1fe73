import { createHash } from 'node:crypto';
import { CALLBACK_PATHS, HOME_PATHS, PRODUCTS, SESSION_LIMITS, START_PATHS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, sessionCookies, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';

const stores = await testStores();

describe.each(stores)('signing in, on $name', ({ open }) => {
  let rig: Rig;
  let browser: HttpBrowser;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    browser = new HttpBrowser();
  });

  describe.each(PRODUCTS)('to %s', (product) => {
    const cookieName = `__Host-ipscape-${product}`;

    test('P1 asks Okta for exactly what is needed', async () => {
      const { origin, org, clientId } = rig.tenants.acme;
      const smuggled =
        'prompt=none&scope=admin&redirect_uri=https%3A%2F%2Fevil.example&request_uri=x&nonce=n&client_id=c';
      const start = await browser.request(startUrl(rig, { product, query: smuggled }));
      expect(start.status).toBe(302);
      const url = new URL(start.location());
      expect(url.origin + url.pathname).toBe(`${org.origin}/oauth2/v1/authorize`);
      expect(Object.fromEntries(url.searchParams)).toEqual({
        client_id: clientId,
        redirect_uri: origin + CALLBACK_PATHS[product],
        response_type: 'code',
        scope: 'openid profile email',
        state: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        nonce: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        code_challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        code_challenge_method: 'S256',
      });
      expect([...url.searchParams.keys()]).toHaveLength(8);
    });

    test('ends where the person wanted to go, with a session of the right user', async () => {
      const wanted = `/${product}/calls/7?tab=notes#top`;
      const { id, domain } = rig.tenants.acme;
      const finished = await signIn(rig, browser, { product, query: `return_to=${encodeURIComponent(wanted)}` });
      expect(finished.status).toBe(303);
      expect(finished.headers.location).toBe(wanted);
      expect(sessionCookies(finished)).toEqual([
        expect.stringMatching(new RegExp(`^${cookieName}=[A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax$`)),
      ]);
      const session = await browser.ask(`${rig.tenants.acme.origin}/${product}/session`);
      expect(session.status).toBe(200);
      expect(session.headers['content-type']).toBe('application/json');
      const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
      expect(session.json()).toEqual({
        user: { id: 'acme-agent', email: 'agent@acme.example', name: 'Arun Agent', role: 'agent' },
        tenant: { id, domain },
        product,
        authTime: expect.stringMatching(iso),
        expiresAt: expect.stringMatching(iso),
        now: expect.stringMatching(iso),
        warnAt: expect.stringMatching(iso),
        renewAt: expect.stringMatching(iso),
        idleExpiresAt: expect.stringMatching(iso),
        absoluteExpiresAt: expect.stringMatching(iso),
        call: null,
        deferral: null,
      });
      const { authTime, expiresAt } = session.json() as Record<string, string>;
      const seconds = (Date.parse(expiresAt ?? '') - Date.parse(authTime ?? '')) / 1000;
      expect(Math.abs(seconds - SESSION_LIMITS[product].idleSeconds)).toBeLessThan(60);
    });

    test('without a return path ends at home', async () => {
      expect((await signIn(rig, browser, { product })).headers.location).toBe(HOME_PATHS[product]);
    });

    test('S2, S4 keeps nothing in the browser but the session, and stores no secret as it is', async () => {
      const callback = new URL(await walkToCallback(rig, browser, { product }));
      const { hostname } = callback;
      const [transaction, ...others] = browser.cookies.filter(({ host }) => host === hostname);
      expect(others).toEqual([]);
      expect(transaction?.attributes).toEqual(['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax', 'Max-Age=600']);
      await browser.request(callback.href);
      expect(browser.cookies.filter(({ host }) => host === hostname).map(({ name }) => name)).toEqual([cookieName]);
      const handle = browser.findCookie(callback.href, cookieName) ?? '';
      const rows = await rig.database.query('select to_jsonb(s)::text as text from sessions s');
      const dump = JSON.stringify([
        rows,
        await rig.database.query('select to_jsonb(t)::text as text from transactions t'),
      ]);
      expect(dump).toContain(createHash('sha256').update(handle).digest('base64url'));
      const secrets = [handle, callback.searchParams.get('state'), callback.searchParams.get('code')];
      const browserSecret = transaction?.value.split('.')[1];
      for (const secret of [...secrets, browserSecret]) expect(dump).not.toContain(secret);
    });

    test('tells a reverse proxy who is there', async () => {
      const url = `${rig.tenants.acme.origin}/${product}/auth`;
      expect((await browser.ask(url)).status).toBe(401);
      await signIn(rig, browser, { product, person: product === 'toolbar' ? 'toolbar-only' : 'admin' });
      const answer = await browser.ask(url);
      expect(answer.status).toBe(204);
      expect(answer.text).toBe('');
      const user = product === 'toolbar' ? 'toolbar-only' : 'admin';
      expect(answer.headers).toMatchObject({
        'x-ipscape-user': `acme-${user}`,
        'x-ipscape-email': `${user}@acme.example`,
        'x-ipscape-tenant': 'acme',
        'x-ipscape-role': product === 'toolbar' ? 'agent' : 'administrator',
      });
    });

    test('S8 signing out ends the session at once, here and in other instances', async () => {
      await signIn(rig, browser, { product });
      const url = `${rig.tenants.acme.origin}/${product}`;
      const handle = browser.cookieHeader(url);
      expect((await browser.ask(`${url}/session`)).status).toBe(200);
      const out = await browser.post(`${url}/logout`);
      expect(out.status).toBe(303);
      expect(out.headers.location).toBe(`/${product}/signed-out`);
      expect(browser.cookies.filter(({ name }) => name.startsWith('__Host-ipscape'))).toEqual([]);
      for (const replay of ['here', 'elsewhere']) {
        if (replay === 'elsewhere') rig.restart();
        const answer = await browser.ask(`${url}/session`, { headers: { cookie: handle } });
        expect(answer.status).toBe(401);
        expect(answer.json()).toMatchObject({ code: 'session-required' });
      }
      expect((await browser.request(out.location())).text).toContain('You are signed out');
      expect((await browser.post(`${url}/logout`, { headers: { accept: 'application/json' } })).status).toBe(204);
    });

    test('S1 a new sign-in gives a new session and ends the one before it', async () => {
      const url = `${rig.tenants.acme.origin}/${product}/session`;
      // A value that somebody else put there beforehand is not taken over.
      browser.setCookie(url, `${cookieName}=${'a'.repeat(43)}; Path=/; Secure`);
      const handles: string[] = [];
      for (let round = 0; round < 3; round++) {
        await signIn(rig, browser, { product });
        handles.push(browser.findCookie(url, cookieName) ?? '');
      }
      expect(new Set([...handles, 'a'.repeat(43)]).size).toBe(4);
      const statuses = await Promise.all(
        ['a'.repeat(43), ...handles].map((handle) =>
          browser.ask(url, { headers: { cookie: `${cookieName}=${handle}` } }),
        ),
      );
      expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 200]);
    });
  });

  test('costs one request to Okta when everything is known', async () => {
    await signIn(rig, new HttpBrowser());
    expect(rig.requestsTo('acme')).toEqual(['discovery', 'token', 'keys']);
    rig.tenants.acme.org.clearRequests();
    await signIn(rig, browser);
    expect(rig.requestsTo('acme')).toEqual(['token']);
    rig.tenants.acme.org.clearRequests();
    await browser.ask(`${rig.tenants.acme.origin}/workspace/session`);
    await browser.post(`${rig.tenants.acme.origin}/workspace/logout`);
    expect(rig.requestsTo('acme')).toEqual([]);
  });

  test('a thin ID token costs one request more, and finds the same user', async () => {
    rig.tenants.acme.org.faults.omitEmailFromIdToken = true;
    await signIn(rig, browser);
    expect(rig.requestsTo('acme')).toEqual(['discovery', 'token', 'keys', 'userinfo']);
    const session = await browser.ask(`${rig.tenants.acme.origin}/workspace/session`);
    expect(session.json()).toMatchObject({ user: { id: 'acme-agent' } });
  });

  test('R24 sixteen people who arrive at once at a fresh instance ask for one document and one set of keys', async () => {
    const people = Array.from({ length: 16 }, () => new HttpBrowser());
    const answers = await Promise.all(
      people.map((person, index) =>
        signIn(rig, person, { product: PRODUCTS[index % 3] ?? 'cti', person: index % 2 === 0 ? 'agent' : 'admin' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(303));
    expect(rig.requestsTo('acme').toSorted()).toEqual(['discovery', 'keys', ...Array(16).fill('token')]);
  });

  test('P1 values are never used twice', async () => {
    const values = new Set<string>();
    const starts = Array.from({ length: 100 }, (_, index) =>
      new HttpBrowser().request(startUrl(rig, { tenant: index % 2 === 0 ? 'acme' : 'globex' })),
    );
    for (const start of await Promise.all(starts)) {
      const { searchParams } = new URL(start.location());
      for (const name of ['state', 'nonce', 'code_challenge']) values.add(searchParams.get(name) ?? '');
      values.add(start.setCookies[0] ?? '');
    }
    expect(values.size).toBe(400);
  });

  test('both tenants sign in at the same time, each with its own people', async () => {
    const globex = new HttpBrowser();
    await Promise.all([signIn(rig, browser), signIn(rig, globex, { tenant: 'globex' })]);
    const own = await browser.ask(`${rig.tenants.acme.origin}/workspace/session`);
    const theirs = await globex.ask(`${rig.tenants.globex.origin}/workspace/session`);
    expect([own.json().tenant, theirs.json().tenant]).toMatchObject([{ id: 'acme' }, { id: 'globex' }]);
  });

  test('one browser has a session in each product, and signing out of one leaves the others', async () => {
    const { origin } = rig.tenants.acme;
    for (const product of PRODUCTS) await signIn(rig, browser, { product });
    await browser.post(`${origin}/cti/logout`);
    const answers = await Promise.all(PRODUCTS.map((product) => browser.ask(`${origin}/${product}/session`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200]);
  });

  test('parameters that a CRM put on the CTI address survive', async () => {
    const query = 'integration=salesforce&mode=Lightning&sfdcIframeOrigin=https%3A%2F%2Fx.my.salesforce.com';
    const finished = await signIn(rig, browser, { product: 'cti', query });
    expect(finished.headers.location).toBe(`/cti/?${query}`);
  });

  test('P29 the tile starts a fresh sign-in at the right address', async () => {
    const { org, origin, clientId } = rig.tenants.acme;
    org.addRedirectUri(clientId, `${origin}${CALLBACK_PATHS.workspace}`);
    expect(org.tileUrl(clientId)).toBe(`${origin}${START_PATHS.workspace}?iss=${encodeURIComponent(org.origin)}`);
    const query = (target: string): string =>
      new URLSearchParams({ iss: org.origin, login_hint: 'agent@acme.example', target_link_uri: target }).toString();
    const start = await browser.request(startUrl(rig, { query: query(`${origin}/workspace/reports?a=b`) }));
    expect(new URL(start.location()).searchParams.get('login_hint')).toBe('agent@acme.example');
    const finished = await signIn(rig, browser, { query: query(`${origin}/workspace/reports?a=b`) });
    expect(finished.headers.location).toBe('/workspace/reports?a=b');
    const elsewhere = await signIn(rig, new HttpBrowser(), { query: query('https://evil.example/workspace/reports') });
    expect(elsewhere.headers.location).toBe('/workspace/');
  });

  test.each([
    ['too long', 'a'.repeat(10_000)],
    ['with a line break', 'a@acme.example\r\nx: y'],
    ['with a space', 'a b@acme.example'],
    ['that is not ASCII', 'jörg@acme.example'],
  ])('P29 a login hint %s is left out', async (_name, hint) => {
    const start = await browser.request(startUrl(rig, { query: new URLSearchParams({ login_hint: hint }).toString() }));
    expect(start.status).toBe(302);
    expect(new URL(start.location()).searchParams.has('login_hint')).toBe(false);
  });

  test('another account is asked for when the person wants one', async () => {
    await signIn(rig, browser);
    const start = await browser.request(startUrl(rig, { query: 'other_account=true' }));
    expect(new URL(start.location()).searchParams.get('prompt')).toBe('login');
  });

  test('the sign-in page offers the start, keeps the way back, and steps aside for whoever is signed in', async () => {
    const { origin } = rig.tenants.acme;
    const url = `${origin}/workspace/login?return_to=%2Fworkspace%2Freports%3Fa%3Db`;
    const page = await browser.request(url);
    expect(page.status).toBe(200);
    const href = /class="button" href="([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(href).toBe('/workspace/security/sso-login?return_to=%2Fworkspace%2Freports%3Fa%3Db');
    const finished = await signIn(rig, browser, { query: href.split('?')[1] ?? '' });
    expect(finished.headers.location).toBe('/workspace/reports?a=b');
    expect((await browser.request(url)).headers.location).toBe('/workspace/reports?a=b');
  });

  test('S8 what changes in ipSCAPE shows in the session, and a disabled user has none', async () => {
    await signIn(rig, browser);
    const url = `${rig.tenants.acme.origin}/workspace/session`;
    expect((await browser.ask(url)).status).toBe(200);
    const change = { tenantId: 'acme', userId: 'acme-agent', actor: 'test' };
    await rig.store.setUserStatus({ ...change, status: 'disabled' });
    rig.restart();
    expect((await browser.ask(url)).status).toBe(401);
    await rig.store.setUserStatus({ ...change, status: 'active' });
    // Ended for good: enabling the user again does not bring it back.
    rig.restart();
    expect((await browser.ask(url)).status).toBe(401);
  });

  test('a user whose id or address no header can hold does not break the sub-request', async () => {
    const { org } = rig.tenants.acme;
    const subject = org.users.find(({ email }) => email === 'not-in-ipscape@acme.example')?.id ?? '';
    const id = `ユーザ-${crypto.randomUUID()}\n`;
    await rig.store.addUser({
      tenantId: 'acme',
      id,
      email: 'jörg@acme.example',
      name: 'Jörg',
      role: 'agent',
      products: PRODUCTS,
      actor: 'test',
    });
    await rig.store.pinIdentity({ tenantId: 'acme', issuer: org.origin, subject, userId: id });
    await signIn(rig, browser, { person: 'not-in-ipscape' });
    const answer = await browser.ask(`${rig.tenants.acme.origin}/workspace/auth`);
    expect(answer.status).toBe(204);
    expect(decodeURIComponent(String(answer.headers['x-ipscape-user']))).toBe(id);
    expect(answer.headers['x-ipscape-email']).toBe('j%C3%B6rg@acme.example');
  });

  test('T9 a secret that was rotated during a sign-in is the one that is used', async () => {
    const { org, clientId, clientSecret } = rig.tenants.acme;
    const callback = await walkToCallback(rig, browser);
    const next = org.addClientSecret(clientId);
    org.deactivateClientSecret(clientId, clientSecret);
    await rig.store.replaceClientSecret({ tenantId: 'acme', clientSecret: next, actor: 'test' });
    const finished = await browser.request(callback);
    org.deactivateClientSecret(clientId, next);
    Object.assign(rig.tenants.acme, { clientSecret: org.addClientSecret(clientId) });
    expect(finished.status).toBe(303);
  });

  test('R11 a process that was killed between start and callback is not missed', async () => {
    const callback = await walkToCallback(rig, browser);
    rig.restart();
    expect((await browser.request(callback)).status).toBe(303);
    rig.restart();
    expect((await browser.ask(`${rig.tenants.acme.origin}/workspace/session`)).status).toBe(200);
  });

  test('R10 start at one instance, callback at another, session at both, signed out of both', async () => {
    const second = await rig.startSecondInstance();
    const atSecond = (url: URL): number | undefined => (url.hostname === 'acme.localhost' ? second.port : undefined);
    const callback = await walkToCallback(rig, browser);
    browser.connectTo = atSecond;
    expect((await browser.request(callback)).status).toBe(303);
    const url = `${rig.tenants.acme.origin}/workspace/session`;
    expect((await browser.ask(url)).status).toBe(200);
    browser.connectTo = undefined;
    expect((await browser.ask(url)).status).toBe(200);
    const cookie = browser.cookieHeader(url);
    expect((await browser.post(`${rig.tenants.acme.origin}/workspace/logout`)).status).toBe(303);
    expect((await browser.ask(url, { headers: { cookie } })).status).toBe(401);
    const third = await rig.startSecondInstance();
    browser.connectTo = () => third.port;
    expect((await browser.ask(url, { headers: { cookie } })).status).toBe(401);
  });

  test('R9 the same callback fifty times at two instances: one session, one token request', async () => {
    const second = await rig.startSecondInstance();
    const callback = await walkToCallback(rig, browser);
    const cookie = browser.cookieHeader(callback);
    const before = await rig.snapshot();
    rig.tenants.acme.org.clearRequests();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const copy = new HttpBrowser();
        if (index % 2 === 1) copy.connectTo = () => second.port;
        return copy.ask(callback, { headers: { cookie } });
      }),
    );
    const winners = answers.filter(({ status }) => status === 303);
    expect(winners).toHaveLength(1);
    expect(sessionCookies(winners[0] ?? never())).toHaveLength(1);
    for (const loser of answers.filter((answer) => answer !== winners[0])) {
      expect(loser.status).toBe(400);
      expect(loser.json()).toMatchObject({ code: 'transaction-repeated' });
      expect(sessionCookies(loser)).toEqual([]);
    }
    expect(rig.requestsTo('acme').filter((endpoint) => endpoint === 'token')).toHaveLength(1);
    expect((await rig.snapshot()).sessions).toBe(before.sessions + 1);
  });
});

function never(): never {
  throw new Error('Nobody won.');
}
