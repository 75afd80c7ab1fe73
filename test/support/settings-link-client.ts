/**
 * @module
 * An administrator at the settings of a rig's tenant, as far as HTTP goes: the page's forms, the JSON API, and the
 * rounds of an authorisation at the local Okta.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Answer, HttpBrowser, HttpRequest } from './http-browser.js';
import { type PersonKey, type Rig, type RigTenant, signIn, type TenantName } from './rig.js';

export const SETTINGS = '/workspace/administration/organisation-settings/login-and-security';
export const API = '/workspace/api/sso';

export interface TypedSettings {
  readonly clientId: string;
  readonly hostName: string;
  readonly clientSecret: string;
}

export interface SettingsClient {
  readonly tenant: RigTenant;
  readonly browser: HttpBrowser;
  /** What the tenant's administrator would type. */
  readonly typed: TypedSettings;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown, options?: HttpRequest): Promise<Answer>;
  /** A button of the page. */
  submit(fields: Readonly<Record<string, string>>, options?: HttpRequest): Promise<Answer>;
  /** The newest revision that the settings show, or null. */
  seenRevisionId(): Promise<string | null>;
  /** Saves a draft; returns its id. */
  draft(change?: Partial<TypedSettings>): Promise<string>;
  /** *Save and authorise* of a draft with somebody at Okta; returns how it ended. */
  authorise(revisionId: string, person?: PersonKey): Promise<Authorisation>;
  /** Draft, *Save and authorise* and *Save*; returns the revision's id. */
  connect(change?: Partial<TypedSettings>): Promise<string>;
}

export interface Authorisation {
  readonly authorisationId: string;
  readonly revisionId: string;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly failure: { readonly code: string; readonly advice: string } | null;
  readonly redirectUris: readonly { readonly route: string; readonly redirectUri: string; readonly state: string }[];
  readonly claims: readonly string[];
  readonly matchedUser: { readonly id: string; readonly email: string } | null;
}

/** Signed in at Okta as the tenant's administrator, or as somebody else. */
export async function signedInClient(
  rig: Rig,
  browser: HttpBrowser,
  name: TenantName = 'acme',
  person: PersonKey = 'admin',
): Promise<SettingsClient> {
  const answer = await signIn(rig, browser, { tenant: name, person });
  if (answer.status !== 303) throw new Error(`The sign-in answered ${answer.status}: ${answer.text}`);
  return settingsClient(rig, browser, name);
}

/** With a link of the Service Desk, as somebody who cannot sign in. */
export async function linkedClient(rig: Rig, browser: HttpBrowser, name: TenantName = 'acme'): Promise<SettingsClient> {
  const { id: tenantId, origin } = rig.tenants[name];
  const token = randomBytes(32).toString('base64url');
  const tokenHash = createHash('sha256').update(token).digest('base64url');
  await rig.store.createAdminLink({ tenantId, tokenHash, ttlSeconds: 900, actor: 'service-desk' });
  const answer = await browser.post(`${origin}/workspace/admin-link/${token}`);
  if (answer.status !== 303) throw new Error(`The link answered ${answer.status}: ${answer.text}`);
  return settingsClient(rig, browser, name);
}

export function settingsClient(rig: Rig, browser: HttpBrowser, name: TenantName = 'acme'): SettingsClient {
  const tenant = rig.tenants[name];
  const typed = { clientId: tenant.clientId, hostName: tenant.org.host, clientSecret: tenant.clientSecret };
  const urlOf = (path: string): string => tenant.origin + (path.startsWith('/') ? path : `${API}/${path}`);

  const client: SettingsClient = {
    tenant,
    browser,
    typed,
    get: (path) => browser.ask(urlOf(path)),
    post: (path, body, options = {}) => send(urlOf(path), 'application/json', JSON.stringify(body), options),
    submit: (fields, options = {}) => {
      const body = new URLSearchParams(fields).toString();
      const headers = { accept: 'text/html', ...options.headers };
      return send(urlOf(SETTINGS), 'application/x-www-form-urlencoded', body, { ...options, headers });
    },
    async seenRevisionId() {
      const view = done(await client.get('settings')) as Readonly<Record<string, { revisionId: string } | null>>;
      return (view.pending ?? view.active)?.revisionId ?? null;
    },
    async draft(change = {}) {
      const body = {
        providerId: 'okta',
        values: { ...typed, ...change },
        seenRevisionId: await client.seenRevisionId(),
      };
      const { revision } = done(await client.post('draft', body)) as { revision: { revisionId: string } };
      return revision.revisionId;
    },
    async authorise(revisionId, person = 'admin') {
      const begun = done(await client.post('authorise', { revisionId })) as {
        authorisation: Authorisation;
        open: string;
      };
      await walkRounds(browser, tenant.origin + begun.open, `${person}@${name}.example`);
      const id = begun.authorisation.authorisationId;
      return done(await client.get(`authorisations/${id}`)) as unknown as Authorisation;
    },
    async connect(change) {
      const revisionId = await client.draft(change);
      const { status, failure } = await client.authorise(revisionId);
      if (status !== 'succeeded') throw new Error(`The authorisation ${status}: ${failure?.code}`);
      done(await client.post('save', { revisionId }));
      return revisionId;
    },
  };
  return client;

  function send(url: string, type: string, body: string, options: HttpRequest): Promise<Answer> {
    const length = String(Buffer.byteLength(String(options.body ?? body)));
    const headers = { accept: 'application/json', 'content-type': type, 'content-length': length, ...options.headers };
    return browser.post(url, { body, ...options, headers });
  }
}

/**
 * Goes through the rounds of an authorisation as a browser does, choosing one user at Okta. Returns the last answer:
 * the redirect to the result, or to the first address that `isEnd` accepts, or whatever the browser is stuck at.
 */
export async function walkRounds(
  browser: HttpBrowser,
  firstUrl: string,
  email: string,
  isEnd = (url: string): boolean => url.endsWith('#result'),
): Promise<Answer> {
  const origin = new URL(firstUrl).host;
  let answer = await browser.request(firstUrl);
  for (let steps = 0; steps < 40; steps++) {
    const next = nextUrl(answer);
    if (next === null || isEnd(next)) return answer;
    answer = await browser.request(next);
    const isChooser = new URL(next).host !== origin && answer.status === 200;
    if (isChooser) {
      const body = new URLSearchParams({ email }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
      answer = await browser.request(next, { method: 'POST', body, headers });
    }
  }
  throw new Error('The rounds do not end.');
}

/** Of a redirect, or of a page that forwards. */
function nextUrl(answer: Answer): string | null {
  if (answer.headers.location !== undefined) return answer.location();
  const forwarded = /http-equiv="refresh" content="0;url=([^"]*)"/.exec(answer.text)?.[1];
  return forwarded?.replaceAll('&amp;', '&') ?? null;
}

function done(answer: Answer): Record<string, unknown> {
  if (answer.status !== 200) throw new Error(`${answer.url} answered ${answer.status}: ${answer.text}`);
  return answer.json();
}

/** The fields that a refusal of the API names. */
export function fieldsOf(answer: Answer): readonly string[] {
  const errors = (answer.json().errors ?? []) as readonly { readonly path: string }[];
  return errors.map(({ path }) => path.replace(/^values\./, ''));
}
