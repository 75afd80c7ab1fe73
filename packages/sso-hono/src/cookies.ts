/**
 * @module
 * The kinds of cookie: one session handle per product, and one secret per sign-in under way. All are opaque
 * random values with the `__Host-` prefix, so that a sibling sub-domain can neither set nor read them.
 * RFC 6265bis §4.1.3.2.
 */
import { HANDOFF_TTL_SECONDS, MAX_TRANSACTIONS_PER_BROWSER, type Product } from '@ipscape/sso-core';

const SECRET = /^[A-Za-z0-9_-]{43}$/;
const TRANSACTION_PREFIX = '__Host-ipscape-tx-';
const TRANSACTION_NAME = /^__Host-ipscape-tx-[A-Za-z0-9_-]{12}$/;
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';

export function sessionCookieName(product: Product): string {
  return `__Host-ipscape-${product}`;
}

/** Ends with the browser: agents share desks. The server's limits end it earlier. */
export function sessionCookie(product: Product, handle: string): string {
  return `${sessionCookieName(product)}=${handle}; ${ATTRIBUTES}`;
}

export function clearedSessionCookie(product: Product): string {
  return `${sessionCookieName(product)}=; ${ATTRIBUTES}; Max-Age=0`;
}

/**
 * In a frame on another site: kept apart for each site that embeds it, so that two CRMs in one browser do not share a
 * session. https://datatracker.ietf.org/doc/draft-cutler-httpbis-partitioned-cookies/
 */
const FRAME_ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=None; Partitioned';

export function frameSessionCookie(product: Product, handle: string): string {
  return `${sessionCookieName(product)}=${handle}; ${FRAME_ATTRIBUTES}`;
}

export function clearedFrameSessionCookie(product: Product): string {
  return `${sessionCookieName(product)}=; ${FRAME_ATTRIBUTES}; Max-Age=0`;
}

const FRAME_PROBE = '__Host-ipscape-frame';

/** Shows later whether the browser keeps cookies of this frame. */
export const FRAME_PROBE_COOKIE = `${FRAME_PROBE}=1; ${FRAME_ATTRIBUTES}; Max-Age=${2 * HANDOFF_TTL_SECONDS}`;

export function keepsFrameCookies(header: string | undefined): boolean {
  return readSecret(header, FRAME_PROBE, (value) => (value === '1' ? value : null)) !== null;
}

const HANDOFF_PREFIX = '__Host-ipscape-handoff-';
const HANDOFF_NAME = /^__Host-ipscape-handoff-[A-Za-z0-9_-]{12}$/;
const handoffCookieName = (handoffId: string): string => HANDOFF_PREFIX + handoffId.slice(0, 12);

/** Of the window that signed in for a frame: only there the user can confirm. */
export function handoffCookie(handoffId: string, secret: string): string {
  return `${handoffCookieName(handoffId)}=${secret}; ${ATTRIBUTES}; Max-Age=${HANDOFF_TTL_SECONDS}`;
}

export function clearedHandoffCookie(handoffId: string): string {
  return `${handoffCookieName(handoffId)}=; ${ATTRIBUTES}; Max-Age=0`;
}

/**
 * Beginnings of the ids of handoffs whose windows have to give way so that one more can ask, oldest first: browsers send
 * the cookies of one path in the order of their creation. RFC 6265 §5.4.
 */
export function supersededHandoffs(header: string | undefined): readonly string[] {
  const names = readPairs(header)
    .map(([name]) => name)
    .filter((name) => HANDOFF_NAME.test(name));
  return toSupersede(names).map((name) => name.slice(HANDOFF_PREFIX.length));
}

/** The first ones, as many as it takes for one more to be one of at most seven. */
function toSupersede<Item>(oldestFirst: readonly Item[]): readonly Item[] {
  return oldestFirst.slice(0, Math.max(0, oldestFirst.length - MAX_TRANSACTIONS_PER_BROWSER + 1));
}

export function readHandoffSecret(header: string | undefined, handoffId: string): string | null {
  return readSecret(header, handoffCookieName(handoffId), (value) => (SECRET.test(value) ? value : null));
}

/** Every pair of a Cookie header whose name matches exactly; white space other than a space or tab is part of the name. */
function readPairs(header: string | undefined): readonly (readonly [string, string])[] {
  if (header === undefined) return [];
  return header.split(';').flatMap((pair) => {
    const separator = pair.indexOf('=');
    if (separator < 1) return [];
    return [[trim(pair.slice(0, separator)), trim(pair.slice(separator + 1))] as const];
  });
}

function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** The cookie's value, or null when it is absent, there twice, or not of the form that is ever set. */
function readSecret(header: string | undefined, name: string, parse: (value: string) => string | null): string | null {
  const values = readPairs(header).filter(([key]) => key === name);
  const [first, ...others] = values;
  if (first === undefined || others.length > 0) return null;
  return parse(first[1]);
}

export function readSessionHandle(header: string | undefined, product: Product): string | null {
  return readSecret(header, sessionCookieName(product), (value) => (SECRET.test(value) ? value : null));
}

const SETTINGS_COOKIE = '__Host-ipscape-settings';

/** Of a session that a link of the Service Desk opened: it reaches the settings page and nothing else. */
export function settingsCookie(handle: string): string {
  return `${SETTINGS_COOKIE}=${handle}; ${ATTRIBUTES}`;
}

/** Null when it is absent, there twice, or not of the form that is ever set. */
export function readSettingsHandle(header: string | undefined): string | null {
  return readSecret(header, SETTINGS_COOKIE, (value) => (SECRET.test(value) ? value : null));
}

/** The value carries when the sign-in was started, in seconds, so that the oldest can give way. */
export function transactionCookie(name: string, secret: string, startedSeconds: number, maxAgeSeconds: number): string {
  return `${TRANSACTION_PREFIX}${name}=${startedSeconds.toString(36)}.${secret}; ${ATTRIBUTES}; Max-Age=${maxAgeSeconds}`;
}

export function clearedTransactionCookie(name: string): string {
  return `${TRANSACTION_PREFIX}${name}=; ${ATTRIBUTES}; Max-Age=0`;
}

export function readTransactionSecret(header: string | undefined, name: string): string | null {
  return readSecret(header, TRANSACTION_PREFIX + name, (value) => {
    const secret = value.slice(value.indexOf('.') + 1);
    return SECRET.test(secret) ? secret : null;
  });
}

/** Names of the sign-ins that have to give way so that one more can start, oldest first. */
export function supersededTransactions(header: string | undefined): readonly string[] {
  const transactions = readPairs(header)
    .filter(([name]) => TRANSACTION_NAME.test(name))
    .map(([name, value]) => ({
      name: name.slice(TRANSACTION_PREFIX.length),
      startedSeconds: Number.parseInt(value.split('.', 1)[0] ?? '', 36) || 0,
    }))
    .sort((a, b) => a.startedSeconds - b.startedSeconds);
  return toSupersede(transactions).map(({ name }) => name);
}
