import { CALLBACK_PATHS, HOME_PATHS, PRODUCTS, type Product } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { CtiFrame } from '../support/cti-frame.js';
import { HttpBrowser } from '../support/http-browser.js';
import {
  chooseUser,
  type Rig,
  sessionCookies,
  signIn,
  startRig,
  startUrl,
  type TenantName,
  walkToCallback,
} from '../support/rig.js';
import { settingsClient, walkRounds } from '../support/settings-link-client.js';

/** Everything that a product can begin at Okta: two ways in, a renewal, and the two halves of a proof of settings. */
type Kind = 'sign-in' | 'window for a frame' | 'renewal' | 'proof' | 'probe';
type Route = keyof typeof CALLBACK_PATHS;

interface Start {
  readonly tenant: TenantName;
  readonly kind: Kind;
  readonly product: Product;
  /** Where its answer belongs. */
  readonly route: Route;
}

const TENANTS: readonly TenantName[] = ['acme', 'globex'];
const ROUTES = Object.keys(CALLBACK_PATHS) as readonly Route[];
const STARTS: readonly Start[] = TENANTS.flatMap((tenant) => [
  ...(['sign-in', 'renewal', 'probe'] as const).flatMap((kind) =>
    PRODUCTS.map((product) => ({ tenant, kind, product, route: product })),
  ),
  { tenant, kind: 'proof', product: 'workspace', route: 'authorise' },
  { tenant, kind: 'window for a frame', product: 'cti', route: 'cti' },
]);
const CELLS = STARTS.flatMap((from) => ROUTES.map((route) => ({ from, route })));

/** What a browser brings to a callback, and the address without its host and path. */
interface Walk {
  readonly browser: HttpBrowser;
  readonly search: string;
}

test('T1 each of 22 starts meets each of 8 callbacks', () => {
  expect([STARTS.length, TENANTS.length * ROUTES.length]).toEqual([22, 8]);
});

describe.each(await testStores())('T1 on $name', ({ open }) => {
  let rig: Rig;
  /** Cookies of somebody who is signed in to all products there, and administers them. */
  const insiders = new Map<TenantName, string>();
  beforeAll(async () => {
    rig = await startRig(await open());
    for (const tenant of TENANTS) {
      const insider = new HttpBrowser();
      for (const product of PRODUCTS) await signIn(rig, insider, { tenant, product, person: 'admin' });
      insiders.set(tenant, sessionsOf(insider, rig.tenants[tenant].origin));
    }
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    // Only so many proofs may be under way at a time.
    await rig.database.query('delete from authorisation_rounds');
    await rig.database.query('delete from authorisations');
  });

  /** A real start of its kind, up to the callback's address. */
  async function walk({ tenant, kind, product, route }: Start): Promise<Walk> {
    const browser = new HttpBrowser();
    const { origin } = rig.tenants[tenant];
    const arrived = (callback: string): Walk => ({ browser, search: new URL(callback).search });
    if (kind === 'sign-in') return arrived(await walkToCallback(rig, browser, { tenant, product }));
    if (kind === 'window for a frame') {
      const cti = new CtiFrame(rig, tenant);
      const { search } = new URL(await cti.walkToCallback(await cti.create()));
      return { browser: cti.window, search };
    }
    if (kind === 'renewal') {
      await signIn(rig, browser, { tenant, product });
      const start = await browser.request(startUrl(rig, { tenant, product, query: 'renew=true' }));
      expect(new URL(start.location()).searchParams.get('prompt')).toBe('none');
      return arrived(await chooseUser(browser, start.location(), 'nobody is asked'));
    }
    await signIn(rig, browser, { tenant, person: 'admin' });
    const client = settingsClient(rig, browser, tenant);
    const begun = (await client.post('authorise', { revisionId: await client.draft() })).json();
    const isCallback = (url: string) => url.startsWith(`${origin}${CALLBACK_PATHS[route]}?`);
    const last = await walkRounds(browser, origin + String(begun.open), `admin@${tenant}.example`, isCallback);
    return arrived(last.location());
  }

  const tokenRequests = (): number =>
    TENANTS.flatMap((name) => rig.requestsTo(name)).filter((endpoint) => endpoint === 'token').length;

  /** Which settings are in force, and what is proved of others. */
  async function settings(): Promise<{ readonly revisions: string; readonly proofs: number }> {
    const [row] = await rig.database.query<{ revisions: string; proofs: number }>(`
      select (select md5(string_agg(concat(id, state), ',' order by id)) from connection_revisions) as revisions,
        (select count(answered_at)::integer from authorisation_rounds) as proofs`);
    return row ?? expect.fail('No answer.');
  }

  /** Finishes what was begun at any route of any tenant, and says what that changed. */
  async function finish({ browser, search }: Walk, from: Start, to: { readonly tenant: TenantName; route: Route }) {
    const isOwn = from.tenant === to.tenant && from.route === to.route;
    const began = rig.tenants[from.tenant].origin;
    // Whoever attacks copies the cookies as well, and is somebody where only somebody counts.
    const copied = cookiesOf(browser, began).filter((pair) => pair.startsWith('__Host-ipscape-tx-'));
    const cookie = isOwn ? browser.cookieHeader(began) : [...copied, insiders.get(to.tenant)].join('; ');
    const before = { ...(await rig.snapshot()), ...(await settings()), tokens: tokenRequests() };
    const url = rig.tenants[to.tenant].origin + CALLBACK_PATHS[to.route] + search;
    const answer = await (isOwn ? browser : new HttpBrowser()).ask(url, { headers: { cookie } });
    const after = { ...(await rig.snapshot()), ...(await settings()), tokens: tokenRequests() };
    expect([after.users, after.revisions]).toEqual([before.users, before.revisions]);
    const changed = {
      tokens: after.tokens - before.tokens,
      sessions: after.sessions - before.sessions,
      cookies: sessionCookies(answer).length,
      proofs: after.proofs - before.proofs,
    };
    return { answer, changed };
  }

  async function expectRefused(walked: Walk, from: Start, to: { readonly tenant: TenantName; route: Route }) {
    const { answer, changed } = await finish(walked, from, to);
    expect([answer.status, answer.json().code]).toEqual([400, 'state-mismatch']);
    expect(changed).toEqual({ tokens: 0, sessions: 0, cookies: 0, proofs: 0 });
  }

  test.each(CELLS)('$from.tenant $from.product $from.kind, finished at $route', async ({ from, route }) => {
    const walked = await walk(from);
    const { tenant } = from;
    if (route !== from.route) return expectRefused(walked, from, { tenant, route });
    // At another tenant nothing is known of it, so nothing is spent either.
    const [foreign = tenant] = TENANTS.filter((name) => name !== tenant);
    for (const elsewhere of ROUTES) await expectRefused(walked, from, { tenant: foreign, route: elsewhere });
    const { answer, changed } = await finish(walked, from, { tenant, route });
    expect(answer.status).toBe(303);
    const { pathname } = new URL(answer.location());
    expect({ ...changed, leadsTo: pathname }).toEqual(
      {
        'sign-in': { tokens: 1, sessions: 1, cookies: 1, proofs: 0, leadsTo: HOME_PATHS[from.product] },
        renewal: { tokens: 1, sessions: 1, cookies: 1, proofs: 0, leadsTo: HOME_PATHS[from.product] },
        'window for a frame': {
          tokens: 1,
          sessions: 0,
          cookies: 0,
          proofs: 0,
          leadsTo: expect.stringMatching(CONFIRM),
        },
        proof: { tokens: 1, sessions: 0, cookies: 0, proofs: 1, leadsTo: expect.stringMatching(ROUND) },
        probe: { tokens: 0, sessions: 0, cookies: 0, proofs: 1, leadsTo: expect.stringMatching(ROUND) },
      }[from.kind],
    );
  });
});

const CONFIRM = /^\/cti\/handoffs\/[\w-]{43}\/confirm$/;
const ROUND = /\/login-and-security\/authorise\/[\w-]{36}$/;

const cookiesOf = (browser: HttpBrowser, url: string): readonly string[] => browser.cookieHeader(url).split('; ');

function sessionsOf(browser: HttpBrowser, url: string): string {
  return cookiesOf(browser, url)
    .filter((pair) => /^__Host-ipscape-(?:workspace|cti|toolbar)=/.test(pair))
    .join('; ');
}
