/**
 * @module
 * The CTI Adaptor in a CRM's frame, in a real browser over https: the adapters and their database, the products' pages
 * of the local stack, two CRMs and an attacker, each on a site of its own.
 */
import { Hono } from 'hono';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  errors,
  type FrameLocator,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';
import { createGateway } from '../../apps/dev-stack/src/gateway.js';
import { openOnPglite, openOnServer } from '../../packages/sso-store/test/test-stores.js';
import { startThrowawayPostgres } from '../../packages/sso-store/test/throwaway-postgres.js';
import { launchChromium, launchProfile } from './chromium.js';
import { type HostPageOptions, type HttpsFront, hostPageUrl, startHttpsFront } from './https-front.js';
import { type Rig, startRig } from './rig.js';
import { temporaryFolder } from './temporary-folder.js';

export const CRM_ONE = 'crm-one.test';
export const CRM_TWO = 'crm-two.test';
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

  private constructor(
    rig: Rig,
    browser: Browser,
    front: HttpsFront,
    executablePath: string,
    stops: (() => Promise<unknown>)[],
  ) {
    this.rig = rig;
    this.browser = browser;
    this.origin = rig.tenants.acme.origin;
    this.#executablePath = executablePath;
    this.#front = front;
    this.#stops = stops;
  }

  /** Acme lets both CRMs show its CTI Adaptor; globex lets a third. */
  static async start(executablePath: string): Promise<CtiStage> {
    const postgres = await startThrowawayPostgres();
    const rig = await startRig(postgres === null ? await openOnPglite() : await openOnServer(postgres), {
      isBehindTls: true,
      trustedProxies: ['127.0.0.1'],
    });
    for (const [tenantId, hosts] of [
      ['acme', [CRM_ONE, CRM_TWO]],
      ['globex', ['crm-three.test']],
    ] as const) {
      const origins = hosts.map((host) => `https://${host}`);
      await rig.store.setFrameOrigins({ tenantId, origins, seen: [], actor: 'test' });
    }
    const adapter = { fetch: (request: Request, env: unknown) => rig.instance.fetch(request, env) };
    const gateway = createGateway({
      adapters: { workspace: adapter, cti: adapter, toolbar: adapter },
      services: { workspace: '', cti: '', toolbar: '' },
      health: new Hono(),
      origins: ({ name }) => rig.tenants[name].origin,
      frameOrigins: async (domain) => (await rig.store.findTenantSetup(domain))?.tenant.frameOrigins ?? [],
    });
    const front = await startHttpsFront((request, env) => gateway.fetch(request, env as object));
    const browser = await launchChromium(executablePath, { httpsPort: front.port });
    const stops = [() => browser.close(), () => front.stop(), () => rig.stop(), async () => postgres?.stop()];
    return new CtiStage(rig, browser, front, executablePath, stops);
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
