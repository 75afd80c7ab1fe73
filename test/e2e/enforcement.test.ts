import { createHash, randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expectAccessible, newPerson, type Person, signIn } from '../support/browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { startTestStack, type TestStack } from '../support/local-stack.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const SETTINGS = '/workspace/administration/organisation-settings/login-and-security';
const ADMIN = 'admin@acme.example';

describe.skipIf(executablePath === null)('single sign-on as the only way in, in a real browser', () => {
  let stack: TestStack;
  let browser: Browser;
  let person: Person;
  let page: Page;
  let acme: string;
  let tenantId: string;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startTestStack(), launchChromium(executablePath ?? '')]);
    acme = stack.origin({ name: 'acme' });
    tenantId = (await stack.store.listTenants()).find(({ domain }) => domain === 'acme.localhost')?.id ?? '';
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(async () => {
    await stack.store.liftEnforcement({ tenantId, actor: 'test' });
    person = await newPerson(browser, { bypassCSP: false });
    page = person.page;
    page.setDefaultTimeout(20_000);
  });
  afterEach(async () => {
    await person.context.close();
    expect(person.complaints).toEqual([]);
  });

  /** As the Service Desk makes a link, and whoever receives it opens it. */
  async function openByLink(target: Page): Promise<void> {
    const token = randomBytes(32).toString('base64url');
    const tokenHash = createHash('sha256').update(token).digest('base64url');
    await stack.store.createAdminLink({ tenantId, tokenHash, ttlSeconds: 900, actor: 'service-desk' });
    await target.goto(`${acme}/workspace/admin-link/${token}`);
    await target.getByRole('button', { name: 'Open the settings' }).click();
    await target.waitForURL(acme + SETTINGS);
  }

  const press = (name: string, target: Page = page) => target.getByRole('button', { name, exact: true }).click();
  const list = () => page.locator('#enforcement');
  const notice = () => page.getByRole('status').first().textContent();

  test('A15, T10: the check list leads to it by keyboard and mouse, and back again', async () => {
    const desk = await newPerson(browser);
    await openByLink(desk.page);
    await desk.context.close();
    await signIn(page, acme, 'workspace', ADMIN);
    await page.goto(acme + SETTINGS);
    expect(await list().getByRole('listitem').count()).toBe(3);
    await press('Check the directory');
    expect(await notice()).toContain('active users can sign in');
    expect(await list().getByText('Done:').count()).toBe(3);
    await page.getByRole('button', { name: 'Make single sign-on the only way in' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Single sign-on is the only way in now.').waitFor();
    expect(await page.getByRole('button', { name: 'Disable single sign-on' }).count()).toBe(0);
    expect(await list().textContent()).toContain(ADMIN);
    // Whoever unticks Enable and saves is told, and nothing happens.
    await page.getByLabel('Enable', { exact: true }).uncheck();
    await press('Save');
    expect(await page.getByRole('alert').textContent()).toContain('Allow other ways to sign in first');
    expect((await stack.store.findConnection(tenantId))?.enabled).toBe(true);
    const visitor = await newPerson(browser);
    const shown = async () => {
      await visitor.page.goto(`${acme}/workspace/login`);
      return visitor.page.getByText('no other way to sign in').isVisible();
    };
    await expect.poll(shown, { timeout: 8_000 }).toBe(true);
    await visitor.context.close();
    await press('Allow other ways to sign in');
    expect(await notice()).toContain('allowed again');
  });

  test.each(['light', 'dark'] as const)('is accessible at 320 pixels, %s', async (colorScheme) => {
    const narrow = await newPerson(browser, { bypassCSP: true, colorScheme, viewport: { width: 320, height: 700 } });
    await stack.store.checkDirectoryCoverage({ tenantId, actor: 'test' });
    await openByLink(narrow.page);
    await expectAccessible(narrow.page);
    await press('Make single sign-on the only way in', narrow.page);
    await narrow.page.getByText('Single sign-on is the only way in now.').waitFor();
    await expectAccessible(narrow.page);
    await narrow.page.goto(`${acme}/workspace/login`);
    await expectAccessible(narrow.page);
    await narrow.context.close();
  });
});
