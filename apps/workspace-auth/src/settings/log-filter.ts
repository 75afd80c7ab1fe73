/**
 * @module
 * What was asked of the sign-in log, from a form's query to the store's filter. Nothing is left out silently: a
 * reference that nobody could have read out finds nothing, and the page says why.
 */
import { PRODUCTS, type Product } from '@ipscape/sso-core';
import type { SignInLogFilter } from '@ipscape/sso-store';
import type { Workspace } from '../workspace-context.js';

/** As typed, for the form that is shown again. */
export interface LogQuery {
  readonly reference: string;
  readonly product: string;
  readonly code: string;
  readonly result: string;
  readonly user: string;
  readonly from: string;
  readonly to: string;
  readonly before: string;
}

export interface ParsedLogQuery {
  readonly filter: SignInLogFilter & { readonly before?: string };
  /** An e-mail address or a user's id, still to be looked up. */
  readonly user: string | null;
  /** One message for each field that cannot be used, by its name. */
  readonly errors: Readonly<Partial<Record<keyof LogQuery, string>>>;
}

const FIELDS = ['reference', 'product', 'code', 'result', 'user', 'from', 'to', 'before'] as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z?)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** An identifier of the database, below 2^63. */
export const LINE_ID = /^[1-9]\d{0,17}$/;

export function readLogQuery(query: (name: string) => string | undefined): LogQuery {
  return Object.fromEntries(FIELDS.map((name) => [name, query(name)?.trim() ?? ''])) as unknown as LogQuery;
}

/** References are written as they are heard: with or without the hyphen, in small letters, with spaces. */
export function toReference(text: string): string | null {
  const characters = text.toUpperCase().replace(/[\s\u2010-\u2015-]/g, '');
  return /^[2-9A-HJKMNP-Z]{8}$/.test(characters) ? `${characters.slice(0, 4)}-${characters.slice(4)}` : null;
}

export function parseLogQuery(query: LogQuery): ParsedLogQuery {
  const errors: Partial<Record<keyof LogQuery, string>> = {};
  const read = <T>(field: keyof LogQuery, parse: (text: string) => T | null, message: string): T | undefined => {
    if (query[field] === '') return undefined;
    const value = parse(query[field]);
    if (value === null) errors[field] = message;
    return value ?? undefined;
  };
  const found = {
    reference: read(
      'reference',
      toReference,
      'A reference has eight letters and digits, for example 7K3M-9QXD, and none of 0, 1, I, L and O. Ask for it again.',
    ),
    product: read('product', toProduct, 'There is no such product.'),
    code: read(
      'code',
      (text) => (/^[a-z]+(?:-[a-z]+)*$/.test(text) ? text : null),
      'A code has small letters and hyphens.',
    ),
    result: read('result', toResult, 'Choose signed in or failed.'),
    from: read('from', (text) => toMoment(text, 0), 'Write a day as 2026-11-23.'),
    // A day includes its last moment.
    to: read('to', (text) => toMoment(text, DAY_MS), 'Write a day as 2026-11-23.'),
    before: read('before', (text) => (LINE_ID.test(text) ? text : null), 'There is no such line.'),
  };
  const user = read('user', (text) => (isPlain(text) ? text : null), 'Write the e-mail address of the user.');
  const given = Object.entries(found).filter(([, value]) => value !== undefined);
  return { filter: Object.fromEntries(given) as ParsedLogQuery['filter'], user: user ?? null, errors };
}

/** The store's filter, or null when nothing can fulfil it: the user is not in the directory. */
export async function resolveLogUser(
  { filter, user }: ParsedLogQuery,
  tenantId: string,
  { adapter }: Workspace,
): Promise<ParsedLogQuery['filter'] | null> {
  if (user === null) return filter;
  const { users } = await adapter.store.findUsers(tenantId, { emailOrId: user, limit: 1 });
  const userId = users[0]?.id;
  return userId === undefined ? null : { ...filter, userId };
}

/** Text that the database takes: at most 254 characters, no NUL and no half of a character. */
export function isPlain(text: string): boolean {
  return text.length <= 254 && text.isWellFormed() && !text.includes('\0');
}

function toProduct(text: string): Product | null {
  return PRODUCTS.find((known) => known === text) ?? null;
}

function toResult(text: string): 'signed-in' | 'failed' | null {
  return text === 'signed-in' || text === 'failed' ? text : null;
}

/** A day, or a moment of it, in UTC. */
function toMoment(text: string, addedToDayMs: number): Date | null {
  if (!MOMENT.test(text)) return null;
  const isDay = DAY.test(text);
  const moment = new Date(isDay ? `${text}T00:00:00Z` : text.endsWith('Z') ? text : `${text}Z`);
  if (Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 10) !== text.slice(0, 10)) return null;
  return isDay ? new Date(moment.getTime() + addedToDayMs) : moment;
}
