/**
 * @module
 * "Login and security" as a program uses it: links of the Service Desk, the JSON API, the buttons of the page.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Answer, HttpBrowser } from './http-browser.js';
import type { Rig, TenantName } from './rig.js';

export const SETTINGS_PATH = '/workspace/administration/organisation-settings/login-and-security';
const ACTOR = 'test';

/** As the Service Desk makes a link and whoever receives it opens it. */
export async function openByLink(rig: Rig, browser: HttpBrowser, name: TenantName = 'acme'): Promise<Answer> {
  const { id, origin } = rig.tenants[name];
  const token = await createLink(rig, name);
  const answer = await browser.post(`${origin}/workspace/admin-link/${token}`);
  if (answer.status !== 303) throw new Error(`The link of ${id} answered ${answer.status}: ${answer.text}`);
  return answer;
}

/** A link that nobody has opened yet; returns its token. */
export async function createLink(rig: Rig, name: TenantName = 'acme'): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const tokenHash = createHash('sha256').update(token).digest('base64url');
  await rig.store.createAdminLink({ tenantId: rig.tenants[name].id, tokenHash, ttlSeconds: 900, actor: ACTOR });
  return token;
}

export interface ApiCall {
  readonly tenant?: TenantName;
  /** Replaces headers of the same name; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Sent as it is, in place of the JSON. */
  readonly raw?: string;
}

/** Reads when there is no body, writes otherwise. */
export function callApi(
  rig: Rig,
  browser: HttpBrowser,
  path: string,
  body?: unknown,
  { tenant = 'acme', headers = {}, raw }: ApiCall = {},
): Promise<Answer> {
  const url = `${rig.tenants[tenant].origin}/workspace/api/sso/${path}`;
  if (body === undefined && raw === undefined) return browser.ask(url, { headers });
  const text = raw ?? JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  return browser.post(url, {
    body: text,
    headers: { accept: 'application/json', 'content-type': 'application/json', 'content-length': length, ...headers },
  });
}

/** Presses a button of the page. */
export function press(rig: Rig, browser: HttpBrowser, fields: Readonly<Record<string, string>>): Promise<Answer> {
  const body = new URLSearchParams(fields).toString();
  return browser.post(rig.tenants.acme.origin + SETTINGS_PATH, {
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) },
  });
}

/** Status and code of a refusal, to compare at once. */
export function refusalOf(answer: Answer): readonly [status: number, code: unknown] {
  return [answer.status, answer.json().code];
}

/** As if a day had gone by for everything that is counted per ten minutes. */
export async function forgetAttempts({ database }: Rig): Promise<void> {
  await database.query('alter table audit_events disable trigger audit_events_append_only');
  await database.query(`update audit_events set occurred_at = occurred_at - interval '1 day'`);
  await database.query('alter table audit_events enable trigger audit_events_append_only');
  await database.query(`update authorisations set started_at = started_at - interval '1 day'`);
}
