import { CALL_DEFERRAL_SECONDS } from '@ipscape/sso-core';
import type { BrowserContext, Frame, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expectAccessible } from '../support/browser-page.js';
import { findChromium, NO_CHROMIUM } from '../support/chromium.js';
import { AGENT, CRM_ONE, CtiStage, EVIL, type OpenedCrm, WAIT } from '../support/cti-stage.js';
import { hostPageUrl } from '../support/https-front.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const SOFTPHONE = '/cti/?integration=crm';
const ID = 'a'.repeat(43);

describe.skipIf(executablePath === null)('the CTI Adaptor in a CRM’s frame', { timeout: 120_000 }, () => {
  let stage: CtiStage;
  let context: BrowserContext;
  beforeAll(async () => {
    stage = await CtiStage.start(executablePath ?? '');
  });
  afterAll(() => stage?.stop());
  beforeEach(async () => {
    await stage.rig.repair();
    await stage.rig.database.query('delete from sessions');
    context = await stage.newContext({ bypassCSP: true, viewport: { width: 360, height: 700 } });
    return () => context.close();
  });

  describe('I8', () => {
    const REFUSED = 'chrome-error://chromewebdata/';
    const inFrameOf = (host: string, path: string) => hostPageUrl(host, { src: stage.origin + path });
    let page: Page;
    beforeEach(async () => {
      // With the policies as they are.
      const visitor = await stage.newContext();
      page = await visitor.newPage();
      return () => visitor.close();
    });

    /** Where the innermost frame of a page ended. */
    async function innermost(url: string): Promise<string> {
      await page.goto(url);
      const end = (): string => (page.frames().at(-1)?.url() ?? '').replace(/\?.*/s, '');
      await expect.poll(end, WAIT).not.toBe('');
      return end();
    }

    test.each(['/cti/login', '/cti/'])('%s may be framed by the tenant’s CRM and by nobody else', async (path) => {
      expect(await innermost(inFrameOf(CRM_ONE, path))).toBe(stage.origin + path);
      for (const host of [EVIL, 'crm-three.test', `${CRM_ONE}.${EVIL}`, `sub.${CRM_ONE}`]) {
        expect(await innermost(inFrameOf(host, path)), host).toBe(REFUSED);
      }
      // The CRM itself inside of an attacker's page.
      expect(await innermost(hostPageUrl(EVIL, { src: inFrameOf(CRM_ONE, path) }))).toBe(REFUSED);
      expect(page.frames().map((frame) => new URL(frame.url()).hostname)).toEqual([EVIL, CRM_ONE, 'chromewebdata']);
    });

    test('S13, A12 nothing else may be framed, by the tenant’s CRM neither, and no frame makes a session', async () => {
      for (const path of [
        '/',
        '/workspace/login',
        '/workspace/',
        '/workspace/administration/organisation-settings/login-and-security',
        `/workspace/admin-link/${ID}`,
        '/toolbar/login',
        '/toolbar/',
        '/cti/signed-out',
        '/cti/session',
        '/cti/login?code=x&state=y',
        `/cti/handoffs/${ID}/window`,
        `/cti/handoffs/${ID}/confirm`,
      ]) {
        for (const host of [CRM_ONE, EVIL]) expect(await innermost(inFrameOf(host, path)), path).toBe(REFUSED);
      }
      expect(await page.context().cookies()).toEqual([]);
      expect(await stage.rig.database.query('select id from sessions')).toEqual([]);
    });
  });

  describe('with a session', () => {
    let crm: OpenedCrm;
    let requests: string[];
    beforeEach(async () => {
      await context.clock.install();
      crm = await stage.openCrm(context, { path: SOFTPHONE });
      await stage.signIn(crm);
      requests = [];
      crm.page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    });

    /** By the database's clock; the adapters forget what they remember of it. */
    async function endIn(seconds: number): Promise<void> {
      const end = 'now() + make_interval(secs => $1)';
      await stage.rig.database.query(`update sessions set idle_expires_at = ${end}, absolute_expires_at = ${end}`, [
        seconds,
      ]);
      stage.rig.restart();
    }
    /** The frame's clock, as far as the next question about the session. */
    async function ask(): Promise<void> {
      const asked = crm.page.waitForResponse((response) => response.url().includes('/cti/session'), WAIT);
      await crm.page.clock.fastForward('00:31');
      await asked;
    }
    /** Not what the click itself reports. */
    const isCallReport = (response: Response): boolean =>
      response.url().endsWith('/session/activity') && response.request().postDataJSON().call === 'started';
    async function startCall(): Promise<void> {
      const reported = crm.page.waitForResponse(isCallReport, WAIT);
      await crm.frame.getByRole('button', { name: 'Start a call' }).click();
      expect((await reported).status()).toBe(200);
    }
    const says = (text: string | RegExp): Promise<void> => crm.frame.getByText(text).first().waitFor(WAIT);

    test('S5 the end waits for a call, and the cap ends it all the same', async () => {
      await startCall();
      await endIn(-1);
      await ask();
      await says('Your session has ended and waits for this call.');
      await says('with the call');
      await expectAccessible(frameOf(crm));
      await endIn(-CALL_DEFERRAL_SECONDS.cti);
      await ask();
      await says('You are signed out.');
      expect(await crm.frame.getByRole('button', { name: 'Sign in with Okta' }).isVisible()).toBe(true);
      const events = await stage.rig.store.listAuditEvents('acme', { limit: 10 });
      expect(events.map(({ action }) => action)).toContain('session-end-deferred');
    });

    test('S5 a sign-in during a call keeps the call', async () => {
      await startCall();
      await endIn(14 * 60);
      await ask();
      await says('Your session ends soon.');
      const opening = context.waitForEvent('page');
      await crm.frame.getByRole('button', { name: 'Sign in again' }).click();
      const window = await opening;
      await stage.numbers(crm, window);
      const reported = crm.page.waitForResponse(isCallReport, WAIT);
      await stage.confirm(window);
      expect((await reported).status()).toBe(200);
      await says(/^in 3:59:\d\d/);
      expect(await crm.frame.getByRole('button', { name: 'End the call' }).isVisible()).toBe(true);
    });

    test('S5 a renewal never takes the frame away; the end is told, and is an end', async () => {
      await endIn(14 * 60);
      for (let minutes = 0; minutes < 12; minutes += 6) {
        const asked = crm.page.waitForResponse((response) => response.url().includes('/cti/session'), WAIT);
        await crm.page.clock.fastForward('06:00');
        await asked;
      }
      await says('Your session ends soon.');
      // The next sign-in is got ready, for whoever asks for it.
      expect(requests.filter((path) => !/^\/cti\/(?:session|handoffs$)/.test(path))).toEqual([]);
      expect(context.pages()).toHaveLength(1);
      await endIn(-1);
      await ask();
      await says('You are signed out.');
    });
  });

  describe('for people', () => {
    test('every view is accessible at 320 pixels, in light and dark, and the keyboard is enough', async () => {
      const crm = await stage.openCrm(context, { path: SOFTPHONE });
      const { page, frame } = crm;
      const look = async (target: Page | Frame): Promise<void> => {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await expectAccessible(target);
        }
      };
      const button = frame.getByRole('button', { name: 'Sign in with Okta' });
      await button.waitFor(WAIT);
      await look(frameOf(crm));

      await button.focus();
      const opening = context.waitForEvent('page');
      await page.keyboard.press('Enter');
      const window = await opening;
      await window.setViewportSize({ width: 320, height: 640 });
      await frame.getByRole('dialog', { name: 'Sign in in the other window' }).waitFor(WAIT);
      await look(frameOf(crm));
      await page.bringToFront();
      await page.keyboard.press('Enter');
      expect(await stage.problem(crm)).toBe('The sign-in was stopped.');
      expect(await button.evaluate('document.activeElement.id')).toBe('sign-in');
      await look(frameOf(crm));
      await window.close();

      const reopening = context.waitForEvent('page');
      await page.keyboard.press('Enter');
      const again = await reopening;
      await again.setViewportSize({ width: 320, height: 640 });
      await stage.chooseUser(again);
      await stage.numbers(crm, again);
      await look(again);
      await again.getByRole('button', { name: 'Yes, sign in' }).focus();
      await again.keyboard.press('Enter');
      await stage.expectSignedIn(crm);
      expect(await frame.locator('body').evaluate('document.activeElement.id')).toBe('title');
      await look(frameOf(crm));
    });

    test('the adapter’s own start is accessible, and so is the window’s last page', async () => {
      const crm = await stage.openCrm(context);
      await crm.frame.getByRole('button', { name: 'Sign in with Okta' }).click({ trial: true, ...WAIT });
      await expectAccessible(frameOf(crm));
      await context.route('**/handoffs/close.js', (route) => route.abort());
      const window = await stage.openWindow(crm);
      await stage.chooseUser(window);
      await window.getByRole('button', { name: 'Yes, sign in' }).click(WAIT);
      await window.getByText('You can close this window').waitFor(WAIT);
      await expectAccessible(window);
    });

    test('in a window of its own it signs in without another window', async () => {
      const page = await context.newPage();
      await page.goto(`${stage.origin}${SOFTPHONE}`);
      await stage.chooseUser(page);
      await page.getByText(AGENT).waitFor(WAIT);
      expect(page.url()).toBe(stage.origin + SOFTPHONE);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You are signed out.').waitFor(WAIT);
      await page.getByRole('button', { name: 'Sign in with Okta' }).click();
      await page.getByText(AGENT).waitFor(WAIT);
      expect(context.pages()).toHaveLength(1);
    });
  });
});

function frameOf({ page }: OpenedCrm): Frame {
  return page.frames()[1] ?? expect.fail('There is no frame.');
}
