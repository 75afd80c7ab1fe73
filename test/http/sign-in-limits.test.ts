import { PRODUCTS } from '@ipscape/sso-core';
import { SIGN_IN_LIMITS, type SignInLimits } from '@ipscape/sso-hono';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { CtiFrame } from '../support/cti-frame.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { type Rig, referenceOf, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);

/** The real ones in small: an hour passes before a token comes back. */
const slow = (burst: number) => ({ burst, perSecond: 1 / 3600 });
const step = { network: slow(3), networkOfAllTenants: slow(5), strangers: slow(6) };
const LIMITS: SignInLimits = { start: step, callback: step, logLines: slow(4) };

const from = (address: string) => ({ 'x-forwarded-for': address });

let rig: Rig;
beforeAll(async () => {
  if (database === undefined) throw new Error('No database.');
  rig = await startRig(await database.open(), { trustedProxies: ['127.0.0.1'], signInLimits: LIMITS });
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  await rig.repair();
  await rig.database.query('delete from sign_in_log');
});

async function startFrom(address: string, options: Parameters<typeof startUrl>[1] = {}): Promise<Answer> {
  return new HttpBrowser().request(startUrl(rig, options), { headers: from(address) });
}

async function statusesFrom(addresses: readonly string[]): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const address of addresses) statuses.push((await startFrom(address)).status);
  return statuses;
}

describe('S15 a start too many', () => {
  test('is a page or a problem with Retry-After, and costs neither the database nor Okta anything', async () => {
    expect(await statusesFrom(['203.0.113.9', '203.0.113.9', '203.0.113.9'])).toEqual([302, 302, 302]);
    const before = await rig.snapshot();
    const asked = rig.outgoing.length;
    const page = await startFrom('203.0.113.9', { query: 'return_to=%2Fworkspace%2Freports' });
    expect([page.status, page.setCookies, page.headers.location]).toEqual([429, [], undefined]);
    expect(page.headers['retry-after']).toBe('3600');
    expect(page.text).toContain('Too many sign-ins at once');
    expect(page.text).toContain('return_to=%2Fworkspace%2Freports');
    const headers = { ...from('203.0.113.9'), accept: 'application/json' };
    const problem = await new HttpBrowser().request(startUrl(rig), { headers });
    expect(problem.headers['retry-after']).toBe('3600');
    expect(problem.json()).toMatchObject({ status: 429, code: 'too-many-sign-ins', reference: referenceOf(problem) });
    expect(await rig.snapshot()).toEqual(before);
    expect(rig.outgoing.length).toBe(asked);
    const metrics = await rig.instance.deps.metrics.registry.metrics();
    expect(metrics).toMatch(/sso_limited_total\{product="workspace",limit="start network"\} [2-9]/);
    rig.clockAheadMs = 3_600_000;
    expect((await startFrom('203.0.113.9')).status).toBe(302);
  });

  test('is counted for a network of IPv6 addresses, and not for one address', async () => {
    const own = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::1', '2001:DB8:1:2::9', '2001:db8:1:2::7'];
    expect(await statusesFrom([...own, '2001:db8:1:3::1'])).toEqual([302, 302, 302, 429, 302]);
  });

  test('is not hidden by another spelling of the address', async () => {
    expect(
      await statusesFrom(['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:cb00:7109', '0:0:0:0:0:ffff:cb00:7109']),
    ).toEqual([302, 302, 302, 429]);
  });

  test.each<[string, (index: number) => Readonly<Record<string, string>>]>([
    ['X-Forwarded-For', (index) => from(`198.51.100.${index}, 203.0.113.9`)],
    ['a longer one', (index) => from(`${`198.51.100.${index}, `.repeat(20)}203.0.113.9, 127.0.0.1`)],
    ['another header', (index) => ({ ...from('203.0.113.9'), 'x-real-ip': `198.51.100.${index}` })],
    [
      'headers of clouds',
      (index) => ({
        ...from('203.0.113.9'),
        'true-client-ip': `198.51.100.${index}`,
        'cf-connecting-ip': `198.51.100.${index}`,
        forwarded: `for=198.51.100.${index}`,
      }),
    ],
    ['text that is no address', (index) => from(`host-${index}`)],
  ])('is not hidden by %s that a stranger wrote', async (_name, headers) => {
    const statuses: number[] = [];
    for (let index = 1; index <= 5; index++) {
      statuses.push((await new HttpBrowser().request(startUrl(rig), { headers: headers(index) })).status);
    }
    expect(statuses).toEqual([302, 302, 302, 429, 429]);
  });

  test('is one product’s and one tenant’s, until the network has too many everywhere', async () => {
    const address = '203.0.113.9';
    expect(await statusesFrom([address, address, address, address])).toEqual([302, 302, 302, 429]);
    expect((await startFrom(address, { product: 'toolbar' })).status).toBe(302);
    const elsewhere = [1, 2, 3].map(async () => (await startFrom(address, { tenant: 'globex' })).status);
    expect((await Promise.all(elsewhere)).toSorted()).toEqual([302, 302, 429]);
    expect((await startFrom('203.0.113.10', { tenant: 'globex' })).status).toBe(302);
  });

  test('of strangers does not hold up where somebody signed in', async () => {
    const browser = new HttpBrowser();
    browser.forwarded = from('203.0.113.9');
    browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? rig.port : undefined);
    expect((await signIn(rig, browser)).status).toBe(303);
    const strangers = Array.from({ length: 7 }, (_, index) => `198.51.100.${index}`);
    expect(await statusesFrom(strangers)).toEqual([302, 302, 302, 302, 302, 302, 429]);
    expect((await startFrom('203.0.113.9')).status).toBe(302);
  });

  test('is none for those who finish, however many come from one address', async () => {
    for (let count = 0; count < 8; count++) {
      for (const product of PRODUCTS) {
        const browser = new HttpBrowser();
        browser.forwarded = from('203.0.113.9');
        browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? rig.port : undefined);
        expect((await signIn(rig, browser, { product })).status).toBe(303);
      }
    }
  });
});

describe('S15 the CTI Adaptor in a frame', () => {
  test('that would renew a session takes nobody away from work', async () => {
    const browser = new HttpBrowser();
    await signIn(rig, browser, { product: 'toolbar' });
    await statusesFrom(Array(5).fill('203.0.113.9'));
    const url = `${startUrl(rig, { product: 'toolbar' })}?renew=true&return_to=%2Ftoolbar%2Fcalls`;
    for (let i = 0; i < 4; i++) await browser.request(url, { headers: from('203.0.113.9') });
    const answer = await browser.request(url, { headers: from('203.0.113.9') });
    expect([answer.status, answer.headers.location]).toEqual([303, '/toolbar/calls?renewal=too-many-sign-ins']);
    expect((await browser.ask(`${rig.tenants.acme.origin}/toolbar/session`)).status).toBe(200);
  });

  test('creates no more handoffs than starts are allowed, and none is counted whose window signs in', async () => {
    for (let count = 0; count < 5; count++) {
      const cti = new CtiFrame(rig);
      expect((await cti.signInWindow(await cti.create())).status).toBe(200);
    }
    for (let count = 0; count < 3; count++) await new CtiFrame(rig).create();
    const before = await rig.database.query('select id from handoffs');
    await expect(new CtiFrame(rig).create()).rejects.toThrow(/429 .*too-many-sign-ins/);
    expect(await rig.database.query('select id from handoffs')).toHaveLength(before.length);
  });
});

describe('S15 a callback too many', () => {
  test('is refused before anything is asked, and spends nothing', async () => {
    const browser = new HttpBrowser();
    browser.forwarded = from('203.0.113.9');
    browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? rig.port : undefined);
    const callback = await walkToCallback(rig, browser);
    const made = new URL(callback);
    made.searchParams.set('state', 'A'.repeat(43));
    for (let count = 0; count < 3; count++) {
      const answer = await new HttpBrowser().request(made.href, { headers: from('203.0.113.9') });
      expect(answer.status).toBe(400);
    }
    const before = await rig.snapshot();
    const answer = await browser.request(callback);
    expect([answer.status, answer.setCookies]).toEqual([429, []]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(3_500);
    expect(await rig.snapshot()).toEqual(before);
    expect(rig.requestsTo('acme')).not.toContain('token');
    // From elsewhere, and here an hour later, it still counts.
    expect((await browser.request(callback, { headers: from('203.0.113.10') })).status).toBe(303);
  });

  test('with a made-up code costs Okta a bounded number of requests', async () => {
    let refused = 0;
    for (let count = 0; count < 10; count++) {
      const browser = new HttpBrowser();
      browser.forwarded = from(`198.51.100.${count}`);
      browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? rig.port : undefined);
      const start = await browser.request(startUrl(rig));
      const state = start.status === 302 ? (new URL(start.location()).searchParams.get('state') ?? '') : 'x';
      const url = `${rig.tenants.acme.origin}/workspace/security/sso-oauth-callback?state=${state}&code=made-up`;
      refused += (await browser.request(url)).status === 429 ? 1 : 0;
    }
    expect(refused).toBe(4);
    expect(rig.requestsTo('acme').filter((name) => name === 'token')).toHaveLength(6);
  });

  test('R18 and refusals fill no log: further ones are counted and told the process’s own', async () => {
    const url = `${rig.tenants.acme.origin}/workspace/security/sso-oauth-callback?state=x&code=x`;
    for (let count = 0; count < 6; count++)
      await new HttpBrowser().request(url, { headers: from(`198.51.100.${count}`) });
    expect(await rig.store.listSignInLog('acme', { limit: 10 })).toHaveLength(4);
    expect(
      rig.logLines.filter((line) => line.includes('"state-mismatch"') && line.includes('request refused')),
    ).toHaveLength(6);
    const metrics = await rig.instance.deps.metrics.registry.metrics();
    expect(metrics).toMatch(/sso_limited_total\{product="workspace",limit="logLines"\} \d/);
  });
});

test('R18 the row of a sign-in under way is small, whatever the start asks for', async () => {
  const path = `/workspace/${Array.from({ length: 1_000 }, () => Math.random().toString(36).slice(2, 4)).join('')}`;
  for (const [query, maxBytes] of [
    ['', 1_024],
    [`return_to=${path.slice(0, 2_048)}&x=${'y'.repeat(5_000)}`, 1_024 + 2_048],
  ] as const) {
    await rig.database.query('delete from transactions');
    expect((await startFrom('203.0.113.9', { query })).status).toBe(302);
    const [row] = await rig.database.query<{ bytes: number }>(
      'select pg_column_size(t.*)::integer as bytes from transactions t',
    );
    expect(row?.bytes).toBeLessThan(maxBytes);
  }
});

test('S15 the limits are part of the contract for operators', () => {
  expect(SIGN_IN_LIMITS).toEqual({
    start: {
      network: { burst: 2_000, perSecond: 20 },
      networkOfAllTenants: { burst: 5_000, perSecond: 50 },
      strangers: { burst: 5_000, perSecond: 20 },
    },
    callback: {
      network: { burst: 2_000, perSecond: 20 },
      networkOfAllTenants: { burst: 5_000, perSecond: 50 },
      strangers: { burst: 1_000, perSecond: 5 },
    },
    logLines: { burst: 2_000, perSecond: 0.2 },
  });
});
