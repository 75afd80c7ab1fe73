import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chooseOktaUser, expectAccessible, newPerson } from '../support/browser-page.js';
import { ADMIN, AGENT, chromiumPath, type SettingsStage, useSettingsStage } from '../support/settings-stage.js';

const WIDTHS = [320, 1280] as const;
const COLOR_SCHEMES = ['light', 'dark'] as const;

/** A button of the page, pressed by an administrator who signed in at Okta more than an hour ago. */
async function pressLongAfter(stage: SettingsStage, button: string): Promise<void> {
  await stage.prepare('in-force');
  await stage.openSignedIn(ADMIN);
  await stage.stack.query(`update sessions set auth_time = auth_time - interval '3665 seconds' where tenant_id = $1`, [
    stage.tenant.id,
  ]);
  await stage.press(button);
  await stage.page.getByRole('heading', { name: 'Sign in once more', exact: true }).waitFor();
}

/** Every state in which an administrator can find the page. */
const STATES: Readonly<Record<string, (stage: SettingsStage) => Promise<unknown>>> = {
  async 'the link of the Service Desk'({ page, tenant }) {
    await page.goto(`${tenant.origin}/workspace/admin-link/${'a'.repeat(43)}`);
  },
  async 'a link that is used up'({ page, tenant }) {
    await page.goto(`${tenant.origin}/workspace/admin-link/${'a'.repeat(43)}`);
    await page.getByRole('button', { name: 'Open the settings', exact: true }).click();
    await page.locator('.reference').waitFor();
  },
  async 'no entitlement'(stage) {
    await stage.store.setSsoEntitlement({ tenantId: stage.tenant.id, entitled: false, actor: 'test' });
    await stage.openByLink();
  },
  async 'not an administrator'(stage) {
    await stage.prepare('in-force');
    await stage.openSignedIn(AGENT);
  },
  'nothing connected': (stage) => stage.openByLink(),
  async 'a form with mistakes'(stage) {
    await stage.openByLink();
    await stage.fill({ clientId: 'x', hostName: '127.0.0.1', clientSecret: '****' });
    await stage.press('Save and authorise');
    expect(await stage.page.locator('[aria-invalid=true]').count()).toBe(3);
  },
  async 'an authorisation under way'(stage) {
    await stage.openByLink();
    await stage.fill();
    await stage.goToOkta();
    await stage.page.goto(stage.settingsUrl);
    expect(await stage.page.locator('[data-authorisation]').count()).toBe(1);
  },
  async 'an authorisation that failed'(stage) {
    await stage.openByLink();
    await stage.fill({ clientId: '0oanotknown000000000' });
    await stage.press('Save and authorise');
    await stage.verdict();
  },
  async 'settings that are proved'(stage) {
    await stage.prepare('proved');
    await stage.openByLink();
  },
  async 'settings in force, with a next secret and a revision to go back to'(stage) {
    await stage.prepare('in-force');
    await stage.prepare('in-force');
    const key = { tenantId: stage.tenant.id, actor: 'test' };
    await stage.store.setNextClientSecret({ ...key, clientSecret: 'the-next-secret-of-the-app-0123456789' });
    await stage.openByLink();
    expect(await stage.page.getByRole('button', { name: 'Make it the current one', exact: true }).count()).toBe(1);
  },
  async 'single sign-on disabled'(stage) {
    await stage.prepare('disabled');
    await stage.openByLink();
  },
  async 'a change long after the sign-in'(stage) {
    await pressLongAfter(stage, 'Disable single sign-on');
    expect(await stage.page.getByRole('link', { name: 'Sign in again', exact: true }).count()).toBe(1);
    await stage.page.getByText('Having trouble?').click();
  },
  async 'a conflict'(stage) {
    await stage.openByLink();
    await stage.prepare('draft', { clientId: '0oafirst000000000000' });
    await stage.fill();
    await stage.press('Save and authorise');
    expect(await stage.alert()).toContain('Somebody else changed the settings');
  },
  async 'a directory with faults, a held identity and lines in the logs'(stage) {
    const { store, tenant, org } = stage;
    await stage.prepare('in-force');
    const user = { tenantId: tenant.id, role: 'agent', products: ['workspace'], actor: 'test' } as const;
    await store.addUser({ ...user, email: AGENT.toUpperCase(), name: 'Arun the Second' });
    const withoutAddress = 'ağent-with-a-very-long-name-that-does-not-break-anywhere@globex.example';
    const { id: userId } = await store.addUser({ ...user, email: withoutAddress, name: 'Ağent' });
    await store.holdIdentity({ tenantId: tenant.id, issuer: org.origin, subject: '00uheld', userId });
    const line = { tenantId: tenant.id, product: 'cti', purpose: 'sign-in', stage: 'match', reason: null } as const;
    await store.recordFailedSignIn({ ...line, reference: 'ABCD-2345', code: 'identity-held', userId });
    await stage.openByLink();
    expect(await stage.page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(1);
  },
};

describe.skipIf(chromiumPath === null)('the page Login and security', () => {
  // axe is a script, which the policy of the page would refuse.
  const stage = useSettingsStage({ bypassCSP: true });

  test.each(Object.keys(STATES))('is accessible, narrow and wide, light and dark: %s', async (name) => {
    const { page } = stage();
    await STATES[name]?.(stage());
    for (const colorScheme of COLOR_SCHEMES) {
      await page.emulateMedia({ colorScheme });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        await expectAccessible(page);
      }
    }
  });
});

describe.skipIf(chromiumPath === null)('without a mouse, and without script', () => {
  const stage = useSettingsStage();

  /** Presses Tab until the element has the focus; everything on the way is passed in the order of the page. */
  async function tabTo(page: Page, name: string): Promise<readonly string[]> {
    const passed: string[] = [];
    for (let presses = 0; presses < 80; presses++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(
        "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim() + (document.activeElement.matches(':focus-visible') ? '' : ' (not visible)')",
      );
      passed.push(String(focused));
      if (focused === name) return passed;
    }
    throw new Error(`"${name}" is not reached: ${passed.join(', ')}`);
  }

  test('the keyboard alone connects an organisation', async () => {
    const { page, details } = stage();
    await stage().openByLink();
    expect(await tabTo(page, 'Enable')).toEqual(['Enable']);
    await page.keyboard.press('Space');
    expect(await tabTo(page, 'Provider')).toEqual(['Provider']);
    await page.keyboard.press('o');
    expect(await tabTo(page, 'Client ID')).toEqual(['Client ID']);
    await page.keyboard.type('x');
    expect(await tabTo(page, 'Host Name')).toEqual(['Host Name']);
    await page.keyboard.type(details.hostName);
    expect(await tabTo(page, 'Client Secret')).toEqual(['Client Secret']);
    await page.keyboard.type(details.clientSecret);
    expect(await tabTo(page, 'Save')).toEqual(['Save and authorise', 'Save']);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');

    // The list of mistakes comes first, and each leads to its field.
    await page.getByRole('alert').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('clientId');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type(details.clientId);
    await tabTo(page, 'Client Secret');
    await page.keyboard.type(details.clientSecret);
    // Enter in a field is the first button: Save and authorise.
    await page.keyboard.press('Enter');
    await page.waitForURL(/okta\.localhost/);
    await tabTo(page, ADMIN);
    await page.keyboard.press('Enter');
    expect(await stage().verdict()).toContain('Everything is proved');
    await tabTo(page, 'Save');
    await page.keyboard.press('Enter');
    await page.getByText('Saved: the settings are in force').waitFor();
    expect((await stage().connection())?.active?.state).toBe('active');
  });

  test('A11 a change long after the sign-in asks for another one, comes back, and works then', async () => {
    const { page, store, tenant } = stage();
    await pressLongAfter(stage(), 'Let revocations wait for calls');
    expect(await page.locator('h1 + p').textContent()).toMatch(
      /^To change how people sign in, sign in once more: you signed in on [-\d]{10} \d\d:\d\d UTC, more than an hour ago\.$/,
    );
    expect(await tabTo(page, 'Sign in again')).toEqual(['Sign in again']);
    await page.keyboard.press('Enter');
    // Okta knows who it is, and asks all the same.
    await page.waitForURL(/okta\.localhost/);
    await chooseOktaUser(page, ADMIN);
    await page.waitForURL(stage().settingsUrl);
    expect(await store.findSessionPolicy(tenant.id)).toEqual({ revocationWaitsForCalls: false });
    await stage().press('Let revocations wait for calls');
    await page.getByText('a revoked session ends with its call').waitFor();
    expect(await store.findSessionPolicy(tenant.id)).toEqual({ revocationWaitsForCalls: true });
  });

  test('the form, the proof and Save work without script', async () => {
    const { browser } = stage();
    const { page, context } = await newPerson(browser, { javaScriptEnabled: false });
    await stage().openByLink(page);
    await stage().fill({}, page);
    await stage().press('Save and authorise', page);
    await page.waitForURL(/okta\.localhost/);
    await chooseOktaUser(page, ADMIN);
    await page.waitForURL(`${stage().settingsUrl}#result`);
    await stage().press('Save', page);
    expect(await page.getByRole('status').first().textContent()).toContain('in force');
    // What only a script could do is not offered.
    expect(await page.locator('[data-copy]:visible').count()).toBe(0);
    await context.close();
  });
});
