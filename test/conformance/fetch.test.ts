import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig, startUrl } from '../support/rig.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);

const CANARIES = ['AKIAIOSFODNN7EXAMPLE', 'root:x:0:0', '<script>alert(1)</script>', '169.254.169.254'];

let rig: Rig;
/** What the name server answers, by name and in turn; the last answer stays. */
const names = new Map<string, (readonly string[])[]>();
const resolved: string[] = [];
beforeAll(async () => {
  if (database === undefined) throw new Error('No database.');
  rig = await startRig(await database.open(), {
    idpTimeoutMs: 500,
    fetch: {
      async resolve(name) {
        resolved.push(name);
        const answers = names.get(name);
        const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0];
        if (answer === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
        return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      },
    },
  });
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  await rig.repair();
  names.clear();
  resolved.length = 0;
});

const acme = () => rig.tenants.acme;

/** Starts a sign-in with whatever issuer is in force. */
async function start(issuer: string): Promise<Answer> {
  await rig.connect('acme', { issuer });
  rig.restart();
  return new HttpBrowser().ask(startUrl(rig));
}

describe('F3 a host name that resolves', () => {
  const INTERNAL = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:10.0.0.1', '64:ff9b::a00:1'];

  test.each(INTERNAL)('to %s is refused', async (address) => {
    names.set('acme.okta.com', [[address]]);
    expect((await start('https://acme.okta.com')).json()).toMatchObject({ code: 'idp-address-forbidden' });
  });

  test.each([
    ['a public one first', ['93.184.216.34', '127.0.0.1']],
    ['a public one last', ['127.0.0.1', '93.184.216.34']],
    ['a public one of the other family', ['93.184.216.34', '::1']],
  ])('to several addresses, %s, is refused', async (_name, addresses) => {
    names.set('acme.okta.com', [addresses]);
    expect((await start('https://acme.okta.com')).json()).toMatchObject({ code: 'idp-address-forbidden' });
  });

  test('to another address each time is judged each time, and looked up once for a request', async () => {
    // No packet leaves for either: that the address which was judged is the one that is connected to shows the guarded
    // fetch's own test, which has an Internet of its own.
    names.set('acme.okta.com', [['192.0.2.1'], ['127.0.0.1']]);
    for (const _ of [1, 2])
      expect((await start('https://acme.okta.com')).json()).toMatchObject({ code: 'idp-address-forbidden' });
    expect(resolved).toEqual(['acme.okta.com', 'acme.okta.com']);
  });
});

describe('F5 a redirect is never followed', () => {
  const json = { 'content-type': 'application/json' };
  test.each([301, 302, 303, 307, 308])('%d, at any endpoint, to anywhere', async (status) => {
    for (const endpoint of ['discovery', 'keys', 'token', 'userinfo'] as const) {
      for (const location of [
        rig.tenants.globex.org.origin,
        'http://169.254.169.254/',
        '//evil.example',
        '/elsewhere',
      ]) {
        await rig.repair();
        acme().org.faults.omitEmailFromIdToken = true;
        acme().org.faults[endpoint] = { status, headers: { ...json, location }, body: '{}' };
        const browser = new HttpBrowser();
        const answer = endpoint === 'discovery' ? await browser.ask(startUrl(rig)) : await signIn(rig, browser);
        expect(answer.status).toBe(502);
        expect(rig.outgoing.filter(({ url }) => new URL(url).host !== acme().org.host)).toEqual([]);
        expect(rig.tenants.globex.org.requests).toEqual([]);
      }
    }
  });
});

describe('F6 an issuer that is not plain https is never asked:', () => {
  test.each([
    'http://acme.okta.com',
    'https://acme.okta.com:8443',
    'https://acme.okta.com:22',
    'ftp://acme.okta.com',
    'file:///etc/passwd',
    'https://127.0.0.1',
    'https://[::1]',
    'https://2130706433',
    'https://0x7f.1',
    'https://user:pass@acme.okta.com',
  ])('%s', async (issuer) => {
    names.set('acme.okta.com', [['93.184.216.34']]);
    expect((await start(issuer)).json()).toMatchObject({ code: 'idp-address-forbidden' });
    expect(resolved).toEqual([]);
  });
});

describe('F9, F10 a document that is', () => {
  test.each([
    ['ten megabytes', () => `{"x":"${'x'.repeat(10 * 1024 * 1024)}"}`],
    ['one byte too long', () => `{"x":"${'x'.repeat(256 * 1024)}"}`],
    ['a hundred thousand deep', () => '['.repeat(100_000)],
  ])('%s is refused quickly, at every endpoint', async (_name, body) => {
    for (const endpoint of ['discovery', 'keys', 'token', 'userinfo'] as const) {
      await rig.repair();
      acme().org.faults.omitEmailFromIdToken = true;
      acme().org.faults[endpoint] = { status: 200, headers: { 'content-type': 'application/json' }, body: body() };
      const browser = new HttpBrowser();
      const startedAt = performance.now();
      const answer = endpoint === 'discovery' ? await browser.ask(startUrl(rig)) : await signIn(rig, browser);
      expect(answer.status).toBe(502);
      expect(performance.now() - startedAt).toBeLessThan(1_500);
    }
  });
});

describe('F11 nothing of an answer is shown or logged', () => {
  test.each(['discovery', 'keys', 'token', 'userinfo'] as const)('of %s', async (endpoint) => {
    for (const [status, type] of [
      [200, 'application/json'],
      [200, 'text/plain'],
      [400, 'application/json'],
      [500, 'text/html'],
    ] as const) {
      await rig.repair();
      acme().org.faults.omitEmailFromIdToken = true;
      const text = CANARIES.join('\n');
      const body =
        type === 'application/json' ? JSON.stringify({ error: text, error_description: text, x: text }) : text;
      acme().org.faults[endpoint] = {
        status,
        headers: { 'content-type': type, 'x-canary': 'AKIAIOSFODNN7EXAMPLE' },
        body,
      };
      const browser = new HttpBrowser();
      if (endpoint === 'discovery') await browser.request(startUrl(rig));
      else await signIn(rig, browser);
      const shown = browser.answers.filter(({ url }) => new URL(url).hostname === 'acme.localhost');
      expect(shown.at(-1)?.status).toBeGreaterThanOrEqual(400);
      const log = await rig.store.listSignInLog('acme', { limit: 5 });
      const told = [
        ...rig.logLines,
        JSON.stringify(log),
        ...shown.map(({ text, headers }) => text + JSON.stringify(headers)),
      ];
      for (const canary of CANARIES) expect(told.join('\n')).not.toContain(canary);
    }
  });
});

describe('F12 a request carries no more than it must', () => {
  test('to any endpoint, with a browser that sends whatever it likes', async () => {
    acme().org.faults.omitEmailFromIdToken = true;
    const browser = new HttpBrowser();
    browser.setCookie(acme().origin, 'tracking=COOKIE-CANARY; Path=/');
    const headers = {
      authorization: 'Bearer HEADER-CANARY',
      'x-forwarded-for': '203.0.113.1',
      referer: 'https://x.example/',
    };
    const first = await browser.request(startUrl(rig), { headers });
    expect(first.status).toBe(302);
    await signIn(rig, browser);
    expect(rig.outgoing.map(({ url }) => new URL(url).pathname.split('/').at(-1))).toEqual([
      'openid-configuration',
      'token',
      'keys',
      'userinfo',
    ]);
    for (const { url, headers: sent, body } of rig.outgoing) {
      const isToken = url.endsWith('/token');
      expect(JSON.stringify(sent)).not.toMatch(/CANARY|cookie|forwarded|referer/i);
      expect(new URL(url).search).toBe('');
      if (!isToken) expect(body).toBe('');
      expect(Object.keys(sent).filter((name) => name === 'authorization')).toHaveLength(
        isToken || url.endsWith('/userinfo') ? 1 : 0,
      );
    }
  });
});

describe('F13 the check of settings', () => {
  /** An administrator's session, and what *Save and authorise* says about a host. */
  async function administrator(): Promise<(hostName: string) => Promise<Answer>> {
    const browser = new HttpBrowser();
    await signIn(rig, browser, { person: 'admin' });
    const post = (path: string, body: object): Promise<Answer> => {
      const text = JSON.stringify(body);
      return browser.post(`${acme().origin}/workspace/api/sso/${path}`, {
        body: text,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(text)),
        },
      });
    };
    return async (hostName) => {
      const settings = await browser.ask(`${acme().origin}/workspace/api/sso/settings`);
      const { active, pending } = settings.json() as Record<string, { revisionId: string } | null>;
      const draft = await post('draft', {
        providerId: 'okta',
        values: { hostName, clientId: acme().clientId, clientSecret: acme().clientSecret },
        seenRevisionId: (pending ?? active)?.revisionId ?? null,
      });
      const { revision } = draft.json() as { revision?: { revisionId: string } };
      if (revision === undefined) return draft;
      return post('authorise', { revisionId: revision.revisionId });
    };
  }

  test('tells a host that hangs and one that answers nonsense apart by no word, and is limited', async () => {
    const check = await administrator();
    // A change of the settings has the connections put right before the next test.
    await rig.store.setConnectionEnabled({ tenantId: 'acme', enabled: true, actor: 'test' });
    const globex = rig.tenants.globex.org;
    // Closed, resolving inside, not resolving and more: see the settings' own test, with the times.
    const cases: readonly (readonly [string, () => void])[] = [
      [globex.host, () => Object.assign(globex.faults, { discovery: { hang: true } })],
      [globex.host, () => Object.assign(globex.faults, { discovery: { status: 200, body: '<h1>CANARY</h1>' } })],
    ];
    const told: unknown[] = [];
    for (const [hostName, prepare] of cases) {
      prepare();
      const answer = await check(hostName);
      expect(answer.text).not.toMatch(/CANARY|10\.0\.0\.1|ENOTFOUND|ECONNREFUSED|timeout/i);
      const { authorisation } = answer.json() as { authorisation?: { failure: unknown; status: string } };
      told.push([answer.status, authorisation?.status, authorisation?.failure]);
    }
    expect(told[0]).toMatchObject([200, 'failed', { code: 'idp-unreachable' }]);
    for (const other of told) expect(other).toEqual(told[0]);
    // Each answer takes seconds, so most of the thirty are told to the database.
    await rig.database.query(`
      insert into authorisations (tenant_id, id, connection_id, revision_id, actor, session_id)
      select tenant_id, 'try-' || n, connection_id, id, 'test', 'test'
      from connection_revisions, generate_series(1, 28) n where tenant_id = 'acme' and state = 'active'`);
    const further: unknown[] = [];
    while (further.length < 5 && further.at(-1) !== 'too-many-requests')
      further.push((await check('gone.okta.localhost:1')).json().code);
    expect(further.at(-1)).toBe('too-many-requests');
    // No other test has a try left to lose.
    await rig.database.query('truncate authorisations, authorisation_rounds');
  }, 60_000);

  test('is nobody’s but an administrator’s', async () => {
    const browser = new HttpBrowser();
    const url = `${acme().origin}/workspace/api/sso/authorise`;
    const body = '{"revisionId":"x"}';
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': String(body.length),
    };
    expect((await browser.post(url, { body, headers })).status).toBe(401);
    await signIn(rig, browser, { person: 'agent' });
    rig.outgoing.length = 0;
    expect((await browser.post(url, { body, headers })).status).toBe(403);
    expect(rig.outgoing).toEqual([]);
  });
});

describe('F15 a thousand strangers', () => {
  test('whose provider is down cause few requests at once', async () => {
    acme().org.faults.discovery = { delayMs: 150, status: 500 };
    const answers = await Promise.all(Array.from({ length: 1000 }, () => new HttpBrowser().ask(startUrl(rig))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([502]));
    expect(rig.requestsTo('acme').length).toBeLessThanOrEqual(3);
  });

  test('cannot choose who is asked', async () => {
    const query =
      'iss=https%3A%2F%2Fevil.example&issuer=https%3A%2F%2Fevil.example&host=evil.example&domain=evil.example';
    await new HttpBrowser().request(startUrl(rig, { query }));
    await new HttpBrowser().request(startUrl(rig, { query: query.replace(/^iss=[^&]*&/, '') }));
    expect(rig.outgoing.filter(({ url }) => new URL(url).host !== acme().org.host)).toEqual([]);
    expect(resolved).toEqual([]);
  });
});

test('F9 a refused sign-in keeps nothing of a large answer', async () => {
  const body = JSON.stringify({ error: 'x'.repeat(200_000) });
  acme().org.faults.token = { status: 400, headers: { 'content-type': 'application/json' }, body };
  const browser = new HttpBrowser();
  const answer = await signIn(rig, browser);
  expect(answer.text.length).toBeLessThan(8_000);
  expect(rig.logLines.join('').length).toBeLessThan(20_000);
});
