/**
 * @module
 * A person at a browser: the steps that every end-to-end test takes, and what must be true of every page.
 */
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export interface Person {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser refused or failed at on any page; must stay empty. */
  readonly complaints: readonly string[];
}

/** A new browser profile with one tab. */
export async function newPerson(browser: Browser, options: BrowserContextOptions = {}): Promise<Person> {
  // The policy of our pages allows no script; axe is one.
  const context = await browser.newContext({ bypassCSP: options.bypassCSP ?? false, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // Chromium reports every page with an error status; those are what the tests are about.
    const isStatus = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isStatus) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { context, page, complaints };
}

/** On Okta's page: chooses a user by the button with the e-mail address. */
export async function chooseOktaUser(page: Page, email: string): Promise<void> {
  // Okta's answer and all its redirects end in one navigation; the page before it must not be taken for it.
  const arrived = page.waitForNavigation();
  await page.getByRole('button', { name: email, exact: true }).click();
  await arrived;
}

/** Signs in to a product from nothing, whatever its way to begin is. */
export async function signIn(page: Page, origin: string, product: string, email: string): Promise<void> {
  await page.goto(`${origin}/${product}/`);
  const begin = page.getByRole('link', { name: 'Sign in with Okta' });
  if (await begin.isVisible()) await begin.click();
  await chooseOktaUser(page, email);
}

/** The reference that a refusal shows. */
export async function readReference(page: Page): Promise<string> {
  const reference = (await page.locator('.reference').textContent()) ?? '';
  expect(reference).toMatch(/^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$/);
  return reference;
}

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** Of a page or a frame: no violation of WCAG 2.2 AA or of axe's best practices, and nothing wider than it. */
export async function expectAccessible(page: Pick<Page, 'addScriptTag' | 'evaluate'>): Promise<void> {
  await page.addScriptTag({ path: axePath });
  const { violations } = (await page.evaluate('axe.run()')) as AxeResult;
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
}
