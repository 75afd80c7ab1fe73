/**
 * @module
 * What every browser test of the settings page begins with: the local stack, one Chromium for the file, and for each
 * test a new browser profile and a tenant of its own at the local Okta org `globex`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { redirectUris } from '@ipscape/sso-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { connectionDetails } from '../../apps/dev-stack/src/local-okta.js';
import { chooseOktaUser, newPerson, type Person, signIn } from './browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from './chromium.js';
import { startTestStack, type TestStack } from './local-stack.js';
import { SETTINGS } from './settings-link-client.js';

export const ADMIN = 'admin@globex.example';
export const AGENT = 'agent@globex.example';
const UNASSIGNED = 'unassigned@globex.example';
const ACTOR = 'test';

export const chromiumPath = findChromium();
if (chromiumPath === null) console.warn(NO_CHROMIUM);

export interface StageTenant {
  readonly id: string;
  readonly domain: string;
  readonly origin: string;
}

/** A state to begin with, made through the store. */
export type ConnectionState = 'draft' | 'proved' | 'in-force' | 'disabled';

export class SettingsStage {
  readonly stack: TestStack;
  readonly browser: Browser;
  readonly person: Person;
  readonly tenant: StageTenant;

  constructor(parts: {
    readonly stack: TestStack;
    readonly browser: Browser;
    readonly person: Person;
    readonly tenant: StageTenant;
  }) {
    this.stack = parts.stack;
    this.browser = parts.browser;
    this.person = parts.person;
    this.tenant = parts.tenant;
  }

  get page(): Page {
    return this.person.page;
  }

  get store() {
    return this.stack.store;
  }

  get org() {
    return this.stack.okta.org('globex');
  }

  /** What the tenant's administrator types. */
  get details() {
    return connectionDetails(this.stack.okta, { name: 'globex' });
  }

  get settingsUrl(): string {
    return this.tenant.origin + SETTINGS;
  }

  /** As the Service Desk makes a link, and whoever receives it opens it. */
  async openByLink(page: Page = this.page): Promise<void> {
    const token = randomBytes(32).toString('base64url');
    const tokenHash = createHash('sha256').update(token).digest('base64url');
    await this.store.createAdminLink({ tenantId: this.tenant.id, tokenHash, ttlSeconds: 900, actor: 'service-desk' });
    await page.goto(`${this.tenant.origin}/workspace/admin-link/${token}`);
    await page.getByRole('button', { name: 'Open the settings', exact: true }).click();
    await page.waitForURL(this.settingsUrl);
  }

  /** Signed in with Okta, which the tenant must be connected to. */
  async openSignedIn(email: string, page: Page = this.page): Promise<void> {
    await signIn(page, this.tenant.origin, 'workspace', email);
    await page.waitForURL(`${this.tenant.origin}/workspace/`);
    await page.goto(this.settingsUrl);
  }

  async fill(values: Partial<SettingsStage['details']> = {}, page: Page = this.page): Promise<void> {
    const { hostName, clientId, clientSecret } = { ...this.details, ...values };
    await page.getByLabel('Enable', { exact: true }).check();
    await page.getByLabel('Provider', { exact: true }).selectOption('okta');
    await page.getByLabel('Client ID', { exact: true }).fill(clientId);
    await page.getByLabel('Host Name', { exact: true }).fill(hostName);
    await page.getByLabel('Client Secret', { exact: true }).fill(clientSecret);
  }

  async press(name: string, page: Page = this.page): Promise<void> {
    await page.getByRole('button', { name, exact: true }).click();
  }

  /** *Save and authorise*, with somebody at Okta; ends where Okta or the last round leaves the browser. */
  async authorise(email = ADMIN): Promise<void> {
    await this.goToOkta();
    await chooseOktaUser(this.page, email);
  }

  /** *Save and authorise* as far as Okta's page. */
  async goToOkta(): Promise<void> {
    await this.press('Save and authorise');
    await this.page.waitForURL((url) => url.hostname !== this.tenant.domain);
  }

  /** The verdict's text. */
  async verdict(): Promise<string> {
    await this.page.waitForURL(`${this.settingsUrl}#result`);
    return (await this.page.locator('#result').textContent()) ?? '';
  }

  async alert(page: Page = this.page): Promise<string> {
    return (await page.getByRole('alert').textContent()) ?? '';
  }

  connection() {
    return this.store.findConnection(this.tenant.id);
  }

  /** Makes a revision of the working settings, or of others, and brings it as far as asked for; returns its id. */
  async prepare(state: ConnectionState, change: { readonly clientId?: string } = {}): Promise<string> {
    const { store, tenant } = this;
    const { clientId, clientSecret } = { ...this.details, ...change };
    const key = { tenantId: tenant.id, actor: ACTOR };
    const { revisionId } = await store.createDraft({
      ...key,
      providerId: 'okta',
      issuer: this.org.origin,
      clientId,
      config: { hostName: this.org.host },
      clientSecret: { value: clientSecret },
    });
    if (state === 'draft') return revisionId;
    await this.#prove(revisionId);
    if (state === 'proved') return revisionId;
    await store.activateRevision({ ...key, revisionId });
    if (state === 'disabled') await store.setConnectionEnabled({ ...key, enabled: false });
    return revisionId;
  }

  async #prove(revisionId: string): Promise<void> {
    const { store, tenant } = this;
    const [workspace = '', authorise = '', cti = '', toolbar = ''] = redirectUris(tenant.origin);
    const rounds = Object.entries({ authorise, workspace, cti, toolbar }).map(([route, redirectUri]) => ({
      route: route as 'authorise' | 'workspace' | 'cti' | 'toolbar',
      redirectUri,
    }));
    const actor = { userId: ACTOR, email: ACTOR, sessionId: ACTOR };
    const { authorisationId } = await store.createAuthorisation({ tenantId: tenant.id, revisionId, actor, rounds });
    const key = { tenantId: tenant.id, authorisationId };
    const admin = (await store.listUsers(tenant.id)).find(({ email }) => email === ADMIN);
    await store.recordVerifiedSignIn({ ...key, claims: ['sub', 'email'], matchedUserId: admin?.id ?? null });
    for (const product of ['workspace', 'cti', 'toolbar'] as const) await store.proveRedirectUri({ ...key, product });
    await store.markAuthorised({ tenantId: tenant.id, revisionId, actor: ACTOR });
    await store.succeedAuthorisation(key);
  }

  /** Lets the time go by within which Okta should have come back. */
  async passRoundLimit(): Promise<void> {
    await this.stack.query(
      `update authorisation_rounds set started_at = started_at - interval '121 seconds'
       where tenant_id = $1 and answered_at is null and started_at is not null`,
      [this.tenant.id],
    );
  }
}

/** Registers the hooks of a describe block; the returned function gives the running test its stage. */
export function useSettingsStage(options: BrowserContextOptions = {}): () => SettingsStage {
  let stack: TestStack | undefined;
  let browser: Browser | undefined;
  let stage: SettingsStage | undefined;
  let tenants = 0;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startTestStack(), launchChromium(chromiumPath ?? '')]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(async () => {
    if (stack === undefined || browser === undefined) throw new Error('The stack was not started.');
    const tenant = await addTenant(stack, `tenant-${++tenants}`);
    const person = await newPerson(browser, options);
    person.page.setDefaultTimeout(15_000);
    stage = new SettingsStage({ stack, browser, person, tenant });
  });
  afterEach(async () => {
    if (stage === undefined) return;
    stage.org.faults.reset();
    await stage.person.context.close();
    expect(stage.person.complaints).toEqual([]);
  });
  return () => {
    if (stage === undefined) throw new Error('There is a stage only while a test runs.');
    return stage;
  };
}

/** Entitled, not connected, with the people who matter to the settings; its redirect URIs are known at Okta. */
async function addTenant(stack: TestStack, name: string): Promise<StageTenant> {
  const { store } = stack;
  const domain = `${name}.localhost`;
  const { id } = await store.addTenant({ name, domain, actor: ACTOR });
  await store.setSsoEntitlement({ tenantId: id, entitled: true, actor: ACTOR });
  const products = ['workspace', 'cti', 'toolbar'] as const;
  const user = { tenantId: id, products, actor: ACTOR };
  await store.addUser({ ...user, email: ADMIN, name: 'Ada Administrator', role: 'administrator' });
  await store.addUser({ ...user, email: AGENT, name: 'Arun Agent', role: 'agent' });
  await store.addUser({ ...user, email: UNASSIGNED, name: 'Umar Unassigned', role: 'agent' });
  const origin = `http://${domain}:${stack.port}`;
  const org = stack.okta.org('globex');
  const { clientId } = connectionDetails(stack.okta, { name: 'globex' });
  for (const uri of redirectUris(origin)) org.addRedirectUri(clientId, uri);
  return { id, domain, origin };
}
