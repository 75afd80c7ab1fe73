import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chooseOktaUser, newPerson, type Person, signIn } from '../support/browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { startTestStack, type TestStack } from '../support/local-stack.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const AGENT = 'agent@acme.example';
const WAIT = { timeout: 30_000 };
const MEMORY = 'ipscape-toolbar-renewal';

let browser: Browser;
beforeAll(async () => {
  if (executablePath !== null) browser = await launchChromium(executablePath);
});
afterAll(() => browser?.close());

describe.skipIf(executablePath === null)('keepSession in a browser', { timeout: 60_000 }, () => {
  let stack: TestStack;
  let person: Person;
  let page: Page;
  let origin: string;
  beforeAll(async () => {
    stack = await startTestStack();
    origin = stack.origin({ name: 'acme' });
  }, 120_000);
  afterAll(() => stack?.stop());
  beforeEach(async () => {
    await stack.query('delete from sessions');
    person = await newPerson(browser, { bypassCSP: true });
    page = person.page;
    // Nothing asks for the session before the test has set its times: what is known of it is remembered for a moment.
    await page.goto(`${origin}/toolbar/login?return_to=%2Ftoolbar%2Fsigned-in`);
    await chooseOktaUser(page, AGENT);
    await page.clock.install();
    return () => person.context.close();
  });

  /** On a page of the adapter that keeps no session by itself; what the keeper says is collected. */
  async function keep({ query = '', options = '' } = {}): Promise<void> {
    await page.goto(`${origin}/toolbar/signed-in${query}`);
    await page.evaluate(`import('/toolbar/sso.js').then(({ keepSession }) => {
      window.events = [];
      window.faults = [];
      addEventListener('error', ({ error }) => window.faults.push(error.message));
      window.keeper = keepSession({ product: 'toolbar', ${options} });
      for (const name of ['change', 'ending', 'continuing', 'deferred', 'ended', 'renewal-refused']) {
        window.keeper.on(name, (detail) => {
          window.events.push([name, detail?.reason ?? detail?.code ?? ''].join(' ').trim());
        });
      }
      return new Promise((resolve) => window.keeper.on('change', () => resolve(null)));
    })`);
  }
  const events = async (): Promise<readonly string[]> =>
    ((await page.evaluate('window.events')) as string[]).filter((name) => name !== 'change');
  const said = (name: string): Promise<void> => expect.poll(events, WAIT).toContain(name) as unknown as Promise<void>;
  const check = (): Promise<unknown> => page.evaluate('window.keeper.check()');
  const isOnCall = (): Promise<unknown> => page.evaluate('window.keeper.session.call !== null');
  /** The session's idle limit, from now. */
  const endsIn = (seconds: number): Promise<unknown> =>
    stack.query('update sessions set idle_expires_at = now() + make_interval(secs => $1)', [seconds]);
  const remember = (tried: object): Promise<unknown> =>
    page.evaluate(
      ([key, value]) => sessionStorage.setItem(String(key), String(value)),
      [MEMORY, JSON.stringify({ at: 0, ...tried })],
    );
  const absoluteEnd = (): Promise<string> =>
    page.evaluate('window.keeper.session.absoluteExpiresAt') as Promise<string>;

  test('warns in time without a network, ends nothing, and goes on where it was', async () => {
    await endsIn(15 * 60 + 20);
    await keep();
    await person.context.setOffline(true);
    await page.clock.fastForward(40_000);
    await said('ending idle-limit');
    await page.clock.fastForward(60 * 60_000);
    expect(await page.evaluate('window.keeper.session !== null')).toBe(true);
    await person.context.setOffline(false);
    await page.evaluate('window.keeper.stay()');
    await said('continuing');
    expect(await events()).toEqual(['ending idle-limit', 'continuing']);
  });

  test('a server that fails or hangs ends nothing either', async () => {
    await keep();
    await page.route('**/toolbar/session**', (route) => route.fulfill({ status: 503, body: '{}' }));
    await check();
    await page.unroute('**/toolbar/session**');
    await check();
    expect(await events()).toEqual([]);
  });

  test('a machine that slept through the end is told at the first touch', async () => {
    await keep();
    // Reported just now: without the sleep the next touch would be none of the server's business.
    const reported = page.waitForResponse('**/session/activity', WAIT);
    await page.keyboard.press('Shift');
    await reported;
    await endsIn(-1);
    const status = () => page.evaluate(`fetch('/toolbar/session?passive=true').then(({ status }) => status)`);
    await expect.poll(status, WAIT).toBe(401);
    // The page's own time stood still.
    await page.clock.setSystemTime(Date.now() + 10 * 3_600_000);
    await page.keyboard.press('Shift');
    await expect.poll(events, { timeout: 15_000 }).toEqual(['ended signed-out']);
    expect(await page.evaluate('window.keeper.session')).toBeNull();
  });

  test('S14 another user who signs in in this browser does not take the page over', async () => {
    await keep();
    const other = await person.context.newPage();
    stack.okta.org('acme').endSessions();
    await signIn(other, origin, 'workspace', 'toolbar-only@acme.example');
    await other.goto(`${origin}/toolbar/login`);
    await other.getByRole('heading', { name: 'Hello' }).waitFor(WAIT);
    await check();
    expect(await events()).toEqual(['ended other-user']);
  });

  test('a call goes on in the session of a sign-in that was made meanwhile', async () => {
    await keep();
    await page.evaluate('window.keeper.startCall()');
    const window = page.waitForEvent('popup', WAIT);
    expect(await page.evaluate('window.keeper.signInAgain()')).toBe(true);
    const popup = await window;
    await popup.waitForURL(`${origin}/toolbar/signed-in`, WAIT);
    await check();
    await expect.poll(isOnCall, WAIT).toBe(true);
    // Noticed, and closed.
    await expect.poll(() => popup.isClosed(), WAIT).toBe(true);
    await page.evaluate('window.keeper.endCall()');
    expect(await isOnCall()).toBe(false);
    expect(await events()).toEqual([]);
  });

  test('a call that was on while the machine slept is reported at once', async () => {
    await keep();
    await page.evaluate('window.keeper.startCall()');
    await stack.query(`update sessions set call_expires_at = now() - interval '1 second'`);
    await page.clock.setSystemTime(Date.now() + 600_000);
    await page.keyboard.press('Shift');
    const isKnown = () => stack.query('select call_expires_at > now() as known from sessions');
    await expect.poll(isKnown, { timeout: 20_000 }).toEqual([{ known: true }]);
    expect(await events()).toEqual([]);
  });

  test('what a listener throws is the page’s fault and not the session’s', async () => {
    await keep();
    await page.evaluate(`window.keeper.on('change', () => { throw new Error('of the product'); })`);
    await check();
    await page.evaluate('window.keeper.startCall()');
    expect(await isOnCall()).toBe(true);
    expect(await page.evaluate('window.faults')).toContain('of the product');
  });

  describe('a renewal', () => {
    const options = `isQuiet: () => true, renew: () => window.events.push('renewing')`;
    const isDue = (): Promise<unknown> =>
      stack.query(`update sessions set absolute_expires_at = idle_expires_at - interval '1 hour',
        idle_expires_at = idle_expires_at - interval '1 hour'`);

    test.each([
      ['idp-timeout', ['renewing']],
      ['store-unavailable', ['renewing']],
      ['interaction-required', []],
      ['user-not-assigned', []],
      ['product-not-permitted', []],
    ])('that failed with %s is tried again only if that may help', async (code, expected) => {
      await isDue();
      await keep({ options });
      await remember({ end: await absoluteEnd(), code });
      await page.evaluate('window.events.length = 0');
      await check();
      expect(await events()).toEqual(expected);
    });

    test('is not tried within a quarter of an hour of the last, during a call, or on a page in use', async () => {
      await isDue();
      await keep({ options: `renew: () => window.events.push('renewing')` });
      await page.keyboard.press('Shift');
      await check();
      await page.clock.fastForward(4 * 60_000);
      await check();
      expect(await events()).toEqual([]);
      await page.evaluate('window.keeper.startCall()');
      await page.clock.fastForward(2 * 60_000);
      await check();
      expect(await page.evaluate('window.keeper.renew()')).toBe(false);
      expect(await events()).toEqual([]);
      await page.evaluate('window.keeper.endCall()');
      await check();
      await check();
      expect(await events()).toEqual(['renewing']);
    });

    test('of a page in the background waits for a minute of quiet', async () => {
      await isDue();
      await keep({ options: `renew: () => window.events.push('renewing')` });
      await page.evaluate(`Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })`);
      await page.keyboard.press('Shift');
      await check();
      expect(await events()).toEqual([]);
      await page.clock.fastForward(61_000);
      await said('renewing');
    });

    test('that was refused is told once, after a renewal of this very window, unless it does not matter any more', async () => {
      await keep();
      const end = await absoluteEnd();
      const query = '?renewal=interaction-required';
      const told: Record<string, () => Promise<unknown>> = {
        'nothing was tried': () => page.evaluate('sessionStorage.clear()'),
        'another window renewed it': () => remember({ end: '2020-01-01T00:00:00.000Z' }),
        'this one tried': () => remember({ end }),
      };
      const outcomes = [];
      for (const prepare of Object.values(told)) {
        await prepare();
        await keep({ query });
        outcomes.push(await events());
        expect(page.url()).toBe(`${origin}/toolbar/signed-in`);
      }
      expect(outcomes).toEqual([[], [], ['renewal-refused interaction-required']]);
      await keep({ query: '?renewal=%3Cscript%3E' });
      expect(await events()).toEqual([]);
    });
  });
});
