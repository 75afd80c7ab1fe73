import { startOktaDevOrg } from '@ipscape/okta-devorg';
import { createAdminDeps } from '@ipscape/sso-admin';
import { redirectUris } from '@ipscape/sso-core';
import { describe, expect, test } from 'vitest';
import { run } from '../../apps/sso-admin/test/captured-io.js';
import { chooseOktaUser, newPerson, signIn } from '../support/browser-page.js';
import { ADMIN, AGENT, chromiumPath, useSettingsStage } from '../support/settings-stage.js';

const PRODUCTS = ['workspace', 'cti', 'toolbar'] as const;

describe.skipIf(chromiumPath === null)('Login and security in a real browser', () => {
  const stage = useSettingsStage();

  test('globex connects from nothing: entitlement, link, form, Save and authorise, Save, and its agents sign in', async () => {
    const { stack, page, press, browser } = stageTools();
    const globex = stack.origin({ name: 'globex' });
    const settings = globex + new URL(stage().settingsUrl).pathname;
    const deps = createAdminDeps({ store: stack.store, localPort: stack.port });
    const admin = async (...argv: string[]) => {
      const { exitCode, err, json } = await run(deps, [...argv, '--tenant', 'globex.localhost', '--json']);
      expect([exitCode, err]).toEqual([0, '']);
      return json();
    };
    await admin('tenant', 'sso', 'disable');
    await admin('tenant', 'sso', 'enable');
    const { url } = await admin('admin-link', 'create');

    await page.goto(String(url));
    await press('Open the settings');
    await page.waitForURL(settings);
    const { details } = stage();
    await stage().fill({ hostName: ` http://${details.hostName.toUpperCase()}/ ` });
    await press('Save and authorise');
    await page.waitForURL(/okta\.localhost/);
    await chooseOktaUser(page, ADMIN);
    await page.waitForURL(`${settings}#result`);
    const shown = (await page.locator('#result').textContent()) ?? '';
    expect(shown).toContain('Everything is proved');
    expect(shown).toContain(ADMIN);
    expect(shown.match(/ proved/g)).toHaveLength(5);
    const tenantId = (await stack.store.listTenants()).find(({ domain }) => domain === 'globex.localhost')?.id ?? '';
    expect((await stack.store.findConnection(tenantId))?.active).toBeNull();
    await press('Save');
    expect(await page.getByRole('status').first().textContent()).toContain('in force');
    expect(await page.locator('main').textContent()).toContain('fingerprint');
    expect(await page.content()).not.toContain(details.clientSecret);

    const agent = await newPerson(browser);
    await signIn(agent.page, globex, 'workspace', AGENT);
    for (const product of PRODUCTS) {
      await agent.page.goto(`${globex}/${product}/`);
      await agent.page.waitForURL(`${globex}/${product}/`);
      expect(await agent.page.title()).toContain('Signed in');
    }
    expect(agent.complaints).toEqual([]);
    await agent.context.close();
  });

  describe('the form', () => {
    test('A8 is refused before anything is authorised, and forgets no value but the secret', async () => {
      const { page, press } = stageTools();
      await stage().openByLink();
      await press('Save');
      expect(await stage().alert()).toContain('Tick Enable');
      await stage().fill({ clientId: '0oaoneoftheapps00000' });
      await press('Save');
      expect(await stage().alert()).toContain('Press Save and authorise first');
      expect(await page.getByLabel('Client ID', { exact: true }).inputValue()).toBe('0oaoneoftheapps00000');
      expect(await page.getByLabel('Client Secret', { exact: true }).inputValue()).toBe('');
      expect(await stage().connection()).toBeNull();
    });

    test('A2, A3 an empty secret keeps the stored one, but not for another Client ID; a mask is none', async () => {
      const { press } = stageTools();
      await stage().prepare('in-force');
      await stage().openByLink();
      await stage().fill({ clientSecret: '', clientId: '0oaanother0000000000' });
      await press('Save and authorise');
      expect(await stage().alert()).toContain('Type the secret again');
      await stage().fill({ clientSecret: '********' });
      await press('Save and authorise');
      expect(await stage().alert()).toContain('dots or stars');
      await stage().fill({ clientSecret: '' });
      await stage().authorise();
      expect(await stage().verdict()).toContain('Everything is proved');
    });

    test('A8 an edit after the proof voids it', async () => {
      const { page, press } = stageTools();
      const revisionId = await stage().prepare('proved');
      await stage().openByLink();
      await page.getByLabel('Host Name', { exact: true }).fill('other.okta.com');
      await press('Save');
      expect(await stage().alert()).toContain('Save and authorise again');
      expect(await stage().connection()).toMatchObject({ active: null, pending: { revisionId, state: 'authorised' } });
    });

    test('A13 a second window that is out of date gets a conflict with what differs', async () => {
      const { press, browser } = stageTools();
      await stage().openByLink();
      const other = await newPerson(browser);
      await stage().openByLink(other.page);
      await stage().fill({ clientId: '0oafirst000000000000' }, other.page);
      await press('Save and authorise', other.page);
      await other.page.waitForURL(`${stage().settingsUrl}#result`);
      await stage().fill();
      await press('Save and authorise');
      const alert = await stage().alert();
      expect(alert).toContain('Somebody else changed the settings');
      expect(alert).toContain('Client ID');
      expect(alert).toContain('0oafirst000000000000');
      expect(alert).not.toContain(stage().details.clientSecret);
      expect((await stage().connection())?.pending?.clientId).toBe('0oafirst000000000000');
      await other.context.close();
    });

    test('A13 a second window that is out of date saves nothing', async () => {
      const { press } = stageTools();
      await stage().prepare('proved');
      await stage().openByLink();
      await stage().prepare('proved', { clientId: '0oasecond00000000000' });
      await press('Save');
      expect(await stage().alert()).toContain('Somebody else changed the settings');
      expect((await stage().connection())?.active).toBeNull();
    });
  });

  describe('Save and authorise is refused', () => {
    test.each([
      ['/workspace/security/sso-oauth-callback', 'Workspace'],
      ['/workspace/authorize-sso', 'Save and authorise'],
      ['/cti/login', 'CTI Adaptor'],
      ['/toolbar/login', 'Agent Toolbar'],
    ])('A10 when %s is missing at Okta, and names it', async (path, name) => {
      const { page, press, tenant } = stageTools();
      stage().org.removeRedirectUri(stage().details.clientId, tenant.origin + path);
      await stage().openByLink();
      await stage().fill();
      await stage().goToOkta();
      if (path !== '/workspace/authorize-sso') await chooseOktaUser(page, ADMIN);
      await page.getByText('400').first().waitFor();
      await stage().passRoundLimit();
      await page.goto(stage().settingsUrl);
      const result = page.locator('#result');
      expect(await result.textContent()).toContain('did not come back');
      const line = result.getByRole('listitem').filter({ hasText: name }).filter({ hasText: path });
      expect(await line.textContent()).toContain('missing');
      expect(await result.getByRole('listitem').filter({ hasText: 'missing' }).count()).toBe(1);
      await press('Save');
      expect(await stage().alert()).toContain('Save and authorise first');
      expect((await stage().connection())?.active).toBeNull();
    });

    test('A10 and before the limit it says that it is under way', async () => {
      const { page, press, tenant } = stageTools();
      stage().org.removeRedirectUri(stage().details.clientId, `${tenant.origin}/cti/login`);
      await stage().openByLink();
      await stage().fill();
      await stage().authorise();
      await page.getByText('400').first().waitFor();
      await page.goto(stage().settingsUrl);
      expect(await page.locator('#result').textContent()).toContain('The verdict is here within two minutes');
      // The page that waits learns of the verdict by itself.
      await stage().passRoundLimit();
      await page.locator('#result').getByText('did not come back').waitFor();
      await press('Save');
      expect((await stage().connection())?.active).toBeNull();
    });

    test.each([
      ['with a wrong secret', { clientSecret: 'not-the-secret-of-this-app-0123456789' }, 'client-rejected'],
      ['with a Client ID that Okta does not know', { clientId: '0oanotknown000000000' }, 'client-rejected'],
      ['with a Host Name where no Okta is', { hostName: 'nobody.okta.localhost:1' }, 'idp-unreachable'],
    ])('%s', async (_name, typed, code) => {
      const { press } = stageTools();
      const before = await stage().prepare('in-force');
      await stage().openByLink();
      await stage().fill(typed);
      // Only the secret is not known to be wrong before somebody has signed in.
      if ('clientSecret' in typed) await stage().authorise();
      else await press('Save and authorise');
      const verdict = await stage().verdict();
      expect(verdict).toContain(`(${code})`);
      expect(verdict).toContain('Nothing has changed for your users');
      expect((await stage().connection())?.active?.revisionId).toBe(before);
    });

    test('for an app whose tokens name the custom domain as issuer (issuer_mode)', async () => {
      const { tenant, press } = stageTools();
      const domain = `login.${tenant.domain}`;
      const org = await startOktaDevOrg({
        name: 'custom',
        customDomain: domain,
        users: [{ email: ADMIN, name: 'Ada' }],
        apps: [{ label: 'ipSCAPE', redirectUris: redirectUris(tenant.origin), assigned: [ADMIN] }],
      });
      try {
        const [client] = org.clients;
        const typed = { clientId: client?.clientId ?? '', clientSecret: client?.clientSecrets[0]?.value ?? '' };
        await stage().openByLink();
        await stage().fill({ ...typed, hostName: org.host });
        await press('Save and authorise');
        expect(await stage().verdict()).toContain('(issuer-mismatch)');
        // With the custom domain as Host Name it works.
        await stage().fill({ ...typed, hostName: new URL(org.customOrigin ?? '').host });
        await stage().authorise();
        expect(await stage().verdict()).toContain('Everything is proved');
      } finally {
        await org.stop();
      }
    });

    test('when the user is not assigned at Okta', async () => {
      const { page } = stageTools();
      await stage().openByLink();
      await stage().fill();
      await stage().goToOkta();
      await page.getByRole('textbox').fill('unassigned@globex.example');
      await page.keyboard.press('Enter');
      expect(await stage().verdict()).toContain('(user-not-assigned)');
      expect((await stage().connection())?.pending?.state).toBe('draft');
    });

    test('when the person cancels at Okta', async () => {
      const { page } = stageTools();
      await stage().openByLink();
      await stage().fill();
      await stage().goToOkta();
      await page.getByRole('button', { name: /cancel/i }).click();
      expect(await stage().verdict()).toContain('(idp-denied)');
    });

    test('A9 when another person signs in at Okta: the administrator’s session stays theirs', async () => {
      const { page, person, tenant } = stageTools();
      await stage().prepare('in-force');
      await stage().openSignedIn(ADMIN);
      const cookies = async () =>
        (await person.context.cookies(tenant.origin)).filter(({ name }) => !name.includes('-tx-'));
      const before = await cookies();
      await stage().authorise(AGENT);
      const verdict = await stage().verdict();
      expect(verdict).toContain('(user-mismatch)');
      expect(verdict).toContain(AGENT);
      expect(await cookies()).toEqual(before);
      const session = await page.goto(`${tenant.origin}/workspace/session`);
      expect(await session?.json()).toMatchObject({ user: { email: ADMIN } });
    });
  });

  test('a Host Name of the Admin Console is repaired, and the page says so', async () => {
    const { page } = stageTools();
    await stage().openByLink();
    await stage().fill({ hostName: `http://${stage().org.host.replace('.', '-admin.')}/admin/apps` });
    await stage().authorise();
    expect(await stage().verdict()).toContain('Everything is proved');
    expect(await page.getByLabel('Host Name', { exact: true }).inputValue()).toBe(stage().org.host);
    const told = page.getByRole('heading', { name: 'Look at this before you save', exact: true }).locator('..');
    const text = await told.innerText();
    expect(text).toContain(`We changed the Host Name that you typed to ${stage().org.host}.`);
    expect(text).toContain('"-admin"');
    expect(text).toContain('page of Okta');
  });

  describe('is closed', () => {
    test('to whoever is not signed in, who is taken to sign in and back', async () => {
      const { page, tenant } = stageTools();
      await stage().prepare('in-force');
      await page.goto(stage().settingsUrl);
      expect(new URL(page.url()).pathname).toBe('/workspace/login');
      await page.getByRole('link', { name: 'Sign in with Okta', exact: true }).click();
      await chooseOktaUser(page, ADMIN);
      expect(page.url()).toBe(stage().settingsUrl);
      expect(new URL(page.url()).origin).toBe(tenant.origin);
    });

    test('to a user who is no administrator', async () => {
      const { page } = stageTools();
      await stage().prepare('in-force');
      await stage().openSignedIn(AGENT);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Only for administrators');
      expect(await page.getByRole('button', { name: 'Save', exact: true }).count()).toBe(0);
    });

    test('to an organisation without entitlement, which is sent to the Service Desk', async () => {
      const { page, tenant } = stageTools();
      await stage().store.setSsoEntitlement({ tenantId: tenant.id, entitled: false, actor: 'test' });
      await stage().openByLink();
      expect(await page.getByText('raise a request with the ipSCAPE Service').isVisible()).toBe(true);
      expect(await page.getByRole('button', { name: 'Save and authorise', exact: true }).count()).toBe(0);
    });

    test('S10 to a form of another origin', async () => {
      const { person, press } = stageTools();
      await stage().prepare('in-force');
      await stage().openSignedIn(ADMIN);
      const foreign = await person.context.newPage();
      const { settingsUrl } = stage();
      await foreign.setContent(
        `<form method="post" action="${settingsUrl}"><input name="action" value="disable"><button>Go</button></form>`,
      );
      const answered = foreign.waitForResponse((response) => response.url() === settingsUrl);
      await press('Go', foreign);
      expect((await answered).status()).toBe(403);
      expect((await stage().connection())?.enabled).toBe(true);
    });
  });

  function stageTools() {
    const current = stage();
    const { stack, page, person, browser, tenant } = current;
    return { stack, page, person, browser, tenant, press: current.press.bind(current) };
  }
});
