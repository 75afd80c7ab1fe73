/**
 * @module
 * A tenant's provider that a test scripts word by word: it signs what it is told to with keys of its own, through the
 * endpoints of the tenant's local Okta org, so that requests are counted there as ever. A sign-in costs two requests.
 */
import type { EndpointFault } from '@ipscape/okta-devorg';
import { CALLBACK_PATHS, type Product } from '@ipscape/sso-core';
import { expect } from 'vitest';
import { encodePart, makeRsaKey, type SigningKey, signRs256 } from '../../packages/sso-core/test/signing-key.js';
import { type Answer, HttpBrowser } from './http-browser.js';
import { type Rig, type Snapshot, sessionCookies, startUrl, type TenantName } from './rig.js';

export type Json = Readonly<Record<string, unknown>>;

export interface Script {
  /** Whose host is used. Default acme. */
  readonly tenant?: TenantName;
  /** Whose org answers. Default the tenant's own. */
  readonly org?: TenantName;
  readonly product?: Product;
  /** Local part of the address that the token carries. Default `agent`. */
  readonly person?: string;
  readonly subject?: string;
  readonly header?: Json;
  /** Members that replace those of a good token; undefined removes one. */
  readonly claims?: Json | ((good: Json) => Json);
  readonly sign?: (input: string) => Buffer;
  /** Last change to the finished token. */
  readonly token?: (idToken: string) => string;
  readonly jwks?: unknown;
  /** Members that replace those of a good token answer. */
  readonly tokenAnswer?: Json;
  /** Last change to the token endpoint's answer. */
  readonly rawTokenAnswer?: (good: { readonly body: string }) => EndpointFault;
  readonly browser?: HttpBrowser;
  /** Seconds by which the provider's clock is ahead of the database's. */
  readonly providerAheadSeconds?: number;
}

export interface Attempt {
  readonly answer: Answer;
  readonly browser: HttpBrowser;
  readonly callback: string;
  /** Of the transaction cookie before the callback. */
  readonly cookie: string;
  readonly before: Snapshot;
  readonly tokenRequestsBefore: number;
  readonly userinfoRequestsBefore: number;
  readonly product: Product;
  readonly tenant: TenantName;
  readonly org: TenantName;
}

/** The key that signs unless a script says otherwise. */
export const PROVIDER_KEY = makeRsaKey('scripted-key');

export const publicJwks = (...keys: readonly SigningKey[]): unknown => ({ keys: keys.map(({ jwk }) => jwk) });

/** Starts a sign-in, has the provider answer as scripted, and returns what the callback's caller gets. */
export async function attemptSignIn(rig: Rig, script: Script = {}): Promise<Attempt> {
  const { tenant = 'acme', product = 'workspace', browser = new HttpBrowser() } = script;
  const { org: orgName = tenant } = script;
  const start = await browser.request(startUrl(rig, { tenant, product }));
  if (start.status !== 302) throw new Error(`The start answered ${start.status}: ${start.text}`);
  const request = new URL(start.location()).searchParams;
  answerAs(rig, script, { nonce: request.get('nonce') ?? '', clientId: request.get('client_id') ?? '' });
  const parameters = new URLSearchParams({ code: 'scripted-code', state: request.get('state') ?? '' });
  const callback = `${rig.tenants[tenant].origin}${CALLBACK_PATHS[product]}?${parameters}`;
  const cookie = browser.cookieHeader(callback);
  const before = await rig.snapshot();
  const tokenRequestsBefore = countRequests(rig, orgName, 'token');
  const userinfoRequestsBefore = countRequests(rig, orgName, 'userinfo');
  const answer = await browser.ask(callback);
  const counts = { tokenRequestsBefore, userinfoRequestsBefore };
  return { answer, browser, callback, cookie, before, ...counts, product, tenant, org: orgName };
}

function countRequests(rig: Rig, org: TenantName, endpoint: string): number {
  return rig.requestsTo(org).filter((name) => name === endpoint).length;
}

/** Puts the script's token and keys in place. */
export function answerAs(
  rig: Rig,
  script: Script,
  { nonce, clientId }: { readonly nonce: string; readonly clientId: string },
): void {
  const { tenant = 'acme', person = 'agent' } = script;
  const { org } = rig.tenants[script.org ?? tenant];
  const now = Math.floor(Date.now() / 1000) + (script.providerAheadSeconds ?? 0);
  const good: Json = {
    iss: org.origin,
    aud: clientId,
    sub: script.subject ?? `scripted-${person}`,
    iat: now,
    exp: now + 3600,
    auth_time: now,
    nonce,
    email: `${person}@${tenant}.example`,
  };
  const { claims = {} } = script;
  const payload = typeof claims === 'function' ? claims(good) : { ...good, ...claims };
  const header = { alg: 'RS256', kid: PROVIDER_KEY.kid, ...script.header };
  const input = `${encodePart(header)}.${encodePart(payload)}`;
  const signature = (script.sign ?? signRs256(PROVIDER_KEY.privateKey))(input).toString('base64url');
  const idToken = (script.token ?? ((text) => text))(`${input}.${signature}`);
  const body = { token_type: 'Bearer', access_token: 'ACCESS-CANARY', id_token: idToken, ...script.tokenAnswer };
  const answer = { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  org.faults.token = script.rawTokenAnswer?.(answer) ?? answer;
  org.faults.keys = { status: 200, body: JSON.stringify(script.jwks ?? publicJwks(PROVIDER_KEY)) };
}

const TOKEN_CODES: ReadonlySet<string> = new Set([
  'token-invalid',
  'issuer-mismatch',
  'dpop-required',
  'grant-rejected',
]);

/** Everything that a refused sign-in means; see docs/security.md. */
export async function expectRejected(rig: Rig, attempt: Attempt, code: string): Promise<void> {
  const { answer, browser, callback, cookie, before, product, tenant, org } = attempt;
  expect(answer.json()).toMatchObject({ code });
  expect(answer.status === 502 || answer.status === 503 || (answer.status >= 400 && answer.status < 500)).toBe(true);
  expect(sessionCookies(answer)).toEqual([]);
  expect((await browser.ask(`${rig.tenants[tenant].origin}/${product}/session`)).status).toBe(401);
  const { sessions, users, signInLog } = await rig.snapshot();
  expect({ sessions, users }).toEqual({ sessions: before.sessions, users: before.users });
  // One line for the tenant's administrator, and no question about the user after a token that failed.
  expect(signInLog).toBe(before.signInLog + 1);
  if (TOKEN_CODES.has(code)) {
    expect(countRequests(rig, org, 'userinfo')).toBe(attempt.userinfoRequestsBefore);
  }
  expect(answer.text).not.toMatch(/CANARY|scripted-|eyJ|<script|\.ts:\d/);
  expect(rig.logLines.join('')).not.toMatch(/CANARY|scripted-code|eyJ/);
  const [line] = await rig.store.listSignInLog(tenant, { limit: 1 });
  expect(line).toMatchObject({ code, product, reference: (answer.json() as { reference: string }).reference });
  // The transaction is spent: the good answer, a moment later, changes nothing.
  const again = await new HttpBrowser().ask(callback, { headers: { cookie } });
  expect(again.json()).toMatchObject({ code: 'transaction-repeated' });
  expect(countRequests(rig, org, 'token') - attempt.tokenRequestsBefore).toBeLessThanOrEqual(1);
}

/** One new session for the right user, and one token request. */
export async function expectAccepted(rig: Rig, attempt: Attempt, userId: string): Promise<void> {
  const { answer, browser, before, product, tenant, org } = attempt;
  expect([answer.status, answer.status === 303 ? '' : answer.text]).toEqual([303, '']);
  expect(sessionCookies(answer)).toHaveLength(1);
  expect((await rig.snapshot()).sessions).toBe(before.sessions + 1);
  const session = await browser.ask(`${rig.tenants[tenant].origin}/${product}/session`);
  expect(session.json()).toMatchObject({ user: { id: userId }, tenant: { id: tenant } });
  expect(countRequests(rig, org, 'token') - attempt.tokenRequestsBefore).toBe(1);
}
