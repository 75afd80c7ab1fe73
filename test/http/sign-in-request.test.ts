import { CALLBACK_PATHS, PRODUCTS } from '@ipscape/sso-core';
import { ERROR_PAGES } from '@ipscape/sso-hono';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { type Rig, type RigOptions, sessionCookies, startRig, startUrl, walkToCallback } from '../support/rig.js';
import { linkedClient, SETTINGS } from '../support/settings-link-client.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);

function useRig(options: RigOptions = {}): () => Rig {
  let rig: Rig | undefined;
  const get = (): Rig => {
    if (rig === undefined) throw new Error('No rig.');
    return rig;
  };
  beforeAll(async () => {
    if (database === undefined) throw new Error('No database.');
    rig = await startRig(await database.open(), options);
  });
  afterAll(() => rig?.stop());
  beforeEach(() => get().repair());
  return get;
}

/** Refused, with nothing written, nothing asked of Okta, and nothing set or cleared in the browser. */
async function expectRefused(
  rig: Rig,
  code: 'top-level-required' | 'protocol-unknown',
  ask: () => Promise<Answer>,
): Promise<void> {
  const before = await rig.snapshot();
  const asked = rig.outgoing.length;
  const answer = await ask();
  expect([answer.status, answer.setCookies]).toEqual([ERROR_PAGES[code].status, []]);
  expect(answer.headers.location).toBeUndefined();
  expect(answer.text).toContain(ERROR_PAGES[code].title);
  expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(await rig.snapshot()).toEqual(before);
  expect(rig.outgoing.length).toBe(asked);
}

describe('S13 no sign-in goes on behind a person’s back:', () => {
  const rig = useRig();

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a frame of another site', { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' }],
    ['a frame of a sibling', { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'same-site' }],
    ['a frame of our own', { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'same-origin' }],
    ['an old frame', { 'sec-fetch-dest': 'frame' }],
    ['a fenced frame', { 'sec-fetch-dest': 'fencedframe' }],
    ['an embedded object', { 'sec-fetch-dest': 'embed' }],
    ['an object', { 'sec-fetch-dest': 'object' }],
    ['a picture', { 'sec-fetch-dest': 'image' }],
    ['a script', { 'sec-fetch-dest': 'script' }],
    ['a request of a script', { 'sec-fetch-dest': 'empty' }],
    ['a destination of the future', { 'sec-fetch-dest': 'hologram' }],
    ['a destination without a name', { 'sec-fetch-dest': '' }],
    ['a page loaded ahead of time', { 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch' }],
    ['a page drawn ahead of time', { 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' }],
    ['a page loaded through a proxy of the browser’s', { 'sec-purpose': 'prefetch;anonymous-client-ip' }],
    ['an older Chromium ahead of time', { purpose: 'prefetch' }],
    ['an older Safari ahead of time', { 'x-purpose': 'preview' }],
    ['an older Firefox ahead of time', { 'x-moz': 'prefetch' }],
  ])('%s starts nothing and finishes nothing', async (_name, headers) => {
    for (const product of ['workspace', 'toolbar'] as const) {
      const browser = new HttpBrowser();
      const start = startUrl(rig(), { product });
      await expectRefused(rig(), 'top-level-required', () => browser.request(start, { headers }));
    }
    for (const product of PRODUCTS) {
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig(), browser, { product });
      await expectRefused(rig(), 'top-level-required', () => browser.request(callback, { headers }));
      // It was not spent: the person's own navigation finishes it.
      const finished = await browser.request(callback, { headers: { 'sec-fetch-dest': 'document' } });
      expect([finished.status, sessionCookies(finished)]).toEqual([303, [expect.stringContaining(product)]]);
    }
  });

  test('the answer to a proof of settings in a frame proves nothing', async () => {
    const browser = new HttpBrowser();
    const client = await linkedClient(rig(), browser);
    await client.draft();
    const headers = { 'sec-fetch-dest': 'iframe' };
    const answer = await browser.request(`${rig().tenants.acme.origin}${CALLBACK_PATHS.authorise}?state=x&code=x`, {
      headers,
    });
    expect([answer.status, answer.text.includes(ERROR_PAGES['top-level-required'].title)]).toEqual([403, true]);
  });

  test('a renewal in a frame leaves the session as it is', async () => {
    const browser = new HttpBrowser();
    await browser.request(await walkToCallback(rig(), browser, { product: 'toolbar' }));
    const renewal = startUrl(rig(), { product: 'toolbar', query: 'renew=true' });
    const headers = { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'same-origin' };
    await expectRefused(rig(), 'top-level-required', () => browser.request(renewal, { headers }));
    expect((await browser.ask(`${rig().tenants.acme.origin}/toolbar/session`)).status).toBe(200);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a link on another site, as Okta’s tile', { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' }],
    ['a typed address', { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none', 'sec-fetch-user': '?1' }],
    ['a browser that says nothing', {}],
    ['a purpose that is none of these', { purpose: 'navigate' }],
  ])('%s starts one', async (_name, headers) => {
    for (const product of PRODUCTS) {
      expect((await new HttpBrowser().request(startUrl(rig(), { product }), { headers })).status).toBe(302);
    }
  });
});

describe('P37 where https ends at a proxy', () => {
  const rig = useRig({ isBehindTls: true, trustedProxies: ['127.0.0.1'] });
  let browser: HttpBrowser;
  beforeEach(() => {
    browser = new HttpBrowser();
    browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? rig().port : undefined);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['does not say what the browser used', {}],
    ['says nothing', { 'x-forwarded-proto': '' }],
    ['says something else', { 'x-forwarded-proto': 'ftp' }],
    ['says wss', { 'x-forwarded-proto': 'wss' }],
    [
      'says it in another header',
      { 'x-forwarded-protocol': 'https', 'x-forwarded-ssl': 'on', 'front-end-https': 'on' },
    ],
    ['says it in the standard’s words, which are not read', { forwarded: 'proto=https' }],
    ['appends nothing to what a stranger wrote', { 'x-forwarded-proto': 'https,' }],
  ])('that %s, nothing is started or finished', async (_name, headers) => {
    const https = { 'x-forwarded-proto': 'https' };
    for (const product of PRODUCTS) {
      browser.forwarded = https;
      const callback = await walkToCallback(rig(), browser, { product });
      browser.forwarded = {};
      const start = startUrl(rig(), { product });
      await expectRefused(rig(), 'protocol-unknown', () => browser.request(start, { headers }));
      await expectRefused(rig(), 'protocol-unknown', () => browser.request(callback, { headers }));
      browser.forwarded = https;
      expect((await browser.request(callback)).status).toBe(303);
    }
  });

  test('that is asked past it, its word is a stranger’s', async () => {
    const stranger = await startRig(await (database ?? expect.fail('No database.')).open(), { isBehindTls: true });
    browser.connectTo = () => stranger.port;
    browser.forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
    await expectRefused(stranger, 'protocol-unknown', () => browser.request(startUrl(stranger)));
    await stranger.stop();
  });
});

describe('O5 windows of other sites', () => {
  const rig = useRig();

  test('lose hold of the settings, and of no page of a sign-in, which may be a window that a product opened', async () => {
    const { origin } = rig().tenants.acme;
    const browser = new HttpBrowser();
    const policyOf = async (path: string): Promise<string | undefined> =>
      (await browser.request(`${origin}${path}`)).headers['cross-origin-opener-policy'] as string | undefined;
    expect(await policyOf(`/workspace/admin-link/${'a'.repeat(43)}`)).toBe('same-origin');
    await linkedClient(rig(), browser);
    expect(await policyOf(SETTINGS)).toBe('same-origin');
    const signIns = ['/workspace/login', '/workspace/signed-out', '/toolbar/signed-out', '/cti/signed-out'];
    for (const path of [...signIns, '/toolbar/signed-in', '/toolbar/login?state=x', '/cti/login?state=x']) {
      expect([path, await policyOf(path)]).toEqual([path, undefined]);
    }
  });
});
