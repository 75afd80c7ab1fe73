import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.js';
import { CRM_ONE, type CtiSite, startCtiSite } from '../support/cti-site.js';
import { type EngineBrowser, type EnginePage, otherPage, press, see, waitFor } from '../support/engines/engine.js';
import { firefox } from '../support/engines/firefox.js';
import { webkit } from '../support/engines/webkit.js';
import { hostPageUrl } from '../support/https-front.js';

const ENGINES = [firefox, webkit];
const AGENT = 'agent@acme.example';
const ADMIN = 'admin@acme.example';
const SETTINGS = '/workspace/administration/organisation-settings/login-and-security';
const IN_FRAME = { inFrame: true };

for (const { name, find } of ENGINES) {
  if (find() === null) console.warn(`${name} is not installed on this machine: its tests were left out.`);
}

describe.each(ENGINES)('a sign-in in $name', ({ find, launch }) => {
  let site: CtiSite;
  let proxy: ConnectProxy;
  let browser: EngineBrowser;
  let page: EnginePage;
  let acme: string;
  const isMissing = find() === null;

  beforeAll(async () => {
    if (isMissing) return;
    site = await startCtiSite();
    proxy = await startConnectProxy(site.front.port);
    acme = site.rig.tenants.acme.origin;
  });
  afterAll(async () => {
    await proxy?.stop();
    await site?.stop();
  });
  beforeEach(async () => {
    if (isMissing) return;
    await site.rig.repair();
    browser = await launch({ proxyPort: proxy.port });
    const [first] = await browser.pages();
    if (first === undefined) throw new Error('No window.');
    page = first;
  });
  afterEach(() => browser?.close());

  async function signIn(product: string, email: string): Promise<void> {
    await page.goto(`${acme}/${product}/login`);
    await press(page, 'Sign in with Okta');
    await press(page, email);
    await waitFor(page, `location.href === '${acme}/${product}/'`);
  }

  test.skipIf(isMissing)('O6 an agent signs in once at Okta and reaches all three products', async () => {
    await signIn('workspace', AGENT);
    for (const product of ['cti', 'toolbar', 'workspace']) {
      await page.goto(`${acme}/${product}/`);
      await waitFor(page, `document.title.startsWith('Signed in')`);
    }
  });

  test.skipIf(isMissing)(
    'O6 the form of the settings leads to Okta and back, and the settings are in force',
    async () => {
      await signIn('workspace', ADMIN);
      await page.goto(acme + SETTINGS);
      await press(page, 'Save and authorise');
      await press(page, ADMIN);
      await see(page, 'Everything is proved');
      await press(page, 'Save');
      await see(page, 'in force');
    },
  );

  // Firefox keeps the frame's cookie for this CRM alone, WebKit keeps none: there the session is in the frame's memory.
  describe.each([undefined, 'same-origin', 'same-origin-allow-popups'])('with COOP %s at Okta', (openerPolicy) => {
    test.skipIf(isMissing).each([false, true])(
      'I1, I5, I12 the CTI Adaptor in a CRM, isolated %s, signs in by a window of its own',
      { timeout: 90_000 },
      async (isIsolated) => {
        site.rig.tenants.acme.org.faults.openerPolicy = openerPolicy;
        await page.goto(hostPageUrl(CRM_ONE, { src: `${acme}/cti/?integration=crm`, isIsolated }));
        await press(page, 'Sign in with Okta', IN_FRAME);
        const window = await otherPage(browser, page);
        await press(window, AGENT);
        const digits = `document.body.innerText.match(/^\\d\\d$/m)?.[0]`;
        const numbers = [await waitFor(window, digits), await waitFor(page, digits, IN_FRAME)];
        expect(numbers[0]).toBe(numbers[1]);
        await press(window, 'Yes, sign in');
        await see(page, AGENT, IN_FRAME);
        await expectGoneOrDone(window);
      },
    );
  });

  const isOpen = async ({ id }: EnginePage): Promise<boolean> =>
    (await browser.pages()).some((other) => other.id === id);

  /** The window closed itself, or says that it can be closed, with nothing in its address. */
  async function expectGoneOrDone(window: EnginePage): Promise<void> {
    if (!(await isOpen(window))) return;
    const isDone = `document.querySelector('h1')?.textContent === 'You are signed in'`;
    try {
      await waitFor(window, isDone);
      expect(await window.evaluate('location.search + location.hash')).toBe('');
    } catch (error) {
      // It closed while it was asked.
      if (await isOpen(window)) throw error;
    }
  }
});
