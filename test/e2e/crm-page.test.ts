import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseOktaUser, expectAccessible, newPerson } from '../support/browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { startTestStack, type TestStack } from '../support/local-stack.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const WAIT = { timeout: 30_000 };

describe.skipIf(executablePath === null)('the local stack’s CRM', { timeout: 90_000 }, () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack();
  });
  afterAll(() => stack?.stop());

  test('is reached from the first page, and signs in on another site than Acme’s, by plain http', async () => {
    const browser = await launchChromium(executablePath ?? '');
    const { page, context, complaints } = await newPerson(browser, { bypassCSP: true });
    await page.goto(stack.origin({ name: 'acme' }));
    await page.getByRole('link', { name: 'a page on another site' }).click();
    await page.waitForURL(`${stack.crmOrigin}/`);
    const frame = page.frameLocator('iframe');
    const begin = frame.getByRole('button', { name: 'Sign in with Okta' });
    await begin.waitFor(WAIT);
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await expectAccessible(page);
      }
    }
    const opening = context.waitForEvent('page');
    await begin.click();
    const window = await opening;
    await window.getByRole('button', { name: 'agent@acme.example', exact: true }).waitFor(WAIT);
    await chooseOktaUser(window, 'agent@acme.example');
    await window.getByRole('button', { name: 'Yes, sign in' }).click();
    await frame.getByText('agent@acme.example').waitFor(WAIT);
    expect(await frame.locator('#opened-by').textContent()).toBe('integration demo-crm, case 1042');
    const cookie = (await context.cookies()).find(({ name }) => name === '__Host-ipscape-cti');
    expect(cookie).toMatchObject({ partitionKey: 'http://crm.localhost' });
    expect(complaints).toEqual([]);
    await browser.close();
  });
});
