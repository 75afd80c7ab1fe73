import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  chooseOktaUser,
  expectAccessible,
  newPerson,
  type Person,
  readReference,
  signIn,
} from '../support/browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { startTestStack, type TestStack } from '../support/local-stack.js';

const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

const PRODUCT_NAMES = { workspace: 'Workspace', cti: 'CTI Adaptor', toolbar: 'Agent Toolbar' } as const;
const PRODUCTS = ['workspace', 'cti', 'toolbar'] as const;

describe.skipIf(executablePath === null)('signing in with a real browser', () => {
  let stack: TestStack;
  let browser: Browser;
  let person: Person;
  let page: Page;
  let acme: string;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startTestStack(), launchChromium(executablePath ?? '')]);
    acme = stack.origin({ name: 'acme' });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(async () => {
    person = await newPerson(browser);
    page = person.page;
  });
  afterEach(async () => {
    stack.okta.org('acme').faults.reset();
    await person.context.close();
    expect(person.complaints).toEqual([]);
  });

  /** The refusal's page, and its line in the tenant's sign-in log under the reference that the page shows. */
  async function expectRefusal(code: string, heading: string): Promise<void> {
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(heading);
    const reference = await readReference(page);
    const [tenant] = (await stack.store.listTenants()).filter(({ domain }) => domain === 'acme.localhost');
    const log = await stack.store.listSignInLog(tenant?.id ?? '', { limit: 20 });
    expect(log.find((line) => line.reference === reference)).toMatchObject({ code });
    const cookies = await person.context.cookies(acme);
    expect(cookies.filter(({ name }) => /^__Host-ipscape-(workspace|cti|toolbar)$/.test(name))).toEqual([]);
  }

  async function openSession(product: string): Promise<{ readonly status: number; readonly body: string }> {
    const response = await page.goto(`${acme}/${product}/session`);
    return { status: response?.status() ?? 0, body: (await response?.text()) ?? '' };
  }

  test('O6 an agent signs in once at Okta and reaches all three products', async () => {
    await signIn(page, acme, 'workspace', 'agent@acme.example');
    expect(page.url()).toBe(`${acme}/workspace/`);
    for (const product of PRODUCTS) {
      await page.goto(`${acme}/${product}/`);
      if (product === 'workspace') expect(await page.getByText('agent@acme.example').isVisible()).toBe(true);
      await page.waitForURL(`${acme}/${product}/`);
      expect(await page.title()).toBe(`Signed in – ipSCAPE ${PRODUCT_NAMES[product]}`);
    }
    const cookies = (await person.context.cookies(acme)).filter(({ name }) => name.startsWith('__Host-ipscape-'));
    expect(cookies.map(({ name }) => name).sort()).toEqual(
      PRODUCTS.map((product) => `__Host-ipscape-${product}`).sort(),
    );
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({
        secure: true,
        httpOnly: true,
        path: '/',
        sameSite: 'Lax',
        domain: 'acme.localhost',
      });
    }
  });

  test('the session route tells who is signed in, and signing out ends it for that product only', async () => {
    await signIn(page, acme, 'toolbar', 'agent@acme.example');
    await page.goto(`${acme}/cti/`);
    expect(JSON.parse((await openSession('toolbar')).body)).toMatchObject({
      user: { email: 'agent@acme.example', name: 'Arun Agent', role: 'agent' },
      tenant: { domain: 'acme.localhost' },
      product: 'toolbar',
    });
    await page.goto(`${acme}/toolbar/`);
    await page.getByRole('button', { name: 'Sign out of Agent Toolbar' }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You are signed out');
    expect((await openSession('toolbar')).status).toBe(401);
    expect((await openSession('cti')).status).toBe(200);
  });

  test.each([
    ['workspace', '200 {"tenant":"acme.localhost","calls":{"agent@acme.example":31}}'],
    ['cti', '200 {"tenant":"acme.localhost","name":"Maya Customer","case":"1042: Invoice shows the wrong address"}'],
    ['toolbar', '200 {"tenant":"acme.localhost","agents":[]}'],
  ])('the page of the %s asks its service with a product token', async (product, answer) => {
    await signIn(page, acme, product, 'agent@acme.example');
    await page.getByRole('button', { name: /^Ask the .* service$/ }).click();
    await page.getByText(answer, { exact: true }).waitFor();
  });

  test('the return path and the CRM’s parameters survive', async () => {
    await page.goto(`${acme}/workspace/login?return_to=${encodeURIComponent('/workspace/?report=7#top')}`);
    await page.getByRole('link', { name: 'Sign in with Okta' }).click();
    await chooseOktaUser(page, 'agent@acme.example');
    expect(page.url()).toBe(`${acme}/workspace/?report=7#top`);
    await page.goto(`${acme}/cti/login?integration=salesforce&sfdc=a%26b`);
    expect(page.url()).toBe(`${acme}/cti/?integration=salesforce&sfdc=a%26b`);
  });

  test.each(['workspace', 'toolbar'])('no script is needed to sign in to the %s', async (product) => {
    const scriptless = await newPerson(browser, { javaScriptEnabled: false });
    await signIn(scriptless.page, acme, product, 'agent@acme.example');
    expect(scriptless.page.url()).toBe(`${acme}/${product}/`);
    await scriptless.context.close();
  });

  test('the keyboard is enough', async () => {
    await page.goto(`${acme}/workspace/login`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/okta\.localhost/);
    await page.getByRole('textbox').focus();
    await page.keyboard.type('agent@acme.example');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${acme}/workspace/`);
    expect(await page.title()).toContain('Signed in');
  });

  describe('refusals', () => {
    test.each([
      ['not-in-ipscape', 'workspace', 'user-not-found', 'You can’t sign in here'],
      ['inactive', 'cti', 'user-inactive', 'You can’t sign in here'],
      ['toolbar-only', 'workspace', 'product-not-permitted', 'You can’t sign in here'],
      ['toolbar-only', 'cti', 'product-not-permitted', 'You can’t sign in here'],
      ['unassigned', 'toolbar', 'user-not-assigned', 'You can’t sign in here'],
    ] as const)('%s at the %s: %s', async (role, product, code, heading) => {
      await signIn(page, acme, product, `${role}@acme.example`);
      await expectRefusal(code, heading);
      await page.getByRole('link', { name: 'Use another account' }).click();
      await chooseOktaUser(page, 'agent@acme.example');
      expect(page.url()).toBe(`${acme}/${product}/`);
    });

    test('cancelled at Okta', async () => {
      await page.goto(`${acme}/toolbar/`);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await expectRefusal('idp-denied', 'The sign-in was cancelled');
      await page.getByRole('link', { name: 'Start again' }).click();
      await chooseOktaUser(page, 'agent@acme.example');
      expect(page.url()).toBe(`${acme}/toolbar/`);
    });

    test('a host name that belongs to no tenant', async () => {
      await page.goto(`${acme.replace('acme', 'nobody')}/workspace/login`);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('There is nothing here');
      expect(await page.getByRole('link').count()).toBe(0);
    });

    test('a tenant that has not connected its Okta', async () => {
      await page.goto(`${stack.origin({ name: 'globex' })}/workspace/login`);
      expect(await page.getByRole('status').textContent()).toContain('Single sign-on is not set up');
      await page.goto(`${stack.origin({ name: 'globex' })}/toolbar/login`);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Single sign-on is not set up');
    });

    test('a client secret that Okta no longer accepts', async () => {
      const okta = stack.okta.org('acme');
      const [client] = okta.clients;
      const { clientId = '', clientSecrets = [] } = client ?? {};
      const stored = clientSecrets.find(({ status }) => status === 'ACTIVE')?.value ?? '';
      const newer = okta.addClientSecret(clientId);
      okta.deactivateClientSecret(clientId, stored);
      await signIn(page, acme, 'toolbar', 'agent@acme.example');
      await expectRefusal('client-rejected', 'Single sign-on needs attention');
      // The tenant's administrator enters the new secret, and the next sign-in works.
      const [tenant] = (await stack.store.listTenants()).filter(({ domain }) => domain === 'acme.localhost');
      await stack.store.replaceClientSecret({ tenantId: tenant?.id ?? '', clientSecret: newer, actor: 'test' });
      await page.getByRole('link', { name: 'Start again' }).click();
      expect(page.url()).toBe(`${acme}/toolbar/`);
    });

    test('Okta goes away between the start and the token request', async () => {
      await page.goto(`${acme}/toolbar/`);
      stack.okta.org('acme').faults.token = { dropConnection: true };
      await chooseOktaUser(page, 'agent@acme.example');
      await expectRefusal('idp-unreachable', 'Your sign-in service can’t be reached');
      stack.okta.org('acme').faults.reset();
      await page.getByRole('link', { name: 'Start again' }).click();
      expect(page.url()).toBe(`${acme}/toolbar/`);
    });

    test('Okta answers nothing', async () => {
      stack.okta.org('acme').faults.omitEmailFromIdToken = true;
      stack.okta.org('acme').faults.userinfo = { hang: true };
      await signIn(page, acme, 'cti', 'agent@acme.example');
      await expectRefusal('idp-timeout', 'Your sign-in service can’t be reached');
    });

    test('a sign-in that another browser started', async () => {
      const started = page.waitForRequest(/\/oauth2\/v1\/authorize\?/);
      await page.goto(`${acme}/toolbar/`);
      const victim = await newPerson(browser);
      await victim.page.goto((await started).url());
      await chooseOktaUser(victim.page, 'agent@acme.example');
      expect(await victim.page.getByRole('heading', { level: 1 }).textContent()).toBe(
        'Your browser is blocking cookies',
      );
      await victim.context.close();
      // The one who started it gains nothing either.
      expect((await openSession('toolbar')).status).toBe(401);
    });
  });

  describe('what people do to a browser', () => {
    test('S9 reloading and going back after the sign-in', async () => {
      await page.goto(`${acme}/toolbar/`);
      const callback = page.waitForRequest((request) => request.url().startsWith(`${acme}/toolbar/login?`));
      await chooseOktaUser(page, 'agent@acme.example');
      const url = (await callback).url();
      stack.okta.org('acme').clearRequests();
      for (let times = 0; times < 3; times++) {
        await page.goto(url);
        expect(page.url()).toBe(`${acme}/toolbar/`);
      }
      expect(stack.okta.org('acme').requests.filter(({ endpoint }) => endpoint === 'token')).toEqual([]);
      await page.goBack();
      expect(await page.getByText('agent@acme.example').first().isVisible()).toBe(true);
    });

    test('S7 two tabs at once, finished in the other order', async () => {
      await page.goto(`${acme}/toolbar/`);
      const second = await person.context.newPage();
      await second.goto(`${acme}/cti/`);
      await chooseOktaUser(second, 'agent@acme.example');
      expect(second.url()).toBe(`${acme}/cti/`);
      await chooseOktaUser(page, 'agent@acme.example');
      expect(page.url()).toBe(`${acme}/toolbar/`);
    });

    test('loading a callback again that was refused', async () => {
      await signIn(page, acme, 'workspace', 'inactive@acme.example');
      await page.reload();
      await expectRefusal('transaction-repeated', 'This sign-in was already used');
    });

    test('finishing a sign-in after more than ten minutes', async () => {
      await page.goto(`${acme}/toolbar/`);
      await stack.query("update transactions set expires_at = now() - interval '1 second'");
      await chooseOktaUser(page, 'agent@acme.example');
      await expectRefusal('transaction-expired', 'The sign-in took too long');
    });
  });

  describe('every page', () => {
    const pages: readonly (readonly [name: string, open: (page: Page) => Promise<unknown>])[] = [
      ['welcome', (tab) => tab.goto(`${acme}/`)],
      ['sign-in', (tab) => tab.goto(`${acme}/workspace/login`)],
      [
        'sign-in with help open',
        async (tab) => {
          await tab.goto(`${acme}/workspace/login`);
          await tab.getByText('Having trouble?').click();
        },
      ],
      ['not connected', (tab) => tab.goto(`${stack.origin({ name: 'globex' })}/workspace/login`)],
      ['local Okta', (tab) => tab.goto(`${acme}/toolbar/login`)],
      ['refusal', (tab) => signIn(tab, acme, 'workspace', 'inactive@acme.example')],
      ['unknown address', (tab) => tab.goto(`${acme}/workspace/nothing`)],
      ['signed in', (tab) => signIn(tab, acme, 'workspace', 'agent@acme.example')],
      ['signed out', (tab) => tab.goto(`${acme}/toolbar/signed-out`)],
    ];
    test.each(pages)('%s is accessible, wide and narrow, light and dark', async (_name, open) => {
      for (const options of [
        { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
        { colorScheme: 'dark', viewport: { width: 320, height: 560 } },
      ] as const) {
        const visitor = await newPerson(browser, { ...options, bypassCSP: true });
        await open(visitor.page);
        await expectAccessible(visitor.page);
        await visitor.context.close();
      }
    });
  });
});
