import { PRODUCTS, type Product, START_PATHS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type PersonKey, type Rig, sessionCookies, signIn, startRig, startUrl } from '../support/rig.js';

describe.each(await testStores())('the Okta tile, on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from sign_in_log');
  });
  afterAll(() => rig.stop());

  const tileUrl = () => rig.tenants.acme.org.tileUrl(rig.tenants.acme.clientId);

  /** From a click on the tile to the callback's answer. */
  async function click(browser: HttpBrowser, person: PersonKey = 'agent', url = tileUrl()): Promise<Answer> {
    const start = await browser.request(url);
    expect(start.status).toBe(302);
    return browser.request(await chooseUser(browser, start.location(), `${person}@acme.example`));
  }

  /** Where the click ends, and for which products there is a session then. */
  async function follow(browser: HttpBrowser, answer: Answer): Promise<readonly Product[]> {
    let last = answer;
    for (let hops = 0; last.headers.location !== undefined && hops < 10; hops++) {
      if (new URL(last.location(), last.url).pathname.match(/^\/\w+\/$/) !== null) break;
      last = await browser.request(new URL(last.location(), last.url).href);
    }
    const signedIn: Product[] = [];
    for (const product of PRODUCTS) {
      const { status } = await browser.request(`${rig.tenants.acme.origin}/${product}/session`);
      if (status === 200) signedIn.push(product);
    }
    return signedIn;
  }

  test('P29 leads somebody who was never here to the first product that they may use', async () => {
    const browser = new HttpBrowser();
    expect(await follow(browser, await click(browser))).toEqual(['workspace']);
  });

  test.each(PRODUCTS)('P29 leads to the product that was used last: %s', async (product) => {
    for (const earlier of [...PRODUCTS.filter((name) => name !== product), product]) {
      await signIn(rig, new HttpBrowser(), { product: earlier });
    }
    const browser = new HttpBrowser();
    expect(await follow(browser, await click(browser))).toEqual([product]);
  });

  test('P29 leads somebody without the Workspace to their product, with one choice at Okta', async () => {
    const browser = new HttpBrowser();
    const answer = await click(browser, 'toolbar-only');
    expect([answer.status, answer.headers.location]).toEqual([303, START_PATHS.toolbar]);
    expect(sessionCookies(answer)).toEqual([]);
    expect(await follow(browser, answer)).toEqual(['toolbar']);
  });

  test('P29 a product that was taken away since does not count', async () => {
    await signIn(rig, new HttpBrowser(), { product: 'toolbar' });
    const [user] = await rig.database.query<{ id: string; products: string[] }>(
      "select id, products from users where tenant_id = 'acme' and email = 'agent@acme.example'",
    );
    await rig.database.query("update users set products = '{workspace,cti}' where tenant_id = 'acme' and id = $1", [
      user?.id,
    ]);
    const browser = new HttpBrowser();
    expect(await follow(browser, await click(browser))).toEqual(['workspace']);
    await rig.database.query("update users set products = $2 where tenant_id = 'acme' and id = $1", [
      user?.id,
      user?.products,
    ]);
  });

  test.each(['inactive', 'not-in-ipscape'] as const)('P29 refuses %s as any sign-in does', async (person) => {
    const browser = new HttpBrowser();
    const answer = await click(browser, person);
    expect([answer.status, sessionCookies(answer)]).toEqual([403, []]);
  });

  test('P29 what another tenant’s user of the same id did last does not count', async () => {
    await signIn(rig, new HttpBrowser(), { tenant: 'globex', product: 'toolbar' });
    const browser = new HttpBrowser();
    expect(await follow(browser, await click(browser))).toEqual(['workspace']);
  });

  test.each([
    [
      'a target',
      () => `${tileUrl()}&target_link_uri=${encodeURIComponent(`${rig.tenants.acme.origin}/workspace/reports`)}`,
    ],
    ['a return path', () => `${tileUrl()}&return_to=/workspace/reports`],
  ])('P29 %s says where to go, whatever was used last', async (_, url) => {
    await signIn(rig, new HttpBrowser(), { product: 'toolbar' });
    const answer = await click(new HttpBrowser(), 'agent', url());
    expect([answer.status, answer.headers.location]).toEqual([303, '/workspace/reports']);
  });

  test.each(['cti', 'toolbar'] as const)('P29 a tile for %s alone leads there', async (product) => {
    await signIn(rig, new HttpBrowser(), { product: 'workspace' });
    const browser = new HttpBrowser();
    const url = `${startUrl(rig, { product })}?iss=${encodeURIComponent(rig.tenants.acme.org.origin)}`;
    expect(await follow(browser, await click(browser, 'agent', url))).toEqual([product]);
  });

  test.each(PRODUCTS)('P29 %s refuses the issuer of another tenant and starts nothing', async (product) => {
    const before = await rig.snapshot();
    for (const iss of [rig.tenants.globex.org.origin, `${rig.tenants.acme.org.origin}/`, '', 'x'.repeat(5_000)]) {
      const url = `${startUrl(rig, { product })}?iss=${encodeURIComponent(iss)}`;
      expect((await new HttpBrowser().request(url)).status).toBe(400);
    }
    expect((await rig.snapshot()).transactions).toBe(before.transactions);
  });

  test('an ordinary sign-in to the Workspace stays there', async () => {
    await signIn(rig, new HttpBrowser(), { product: 'toolbar' });
    expect((await signIn(rig, new HttpBrowser(), { product: 'workspace' })).headers.location).toBe('/workspace/');
  });
});
