/**
 * @module
 * An administrator at the settings of a tenant of the rig: page, JSON API, and the whole way through Okta.
 */
import type { z } from '@hono/zod-openapi';
import { expect } from 'vitest';
import { type Answer, HttpBrowser } from './http-browser.js';
import { chooseUser, type PersonKey, type Rig, signIn, type TenantName } from './rig.js';

export const SETTINGS_PAGE = '/workspace/administration/organisation-settings/login-and-security';
const API = '/workspace/api/sso';

export interface ApiCall {
  readonly headers?: Readonly<Record<string, string | null>>;
  /** As it goes over the wire, in place of `JSON.stringify(body)`. */
  readonly rawBody?: string;
}

export class SettingsClient {
  readonly browser: HttpBrowser;
  readonly rig: Rig;
  readonly tenant: TenantName;

  constructor(rig: Rig, tenant: TenantName, browser: HttpBrowser) {
    this.rig = rig;
    this.tenant = tenant;
    this.browser = browser;
  }

  get origin(): string {
    return this.rig.tenants[this.tenant].origin;
  }

  get email(): string {
    return `admin@${this.tenant}.example`;
  }

  page(query = ''): Promise<Answer> {
    return this.browser.request(`${this.origin}${SETTINGS_PAGE}${query}`);
  }

  get(path: string): Promise<Answer> {
    return this.browser.ask(`${this.origin}${API}/${path}`);
  }

  post(path: string, body: unknown = {}, { headers = {}, rawBody }: ApiCall = {}): Promise<Answer> {
    const text = rawBody ?? JSON.stringify(body);
    return this.browser.post(`${this.origin}${API}/${path}`, {
      body: text,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
        ...headers,
      },
    });
  }

  /** As the page's form sends it. */
  submit(fields: Readonly<Record<string, string>>): Promise<Answer> {
    const body = new URLSearchParams(fields).toString();
    return this.browser.post(`${this.origin}${SETTINGS_PAGE}`, {
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) },
    });
  }

  /** What a correct form holds. */
  values(change: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    const { clientId, clientSecret, org } = this.rig.tenants[this.tenant];
    return { clientId, clientSecret, hostName: org.host, ...change };
  }

  async seen(): Promise<string | null> {
    const connection = await this.rig.store.findConnection(this.rig.tenants[this.tenant].id);
    return (connection?.pending ?? connection?.active)?.revisionId ?? null;
  }

  async draft(change: Readonly<Record<string, string>> = {}, call: ApiCall = {}): Promise<Answer> {
    const body = { providerId: 'okta', values: this.values(change), seenRevisionId: await this.seen() };
    return this.post('draft', body, call);
  }

  /** From the address of the first round through Okta to the end; returns the last answer of ours. */
  async walk(open: string, email = this.email): Promise<Answer> {
    let url = `${this.origin}${open}`;
    for (let hops = 0; hops < 30; hops++) {
      const answer = await this.browser.request(url);
      const left = /<a class="button" href="([^"]+)">/.exec(answer.text)?.[1]?.replaceAll('&amp;', '&');
      if (answer.headers.location === undefined && left === undefined) return answer;
      const next = answer.headers.location === undefined ? (left ?? '') : answer.location();
      if (next.includes('#result')) return answer;
      const isOkta = new URL(next).origin !== this.origin;
      url = isOkta ? await chooseUser(this.browser, next, email) : next;
    }
    throw new Error('The authorisation goes round in circles.');
  }
}

/** A signed-in person at the settings. */
export async function openSettings(
  rig: Rig,
  { tenant = 'acme', person = 'admin' }: { readonly tenant?: TenantName; readonly person?: PersonKey } = {},
): Promise<SettingsClient> {
  const browser = new HttpBrowser();
  const answer = await signIn(rig, browser, { tenant, person });
  expect(answer.status).toBe(303);
  return new SettingsClient(rig, tenant, browser);
}

/** The body, held against the schema that the API publishes. */
export function parsed<Schema extends z.ZodType>(answer: Answer, schema: Schema, status = 200): z.output<Schema> {
  expect([answer.status, answer.text.slice(0, 500)]).toEqual([status, expect.any(String)]);
  return schema.parse(JSON.parse(answer.text));
}
