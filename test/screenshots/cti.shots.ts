/**
 * @module
 * The README's picture of the CTI Adaptor: the local stack's CRM while an agent signs in. Needs the ports 3000 and 4000,
 * like the other pictures.
 */
import { expect, test } from 'vitest';
import { chooseOktaUser, newPerson } from '../support/browser-page.js';
import { findChromium, launchChromium } from '../support/chromium.js';
import { startTestStack } from '../support/local-stack.js';
import { readPixels } from './read-pixels.js';
import { writePng } from './write-png.js';

const FOLDER = new URL('../../docs/images/', import.meta.url);
const SIZE = { width: 960, height: 730 };

test('an agent signs in inside a CRM', async () => {
  const [stack, browser] = await Promise.all([
    startTestStack({ port: 3000, oktaPort: 4000 }),
    launchChromium(findChromium() ?? ''),
  ]);
  const { page, context, complaints } = await newPerson(browser, { viewport: SIZE });
  await page.goto(stack.crmOrigin);
  const frame = page.frameLocator('iframe');
  const opening = context.waitForEvent('page');
  await frame.getByRole('button', { name: 'Sign in with Okta' }).click();
  const window = await opening;
  await window.getByRole('button', { name: 'agent@acme.example', exact: true }).waitFor();
  await chooseOktaUser(window, 'agent@acme.example');
  await frame.getByRole('dialog').waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const picture = await page.screenshot();
    await writePng(new URL(`cti-in-a-crm-${colorScheme}.png`, FOLDER), await readPixels(browser, picture));
  }
  expect(complaints).toEqual([]);
  await browser.close();
  await stack.stop();
});
