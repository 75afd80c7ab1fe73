import { createHash, randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectionDetails } from '../../apps/dev-stack/src/local-okta.js';
import { chooseOktaUser, expectAccessible, newPerson, type Person, signIn } from '../support/browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { startTestStack, type TestStack } from '../support/local-stack.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const SETTINGS = '/workspace/administration/organisation-settings/login-and-security';
const ADMIN = 'admin@globex.example';
const AGENT = 'agent@globex.example';
const PRODUCTS = ['workspace', 'cti', 'toolbar'] as const;

describe.skipIf(executablePath === null)('Login and security in a real browser', () => {
  let stack: TestStack;
  let browser: Browser;
  let person: Person;
  let page: Page;
  let globex: string;
  let tenantId: string;

  const org = () => stack.okta.org('globex');
  const details = () => connectionDetails(stack.okta, { name: 'globex' });

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startTestStack(), launchChromium(executablePath ?? '')]);
    globex = stack.origin({ name: 'globex' });
    tenantId = (await stack.store.listTenants()).find(({ domain }) => domain === 'globex.localhost')?.id ?? '';
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(async () => {
    person = await newPerson(browser, { bypassCSP: false });
    page = person.page;
    page.setDefaultTimeout(8_000);
  });
  afterEach(async () => {
    org().faults.reset();
    await person.context.close();
    expect(person.complaints).toEqual([]);
  });

  /** As the Service Desk makes a link, and whoever receives it opens it. */
  async function openByLink(target: Page = page): Promise<void> {
    const token = randomBytes(32).toString('base64url');
    const tokenHash = createHash('sha256').update(token).digest('base64url');
    await stack.store.createAdminLink({ tenantId, tokenHash, ttlSeconds: 900, actor: 'service-desk' });
    await target.goto(`${globex}/workspace/admin-link/${token}`);
    await target.getByRole('button', { name: 'Open the settings' }).click();
    await target.waitForURL(globex + SETTINGS);
  }

  async function fill(values: Partial<ReturnType<typeof details>> = {}, target: Page = page): Promise<void> {
    const { hostName, clientId, clientSecret } = { ...details(), ...values };
    await target.getByLabel('Enable', { exact: true }).check();
    await target.getByLabel('Provider', { exact: true }).selectOption('okta');
    await target.getByLabel('Client ID', { exact: true }).fill(clientId);
    await target.getByLabel('Host Name', { exact: true }).fill(hostName);
    await target.getByLabel('Client Secret', { exact: true }).fill(clientSecret);
  }

  const press = (name: string, target: Page = page) => target.getByRole('button', { name, exact: true }).click();
  const result = () => page.locator('#result');

  async function authorise(email = ADMIN): Promise<void> {
    await press('Save and authorise');
    await page.waitForURL(/okta\.localhost/);
    await chooseOktaUser(page, email);
  }

  /** Each instance sees a change within five seconds. */
  async function seeConnection(target: Page): Promise<void> {
    const isShown = async () => {
      await target.goto(`${globex}/workspace/login`);
      return target.getByRole('link', { name: 'Sign in with Okta' }).isVisible();
    };
    await expect.poll(isShown, { timeout: 8_000 }).toBe(true);
  }

  async function openProduct(target: Page, product: string): Promise<void> {
    const open = async () => {
      await target.goto(`${globex}/${product}/`);
      return target.url();
    };
    await expect.poll(open, { timeout: 8_000 }).toBe(`${globex}/${product}/`);
  }

  const pending = async () => (await stack.store.findConnection(tenantId))?.pending;
  const active = async () => (await stack.store.findConnection(tenantId))?.active;

  test('connects an organisation from nothing: link, form, Save and authorise, Save, and its agents sign in', async () => {
    await openByLink();
    await expect
      .poll(() => page.getByLabel('Client Secret', { exact: true }).getAttribute('autocomplete'))
      .toBe('new-password');
    await press('Save');
    expect(await page.getByRole('alert').textContent()).toContain('Tick Enable');
    await fill({ hostName: `http://${details().hostName.toUpperCase()}/` });
    await press('Save');
    expect(await page.getByRole('alert').textContent()).toContain('Press Save and authorise first');
    expect(await page.getByLabel('Client Secret', { exact: true }).inputValue()).toBe('');
    await fill({ hostName: `http://${details().hostName.toUpperCase()}/` });
    await authorise();
    await page.waitForURL(`${globex}${SETTINGS}#result`);
    const shown = (await result().textContent()) ?? '';
    expect(shown).toContain('Everything is proved');
    expect(shown).toContain(ADMIN);
    expect(shown.match(/ proved/g)).toHaveLength(5);
    expect(await active()).toBeNull();
    expect(await page.locator('main').textContent()).toContain('fingerprint');
    await press('Save');
    expect(await page.getByRole('status').first().textContent()).toContain('in force');
    expect((await active())?.state).toBe('active');
    expect(await page.content()).not.toContain(details().clientSecret);

    const agent = await newPerson(browser);
    agent.page.setDefaultTimeout(8_000);
    await seeConnection(agent.page);
    for (const product of PRODUCTS) {
      if (product === 'workspace') await signIn(agent.page, globex, product, AGENT);
      else await openProduct(agent.page, product);
      await agent.page.waitForURL(`${globex}/${product}/`);
      expect(await agent.page.title()).toContain('Signed in');
    }
    await agent.page.goto(globex + SETTINGS);
    expect(await agent.page.getByRole('heading', { level: 1 }).textContent()).toBe('Only for administrators');
    await agent.context.close();
  });

  test('A9: the sign-in makes no session and changes none', async () => {
    await signIn(page, globex, 'workspace', ADMIN);
    const before = (await person.context.cookies(globex)).filter(({ name }) => !name.includes('-tx-'));
    await page.goto(globex + SETTINGS);
    await page.getByLabel('Client ID', { exact: true }).waitFor();
    await press('Save and authorise');
    await chooseOktaUser(page, AGENT);
    await page.waitForURL(`${globex}${SETTINGS}#result`);
    expect(await result().textContent()).toContain('user-mismatch');
    expect(await result().textContent()).toContain(AGENT);
    const after = (await person.context.cookies(globex)).filter(({ name }) => !name.includes('-tx-'));
    expect(after).toEqual(before);
    const session = await page.goto(`${globex}/workspace/session`);
    expect(await session?.json()).toMatchObject({ user: { email: ADMIN } });
  });

  test.each([
    ['/cti/login', 'CTI Adaptor'],
    ['/workspace/security/sso-oauth-callback', 'Workspace'],
    ['/workspace/authorize-sso', 'Save and authorise'],
  ])('A10: names %s when it is missing at Okta', async (path, name) => {
    // The embedded database admits no second connection to move its clock.
    if (stack.databaseUrl === null) return;
    const { clientId } = details();
    await openByLink();
    org().removeRedirectUri(clientId, globex + path);
    await press('Save and authorise');
    await page.waitForURL(/okta\.localhost/);
    if (path !== '/workspace/authorize-sso') await chooseOktaUser(page, ADMIN);
    await page.getByText('400').first().waitFor();
    org().addRedirectUri(clientId, globex + path);
    // Whoever waits is told; here the time goes by in the database.
    const { latest, query } = await authorisationTools();
    await query(
      `update authorisation_rounds set started_at = started_at - interval '121 seconds' where authorisation_id = '${latest}' and answered_at is null and started_at is not null`,
    );
    await page.goto(globex + SETTINGS);
    expect(await result().textContent()).toContain(`did not come back`);
    expect(
      await result().getByRole('listitem').filter({ hasText: name }).filter({ hasText: path }).textContent(),
    ).toContain('missing');
    await press('Save');
    expect(await page.getByRole('alert').textContent()).toContain('Save and authorise first');
  });

  async function authorisationTools() {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: stack.databaseUrl ?? '' });
    await client.connect();
    const { rows } = await client.query('select id from authorisations order by started_at desc limit 1');
    const query = async (text: string) => {
      await client.query(text);
      await client.end();
    };
    return { latest: String(rows[0]?.id), query };
  }

  test('a wrong secret, a wrong Client ID and an unassigned user are told in Okta’s words', async () => {
    await openByLink();
    await fill({ clientSecret: 'not-the-secret-of-this-app-0123456789' });
    await authorise();
    await page.waitForURL(`${globex}${SETTINGS}#result`);
    expect(await result().textContent()).toContain('client-rejected');

    await fill({ clientId: '0oanotknown000000000' });
    await press('Save and authorise');
    await page.waitForURL(`${globex}${SETTINGS}#result`);
    expect(await result().textContent()).toContain('client-rejected');

    await fill();
    await press('Save and authorise');
    await page.waitForURL(/okta\.localhost/);
    await page.getByRole('textbox').fill('unassigned@globex.example');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${globex}${SETTINGS}#result`);
    expect(await result().textContent()).toContain('user-not-assigned');
    expect((await active())?.clientId).toBe(details().clientId);
  });

  test('A2, A3: an empty secret keeps the stored one, but not for another Host Name or Client ID', async () => {
    await openByLink();
    await fill({ clientSecret: '', clientId: '0oaanother0000000000' });
    await press('Save and authorise');
    expect(await page.getByRole('alert').textContent()).toContain('Type the secret again');
    await fill({ clientSecret: '********' });
    await press('Save and authorise');
    expect(await page.getByRole('alert').textContent()).toContain('dots or stars');
    await fill({ clientSecret: '' });
    await authorise();
    await page.waitForURL(`${globex}${SETTINGS}#result`);
    expect(await result().textContent()).toContain('Everything is proved');
  });

  test('A8: an edit after the proof voids it', async () => {
    await openByLink();
    await fill();
    await authorise();
    await page.waitForURL(`${globex}${SETTINGS}#result`);
    await page.getByLabel('Host Name', { exact: true }).fill('other.okta.com');
    await press('Save');
    expect(await page.getByRole('alert').textContent()).toContain('Save and authorise again');
    expect((await pending())?.state).toBe('authorised');
  });

  test('A13: a second window that is out of date gets a conflict with what differs', async () => {
    await openByLink();
    const other = await newPerson(browser);
    await openByLink(other.page);
    await fill({ clientId: '0oafirst000000000000' }, other.page);
    await press('Save and authorise', other.page);
    await other.page.waitForURL(`${globex}${SETTINGS}#result`);
    await fill();
    await press('Save and authorise');
    const alert = (await page.getByRole('alert').textContent()) ?? '';
    expect(alert).toContain('Somebody else changed the settings');
    expect(alert).toContain('0oafirst000000000000');
    expect(alert).not.toContain(details().clientSecret);
    await other.context.close();
  });

  test('whoever is not signed in is taken to sign in; an organisation without entitlement to the Service Desk', async () => {
    await page.goto(globex + SETTINGS);
    expect(new URL(page.url()).pathname).toBe('/workspace/login');
    await openByLink();
    await stack.store.setSsoEntitlement({ tenantId, entitled: false, actor: 'test' });
    await expect
      .poll(
        async () => {
          await page.goto(globex + SETTINGS);
          return page.getByText('raise a request with the ipSCAPE Service').isVisible();
        },
        { timeout: 8_000 },
      )
      .toBe(true);
    expect(await page.getByRole('button', { name: 'Save and authorise' }).count()).toBe(0);
    await stack.store.setSsoEntitlement({ tenantId, entitled: true, actor: 'test' });
  });

  describe('the API', () => {
    async function call(path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }> {
      const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const init = { ...request, headers: { 'content-type': 'application/json', accept: 'application/json' } };
      const script = `fetch(${JSON.stringify(`/workspace/api/${path}`)}, ${JSON.stringify(init)}).then(async (answer) => ({ status: answer.status, text: await answer.text() }))`;
      return await page.evaluate(script);
    }

    test('A1, A8, A16: drafts, refuses to save what was not authorised, and never tells a secret', async () => {
      await openByLink();
      const settings = JSON.parse((await call('sso/settings')).text);
      const { clientId, hostName, clientSecret } = details();
      const values = { clientId, hostName, clientSecret };
      const seenRevisionId = settings.pending?.revisionId ?? settings.active?.revisionId ?? null;
      expect((await call('sso/draft', {})).status).toBe(400);
      expect((await call('sso/draft', { providerId: 'okta', values, seenRevisionId, more: 1 })).status).toBe(400);
      expect((await call('sso/draft', { providerId: 'okta', values, seenRevisionId: 'other' })).status).toBe(409);
      const draft = await call('sso/draft', { providerId: 'okta', values, seenRevisionId });
      expect(draft.status).toBe(200);
      const { revisionId } = JSON.parse(draft.text).revision;
      const refused = await call('sso/save', { revisionId });
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([409, 'revision-not-authorised']);
      expect((await call('sso/save', { revisionId: 'of-another-tenant' })).status).toBe(404);
      const begun = JSON.parse((await call('sso/authorise', { revisionId })).text);
      await page.goto(globex + begun.open);
      await chooseOktaUser(page, ADMIN);
      await page.waitForURL(`${globex}${SETTINGS}#result`);
      const status = await call(`sso/authorisations/${begun.authorisation.authorisationId}`);
      expect(JSON.parse(status.text).status).toBe('succeeded');
      expect((await call('sso/save', { revisionId })).status).toBe(200);
      for (const path of ['settings', 'sign-in-log?product=workspace', 'audit', 'directory-check', 'held-identities']) {
        const answer = await call(`sso/${path}`);
        expect([path, answer.status]).toEqual([path, 200]);
        expect(answer.text).not.toContain(clientSecret);
      }
      expect(Object.keys(JSON.parse((await call('openapi.json')).text).paths)).toContain('/workspace/api/sso/draft');
    });

    test('A11, S10: is for administrators, asked by pages of this origin', async () => {
      await page.goto(`${globex}/workspace/login`);
      const anonymous = await page.goto(`${globex}/workspace/api/sso/settings`);
      expect(anonymous?.status()).toBe(401);
      await seeConnection(page);
      // A sign-in that starts with the revision of a moment ago is refused: each instance sees a change within five seconds.
      const signInAfresh = async () => {
        await person.context.clearCookies();
        await signIn(page, globex, 'workspace', AGENT);
        return page.url();
      };
      await expect.poll(signInAfresh, { timeout: 15_000 }).toBe(`${globex}/workspace/`);
      const agent = await page.goto(`${globex}/workspace/api/sso/settings`);
      expect(agent?.status()).toBe(403);
      const foreign = await person.context.newPage();
      const body = `<form method="post" action="${globex}${SETTINGS}"><input name="action" value="disable"><button>Go</button></form>`;
      await foreign.setContent(body);
      const [answer] = await Promise.all([
        foreign.waitForResponse((response) => response.url() === globex + SETTINGS),
        foreign.getByRole('button', { name: 'Go' }).click(),
      ]);
      expect(answer.status()).toBe(403);
      expect((await stack.store.findConnection(tenantId))?.enabled).toBe(true);
    });
  });

  test.each(['light', 'dark'] as const)('is accessible at 320 pixels, %s', async (colorScheme) => {
    const narrow = await newPerson(browser, { bypassCSP: true, colorScheme, viewport: { width: 320, height: 700 } });
    await openByLink(narrow.page);
    await expectAccessible(narrow.page);
    await press('Save', narrow.page);
    await expectAccessible(narrow.page);
    await narrow.context.close();
  });

  test('works without script', async () => {
    const scriptless = await newPerson(browser, { javaScriptEnabled: false });
    page = scriptless.page;
    await openByLink();
    await fill();
    await authorise();
    await page.waitForURL(`${globex}${SETTINGS}#result`);
    await press('Save');
    expect(await page.getByRole('status').first().textContent()).toContain('in force');
    await scriptless.context.close();
  });
});
