import type { SsoStore } from '@ipscape/sso-store';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig, startUrl } from '../support/rig.js';
import { linkedClient } from '../support/settings-link-client.js';

const stores = await testStores();

// On PostgreSQL two instances share a database as in production; on PGlite they share its one connection.
describe.each(stores)('a sign-in that begins just after Save, on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(() => rig.repair());

  /** An instance of its own, with the methods of the store that it called; its browser knows the tenant as it is now. */
  async function startOther() {
    const calls: string[] = [];
    const watched: SsoStore = new Proxy(rig.store, {
      get: (target, name, receiver) => {
        const method = Reflect.get(target, name, receiver) as unknown;
        // A whole request goes through it: that is no question to the database.
        if (typeof method !== 'function' || name === 'withClientAddress') return method;
        return (...values: unknown[]) => {
          // No statement: it says whose request it is.
          if (name !== 'withClientAddress') calls.push(String(name));
          return (method as (...values: unknown[]) => unknown).apply(target, values);
        };
      },
    });
    const { port } = await rig.startSecondInstance(watched);
    const browser = new HttpBrowser();
    browser.connectTo = (url) => (url.hostname === 'acme.localhost' ? port : undefined);
    await browser.request(startUrl(rig));
    calls.length = 0;
    return { browser, calls };
  }

  test('R10 on another instance: it begins with the saved revision and completes', async () => {
    const { browser, calls } = await startOther();
    const administrator = await linkedClient(rig, new HttpBrowser());
    await administrator.connect();
    expect((await signIn(rig, browser)).status).toBe(303);
    expect(calls.slice(0, 3)).toEqual(['saveTransaction', 'findTenantSetup', 'saveTransaction']);
    expect((await rig.store.listSignInLog('acme')).map(({ code }) => code)).not.toContain('connection-changed');
  });

  test('of another issuer: also from the tile, which names the new one', async () => {
    await rig.connect('acme', { issuer: 'http://other.okta.localhost:1' });
    const { browser } = await startOther();
    const administrator = await linkedClient(rig, new HttpBrowser());
    await administrator.connect();
    const iss = rig.tenants.acme.org.origin;
    const query = new URLSearchParams({ iss }).toString();
    expect((await signIn(rig, browser, { query })).status).toBe(303);
  });

  test('where single sign-on was disabled before: the page offers it at once, and it completes', async () => {
    await rig.store.setConnectionEnabled({ tenantId: 'acme', enabled: false, actor: 'test' });
    const { browser } = await startOther();
    const page = () => browser.request(`${rig.tenants.acme.origin}/workspace/login`);
    expect((await page()).text).not.toContain('Sign in with Okta');
    const administrator = await linkedClient(rig, new HttpBrowser());
    await administrator.connect();
    expect((await page()).text).toContain('Sign in with Okta');
    expect((await signIn(rig, browser)).status).toBe(303);
  });

  test('costs one statement when nothing was saved', async () => {
    const { browser, calls } = await startOther();
    expect((await browser.request(startUrl(rig))).status).toBe(302);
    expect(calls).toEqual(['saveTransaction']);
  });

  test.each(['disabled', 'not entitled'])(
    'and one of a connection that is %s by now is refused as such',
    async (how) => {
      const { browser, calls } = await startOther();
      if (how === 'disabled') await rig.store.setConnectionEnabled({ tenantId: 'acme', enabled: false, actor: 'test' });
      else await rig.store.setSsoEntitlement({ tenantId: 'acme', entitled: false, actor: 'test' });
      const answer = await browser.ask(startUrl(rig));
      expect(answer.json()).toMatchObject({ code: 'sso-not-enabled' });
      expect(answer.setCookies).toEqual([]);
      expect(calls).toEqual(['saveTransaction', 'findTenantSetup', 'recordFailedSignIn']);
    },
  );

  test('a refusal that has nothing to do with Save is not tried twice', async () => {
    const { browser, calls } = await startOther();
    rig.tenants.acme.org.clearRequests();
    const query = new URLSearchParams({ iss: rig.tenants.globex.org.origin }).toString();
    expect((await browser.ask(startUrl(rig, { query }))).json()).toMatchObject({ code: 'response-issuer-mismatch' });
    expect(calls).toEqual(['findTenantSetup', 'recordFailedSignIn']);
    expect(rig.requestsTo('acme')).toEqual([]);
  });
});
