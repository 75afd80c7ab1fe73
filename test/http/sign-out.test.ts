import { PRODUCTS } from '@ipscape/sso-core';
import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig, startUrl } from '../support/rig.js';

describe.each(await testStores())('signing out, on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  beforeEach(async () => {
    await rig.repair();
    await rig.store.setSignOutRedirect({ tenantId: 'acme', signOutRedirect: true, actor: 'test' });
  });
  afterAll(() => rig.stop());

  const origin = () => rig.tenants.acme.origin;

  async function signedIn(): Promise<HttpBrowser> {
    const browser = new HttpBrowser();
    for (const product of PRODUCTS) expect((await signIn(rig, browser, { product })).status).toBe(303);
    return browser;
  }

  interface SignOut {
    readonly product?: string;
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string | null>>;
  }

  function signOut(
    browser: HttpBrowser,
    { product = 'workspace', query = '?everywhere=true', headers = {} }: SignOut = {},
  ): Promise<Answer> {
    return browser.request(`${origin()}/${product}/logout${query}`, {
      method: 'POST',
      headers: { origin: origin(), accept: 'application/json', 'content-length': '0', ...headers },
    });
  }

  async function sessionStates(browser: HttpBrowser, cookies?: string): Promise<readonly number[]> {
    rig.restart();
    const states: number[] = [];
    for (const product of PRODUCTS) {
      const headers = cookies === undefined ? {} : { cookie: cookies };
      states.push((await browser.request(`${origin()}/${product}/session`, { headers })).status);
    }
    return states;
  }

  test.each(PRODUCTS)(
    'P33, S8 everywhere, from %s, ends all three sessions here and the one at Okta',
    async (product) => {
      const browser = await signedIn();
      const handles = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
      const answer = await signOut(browser, { product });
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
      expect(await sessionStates(new HttpBrowser(), handles)).toEqual([401, 401, 401]);

      const url = new URL(String(answer.json().endSessionUrl));
      expect(url.origin + url.pathname).toBe(`${rig.tenants.acme.org.origin}/oauth2/v1/logout`);
      expect([...url.searchParams.keys()].sort()).toEqual(['id_token_hint', 'post_logout_redirect_uri', 'state']);
      expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${origin()}/${product}/signed-out`);
      expect(url.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
      expect(decodeJwt(url.searchParams.get('id_token_hint') ?? '').aud).toBe(rig.tenants.acme.clientId);

      const back = await browser.request(url.href);
      expect(back.location()).toContain(`${origin()}/${product}/signed-out`);
      const page = await browser.request(back.location(), { headers: { accept: 'text/html' } });
      expect([page.status, page.text.includes('You are signed out')]).toEqual([200, true]);
      // Okta asks who it is again.
      const asked = await browser.follow(await browser.request((await browser.request(startUrl(rig))).location()));
      expect([asked.status, asked.headers.location]).toEqual([200, undefined]);
    },
  );

  test('P33 a person’s browser is shown a page that goes on to Okta', async () => {
    const browser = await signedIn();
    const answer = await signOut(browser, { headers: { accept: 'text/html' } });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('You are signed out of ipSCAPE');
    expect(answer.text).toMatch(/<meta http-equiv="refresh" content="0;url=[^"]*\/oauth2\/v1\/logout\?id_token_hint=/);
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
  });

  test('P33 the way back is named only where the tenant has registered it', async () => {
    await rig.store.setSignOutRedirect({ tenantId: 'acme', signOutRedirect: false, actor: 'test' });
    const browser = await signedIn();
    const url = new URL(String((await signOut(browser)).json().endSessionUrl));
    expect([...url.searchParams.keys()]).toEqual(['id_token_hint']);
    expect((await browser.request(url.href)).status).toBe(302);
  });

  test.each(['', '?state=another', '?state=%3Cscript%3E', '?error=x&state='])(
    'P33 whatever Okta sends back (%j), the page says signed out',
    async (query) => {
      const page = await new HttpBrowser().request(`${origin()}/workspace/signed-out${query}`, {
        headers: { accept: 'text/html' },
      });
      expect([page.status, page.text.includes('You are signed out')]).toEqual([200, true]);
      expect(page.text).not.toContain('<script>');
    },
  );

  test('without "everywhere" only the one session ends, and Okta is left alone', async () => {
    const browser = await signedIn();
    expect((await signOut(browser, { query: '' })).status).toBe(204);
    expect(await sessionStates(browser)).toEqual([401, 200, 200]);
  });

  test.each(['?everywhere=1', '?everywhere=', '?everywhere=TRUE'])('%s is not "everywhere"', async (query) => {
    const browser = await signedIn();
    expect((await signOut(browser, { query })).status).toBe(204);
    expect(await sessionStates(browser)).toEqual([401, 200, 200]);
  });

  test('without a session there is nothing to end, and no way to Okta', async () => {
    const answer = await signOut(new HttpBrowser());
    expect([answer.status, answer.text]).toEqual([204, '']);
  });

  test('P33 an Okta that cannot be reached does not keep anybody signed in', async () => {
    const browser = await signedIn();
    const handles = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    rig.restart();
    rig.tenants.acme.org.faults.discovery = { dropConnection: true };
    expect((await signOut(browser)).status).toBe(204);
    expect(await sessionStates(new HttpBrowser(), handles)).toEqual([401, 401, 401]);
  });

  test('A6 an ID token that no key opens any more does not keep anybody signed in', async () => {
    const browser = await signedIn();
    const handles = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    rig.restart(await rig.database.withKeys(createEncryptionKeyRing(randomKey('other'))));
    expect((await signOut(browser)).status).toBe(204);
    expect(await sessionStates(new HttpBrowser(), handles)).toEqual([401, 401, 401]);
  });

  test('A5 an ID token that was moved to another session is not sent', async () => {
    const browser = await signedIn();
    const other = new HttpBrowser();
    await signIn(rig, other, { person: 'admin' });
    await rig.database.query(`
      update sessions s set id_token_ciphertext = o.id_token_ciphertext, id_token_key_id = o.id_token_key_id
      from sessions o where o.tenant_id = s.tenant_id and o.user_id <> s.user_id and o.ended_at is null`);
    expect((await signOut(browser)).status).toBe(204);
  });

  test('P32 the ID token is kept encrypted, and only in the row of its session', async () => {
    await signedIn();
    const token = String(JSON.parse(rig.outgoing.find(({ url }) => url.endsWith('/token'))?.answer ?? '{}').id_token);
    const rows = await rig.database.query<{ row: string }>('select s::text as row from sessions s');
    expect(rows.length).toBeGreaterThan(0);
    for (const part of token.split('.')) expect(JSON.stringify(rows)).not.toContain(part);
    expect(rig.logLines.join('\n')).not.toContain(token);
  });

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['no origin', { origin: null }],
    ['a frame of another site', { 'sec-fetch-site': 'cross-site' }],
  ])('P33, S10 a request of %s ends nothing', async (_, headers) => {
    const browser = await signedIn();
    expect((await signOut(browser, { headers })).status).toBe(403);
    expect(await sessionStates(browser)).toEqual([200, 200, 200]);
  });

  test('nobody else is signed out', async () => {
    const browser = await signedIn();
    const other = new HttpBrowser();
    await signIn(rig, other, { person: 'admin', product: 'workspace' });
    await signOut(browser);
    expect((await sessionStates(other))[0]).toBe(200);
  });
});
