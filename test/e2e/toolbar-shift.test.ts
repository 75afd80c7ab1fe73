import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expectAccessible, newPerson, type Person, signIn } from '../support/browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { startTestStack, type TestStack } from '../support/local-stack.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const AGENT = 'agent@acme.example';
const WAIT = { timeout: 30_000 };

let browser: Browser;
beforeAll(async () => {
  if (executablePath !== null) browser = await launchChromium(executablePath);
});
afterAll(() => browser?.close());

async function ready(page: Page): Promise<void> {
  await page.locator('#call[data-ready]').waitFor(WAIT);
}

async function sessionCookie({ context }: Person): Promise<string | undefined> {
  return (await context.cookies()).find(({ name }) => name === '__Host-ipscape-toolbar')?.value;
}

/** What the audit trail says of the session whose end was put off last, oldest first. */
async function deferrals(stack: TestStack): Promise<readonly string[]> {
  const tenant = (await stack.store.listTenants()).find(({ domain }) => domain === 'acme.localhost');
  const events = await stack.store.listAuditEvents(tenant?.id ?? '', { limit: 100 });
  const all = events.filter(({ action }) => action.includes('defer'));
  return all.flatMap(({ action, subject }) => (subject === all[0]?.subject ? [action] : [])).reverse();
}

describe.skipIf(executablePath === null)('the Agent Toolbar with a shift’s session', { timeout: 120_000 }, () => {
  let stack: TestStack;
  let person: Person;
  let origin: string;
  beforeAll(async () => {
    stack = await startTestStack();
    origin = stack.origin({ name: 'acme' });
  }, 120_000);
  afterAll(() => stack?.stop());
  beforeEach(async () => {
    person = await newPerson(browser, { bypassCSP: true, viewport: { width: 320, height: 640 } });
    await signIn(person.page, origin, 'toolbar', AGENT);
    await ready(person.page);
    return () => person.context.close();
  });

  test('shows how long it lasts, at 320 pixels, in light and dark, accessible', async () => {
    const { page, complaints } = person;
    await page.getByText(/in 3:59:\d\d/).waitFor(WAIT);
    await page.getByText(/in 12:59:\d\d/).waitFor(WAIT);
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Start a call' }).click();
    await page.getByText('On a call with a customer').waitFor(WAIT);
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  });

  test('a renewal without interaction comes back to the same place with a new session', async () => {
    const { page } = person;
    const before = await sessionCookie(person);
    await page.goto(`${origin}/toolbar/?queue=7#notes`);
    await ready(page);
    await page.getByRole('button', { name: 'Renew the session now' }).click();
    await expect.poll(() => sessionCookie(person), WAIT).not.toBe(before);
    await ready(page);
    expect(page.url()).toBe(`${origin}/toolbar/?queue=7#notes`);
    expect(await page.locator('#notice').isVisible()).toBe(false);
  });

  test('where Okta asks for a sign-in the session goes on, and a window of its own signs in', async () => {
    const { page, context, complaints } = person;
    const before = await sessionCookie(person);
    stack.okta.org('acme').endSessions();
    await page.getByRole('button', { name: 'Renew the session now' }).click();
    await page.getByText('Okta wants you to sign in again').waitFor(WAIT);
    expect(page.url()).toBe(`${origin}/toolbar/`);
    expect(await sessionCookie(person)).toBe(before);
    await expectAccessible(page);
    // A call that begins now is not disturbed by it.
    await page.getByRole('button', { name: 'Start a call' }).click();
    await page.getByText('On a call with a customer').waitFor(WAIT);
    const opening = context.waitForEvent('page');
    await page.getByRole('button', { name: 'Sign in again' }).click();
    const window = await opening;
    await window.getByRole('button', { name: AGENT, exact: true }).click();
    await expect.poll(() => sessionCookie(person), WAIT).not.toBe(before);
    await page.getByRole('button', { name: 'End the call' }).click();
    await page.getByText('No call.').waitFor(WAIT);
    expect(await page.locator('#ends').textContent()).toMatch(/in \d/);
    expect(complaints).toEqual([]);
  });

  test('signing out elsewhere is noticed, during a call as well', async () => {
    const { page, context } = person;
    await page.getByRole('button', { name: 'Start a call' }).click();
    await page.getByText('On a call with a customer').waitFor(WAIT);
    const other = await context.newPage();
    await other.goto(`${origin}/toolbar/`);
    await other.getByRole('button', { name: 'Sign out of Agent Toolbar' }).click();
    await other.getByText('You are signed out').waitFor(WAIT);
    await page.getByRole('button', { name: 'End the call' }).click();
    await page.getByText('You are signed out.').waitFor(WAIT);
  });
});

describe.skipIf(executablePath === null)('the Agent Toolbar at the end of a shift', { timeout: 120_000 }, () => {
  let stack: TestStack;
  let origin: string;
  let person: Person;
  beforeAll(async () => {
    stack = await startTestStack({ sessionSeconds: 20 });
    origin = stack.origin({ name: 'acme' });
  }, 120_000);
  afterAll(() => stack?.stop());
  beforeEach(async () => {
    person = await newPerson(browser, { bypassCSP: true, viewport: { width: 320, height: 640 } });
    await signIn(person.page, origin, 'toolbar', AGENT);
    await ready(person.page);
    return () => person.context.close();
  });

  test('warns, and without a call ends', async () => {
    const { page, complaints } = person;
    await page.getByText('Your session ends soon.').waitFor(WAIT);
    await page.getByText('You are signed out.').waitFor(WAIT);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await ready(page);
    expect(complaints).toEqual([]);
  });

  test('renews by itself at a quiet moment, but not during a call', async () => {
    const { page } = person;
    await page.clock.install();
    await page.reload();
    await ready(page);
    await page.getByRole('button', { name: 'Start a call' }).click();
    await page.getByText('On a call with a customer').waitFor(WAIT);
    const before = await sessionCookie(person);
    for (let minutes = 0; minutes < 12; minutes += 6) {
      const reported = page.waitForResponse((response) => response.url().endsWith('/session/activity'), WAIT);
      await page.clock.fastForward('06:00');
      expect((await reported).status()).toBe(200);
    }
    expect(page.url()).toBe(`${origin}/toolbar/`);
    expect(await sessionCookie(person)).toBe(before);
    await page.getByRole('button', { name: 'End the call' }).click();
    await page.getByText('No call.').waitFor(WAIT);
    await page.clock.fastForward('06:00');
    await expect.poll(() => sessionCookie(person), WAIT).not.toBe(before);
    await ready(page);
    expect(page.url()).toBe(`${origin}/toolbar/`);
  });

  test('S5 waits for a call, says so, and ends with it', async () => {
    const { page, complaints } = person;
    await page.getByRole('button', { name: 'Start a call' }).click();
    await page.getByText('Your session has ended and waits for this call.').waitFor(WAIT);
    await page.getByText('with the call').waitFor(WAIT);
    await page.getByText(/even if the call goes on/).waitFor(WAIT);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'End the call' }).click();
    await page.getByText('You are signed out.').waitFor(WAIT);
    expect(await deferrals(stack)).toEqual(['session-end-deferred', 'deferred-session-ended']);
    expect(complaints).toEqual([]);
  });
});
