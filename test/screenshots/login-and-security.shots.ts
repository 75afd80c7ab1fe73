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
import { type Pixels, writePng } from './write-png.js';

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
    await writePng(new URL(`login-and-security-${name}-${colorScheme}.png`, FOLDER), await readPixels(picture));
  }
}

/** Chromium itself reads what it has painted. */
async function readPixels(picture: Buffer): Promise<Pixels> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const script = `(async () => {
    const picture = await createImageBitmap(await (await fetch('data:image/png;base64,${picture.toString('base64')}')).blob());
    const { width, height } = picture;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    const { data } = canvas.getImageData(0, 0, width, height);
    let text = '';
    for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
    return { width, height, base64: btoa(text) };
  })()`;
  const { width, height, base64 } = (await page.evaluate(script)) as { width: number; height: number; base64: string };
  await context.close();
  return { width, height, rgba: Buffer.from(base64, 'base64') };
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
