import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectionDetails } from '../../apps/dev-stack/src/local-okta.js';
import { expectAccessible, newPerson, type Person } from '../support/browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { startTestStack, type TestStack } from '../support/local-stack.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const SETTINGS = '/workspace/administration/organisation-settings/login-and-security';

describe.skipIf(executablePath === null)('Insight on the settings page in a real browser', () => {
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
    const line = { tenantId, product: 'cti', purpose: 'sign-in', stage: 'match', reason: null, userId: null } as const;
    await stack.store.recordFailedSignIn({ ...line, reference: '7K3M-9QXD', code: 'user-not-found' });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(async () => {
    person = await newPerson(browser);
    page = person.page;
    page.setDefaultTimeout(20_000);
  });
  afterEach(async () => {
    await person.context.close();
    expect(person.complaints).toEqual([]);
  });

  async function openByLink(target: Page = page): Promise<void> {
    const token = randomBytes(32).toString('base64url');
    const tokenHash = createHash('sha256').update(token).digest('base64url');
    await stack.store.createAdminLink({ tenantId, tokenHash, ttlSeconds: 900, actor: 'service-desk' });
    await target.goto(`${acme}/workspace/admin-link/${token}`);
    await target.getByRole('button', { name: 'Open the settings' }).click();
    await target.waitForURL(acme + SETTINGS);
  }

  test('an administrator types the reference that somebody reads out, and sees what to do', async () => {
    await openByLink();
    await page.getByLabel('Reference', { exact: true }).fill('7k3m 9qxd');
    await page.keyboard.press('Enter');
    const row = page.getByRole('row').filter({ hasText: '7K3M-9QXD' });
    await row.waitFor();
    expect(await row.textContent()).toContain('Make the e-mail address');
    await page.getByLabel('Reference', { exact: true }).fill('0OIL');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('Ask for it again');
    expect(await page.getByLabel('Reference', { exact: true }).getAttribute('aria-invalid')).toBe('true');
  });

  test('the counts of the directory lead to the lists by name', async () => {
    await openByLink();
    const row = page
      .getByRole('region', { name: /how many have signed in/ })
      .getByRole('row')
      .filter({ hasText: 'CTI Adaptor' });
    const [users = '', signedIn = '', missing = ''] = await row.getByRole('cell').allTextContents();
    expect(Number(signedIn) + Number(missing)).toBe(Number(users));
    await row.getByRole('link').last().click();
    await page.waitForURL(/status_state=not-signed-in/);
    expect(await page.getByLabel('May use', { exact: true }).inputValue()).toBe('cti');
    const list = page.getByRole('region', { name: /^Active users by name/ });
    expect(await list.getByRole('row').count()).toBe(Number(missing) + 1);
  });

  test('one button copies the support bundle, links download it', async () => {
    await person.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: acme });
    await openByLink();
    await page.getByRole('button', { name: 'Copy support bundle', exact: true }).click();
    await page.getByRole('button', { name: 'Copied', exact: true }).waitFor();
    const copied = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(copied).toContain('ipscape-sso-support-bundle/1');
    expect(copied).toContain('7K3M-9QXD');
    expect(copied).not.toContain(connectionDetails(stack.okta, { name: 'acme' }).clientSecret);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download as JSON' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^ipscape-sso-[\d-]+\.json$/);
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toMatchObject({
      tenant: { domain: 'acme.localhost' },
    });
  });

  test('buttons are told apart by their names', async () => {
    await openByLink();
    await page.getByRole('button', { name: /^Copy redirect URI 2, Workspace authorisation$/ }).waitFor();
    for (const name of ['Save and authorise', 'Save']) {
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(1);
    }
    expect(await page.getByRole('button', { name: 'Save and authorise' }).count()).toBe(1);
  });

  test.each(['light', 'dark'] as const)('lists and log are accessible at 320 pixels, %s', async (colorScheme) => {
    const narrow = await newPerson(browser, { bypassCSP: true, colorScheme, viewport: { width: 320, height: 700 } });
    await openByLink(narrow.page);
    await expectAccessible(narrow.page);
    await narrow.page.goto(`${acme}${SETTINGS}?reference=0&from=x&status_state=signed-in&status_search=nobody`);
    await expectAccessible(narrow.page);
    await narrow.context.close();
  });
});
