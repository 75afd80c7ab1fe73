import { CALL_DEFERRAL_SECONDS, CALL_LEASE_SECONDS, RENEWAL_MAX_AUTH_AGE_SECONDS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BREAKER_FAILURES } from '../../packages/sso-core/src/limits.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type Rig, sessionCookies, signIn, startRig } from '../support/rig.js';

const HOUR = 3600;
const ACTOR = 'test';
const product = 'toolbar';

interface Body {
  readonly now: string;
  readonly expiresAt: string;
  readonly warnAt: string;
  readonly renewAt: string | null;
  readonly idleExpiresAt: string;
  readonly absoluteExpiresAt: string;
  readonly call: { readonly startedAt: string; readonly reportBefore: string } | null;
  readonly deferral: { readonly reason: string; readonly until: string } | null;
}

describe.each(await testStores())('a session at work, on $name', ({ open }) => {
  let rig: Rig;
  let browser: HttpBrowser;
  let base: string;
  beforeAll(async () => {
    rig = await startRig(await open(), { idpTimeoutMs: 2_000 });
    base = `${rig.tenants.acme.origin}/${product}`;
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from sessions');
    await rig.store.setUserStatus({ tenantId: 'acme', userId: 'acme-agent', status: 'active', actor: ACTOR });
    await rig.store.setSessionPolicy({ tenantId: 'acme', revocationWaitsForCalls: false, actor: ACTOR });
    browser = new HttpBrowser();
    await signIn(rig, browser, { product });
  });

  const report = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const text = JSON.stringify(body);
    return browser.post(`${base}/session/activity`, {
      body: text,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
        ...headers,
      },
    });
  };
  const ask = (query = ''): Promise<Answer> => browser.ask(`${base}/session${query}`);
  const bodyOf = (answer: Answer): Body => {
    expect(answer.status).toBe(200);
    return answer.json() as unknown as Body;
  };
  const secondsBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 1000);
  /** Time passes for every session, and is noticed at once. */
  async function pass(seconds: number): Promise<void> {
    const columns = ['auth_time', 'idle_expires_at', 'absolute_expires_at', 'call_started_at', 'call_expires_at'];
    const times = columns.map((column) => `${column} = ${column} - make_interval(secs => $1)`);
    await rig.database.query(`update sessions set ${times.join(', ')}`, [seconds]);
    rig.restart();
  }
  const audited = async (): Promise<unknown[]> => {
    const { id } = ((await rig.database.query('select id from sessions')) as { id: string }[])[0] ?? expect.fail();
    const events = await rig.store.listAuditEvents('acme');
    return events.flatMap(({ action, subject, details }) => (subject === id ? [[action, details.reason]] : []));
  };

  test('tells a front end when to warn and when to renew', async () => {
    const body = bodyOf(await ask());
    expect(body.expiresAt).toBe(body.idleExpiresAt);
    expect(secondsBetween(body.now, body.idleExpiresAt)).toBe(4 * HOUR);
    expect(secondsBetween(body.warnAt, body.expiresAt)).toBe(HOUR / 4);
    expect(secondsBetween(body.renewAt ?? '', body.absoluteExpiresAt)).toBe(4 * HOUR);
    expect([body.call, body.deferral]).toEqual([null, null]);
  });

  test('S5 after long idleness the first answer says when the session ends now', async () => {
    await pass(3 * HOUR);
    const body = bodyOf(await ask());
    expect(secondsBetween(body.now, body.expiresAt)).toBe(4 * HOUR);
  });

  test('S5 watching the clock is no activity', async () => {
    await pass(3 * HOUR);
    const body = bodyOf(await ask('?passive=true'));
    expect(secondsBetween(body.now, body.expiresAt)).toBe(HOUR);
    const active = bodyOf(await report({}));
    expect(secondsBetween(active.now, active.expiresAt)).toBe(4 * HOUR);
  });

  test('twelve hours of work need no second sign-in', async () => {
    rig.outgoing.length = 0;
    for (let hour = 0; hour < 12; hour++) {
      await pass(HOUR);
      bodyOf(await report({}));
      expect((await browser.ask(`${base}/auth`)).status).toBe(204);
    }
    expect(rig.outgoing).toEqual([]);
    await pass(HOUR);
    expect((await ask()).status).toBe(401);
  });

  test('S5 the end of a shift waits for a call and comes with its end, in every instance', async () => {
    const second = await rig.startSecondInstance();
    await rig.database.query('update sessions set idle_expires_at = absolute_expires_at');
    await pass(13 * HOUR - 30);
    const started = bodyOf(await report({ call: 'started' }));
    expect(secondsBetween(started.now, started.call?.reportBefore ?? '')).toBe(CALL_LEASE_SECONDS);
    for (let minute = 0; minute < 5; minute++) {
      await pass(60);
      bodyOf(await report({ call: 'continuing' }));
    }
    const body = bodyOf(await ask());
    expect(body.deferral?.reason).toBe('absolute-limit');
    expect(secondsBetween(body.absoluteExpiresAt, body.deferral?.until ?? '')).toBe(CALL_DEFERRAL_SECONDS.toolbar);
    browser.connectTo = () => second.port;
    expect(bodyOf(await ask()).deferral?.reason).toBe('absolute-limit');
    browser.connectTo = undefined;
    const ended = await report({ call: 'ended' });
    expect([ended.status, ended.json()]).toEqual([401, expect.objectContaining({ code: 'session-required' })]);
    expect((await ask()).status).toBe(401);
    expect((await report({ call: 'started' })).status).toBe(401);
    expect(await audited()).toEqual([
      ['deferred-session-ended', 'absolute-limit'],
      ['session-end-deferred', 'absolute-limit'],
    ]);
  });

  test('S5 the cap ends the session although the call goes on', async () => {
    await rig.database.query('update sessions set idle_expires_at = absolute_expires_at');
    await pass(13 * HOUR - 30);
    await report({ call: 'started' });
    for (let passed = 0; passed < CALL_DEFERRAL_SECONDS.toolbar; passed += 150) {
      await pass(150);
      bodyOf(await report({ call: 'continuing' }));
    }
    await pass(60);
    expect((await report({ call: 'continuing' })).status).toBe(401);
    expect((await ask()).status).toBe(401);
    expect(await audited()).toEqual([['session-end-deferred', 'absolute-limit']]);
  });

  test('S8 a revocation ends a session in the middle of a call within five seconds, in every instance', async () => {
    const second = await rig.startSecondInstance();
    const other = new HttpBrowser();
    other.connectTo = () => second.port;
    const cookie = browser.cookieHeader(base);
    const askBoth = () =>
      Promise.all([ask('?passive=true'), other.ask(`${base}/session?passive=true`, { headers: { cookie } })]);
    await report({ call: 'started' });
    expect((await askBoth()).map(({ status }) => status)).toEqual([200, 200]);
    await rig.store.revokeSessions({ tenantId: 'acme', userId: 'acme-agent', actor: ACTOR });
    const statuses = async () => (await askBoth()).map(({ status }) => status);
    await expect.poll(statuses, { timeout: 5_000, interval: 100 }).toEqual([401, 401]);
    expect((await report({ call: 'continuing' })).status).toBe(401);
    expect(await audited()).toEqual([]);
  }, 30_000);

  test('S8, P34 a sign-in that was under way when its user was signed out everywhere opens nothing', async () => {
    const walk = async (): Promise<string> => {
      const start = await browser.request(`${base}/login`);
      return (await browser.follow(await browser.request(start.location()))).location();
    };
    const callback = await walk();
    await rig.store.revokeSessions({ tenantId: 'acme', userId: 'acme-agent', actor: ACTOR });
    const answer = await browser.ask(callback);
    expect([answer.status, answer.json()]).toEqual([400, expect.objectContaining({ code: 'transaction-expired' })]);
    expect(sessionCookies(answer)).toEqual([]);
    rig.restart();
    expect((await ask()).status).toBe(401);
    const [line] = await rig.store.listSignInLog('acme', { limit: 1 });
    expect(line).toMatchObject({ code: 'transaction-expired', reason: 'signed-out-meanwhile' });
    // Whoever starts afterwards is signed in.
    expect((await browser.request(await walk())).status).toBe(303);
    bodyOf(await ask());
  });

  test('S8 where the tenant chose so a disabled user finishes the call, and nothing more', async () => {
    await rig.store.setSessionPolicy({ tenantId: 'acme', revocationWaitsForCalls: true, actor: ACTOR });
    await report({ call: 'started' });
    await rig.store.setUserStatus({ tenantId: 'acme', userId: 'acme-agent', status: 'disabled', actor: ACTOR });
    rig.restart();
    const body = bodyOf(await report({ call: 'continuing' }));
    expect([body.deferral?.reason, body.renewAt]).toEqual(['revocation', null]);
    expect((await report({ call: 'ended' })).status).toBe(401);
    expect((await ask()).status).toBe(401);
    expect(await audited()).toEqual([
      ['deferred-session-ended', 'revocation'],
      ['session-end-deferred', 'revocation'],
    ]);
  });

  test('S5 the CTI Adaptor’s session waits for a call and is renewed just the same', async () => {
    const cti = new HttpBrowser();
    await signIn(rig, cti, { product: 'cti' });
    const url = `${rig.tenants.acme.origin}/cti`;
    const start = await cti.request(`${url}/login?renew=true&integration=salesforce`);
    expect(new URL(start.location()).searchParams.get('prompt')).toBe('none');
    const callback = (await cti.follow(await cti.request(start.location()))).location();
    expect((await cti.request(callback)).headers.location).toBe('/cti/?integration=salesforce');
    const call = async (body: string): Promise<Answer> => {
      const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
      return cti.post(`${url}/session/activity`, { body, headers: { accept: 'application/json', ...headers } });
    };
    await rig.database.query(`update sessions set idle_expires_at = absolute_expires_at where product = 'cti'`);
    await pass(13 * HOUR - 30);
    await call('{"call":"started"}');
    await pass(60);
    expect(bodyOf(await call('{"call":"continuing"}')).deferral?.reason).toBe('absolute-limit');
    expect((await call('{"call":"ended"}')).status).toBe(401);
    expect((await cti.ask(`${url}/session`)).status).toBe(401);
  });

  test('nobody’s call keeps a Workspace session', async () => {
    const workspace = new HttpBrowser();
    await signIn(rig, workspace, { product: 'workspace' });
    const url = `${rig.tenants.acme.origin}/workspace/session`;
    await rig.database.query(`update sessions set idle_expires_at = absolute_expires_at where product = 'workspace'`);
    await pass(12 * HOUR - 20);
    const body = '{"call":"started"}';
    const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
    expect((await workspace.post(`${url}/activity`, { body, headers })).status).toBe(200);
    await pass(21);
    expect((await workspace.ask(url)).status).toBe(401);
  });

  describe('S10 refuses a report', () => {
    const evil = {
      'another origin': { origin: 'http://evil.example' },
      'a sibling': { origin: 'http://globex.localhost' },
      'a look-alike': { origin: 'http://acme.localhost.evil.example' },
      'no origin that it would name': { origin: 'null' },
      'another site by its own origin': { 'sec-fetch-site': 'cross-site' },
      'a sibling site': { 'sec-fetch-site': 'same-site' },
    };
    test.each(Object.entries(evil))('from %s', async (_name, headers) => {
      const answer = await report({ call: 'started' }, headers);
      expect([answer.status, answer.json()]).toEqual([403, expect.objectContaining({ code: 'request-forbidden' })]);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(bodyOf(await ask()).call).toBeNull();
    });

    test('without an origin', async () => {
      const body = '{"call":"started"}';
      const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
      const answer = await browser.ask(`${base}/session/activity`, { method: 'POST', body, headers });
      expect(answer.status).toBe(403);
      expect(bodyOf(await ask()).call).toBeNull();
    });

    test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json-seq', ''])(
      'of type "%s"',
      async (type) => {
        const answer = await report({ call: 'started' }, { 'content-type': type });
        expect(answer.status).toBe(400);
        expect(bodyOf(await ask()).call).toBeNull();
      },
    );

    test.each([
      { call: 'paused' },
      { call: null },
      { call: ['started'] },
      { call: 'started', until: '2099-01-01' },
      { calls: 'started' },
      [],
      null,
      'started',
    ])('that says %j', async (body) => {
      expect((await report(body)).status).toBe(400);
      expect(bodyOf(await ask()).call).toBeNull();
    });

    test('that is long', async () => {
      const answer = await report({ call: 'x'.repeat(2_000) });
      expect([answer.status, answer.json().code]).toEqual([413, 'request-too-large']);
    });

    test('that is no JSON, and one by GET', async () => {
      const answer = await browser.post(`${base}/session/activity`, {
        body: '{"call":',
        headers: { accept: 'application/json', 'content-type': 'application/json', 'content-length': '8' },
      });
      expect(answer.status).toBe(400);
      expect((await browser.ask(`${base}/session/activity`)).status).toBe(404);
    });

    test('without a session, and with another product’s', async () => {
      const stranger = new HttpBrowser();
      const headers = { 'content-type': 'application/json', 'content-length': '2', accept: 'application/json' };
      expect((await stranger.post(`${base}/session/activity`, { body: '{}', headers })).status).toBe(401);
      const other = await browser.post(`${rig.tenants.acme.origin}/cti/session/activity`, { body: '{}', headers });
      expect(other.status).toBe(401);
    });
  });

  describe('renewed', () => {
    const returnTo = '/toolbar/calls?id=7%20b#notes';
    const startRenewal = (): Promise<Answer> =>
      browser.request(`${base}/login?renew=true&return_to=${encodeURIComponent(returnTo)}`);
    /** From the product's page to Okta and back to the callback, not opened yet. */
    const walk = async (): Promise<string> => {
      const start = await startRenewal();
      expect(start.status).toBe(302);
      const answer = await browser.follow(await browser.request(start.location()));
      return answer.location();
    };
    const failed = (code: string): [number, string] => [303, `/toolbar/calls?id=7%20b&renewal=${code}#notes`];
    const outcome = ({ status, headers }: Answer) => [status, headers.location];
    const handle = () => browser.findCookie(base, '__Host-ipscape-toolbar');
    const logged = async () => (await rig.store.listSignInLog('acme', { limit: 1 }))[0];

    test('P25 asks Okta for nothing that the user would see, and for a real sign-in of the last day', async () => {
      const url = new URL((await startRenewal()).location());
      expect(url.searchParams.get('prompt')).toBe('none');
      expect(url.searchParams.get('max_age')).toBe(String(RENEWAL_MAX_AUTH_AGE_SECONDS));
      expect([...url.searchParams.keys()]).toHaveLength(10);
    });

    test('S1 S14 without interaction: a new handle, the old one dead, all limits from now', async () => {
      await pass(10 * HOUR);
      await rig.database.query(`update sessions set idle_expires_at = now() + interval '1 hour'`);
      const before = handle() ?? '';
      const finished = await browser.request(await walk());
      expect(outcome(finished)).toEqual([303, returnTo]);
      expect(sessionCookies(finished)).toHaveLength(1);
      expect(handle()).not.toBe(before);
      const body = bodyOf(await ask());
      expect(secondsBetween(body.now, body.absoluteExpiresAt)).toBe(13 * HOUR);
      rig.restart();
      const replayed = await browser.ask(`${base}/session`, {
        headers: { cookie: `__Host-ipscape-toolbar=${before}` },
      });
      expect(replayed.status).toBe(401);
      expect(await logged()).toMatchObject({ purpose: 'renew', code: 'signed-in', userId: 'acme-agent' });
    });

    test('twice over, a day at work is covered', async () => {
      for (let round = 0; round < 2; round++) {
        for (let hour = 0; hour < 10; hour++) {
          await pass(HOUR);
          bodyOf(await report({}));
        }
        expect(outcome(await browser.request(await walk()))).toEqual([303, returnTo]);
      }
      bodyOf(await ask());
    });

    test('during a call: the call is reported again in the new session', async () => {
      await report({ call: 'started' });
      await browser.request(await walk());
      expect(bodyOf(await report({ call: 'continuing' })).call).not.toBeNull();
    });

    test('S9 a reload of the callback goes on, and spends nothing', async () => {
      const callback = await walk();
      await browser.request(callback);
      const renewed = handle();
      expect(outcome(await browser.request(callback))).toEqual([303, returnTo]);
      expect(handle()).toBe(renewed);
    });

    test('Okta wants the user to sign in: the session goes on, the page comes back with the reason', async () => {
      rig.tenants.acme.org.endSessions();
      const before = handle();
      const finished = await browser.request(await walk());
      expect(outcome(finished)).toEqual(failed('interaction-required'));
      expect(sessionCookies(finished)).toEqual([]);
      expect(handle()).toBe(before);
      bodyOf(await ask());
      expect(await logged()).toMatchObject({ purpose: 'renew', code: 'interaction-required' });
      // And once more, by Reload.
      const again = finished.url;
      expect(outcome(await browser.request(again))).toEqual([303, returnTo]);
    });

    test('S14 somebody else is signed in at Okta: refused, and the session is as it was', async () => {
      const before = handle();
      rig.tenants.acme.org.endSessions();
      // Somebody signs in to the Workspace in the same browser, as another user.
      await signIn(rig, browser, { product: 'workspace', person: 'admin' });
      const finished = await browser.request(await walk());
      expect(outcome(finished)).toEqual(failed('user-mismatch'));
      expect(sessionCookies(finished)).toEqual([]);
      expect(handle()).toBe(before);
      expect(await ask().then((answer) => answer.json())).toMatchObject({ user: { id: 'acme-agent' } });
      expect(await logged()).toMatchObject({ purpose: 'renew', code: 'user-mismatch' });
    });

    test('S14 a revocation during the round is not undone by it', async () => {
      const callback = await walk();
      await rig.store.revokeSessions({ tenantId: 'acme', userId: 'acme-agent', actor: ACTOR });
      const finished = await browser.request(callback);
      expect(outcome(finished)).toEqual(failed('session-required'));
      expect(sessionCookies(finished)).toEqual([]);
      rig.restart();
      expect((await ask()).status).toBe(401);
    });

    test('S14 a session that waits for the end of a call after its revocation is not renewed', async () => {
      await rig.store.setSessionPolicy({ tenantId: 'acme', revocationWaitsForCalls: true, actor: ACTOR });
      await report({ call: 'started' });
      await rig.store.revokeSessions({ tenantId: 'acme', userId: 'acme-agent', actor: ACTOR });
      rig.restart();
      expect(outcome(await browser.request(await walk()))).toEqual(failed('session-required'));
      expect(bodyOf(await ask()).deferral?.reason).toBe('revocation');
    });

    test('P25, S14 a sign-in at Okta more than a day ago is not enough, whatever Okta says', async () => {
      const { org } = rig.tenants.acme;
      org.faults.idToken = {
        mutate: (header, payload) => ({
          header,
          payload: { ...payload, auth_time: Number(payload.auth_time) - RENEWAL_MAX_AUTH_AGE_SECONDS - 120 },
        }),
      };
      expect(outcome(await browser.request(await walk()))).toEqual(failed('interaction-required'));
      org.faults.idToken = {
        mutate: (header, { auth_time: _, ...payload }) => ({ header, payload }),
      };
      expect(outcome(await browser.request(await walk()))).toEqual(failed('interaction-required'));
      bodyOf(await ask());
    });

    test.each([
      ['drops connections', { dropConnection: true }, 'idp-unreachable'],
      ['answers 503', { status: 503 }, 'idp-error'],
      ['answers 429', { status: 429 }, 'idp-rate-limited'],
    ] as const)('when Okta %s the window is not sent there, and the session goes on', async (_name, fault, code) => {
      rig.tenants.acme.org.faults.discovery = fault;
      const start = await startRenewal();
      expect(outcome(start)).toEqual(failed(code));
      expect(start.setCookies).toEqual([]);
      bodyOf(await ask());
    });

    test('R7, T13 however many sessions want to be renewed, a dead Okta is asked a few times', async () => {
      rig.tenants.acme.org.faults.discovery = { dropConnection: true };
      rig.outgoing.length = 0;
      for (let i = 0; i < 2 * BREAKER_FAILURES; i++) {
        expect(outcome(await startRenewal())).toEqual(failed('idp-unreachable'));
      }
      expect(rig.outgoing.length).toBeLessThanOrEqual(BREAKER_FAILURES + 2);
      bodyOf(await ask());
    });

    test('when Okta fails half-way the session goes on', async () => {
      const callback = await walk();
      rig.tenants.acme.org.faults.token = { status: 500 };
      expect(outcome(await browser.request(callback))).toEqual(failed('idp-error'));
      bodyOf(await ask());
    });

    test('when single sign-on was switched off the page comes back, and then asks for a sign-in', async () => {
      const callback = await walk();
      await rig.store.setConnectionEnabled({ tenantId: 'acme', enabled: false, actor: ACTOR });
      expect(outcome(await browser.request(callback))).toEqual(failed('connection-changed'));
      rig.restart();
      expect((await ask()).status).toBe(401);
    });

    test('S6 in a browser that did not start it: refused', async () => {
      const callback = await walk();
      const stranger = new HttpBrowser();
      await signIn(rig, stranger, { product, person: 'toolbar-only' });
      const answer = await stranger.ask(callback);
      expect([answer.status, answer.json()]).toEqual([400, expect.objectContaining({ code: 'browser-mismatch' })]);
      expect(sessionCookies(answer)).toEqual([]);
      bodyOf(await ask());
    });

    test('S12 the answer to a renewal of one product is none to another', async () => {
      const callback = new URL(await walk());
      callback.pathname = '/cti/login';
      const answer = await browser.ask(callback.href);
      expect([answer.status, answer.json()]).toEqual([400, expect.objectContaining({ code: 'state-mismatch' })]);
    });

    test('O1 returns to no other place than the product', async () => {
      const start = await browser.request(
        `${base}/login?renew=true&return_to=${encodeURIComponent('//evil.example/')}`,
      );
      const callback = (await browser.follow(await browser.request(start.location()))).location();
      expect((await browser.request(callback)).headers.location).toBe('/toolbar/');
    });

    test('without a session it is an ordinary sign-in', async () => {
      await browser.post(`${base}/logout`);
      rig.tenants.acme.org.endSessions();
      const start = await startRenewal();
      expect(new URL(start.location()).searchParams.has('prompt')).toBe(false);
      const callback = await chooseUser(browser, start.location(), 'agent@acme.example');
      expect(outcome(await browser.request(callback))).toEqual([303, returnTo]);
    });
  });
});
