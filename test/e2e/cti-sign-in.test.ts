import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findChromium, NO_CHROMIUM } from '../support/chromium.js';
import { AGENT, COOKIES, CRM_ONE, CRM_TWO, CtiStage, EVIL, type OpenedCrm, WAIT } from '../support/cti-stage.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const SESSION = '__Host-ipscape-cti';
/** Lets the frame open windows that are nobody's but their own. */
const SANDBOX = 'allow-scripts allow-same-origin allow-forms';

const PRESS_WHEN_READY = `new Promise((resolve) => {
  const button = document.getElementById('sign-in');
  const press = () => {
    if (button.disabled) return;
    button.click();
    resolve();
  };
  new MutationObserver(press).observe(button, { attributes: true });
  press();
})`;

describe.skipIf(executablePath === null)('signing in to the CTI Adaptor inside a CRM', { timeout: 120_000 }, () => {
  let stage: CtiStage;
  let incognito: BrowserContext;
  beforeAll(async () => {
    stage = await CtiStage.start(executablePath ?? '');
  });
  afterAll(() => stage?.stop());
  beforeEach(async () => {
    await stage.rig.repair();
    await stage.rig.database.query('delete from handoffs');
    await stage.rig.database.query('delete from sessions');
    incognito = await stage.newContext();
    return () => incognito.close();
  });

  /** How far each handoff came, oldest first. */
  const states = async (): Promise<readonly string[]> => {
    const rows = await stage.rig.database.query<{ state: string }>(`
      select case when redeemed_at is not null then 'redeemed' when cancelled_at is not null then 'cancelled'
        when failed_at is not null then 'failed' when confirmed_at is not null then 'confirmed'
        when signed_in_at is not null then 'signed-in' when opened_at is not null then 'opened' else 'created' end as state
      from handoffs order by created_at`);
    return rows.map(({ state }) => state);
  };
  const sessions = async (): Promise<number> =>
    (await stage.rig.database.query('select 1 from sessions where ended_at is null')).length;
  /** For whom Okta knows already. */
  async function signInAgain(crm: OpenedCrm): Promise<void> {
    const window = await stage.openWindow(crm);
    await stage.numbers(crm, window);
    await stage.confirm(window);
    await stage.expectSignedIn(crm);
  }
  /** Lets time go by in the frame until it has something to say. */
  async function hurry({ page, frame }: OpenedCrm): Promise<void> {
    const alert = frame.getByRole('alert');
    await expect
      .poll(async () => {
        if (!(await alert.isVisible())) await page.clock.fastForward(2000);
        return alert.isVisible();
      }, WAIT)
      .toBe(true);
  }

  describe('I5 completes, whatever the browser and the pages around it keep apart', () => {
    const cases = (['allowed', 'blocked'] as const).flatMap((cookies) =>
      [false, true].flatMap((isIsolated) =>
        (['none', 'same-origin', 'same-origin-allow-popups'] as const).map((okta) => ({ cookies, isIsolated, okta })),
      ),
    );
    let allowed: BrowserContext;
    beforeAll(async () => {
      allowed = await stage.newProfile(COOKIES.allowed);
    });

    test.each(cases)(
      'third-party cookies $cookies, COOP of the CRM $isIsolated, of Okta $okta',
      async ({ cookies, isIsolated, okta }) => {
        if (okta !== 'none') stage.rig.tenants.acme.org.faults.openerPolicy = okta;
        const context = cookies === 'allowed' ? allowed : incognito;
        const crm = await stage.openCrm(context, { isIsolated });
        // Both sides of the table are what they say.
        expect(await crm.frame.locator('body').evaluate('document.hasStorageAccess()')).toBe(cookies === 'allowed');
        expect(await crm.page.evaluate('crossOriginIsolated || document.title')).toBe(CRM_ONE);
        await stage.signIn(crm);
        expect(crm.page.frames().map((frame) => frame.url())).toEqual([
          crm.page.url(),
          `${stage.origin}/cti/?integration=crm`,
        ]);
        const cookie = (await context.cookies()).find(({ name }) => name === SESSION);
        expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'None', path: '/' });
        expect(cookie).toMatchObject({ partitionKey: `https://${CRM_ONE}` });
        expect(await sessions()).toBe(1);
        await crm.page.close();
        await context.clearCookies();
      },
    );

    test('with no cookie at all the window and the frame both say so', async () => {
      const context = await stage.newProfile(COOKIES.none);
      const crm = await stage.openCrm(context);
      const window = await stage.openWindow(crm);
      await stage.chooseUser(window);
      await window.getByRole('heading', { name: 'Your browser is blocking cookies' }).waitFor(WAIT);
      expect(await stage.problem(crm)).toContain('cookie');
      expect(await sessions()).toBe(0);
    });
  });

  describe('I7 the session of a frame', () => {
    test('two CRMs in one browser do not share a session', async () => {
      const path = '/cti/?integration=crm';
      const one = await stage.openCrm(incognito, { path });
      await stage.signIn(one);
      const two = await stage.openCrm(incognito, { host: CRM_TWO, path });
      await two.frame.getByRole('button', { name: 'Sign in with Okta' }).waitFor(WAIT);
      // Nor with a tab of its own.
      const tab = await incognito.newPage();
      expect((await tab.goto(`${stage.origin}/cti/session`))?.status()).toBe(401);

      const window = await stage.openWindow(two);
      await stage.numbers(two, window);
      await stage.confirm(window);
      await stage.expectSignedIn(two);
      await two.frame.getByRole('button', { name: 'Sign out' }).click(WAIT);
      await two.frame.getByText('You are signed out.').waitFor(WAIT);
      await one.page.reload();
      await stage.expectSignedIn(one);
    });

    test('where the frame keeps no cookie its memory carries the session, or it says why not', async () => {
      const context = await stage.newProfile(COOKIES.refused);
      const crm = await stage.openCrm(context, { path: '/cti/?integration=crm' });
      await stage.signIn(crm);
      const cookies = (await context.cookies()).map(({ name }) => name);
      expect(cookies.filter((name) => name.startsWith('__Host-ipscape'))).toEqual([]);
      const reported = crm.page.waitForResponse((response) => response.url().endsWith('/session/activity'), WAIT);
      await crm.frame.getByRole('button', { name: 'Start a call' }).click();
      expect((await reported).status()).toBe(200);
      await crm.frame.getByRole('button', { name: 'Sign out' }).click();
      await crm.frame.getByText('You are signed out.').waitFor(WAIT);
      expect(await sessions()).toBe(0);

      // The adapter's own start would have to load another page, and forget.
      const start = await stage.openCrm(context);
      const window = await stage.openWindow(start);
      await stage.numbers(start, window);
      await stage.confirm(window);
      expect(await stage.problem(start)).toContain('did not keep a cookie');
      expect(await sessions()).toBe(0);
    });
  });

  describe('I10 a window that cannot open or cannot go on is told', () => {
    test('where nobody clicked', async () => {
      await incognito.clock.install();
      const crm = await stage.openCrm(incognito);
      // Playwright's own ways to press a button count as a person's.
      const script = await incognito.newCDPSession(crm.page.frames()[1] ?? expect.fail());
      await script.send('Runtime.evaluate', { expression: PRESS_WHEN_READY, awaitPromise: true, userGesture: false });
      await hurry(crm);
      expect(await stage.problem(crm)).toContain('The sign-in window did not open.');
      await expect.poll(states, WAIT).toEqual(['cancelled']);
      // From a click of a person it opens.
      await stage.signIn(crm);
    });

    test.each([
      ['without allow-popups', SANDBOX, 0],
      ['without allow-popups-to-escape-sandbox and forms', 'allow-scripts allow-same-origin allow-popups', 1],
    ])('in a sandbox %s', async (_name, sandbox, windows) => {
      await incognito.clock.install();
      const crm = await stage.openCrm(incognito, { sandbox });
      await crm.frame.getByRole('button', { name: 'Sign in with Okta' }).click(WAIT);
      await hurry(crm);
      expect(await stage.problem(crm)).toContain('the page around the CTI Adaptor forbids it');
      const [, ...opened] = incognito.pages();
      expect(opened).toHaveLength(windows);
      for (const window of opened) await window.getByText('allow-popups-to-escape-sandbox').waitFor(WAIT);
    });

    test('a window that inherits a sandbox with forms goes on in it', async () => {
      const crm = await stage.openCrm(incognito, { sandbox: `${SANDBOX} allow-popups` });
      await stage.signIn(crm);
    });

    test.each([
      ['without allow-scripts', 'allow-same-origin allow-popups'],
      ['without allow-same-origin', 'allow-scripts allow-popups'],
    ])('a sandbox %s is told in the frame', async (_name, sandbox) => {
      const crm = await stage.openCrm(incognito, { sandbox });
      await crm.frame.getByText('restricts this frame').waitFor(WAIT);
      expect(await crm.frame.getByRole('button', { name: 'Sign in with Okta' }).isEnabled()).toBe(false);
    });
  });

  describe('I11 a window that is left alone', () => {
    /** Ten minutes by every clock but the frame's monotonic one, which stands still on some systems. */
    async function sleep({ page }: OpenedCrm): Promise<void> {
      const minutes = 10;
      await stage.rig.database.query(`update handoffs set expires_at = expires_at - interval '${minutes} minutes'`);
      await page.clock.setSystemTime(Date.now() + minutes * 60_000);
    }

    test('is closed: the frame can cancel, and begin again at once', async () => {
      const crm = await stage.openCrm(incognito);
      await (await stage.openWindow(crm)).close();
      await crm.frame.getByRole('button', { name: 'Cancel' }).click(WAIT);
      expect(await stage.problem(crm)).toBe('The sign-in was stopped.');
      await expect.poll(states, WAIT).toEqual(['cancelled']);
      const again = await stage.openWindow(crm);
      // With the keyboard as well.
      await crm.frame.getByRole('dialog').press('Escape');
      expect(await stage.problem(crm)).toBe('The sign-in was stopped.');
      await again.close();
      await stage.signIn(crm);
    });

    test('is refused in the window', async () => {
      const crm = await stage.openCrm(incognito);
      const window = await stage.openWindow(crm);
      await stage.chooseUser(window);
      await window.getByRole('button', { name: 'No, stop' }).click(WAIT);
      expect(await stage.problem(crm)).toBe('The sign-in was stopped.');
      expect(await sessions()).toBe(0);
    });

    test('cannot be finished any more after five minutes', async () => {
      await incognito.clock.install();
      const crm = await stage.openCrm(incognito);
      const window = await stage.openWindow(crm);
      await stage.chooseUser(window);
      await stage.numbers(crm, window);
      await crm.page.clock.fastForward('04:30');
      expect(await crm.frame.getByRole('dialog').isVisible()).toBe(true);
      // By the frame's own clock, whatever the server says.
      await crm.page.clock.fastForward('00:31');
      expect(await stage.problem(crm)).toContain('took too long');
      await expect.poll(states, WAIT).toEqual(['cancelled']);
      await window.getByRole('button', { name: 'Yes, sign in' }).click();
      await window.getByText('Close this window and press “Sign in” in the CTI Adaptor again.').waitFor(WAIT);
      expect(await sessions()).toBe(0);
      await window.close();
      await signInAgain(crm);
    });

    test('is over when the server says so, whatever the frame’s clock does', async () => {
      await incognito.clock.install();
      const crm = await stage.openCrm(incognito);
      const window = await stage.openWindow(crm);
      await stage.chooseUser(window);
      await window.getByRole('button', { name: 'Yes, sign in' }).waitFor(WAIT);
      await stage.rig.database.query("update handoffs set expires_at = now() - interval '1 second'");
      await window.getByRole('button', { name: 'Yes, sign in' }).click();
      await window.getByRole('heading', { level: 1 }).waitFor(WAIT);
      await hurry(crm);
      expect(await stage.problem(crm)).toContain('took too long');
      expect(await sessions()).toBe(0);
    });

    test('while the machine sleeps ten minutes: it is over at once, and the next click begins anew', async () => {
      await incognito.clock.install();
      const crm = await stage.openCrm(incognito);
      const window = await stage.openWindow(crm);
      await stage.chooseUser(window);
      await stage.numbers(crm, window);
      await sleep(crm);
      expect(await stage.problem(crm)).toContain('took too long');
      await window.close();
      await signInAgain(crm);
      expect(await states()).toEqual(['signed-in', 'redeemed']);
    });

    test('what was got ready before the machine slept is not used after it', async () => {
      await incognito.clock.install();
      const crm = await stage.openCrm(incognito);
      await crm.frame.getByRole('button', { name: 'Sign in with Okta' }).click({ trial: true, ...WAIT });
      expect(await states()).toEqual(['created']);
      await sleep(crm);
      await stage.signIn(crm);
      expect(await states()).toEqual(['created', 'redeemed']);
    });

    test('goes back and forward: it is asked again, and what it answers counts once', async () => {
      const crm = await stage.openCrm(incognito);
      const window = await stage.openWindow(crm);
      await stage.chooseUser(window);
      await stage.numbers(crm, window);
      await window.goBack();
      await window.goForward();
      await stage.numbers(crm, window);
      await stage.confirm(window);
      await stage.expectSignedIn(crm);
      expect([await states(), await sessions()]).toEqual([['redeemed'], 1]);
    });

    test('of a frame that was loaded anew signs nobody in', async () => {
      const crm = await stage.openCrm(incognito);
      const window = await stage.openWindow(crm);
      await stage.chooseUser(window);
      await stage.numbers(crm, window);
      await crm.page.reload();
      await stage.confirm(window);
      expect(await sessions()).toBe(0);
      await crm.frame.getByRole('button', { name: 'Sign in with Okta' }).waitFor(WAIT);
      const [first] = await states();
      expect(first).toBe('confirmed');
    });

    test('I10 has a name of its own, so that no window of another sign-in is taken over', async () => {
      const crm = await stage.openCrm(incognito);
      const names: unknown[] = [];
      for (let times = 0; times < 2; times++) {
        const window = await stage.openWindow(crm);
        await window.getByRole('button', { name: AGENT, exact: true }).waitFor(WAIT);
        names.push(await window.evaluate('name'));
        await crm.frame.getByRole('button', { name: 'Cancel' }).click(WAIT);
      }
      expect(new Set(names).size).toBe(2);
      expect(incognito.pages()).toHaveLength(3);
    });

    test('three fast clicks open one', async () => {
      const crm = await stage.openCrm(incognito);
      await crm.frame.getByRole('button', { name: 'Sign in with Okta' }).click({ trial: true, ...WAIT });
      await crm.frame
        .locator('body')
        .evaluate("for (let times = 0; times < 3; times++) document.getElementById('sign-in').click()");
      await expect.poll(() => incognito.pages().length, WAIT).toBe(2);
      const window = incognito.pages()[1] ?? expect.fail();
      await stage.chooseUser(window);
      await stage.numbers(crm, window);
      await stage.confirm(window);
      await stage.expectSignedIn(crm);
      expect(await states()).toHaveLength(1);
    });
  });

  test('a refusal is told in the window, and in the frame with the same reference', async () => {
    const crm = await stage.openCrm(incognito);
    const window = await stage.openWindow(crm);
    await stage.chooseUser(window, 'not-in-ipscape@acme.example');
    expect(await stage.problem(crm)).toContain('There is no ipSCAPE user');
    const shown = await window.locator('.reference').textContent(WAIT);
    expect(await crm.frame.locator('#reference').textContent()).toBe(shown);
    expect(shown).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/);
  });

  test('I6 messages from any window change nothing', async () => {
    const crm = await stage.openCrm(incognito);
    const window = await stage.openWindow(crm);
    await stage.chooseUser(window);
    await window.getByRole('button', { name: 'Yes, sign in' }).waitFor(WAIT);
    const noise = `(target) => {
      for (const message of ['confirmed', 'poll', { status: 'confirmed' }, { type: 'ipscape', code: 'x', session: {} }, null])
        for (let times = 0; times < 20; times++) target.postMessage(message, '*');
    }`;
    await crm.page.evaluate(`(${noise})(frames[0])`);
    await crm.frame.locator('body').evaluate(`(${noise})(self)`);
    await window.evaluate(`(${noise})(self)`);
    const polled = crm.page.waitForResponse((response) => /\/cti\/handoffs\/[\w-]{43}$/.test(response.url()), WAIT);
    expect(await (await polled).json()).toMatchObject({ status: 'pending' });
    expect(await crm.frame.getByRole('dialog').isVisible()).toBe(true);
    expect([await states(), await sessions()]).toEqual([['signed-in'], 0]);
    await stage.confirm(window);
    await stage.expectSignedIn(crm);
  });

  describe('I2 somebody else cannot be made to sign the attacker’s frame in', () => {
    let victim: BrowserContext;
    let page: Page;
    let crm: OpenedCrm;
    beforeEach(async () => {
      victim = await stage.newContext();
      page = await victim.newPage();
      // Okta would not even ask the victim.
      await page.goto(`${stage.origin}/toolbar/login`);
      await stage.chooseUser(page);
      await page.waitForURL(`${stage.origin}/toolbar/`, WAIT);
      await stage.rig.database.query('delete from sessions');
      return () => victim.close();
    });
    const open = (path: string) => `open(${JSON.stringify(path)})`;
    const post = (id: string) => `(() => {
      const form = document.body.appendChild(document.createElement('form'));
      form.method = 'post';
      form.action = ${JSON.stringify(`${stage.origin}/cti/login`)};
      form.innerHTML = '<input name="handoff" value="${id}">';
      form.submit();
    })()`;

    test.each([
      ['a link in a mail', async (id: string) => void (await page.goto(`${stage.origin}/cti/handoffs/${id}/window`))],
      [
        'a page that opens the window',
        async (id: string) => {
          await page.goto(`https://${EVIL}/`);
          const opening = victim.waitForEvent('page');
          await page.evaluate(open(`${stage.origin}/cti/handoffs/${id}/window`));
          page = await opening;
          await page.waitForLoadState();
        },
      ],
      [
        'a page that sends the form',
        async (id: string) => {
          await page.goto(`https://${EVIL}/`);
          const arriving = page.waitForURL(`${stage.origin}/**`, WAIT);
          await page.evaluate(post(id));
          await arriving;
        },
      ],
    ])('by %s', async (_name, lure) => {
      const making = incognito.waitForEvent('response', (response) => response.url().endsWith('/cti/handoffs'));
      crm = await stage.openCrm(incognito);
      const { id } = (await (await making).json()) as { id: string };
      await lure(id);
      await page.locator('.reference').waitFor(WAIT);
      expect(await page.getByRole('button').count()).toBe(0);
      expect([await states(), await sessions()]).toEqual([['created'], 0]);
    });

    test('by Okta’s page of a sign-in that the attacker began', async () => {
      crm = await stage.openCrm(incognito);
      const starting = incognito.waitForEvent('request', (request) => request.url().includes('/oauth2/v1/authorize?'));
      await stage.openWindow(crm);
      await page.goto((await starting).url());
      await page.getByText('This sign-in was started in another browser or window.').waitFor(WAIT);
      expect(await stage.problem(crm)).not.toBe('');
      expect([await states(), await sessions()]).toEqual([['failed'], 0]);
    });
  });

  test('I13 the CRM’s own page, whose requests carry the frame’s cookie, reads and changes nothing', async () => {
    const path = '/cti/?integration=crm';
    const crm = await stage.openCrm(incognito, { path });
    await stage.signIn(crm);
    const { page } = crm;
    const carried = new Set<string>();
    page.on('request', async (request) => {
      const { cookie = '' } = await request.allHeaders();
      if (request.frame() === page.mainFrame() && cookie.includes(SESSION))
        carried.add(new URL(request.url()).pathname);
    });
    const outcomes = await page.evaluate(
      `(${async (origin: string) => {
        const load = (make: () => HTMLElement & { src: string }, path: string): Promise<string> =>
          new Promise((resolve) => {
            const element = make();
            element.onload = () => resolve('loaded');
            element.onerror = () => resolve('refused');
            element.src = origin + path;
            document.body.append(element);
          });
        const ask = (path: string, init: RequestInit): Promise<string> =>
          fetch(origin + path, { credentials: 'include', ...init }).then(
            (response) => (response.type === 'opaque' ? 'opaque' : 'read'),
            () => 'refused',
          );
        const json = { 'content-type': 'application/json', 'x-ipscape-sso': '1' };
        return [
          await load(() => document.createElement('img'), '/cti/session'),
          await load(() => document.createElement('script'), '/cti/session'),
          await ask('/cti/session', {}),
          await ask('/cti/session', { mode: 'no-cors' }),
          await ask('/cti/session/token', { method: 'POST', mode: 'no-cors' }),
          await ask('/cti/logout', { method: 'POST', mode: 'no-cors' }),
          await ask('/cti/logout', { method: 'POST', headers: json, body: '{}' }),
          await ask('/cti/session/activity', { method: 'POST', headers: json, body: '{}' }),
        ];
      }})(${JSON.stringify(stage.origin)})`,
    );
    expect(outcomes).toEqual(Array(8).fill('refused'));
    // A form needs no permission to be sent; its answer goes to a frame that nobody reads.
    const sent = page.waitForResponse((response) => response.url() === `${stage.origin}/cti/logout`, WAIT);
    await page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<iframe name="sink"></iframe><form method="post" target="sink"></form>');
       document.forms[0].action = ${JSON.stringify(`${stage.origin}/cti/logout`)};
       document.forms[0].submit();`,
    );
    const answer = await sent;
    expect(answer.status()).toBe(403);
    // It was an attack: the cookie was there.
    expect((await answer.request().allHeaders()).cookie).toContain(`${SESSION}=`);
    expect(await sessions()).toBe(1);
    await page.reload();
    await stage.expectSignedIn(crm);
  });

  test('I14 the CRM’s query survives, as data', async () => {
    const query = 'integration=crm&title=%3Cb%3Ea%3C%2Fb%3E&__proto__=x&back=%2F%2Fevil.test&a%5B0%5D=1&%E2%80%AE=2';
    const crm = await stage.openCrm(incognito, { path: `/cti/login?${query}` });
    await stage.signIn(crm);
    expect(crm.page.frames()[1]?.url()).toBe(`${stage.origin}/cti/?${query}`);
    expect(await crm.frame.locator('#opened-by').textContent()).toContain('<b>a</b>');
  });

  test('I12 the window’s last page has nothing in its address, and is whole where a window cannot close', async () => {
    const crm = await stage.openCrm(incognito);
    const window = await stage.openWindow(crm);
    await incognito.route('**/handoffs/close.js', (route) => route.abort());
    await stage.chooseUser(window);
    await window.getByRole('button', { name: 'Yes, sign in' }).click(WAIT);
    await window.getByText('You can close this window').waitFor(WAIT);
    expect(window.url()).toMatch(/^https:\/\/acme\.localhost\/cti\/handoffs\/[\w-]{43}\/confirm$/);
    await stage.expectSignedIn(crm);
    expect(await crm.frame.getByText(AGENT).isVisible()).toBe(true);
  });

  test('I12 on a telephone the window is a tab, which closes as well', async () => {
    const telephone = await stage.newContext({ isMobile: true, hasTouch: true, viewport: { width: 390, height: 780 } });
    const crm = await stage.openCrm(telephone);
    await stage.signIn(crm);
    expect(telephone.pages()).toEqual([crm.page]);
    await telephone.close();
  });
});
