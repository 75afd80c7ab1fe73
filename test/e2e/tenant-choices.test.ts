import { describe, expect, test } from 'vitest';
import { expectAccessible } from '../support/browser-page.js';
import { chromiumPath, useSettingsStage } from '../support/settings-stage.js';

const LIGHTNING = 'https://acme.lightning.force.com';
const CLASSIC = 'https://acme.my.salesforce.com';

describe.skipIf(chromiumPath === null)('the choices of a tenant in a real browser', () => {
  const stage = useSettingsStage();
  const notice = () => stage().page.getByRole('status').first().textContent();
  const list = () => stage().page.getByLabel('Exact origins, one a line');

  test('I9 a CRM is added by the name of its instance, with the keyboard alone', async () => {
    const { page, store, tenant } = stage();
    await stage().openByLink();
    await page.getByLabel('CRM', { exact: true }).focus();
    await page.keyboard.type('Sales');
    await page.keyboard.press('Tab');
    await page.keyboard.type('acme');
    await page.keyboard.press('Enter');
    await page.getByText('2 CRM pages may show the CTI Adaptor').waitFor();
    expect(await list().inputValue()).toBe(`${LIGHTNING}\n${CLASSIC}`);
    expect(await store.findFrameOrigins(tenant.id)).toEqual([LIGHTNING, CLASSIC]);
    // A page that is loaded again sends nothing twice, and a list that is emptied is empty.
    await list().fill('');
    await stage().press('Save CRM pages');
    expect(await notice()).toContain('no page may show the CTI Adaptor');
    expect(await store.findFrameOrigins(tenant.id)).toEqual([]);
  });

  test('I9 a mistake leads to its field, and is corrected there', async () => {
    const { page, store, tenant } = stage();
    await stage().openByLink();
    await list().fill(`${LIGHTNING}/lightning/page/home`);
    await stage().press('Save CRM pages');
    const alert = page.getByRole('alert');
    await alert.getByRole('link', { name: /^Line 1: .* Perhaps you mean https:/ }).click();
    expect(await page.evaluate('location.hash')).toBe('#frameOrigins');
    expect(await list().getAttribute('aria-invalid')).toBe('true');
    expect(await list().inputValue()).toBe(`${LIGHTNING}/lightning/page/home`);
    await list().fill(LIGHTNING);
    await stage().press('Save CRM pages');
    expect(await notice()).toContain('1 CRM page may show');
    expect(await store.findFrameOrigins(tenant.id)).toEqual([LIGHTNING]);
  });

  test('I9 a second window sees what differs before it replaces anything', async () => {
    const { page, person, store, tenant } = stage();
    await stage().openByLink();
    const second = await person.context.newPage();
    await second.goto(stage().settingsUrl);
    await list().fill(LIGHTNING);
    await stage().press('Save CRM pages');
    await page.getByText('1 CRM page may show').waitFor();
    await second.getByLabel('Exact origins, one a line').fill(CLASSIC);
    await stage().press('Save CRM pages', second);
    expect(await second.getByRole('row', { name: `${LIGHTNING} not listed listed` }).count()).toBe(1);
    expect(await second.getByRole('row', { name: `${CLASSIC} listed not listed` }).count()).toBe(1);
    expect(await store.findFrameOrigins(tenant.id)).toEqual([LIGHTNING]);
    await stage().press('Save CRM pages', second);
    await second.getByText('1 CRM page may show').waitFor();
    expect(await store.findFrameOrigins(tenant.id)).toEqual([CLASSIC]);
  });

  test('whether a revocation waits for a call is one button', async () => {
    const { page, store, tenant } = stage();
    await stage().openByLink();
    await stage().press('Let revocations wait for calls');
    expect(await notice()).toContain('a revoked session ends with its call');
    expect(await store.findSessionPolicy(tenant.id)).toEqual({ revocationWaitsForCalls: true });
    await page.reload();
    await stage().press('End revoked sessions at once');
    expect(await store.findSessionPolicy(tenant.id)).toEqual({ revocationWaitsForCalls: false });
  });
});

describe.skipIf(chromiumPath === null)('the choices of a tenant at 320 pixels', () => {
  const stage = useSettingsStage({ bypassCSP: true, viewport: { width: 320, height: 700 } });

  test.each(['light', 'dark'] as const)('have no violation, with mistakes and with a conflict, %s', async (scheme) => {
    const { page, store, tenant } = stage();
    await page.emulateMedia({ colorScheme: scheme });
    await stage().openByLink();
    await page.getByText('Where the name is found').click();
    await page.getByLabel('Name of your own instance').fill('acme--uat');
    await page.getByLabel('Exact origins, one a line').fill(`https://*.force.com\n${LIGHTNING}/${'a'.repeat(90)}`);
    await stage().press('Save CRM pages');
    expect(await page.getByRole('alert').getByRole('link').count()).toBe(3);
    await expectAccessible(page);
    const change = { tenantId: tenant.id, actor: 'test', origins: [LIGHTNING], seen: [] };
    await store.setFrameOrigins(change);
    await page.getByLabel('Name of your own instance').fill('');
    await page.getByLabel('Exact origins, one a line').fill(CLASSIC);
    await stage().press('Save CRM pages');
    await page.getByRole('heading', { name: 'Somebody else changed the CRM pages' }).waitFor();
    await expectAccessible(page);
  });
});
