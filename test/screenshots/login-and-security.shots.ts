/**
 * @module
 * The README's pictures of *Login and security*, taken from the local stack as `npm start` runs it: globex connects its
 * Okta org. Needs the ports 3000 and 4000, so that the addresses in the pictures are those that readers will see.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/browser-page.js';
import { launchChromium } from '../support/chromium.js';
import { startTestStack, type TestStack } from '../support/local-stack.js';
import { ADMIN, chromiumPath, SettingsStage } from '../support/settings-stage.js';
import { readPixels } from './read-pixels.js';
import { writePng } from './write-png.js';

const FOLDER = new URL('../../docs/images/', import.meta.url);
const WIDE = { width: 1080, height: 1200 };
const NARROW = { width: 320, height: 900 };

let stack: TestStack;
let browser: Browser;
let person: Person;
let stage: SettingsStage;

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startTestStack({ port: 3000, oktaPort: 4000 }),
    launchChromium(chromiumPath ?? ''),
  ]);
  person = await newPerson(browser, { viewport: WIDE });
  const domain = 'globex.localhost';
  const id = (await stack.store.listTenants()).find((tenant) => tenant.domain === domain)?.id ?? '';
  stage = new SettingsStage({
    stack,
    browser,
    person,
    tenant: { id, domain, origin: stack.origin({ name: 'globex' }) },
  });
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** From the top of the page to the end of an element, in both colour schemes. */
async function shoot(name: string, last: string, size: typeof WIDE): Promise<void> {
  const { page } = person;
  await page.setViewportSize(size);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate('document.activeElement.blur()');
    const box = await page.locator(last).first().boundingBox();
    const scrolled = Number(await page.evaluate('scrollY'));
    const height = Math.ceil(scrolled + (box?.y ?? 0) + (box?.height ?? 0) + 8);
    expect(height).toBeGreaterThan(200);
    const picture = await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width: size.width, height } });
    await writePng(
      new URL(`login-and-security-${name}-${colorScheme}.png`, FOLDER),
      await readPixels(browser, picture),
    );
  }
}

test('globex connects its Okta org', async () => {
  await stage.openByLink();
  await stage.fill({ hostName: ` ${stage.org.host.toUpperCase()} ` });
  await shoot('form-narrow', 'form .actions', NARROW);
  await person.page.setViewportSize(WIDE);
  await stage.authorise(ADMIN);
  await stage.verdict();
  await shoot('authorised', 'form .actions', WIDE);
  expect(person.complaints).toEqual([]);
});
