import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { CtiFrame, type Handoff } from '../support/cti-frame.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type Rig, sessionCookies, startRig } from '../support/rig.js';

const stores = await testStores();
const SESSION = '__Host-ipscape-cti';
const FRAME_COOKIE = /^__Host-ipscape-cti=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=None; Partitioned$/;

const CLEARED = '__Host-ipscape-cti=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0';
const CLEARED_PARTITIONED = '__Host-ipscape-cti=; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=0';

describe.each(stores)('the CTI Adaptor in a frame, on $name', ({ open }) => {
  let rig: Rig;
  let cti: CtiFrame;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from handoffs');
    await rig.database.query('delete from sessions');
    await rig.database.query('delete from sign_in_log');
    cti = new CtiFrame(rig);
  });

  const codesLogged = async (): Promise<readonly string[]> =>
    (await rig.database.query<{ code: string }>('select code from sign_in_log order by id')).map(({ code }) => code);

  describe('I1 a window signs the frame in', () => {
    test('once the user has confirmed the number, and not before', async () => {
      const handoff = await cti.create('integration=salesforce');
      expect(handoff.number).toMatch(/^[1-9]\d$/);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'pending', isOpened: false });

      const page = await cti.signInWindow(handoff);
      expect(page.status).toBe(200);
      expect(page.text).toContain(`<strong>${handoff.number}</strong>`);
      expect(page.text).toContain('agent@acme.example');
      expect(sessionCookies(page)).toEqual([]);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'pending', isOpened: true });
      expect((await cti.redeem(handoff)).json()).toMatchObject({ code: 'handoff-invalid' });

      const decided = await cti.decide(handoff);
      expect(decided.status).toBe(200);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'confirmed' });
      const redeemed = await cti.redeem(handoff);
      expect(redeemed.status).toBe(200);
      expect(redeemed.json()).toMatchObject({
        user: { email: 'agent@acme.example' },
        product: 'cti',
        returnPath: '/cti/?integration=salesforce',
      });
      expect((await cti.ask('/cti/session')).status).toBe(200);
      expect(await codesLogged()).toEqual(['handoff-invalid', 'signed-in']);
    });

    test('the window itself gets no session, and the database no secret in the clear', async () => {
      const handoff = await cti.confirmed();
      expect(cti.window.findCookie(cti.origin, SESSION)).toBeUndefined();
      const rows = await rig.database.query('select to_jsonb(h) as row from handoffs h');
      expect(JSON.stringify(rows)).not.toContain(handoff.verifier);
      expect(cti.window.cookies.filter(({ name }) => name.includes('handoff'))).toEqual([]);
      expect(rig.logLines.join('')).not.toContain(handoff.verifier);
    });

    test('what addresses, history and logs hold of it redeems nothing', async () => {
      const handoff = await cti.confirmed();
      const [row] = await rig.database.query<Record<string, unknown>>('select to_jsonb(h) as row from handoffs h');
      const stored = row?.row as Readonly<Record<string, string | null>>;
      const known = [handoff.id, handoff.number, stored.verifier_hash, stored.window_hash];
      for (const verifier of known) {
        const answer = await cti.redeem({ id: handoff.id, verifier: String(verifier) });
        expect(answer.json().code).toBe(verifier === handoff.number ? 'request-invalid' : 'handoff-invalid');
      }
      expect(cti.window.answers.map(({ url }) => url).join(' ')).not.toContain(handoff.verifier);
      expect((await cti.redeem(handoff)).status).toBe(200);
    });

    test('O6 the window’s first page, whose form leads to Okta, names no form-action; the others hold to their origin', async () => {
      const handoff = await cti.create();
      const policyOf = async (answer: Promise<Answer>) => String((await answer).headers['content-security-policy']);
      const path = `${cti.origin}/cti/handoffs/${handoff.id}`;
      const inside = { headers: { 'sec-fetch-site': 'same-origin' } };
      expect(await policyOf(cti.window.request(`${path}/window`, inside))).not.toContain('form-action');
      expect((await cti.open(handoff)).location()).toContain(rig.tenants.acme.org.origin);
      for (const page of [`${path}/window`, `${path}/confirm`, `${cti.origin}/cti/login?error=x&state=y`])
        expect(await policyOf(cti.window.request(page))).toContain("form-action 'self'");
    });

    test('loading the callback again leads to the question again', async () => {
      const handoff = await cti.create();
      const callback = await cti.walkToCallback(handoff);
      await cti.window.request(callback);
      const again = await cti.window.request(callback);
      expect(again.status).toBe(303);
      expect((await cti.window.follow(again)).text).toContain(handoff.number);
    });

    test('a failure is told to the frame with its reference, and the window offers no other way in', async () => {
      const handoff = await cti.create();
      const page = await cti.signInWindow(handoff, 'not-in-ipscape');
      expect(page.status).toBe(403);
      expect(page.text).not.toContain('href="/cti/login');
      const told = (await cti.poll(handoff)).json();
      expect(told).toMatchObject({ status: 'failed', code: 'user-not-found' });
      expect(page.text).toContain(String(told.reference));
      expect(await codesLogged()).toEqual(['user-not-found']);
    });

    test('a provider that cannot be reached is told as well', async () => {
      rig.tenants.acme.org.faults.discovery = { status: 500 };
      const handoff = await cti.create();
      expect((await cti.open(handoff)).status).toBe(502);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'failed', code: 'idp-error' });
    });

    test('a window without cookies is told by name', async () => {
      const handoff = await cti.create();
      const callback = await cti.walkToCallback(handoff);
      const answer = await new HttpBrowser().request(callback);
      expect(answer.status).toBe(400);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'failed', code: 'cookie-blocked' });
    });
  });

  describe('I2 somebody else’s handoff', () => {
    test.each([
      ['a link', { origin: null, 'sec-fetch-site': 'none' }],
      ['a page of another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
      ['a sandboxed page', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
      ['a sibling sub-domain', { origin: 'http://evil.localhost', 'sec-fetch-site': 'same-site' }],
      ['a browser that sends no Origin', { origin: null }],
      ['a frame', { 'sec-fetch-dest': 'iframe' }],
      ['a script', { 'sec-fetch-dest': 'empty' }],
    ])('is not joined from %s', async (_name, headers) => {
      const handoff = await cti.create();
      const answer = await cti.open(handoff, headers);
      expect(answer.status).toBe(403);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'pending', isOpened: false });
    });

    test.each([
      {},
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])('shows nothing to go on with for a link with %o', async (headers) => {
      const { id } = await cti.create();
      const answer = await cti.window.request(`${cti.origin}/cti/handoffs/${id}/window`, { headers });
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain(id);
    });

    describe('a window that the browser calls cross-site', () => {
      const ask = async (headers: Readonly<Record<string, string>>) => {
        const { id } = await cti.create();
        return { id, answer: await cti.window.request(`${cti.origin}/cti/handoffs/${id}/window`, { headers }) };
      };

      test('is the frame’s own all the same when it comes from the CTI Adaptor', async () => {
        for (const path of ['/cti/', '/cti/?integration=crm', '/cti/login?integration=crm']) {
          const { id, answer } = await ask({ 'sec-fetch-site': 'cross-site', referer: cti.origin + path });
          expect([answer.status, answer.text.includes(id)]).toEqual([200, true]);
        }
      });

      test.each([
        ['another site', () => `https://evil.test/cti/`],
        ['another site that names this one', () => `https://evil.test/?${cti.origin}/cti/`],
        ['a name that begins alike', () => `${cti.origin}.evil.test/cti/`],
        ['a redirect by way of another site', () => `${cti.origin}/`],
        ['an origin alone', () => cti.origin],
        ['another product', () => `${cti.origin}/workspace/`],
        ['another tenant', () => `${rig.tenants.globex.origin}/cti/`],
        ['nowhere', () => ''],
      ])('shows nothing to go on with when it comes from %s', async (_name, referer) => {
        const { id, answer } = await ask({ 'sec-fetch-site': 'cross-site', referer: referer() });
        expect([answer.status, answer.text.includes(id)]).toEqual([400, false]);
      });

      test.each(['none', 'same-site'])('and a browser that says %s is believed', async (site) => {
        const { answer } = await ask({ 'sec-fetch-site': site, referer: `${cti.origin}/cti/` });
        expect(answer.status).toBe(400);
      });
    });

    test('a GET with its id is an ordinary sign-in of whoever opens it', async () => {
      const { id, verifier } = await cti.create();
      const victim = new HttpBrowser();
      const start = await victim.request(`${cti.origin}/cti/login?handoff=${id}`);
      const callback = await chooseUser(victim, start.location(), 'admin@acme.example');
      const finished = await victim.request(callback);
      expect(sessionCookies(finished)).toHaveLength(1);
      // And no other one beside it, or neither would count.
      expect(finished.setCookies).toContain(CLEARED_PARTITIONED);
      expect((await cti.poll({ id, verifier })).json()).toMatchObject({ status: 'pending' });
      expect((await cti.redeem({ id, verifier })).status).toBe(400);
    });

    test('only the window that signed in is asked, and can answer', async () => {
      const handoff = await cti.create();
      await cti.signInWindow(handoff);
      const stranger = new CtiFrame(rig);
      const asked = await stranger.window.request(`${cti.origin}/cti/handoffs/${handoff.id}/confirm`);
      expect(asked.status).toBe(400);
      expect(asked.text).not.toContain('agent@acme.example');
      for (const decision of ['confirm', 'refuse']) expect((await stranger.decide(handoff, decision)).status).toBe(400);
      // Neither with a secret of its own.
      const name = `__Host-ipscape-handoff-${handoff.id.slice(0, 12)}`;
      stranger.window.setCookie(cti.origin, `${name}=${'S'.repeat(43)}; Path=/; Secure; HttpOnly; SameSite=Lax`);
      for (const decision of ['confirm', 'refuse']) expect((await stranger.decide(handoff, decision)).status).toBe(400);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'pending' });
    });

    test('nor is a window asked with a secret that is made up, or of a handoff of its own', async () => {
      // Whoever made the handoff knows its id, had somebody sign in for it, and wants to confirm that by themselves.
      const handoff = await cti.create();
      await cti.signInWindow(handoff);
      const stranger = new CtiFrame(rig);
      const own = await stranger.create();
      await stranger.signInWindow(own, 'admin');
      const name = (id: string) => `__Host-ipscape-handoff-${id.slice(0, 12)}`;
      const ofItsOwn = stranger.window.findCookie(cti.origin, name(own.id)) ?? '';
      expect(ofItsOwn).toMatch(/^[\w-]{43}$/);
      for (const secret of [ofItsOwn, 'A'.repeat(43)]) {
        stranger.window.setCookie(cti.origin, `${name(handoff.id)}=${secret}; Path=/; Secure`);
        const asked = await stranger.window.request(`${cti.origin}/cti/handoffs/${handoff.id}/confirm`);
        expect(asked.status).toBe(400);
        expect(asked.text).not.toContain('agent@acme.example');
        for (const decision of ['confirm', 'refuse'])
          expect((await stranger.decide(handoff, decision)).status).toBe(400);
      }
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'pending' });
      expect((await cti.redeem(handoff)).json()).toMatchObject({ code: 'handoff-invalid' });
    });

    test('a confirmation from another site is refused', async () => {
      const handoff = await cti.create();
      await cti.signInWindow(handoff);
      const forged = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
      expect((await cti.decide(handoff, 'confirm', forged)).status).toBe(403);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'pending' });
    });

    test('who says no signs nobody in, and the administrator sees it', async () => {
      const handoff = await cti.create();
      await cti.signInWindow(handoff);
      const refused = await cti.decide(handoff, 'refuse');
      expect(refused.status).toBe(403);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'cancelled', code: 'handoff-refused' });
      expect((await cti.decide(handoff)).status).toBe(400);
      expect((await cti.redeem(handoff)).json()).toMatchObject({ code: 'handoff-invalid' });
      expect(await codesLogged()).toContain('handoff-refused');
    });

    test('one window opens it; a second is refused', async () => {
      const handoff = await cti.create();
      expect((await cti.open(handoff)).status).toBe(303);
      const second = new CtiFrame(rig);
      expect((await second.open(handoff)).status).toBe(400);
    });
  });

  describe('I3 a redemption', () => {
    test('is one of fifty at once', async () => {
      const handoff = await cti.confirmed();
      const answers = await Promise.all(Array.from({ length: 50 }, () => cti.redeem(handoff)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(new Set(answers.filter(({ status }) => status !== 200).map((a) => a.json().code))).toEqual(
        new Set(['handoff-invalid']),
      );
      expect(await rig.database.query('select id from sessions')).toHaveLength(1);
      // And a replay, a moment later.
      expect((await cti.redeem(handoff)).json()).toMatchObject({ code: 'handoff-invalid' });
    });

    test('has a minute, for values of 256 bits', async () => {
      const handoff = await cti.confirmed();
      for (const value of [handoff.id, handoff.verifier]) expect(Buffer.from(value, 'base64url')).toHaveLength(32);
      await rig.database.query("update handoffs set confirmed_at = now() - interval '50 seconds'");
      expect((await cti.redeem(handoff)).status).toBe(200);
    });

    test.each([
      ['too late after the confirmation', "update handoffs set confirmed_at = now() - interval '61 seconds'"],
      ['after its end', "update handoffs set expires_at = now() - interval '1 second'"],
      ['that was cancelled', 'update handoffs set cancelled_at = now()'],
    ])('%s is refused', async (_name, change) => {
      const handoff = await cti.confirmed();
      await rig.database.query(change);
      expect((await cti.redeem(handoff)).json()).toMatchObject({ code: 'handoff-invalid' });
      expect(await rig.database.query('select id from sessions')).toHaveLength(0);
    });

    test('needs the verifier, the browser and the tenant of its own', async () => {
      const handoff = await cti.confirmed();
      expect((await cti.redeem({ ...handoff, verifier: 'A'.repeat(43) })).status).toBe(400);
      expect((await cti.redeem(handoff, { 'user-agent': 'curl/8.0' })).status).toBe(400);
      const globex = new CtiFrame(rig, 'globex');
      expect((await globex.redeem(handoff)).status).toBe(400);
      expect((await globex.poll(handoff)).status).toBe(404);
      expect((await cti.ask(`/cti/handoffs/${handoff.id}/redeem?verifier=${handoff.verifier}`)).status).toBe(404);
      expect(await rig.database.query('select id from sessions')).toHaveLength(0);
      // A newer version of the same browser is the same browser.
      const updated = handoff && { 'user-agent': cti.userAgent.replace('156.0.0.0', '157.0.0.0') };
      expect((await cti.redeem(handoff, updated)).status).toBe(200);
    });

    test('of a user who was disabled in the meantime opens nothing', async () => {
      const handoff = await cti.confirmed();
      const user = { tenantId: 'acme', userId: 'acme-agent', actor: 'test' };
      await rig.store.setUserStatus({ ...user, status: 'disabled' });
      try {
        expect((await cti.redeem(handoff)).json()).toMatchObject({ code: 'user-inactive' });
      } finally {
        await rig.store.setUserStatus({ ...user, status: 'active' });
      }
      expect(await rig.database.query('select id from sessions')).toHaveLength(0);
    });
  });

  describe('I4 polling', () => {
    test.each([
      ['a flood of questions', (handoff: Handoff) => handoff],
      [
        'guesses of the verifier',
        (handoff: Handoff) => ({ ...handoff, verifier: randomBytes(32).toString('base64url') }),
      ],
    ])('%s ends with 429 after 150, and others go on', async (_name, ask) => {
      const [handoff, other] = [await cti.create(), await cti.create()];
      const statuses: number[] = [];
      for (let times = 0; times < 150; times++) statuses.push((await cti.poll(ask(handoff))).status);
      expect(new Set(statuses)).toEqual(new Set([ask(handoff) === handoff ? 200 : 404]));
      const answer = await cti.poll(handoff);
      expect(answer.status).toBe(429);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect((await cti.poll(other)).status).toBe(200);
    });

    test('says nothing of the user before the redemption, and one thing of what is not there', async () => {
      const handoff = await cti.confirmed();
      expect((await cti.poll(handoff)).text).not.toContain('acme');
      const wrong = [
        await cti.poll({ id: 'C'.repeat(43), verifier: handoff.verifier }),
        await cti.poll({ id: handoff.id, verifier: 'short' }),
        await cti.poll({ id: handoff.id, verifier: 'D'.repeat(43) }),
      ];
      for (const { status } of wrong) expect(status).toBe(404);
    });

    test('says when it is over', async () => {
      const handoff = await cti.create();
      await rig.database.query("update handoffs set expires_at = now() - interval '1 second'");
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'expired' });
    });
  });

  describe('I11 a frame that gives up', () => {
    test('is not signed in by the window any more', async () => {
      const handoff = await cti.create();
      const callback = await cti.walkToCallback(handoff);
      expect((await cti.giveUp(handoff)).status).toBe(204);
      expect((await cti.window.request(callback)).status).toBe(400);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'cancelled' });
      expect((await cti.giveUp(handoff)).status).toBe(404);
    });

    test('because the window was blocked is seen by the administrator', async () => {
      const handoff = await cti.create();
      await cti.giveUp(handoff, 'popup-blocked');
      expect(await codesLogged()).toEqual(['popup-blocked']);
    });

    test('needs its verifier', async () => {
      const handoff = await cti.create();
      expect((await cti.giveUp({ ...handoff, verifier: 'E'.repeat(43) })).status).toBe(404);
      expect((await cti.poll(handoff)).json()).toMatchObject({ status: 'pending' });
    });
  });

  describe('I5, I6 the scripts of frame and window', () => {
    const SCRIPTS = [
      '/toolbar/sso.js',
      '/cti/sso.js',
      '/cti/handoffs/start.js',
      '/cti/handoffs/window.js',
      '/cti/handoffs/close.js',
    ];
    /** What they may wait for; each is named where it is asked for. */
    const EVENTS = ['cancel', 'click', 'focus', 'keydown', 'online', 'pointerdown', 'visibilitychange'];

    test.each(SCRIPTS)('%s hears and sends no messages, and asks no other window anything', async (path) => {
      const { text, status } = await cti.window.request(cti.origin + path);
      expect(status).toBe(200);
      expect(text).not.toMatch(
        /message|BroadcastChannel|MessagePort|SharedWorker|serviceWorker|EventSource|WebSocket/i,
      );
      expect(text).not.toMatch(/\bopener\b|\.closed\b|\bparent\b|\bframes\b|localStorage|indexedDB/);
      expect(text).not.toMatch(/\bdocument\.(?:cookie|referrer)|\beval\b|\bFunction\(/);
      // No handler that is set by its name, computed or not.
      expect(text).not.toMatch(/\.on[a-z]+\s*=[^=]|setAttribute\(\s*["'`]on/);
      const events = [...text.matchAll(/addEventListener\(\s*(?:(["'])(\w+)\1)?/g)].map(([, , name]) => name);
      expect(events.filter((name) => name === undefined || !EVENTS.includes(name))).toEqual([]);
    });
  });

  describe('I7 the session of a frame', () => {
    test('is in a partitioned cookie, set by the redemption alone', async () => {
      const handoff = await cti.confirmed();
      const redeemed = await cti.redeem(handoff);
      const [cookie, ...others] = sessionCookies(redeemed);
      expect(redeemed.setCookies).toContain(CLEARED);
      expect(cookie).toMatch(FRAME_COOKIE);
      expect(others).toEqual([]);
      expect(redeemed.json()).not.toHaveProperty('bearer');
    });

    test('I7, O12 without cookies is in the frame’s memory, and worth nothing as a cookie', async () => {
      cti.frame.acceptsCookies = false;
      const redeemed = await cti.redeem(await cti.confirmed());
      expect(sessionCookies(redeemed)).toEqual([]);
      const bearer = String(redeemed.json().bearer);
      const carried = { authorization: `Bearer ${bearer}` };
      expect((await cti.ask('/cti/session')).status).toBe(401);
      expect((await cti.ask('/cti/session', { headers: carried })).status).toBe(200);
      expect((await cti.ask('/cti/session/token', { method: 'POST', headers: carried })).status).toBe(200);
      expect((await cti.ask('/cti/session', { headers: { cookie: `${SESSION}=${bearer}` } })).status).toBe(401);
      for (const product of ['workspace', 'toolbar']) {
        expect((await cti.ask(`/${product}/session`, { headers: carried })).status).toBe(401);
      }
      // O12: the scheme is compared exactly.
      for (const scheme of ['bearer ', 'BEARER ', 'Basic ', 'Bearer, ', 'Bearer  ', 'DPoP ', '']) {
        const headers = { authorization: scheme + bearer };
        expect([scheme, (await cti.ask('/cti/session', { headers })).status]).toEqual([scheme, 401]);
      }
      expect((await cti.ask('/cti/logout', { method: 'POST', headers: carried })).status).toBe(204);
      expect((await cti.ask('/cti/session', { headers: carried })).status).toBe(401);
    });

    test('in a cookie is worth nothing as a bearer, and a bad bearer hides no cookie', async () => {
      await cti.redeem(await cti.confirmed());
      const value = cti.frame.findCookie(cti.origin, SESSION);
      const headers = (authorization: string) => ({ headers: { authorization } });
      expect((await cti.ask('/cti/session', headers(`Bearer ${value}`))).status).toBe(401);
      expect((await cti.ask('/cti/session', headers('Bearer x'))).status).toBe(401);
      expect((await cti.ask('/cti/session')).status).toBe(200);
    });

    test('ends with the next one in the same frame', async () => {
      await cti.redeem(await cti.confirmed());
      const before = cti.frame.cookieHeader(cti.origin);
      await cti.redeem(await cti.confirmed());
      expect((await cti.ask('/cti/session', { headers: { cookie: before } })).status).toBe(401);
      expect((await cti.ask('/cti/session')).status).toBe(200);
    });
  });

  describe('I13 requests that change something', () => {
    const VICTIM = 'F'.repeat(43);
    const requests: readonly (readonly [method: string, path: string])[] = [
      ['POST', '/cti/handoffs'],
      ['GET', `/cti/handoffs/${VICTIM}`],
      ['DELETE', `/cti/handoffs/${VICTIM}`],
      ['POST', `/cti/handoffs/${VICTIM}/redeem`],
    ];
    const forgeries: readonly (readonly [string, Readonly<Record<string, string | null>>])[] = [
      ['without the header', { 'x-ipscape-sso': null }],
      ['from another site', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
      ['from a sibling', { 'sec-fetch-site': 'same-site' }],
      ['without an origin of its own', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ];
    test.each(
      requests.flatMap(([method, path]) => forgeries.map(([name, headers]) => ({ method, path, name, headers }))),
    )('$method $path $name is refused', async ({ method, path, headers }) => {
      const answer = await cti.ask(path, { method, headers, ...(method === 'GET' ? {} : { body: '{}' }) });
      expect(answer.json()).toMatchObject({ status: 403, code: 'request-forbidden' });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
    });

    test.each(['/cti/session/token', '/cti/logout', '/cti/session/activity'])(
      'POST %s from another site is refused with the frame’s cookie',
      async (path) => {
        await cti.redeem(await cti.confirmed());
        const forged = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
        expect((await cti.ask(path, { method: 'POST', body: '{}', headers: forged })).status).toBe(403);
        expect((await cti.ask('/cti/session')).status).toBe(200);
      },
    );
  });

  describe('I14 what the CRM puts on the address', () => {
    test.each([
      ['integration=salesforce&sfdcIFrameOrigin=https%3A%2F%2Facme.my.salesforce.com', undefined],
      ['a=%3Cscript%3E&__proto__=x&constructor=y', undefined],
      ['return_to=%2F%2Fevil.test&next=https://evil.test', undefined],
    ])('survives as data: %s', async (query) => {
      const redeemed = await cti.redeem(await cti.confirmed(query));
      expect(redeemed.json().returnPath).toBe(`/cti/?${query}`);
    });

    test.each([{ query: 'x'.repeat(2001) }, { query: 7 }, { query: '', more: 1 }, {}, { challenge: 'short' }])(
      'is refused when it is not what a frame sends: %o',
      async (change) => {
        const body = JSON.stringify({ ...('query' in change ? { challenge: 'G'.repeat(43) } : {}), ...change });
        const answer = await cti.ask('/cti/handoffs', { method: 'POST', body });
        expect(answer.json()).toMatchObject({ status: 400, code: 'request-invalid' });
      },
    );
  });

  describe('I8 framing', () => {
    const policyOf = async (path: string, headers = {}): Promise<string> => {
      const answer = await cti.window.request(cti.origin + path, { headers });
      return /frame-ancestors [^;]*/.exec(String(answer.headers['content-security-policy']))?.[0] ?? 'none';
    };
    const framed = { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' };

    test('is for the tenant’s own CRM pages, and for nobody while there are none', async () => {
      expect(await policyOf('/cti/login', framed)).toBe("frame-ancestors 'none'");
      const [row] = await rig.database.query<{ origins: string }>(
        `update tenants set frame_origins = '{https://acme.my.salesforce.com,https://crm.acme.example:8443}'
         where id = 'acme' returning id as origins`,
      );
      expect(row).toBeDefined();
      rig.restart();
      expect(await policyOf('/cti/login', framed)).toBe(
        'frame-ancestors https://acme.my.salesforce.com https://crm.acme.example:8443',
      );
      const other = await new HttpBrowser().request(`${rig.tenants.globex.origin}/cti/login`, { headers: framed });
      expect(other.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      const { id } = await cti.create();
      for (const path of ['/cti/login?error=x&state=y', `/cti/handoffs/${id}/confirm`, `/cti/handoffs/${id}/window`]) {
        expect(await policyOf(path, framed), path).toBe("frame-ancestors 'none'");
      }
      await rig.database.query("update tenants set frame_origins = '{}' where id = 'acme'");
      rig.restart();
    });
  });

  test('I12 the last page says so, carries nothing and leads nowhere', async () => {
    const handoff = await cti.create('return_to=https://evil.test');
    await cti.signInWindow(handoff);
    const page = await cti.decide(handoff);
    expect(page.url).toBe(`${cti.origin}/cti/handoffs/${handoff.id}/confirm`);
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.text).toContain('You can close this window');
    expect(page.text).not.toMatch(/evil|http-equiv|href="\/cti/);
    expect((await cti.window.request(`${cti.origin}/cti/handoffs/close.js`)).text).toContain('window.close()');
  });
});
