/**
 * @module
 * The CTI Adaptor in a CRM's frame, in a real browser over https: the adapters and their database, the products' pages
 * of the local stack, two CRMs and an attacker, each on a site of its own.
 */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  errors,
  type FrameLocator,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';
import { launchChromium, launchProfile } from './chromium.js';
import { CRM_ONE, type CtiSite, startCtiSite } from './cti-site.js';
import { type HostPageOptions, type HttpsFront, hostPageUrl } from './https-front.js';
import type { Rig } from './rig.js';
import { temporaryFolder } from './temporary-folder.js';

export { CRM_ONE, CRM_TWO } from './cti-site.js';
export const EVIL = 'evil.test';
export const AGENT = 'agent@acme.example';

/** For steps that wait for a browser; a loaded machine may take long. */
export const WAIT = { timeout: 30_000 };

/** Settings of a browser for cookies; without any it keeps only what is partitioned of another site's frame. */
export const COOKIES = {
  allowed: { profile: { cookie_controls_mode: 0 } },
  /** Nothing at all is kept for the frame, and everything for the window. */
  refused: {
    profile: {
      content_settings: {
        exceptions: { cookies: { [`https://acme.localhost:443,https://${CRM_ONE}:443`]: { setting: 2 } } },
      },
    },
  },
  none: {
    profile: { content_settings: { exceptions: { cookies: { 'https://acme.localhost:443,*': { setting: 2 } } } } },
  },
} as const;

export interface OpenedCrm {
  readonly page: Page;
  /** The innermost frame. */
  readonly frame: FrameLocator;
}

export class CtiStage {
  readonly rig: Rig;
  readonly browser: Browser;
  readonly origin: string;
  readonly #executablePath: string;
  readonly #front: HttpsFront;
  readonly #stops: (() => Promise<unknown>)[];

  private constructor({ rig, front, stop }: CtiSite, browser: Browser, executablePath: string) {
    this.rig = rig;
    this.browser = browser;
    this.origin = rig.tenants.acme.origin;
    this.#executablePath = executablePath;
    this.#front = front;
    this.#stops = [() => browser.close(), stop];
  }

  static async start(executablePath: string): Promise<CtiStage> {
    const site = await startCtiSite();
    const browser = await launchChromium(executablePath, { httpsPort: site.front.port });
    return new CtiStage(site, browser, executablePath);
  }

  /** An incognito window: Chromium blocks the cookies of third parties in it, and keeps those that are partitioned. */
  newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    return this.browser.newContext({ ...options, ignoreHTTPSErrors: true });
  }

  /** Another browser, with settings of its own; it ends with the stage. */
  async newProfile(preferences: object): Promise<BrowserContext> {
    const folder = await temporaryFolder();
    const profile = { folder: folder.path, preferences, httpsPort: this.#front.port };
    const context = await launchProfile(this.#executablePath, profile);
    this.#stops.unshift(async () => {
      await context.close();
      await folder.remove();
    });
    return context;
  }

  /** A page of a CRM with the CTI Adaptor in its frame. */
  async openCrm(
    context: BrowserContext,
    {
      host = CRM_ONE,
      path = '/cti/login?integration=crm',
      ...options
    }: Partial<Omit<HostPageOptions, 'src'>> & {
      readonly host?: string;
      readonly path?: string;
    } = {},
  ): Promise<OpenedCrm> {
    const page = await context.newPage();
    await page.goto(hostPageUrl(host, { ...options, src: this.origin + path }));
    return { page, frame: page.frameLocator('iframe') };
  }

  /** Presses the frame's button and returns the window that opens. */
  async openWindow({ page, frame }: OpenedCrm): Promise<Page> {
    // Not the page's own event: with an isolated CRM the window has no opener.
    const opening = page.context().waitForEvent('page', WAIT);
    await frame.getByRole('button', { name: 'Sign in with Okta' }).click(WAIT);
    return opening;
  }

  async chooseUser(window: Page, email: string = AGENT): Promise<void> {
    await window.getByRole('button', { name: email, exact: true }).click(WAIT);
  }

  /** The number that both show. */
  async numbers({ frame }: OpenedCrm, window: Page): Promise<readonly [frame: string | null, window: string | null]> {
    await window.getByRole('button', { name: 'Yes, sign in' }).waitFor(WAIT);
    const digits = /^\d\d$/;
    return [
      await frame.getByRole('dialog').getByText(digits).textContent(WAIT),
      await window.getByText(digits).textContent(WAIT),
    ];
  }

  /** The window goes away with it, or says that it can be closed. */
  async confirm(window: Page): Promise<void> {
    const closed = window.isClosed() ? Promise.resolve() : window.waitForEvent('close', WAIT);
    await window
      .getByRole('button', { name: 'Yes, sign in' })
      .click(WAIT)
      .catch((error: unknown) => {
        // It closed itself while the click was still being told of.
        if (!window.isClosed() || error instanceof errors.TimeoutError) throw error;
      });
    await closed;
  }

  /** The whole of it; the frame then shows who is signed in. */
  async signIn(crm: OpenedCrm): Promise<void> {
    const window = await this.openWindow(crm);
    await this.chooseUser(window);
    const [inFrame, inWindow] = await this.numbers(crm, window);
    expect(inFrame).toBe(inWindow);
    await this.confirm(window);
    await this.expectSignedIn(crm);
  }

  async expectSignedIn({ frame }: OpenedCrm): Promise<void> {
    await frame.getByText(AGENT).waitFor(WAIT);
  }

  /** Why the frame says that it is not signed in. */
  async problem({ frame }: OpenedCrm): Promise<string> {
    await frame.getByRole('alert').waitFor(WAIT);
    return (await frame.locator('#problem-text').textContent()) ?? '';
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) await stop();
  }
}
