/**
 * @module
 * Judges one row of a user file. No I/O. What only the whole file or the directory shows is not judged here.
 */
import type { ImportedUser } from '@ipscape/sso-store';
import { suggest } from '../nearest.js';
import { parseProducts } from '../parse-products.js';
import { ROLES, STATUSES } from '../words.js';
import type { CsvRecord } from './csv-reader.js';
import type { ImportColumn } from './parse-header.js';

export type UserRow =
  | { readonly user: ImportedUser; readonly problems: null }
  /** Everything that is wrong with the row. */
  | { readonly user: null; readonly problems: readonly string[] };

const MAX_EMAIL = 320;
const MAX_TEXT = 200;
/** Characters that no field may hold; U+FFFD stands for bytes that are not UTF-8. */
const CONTROL = /\p{Cc}/u;

export function parseUserRow(record: CsvRecord, columns: readonly ImportColumn[]): UserRow {
  if (record.problem !== null) return { user: null, problems: [record.problem] };
  if (record.fields.length !== columns.length) {
    const [found, expected] = [record.fields.length, columns.length];
    return { user: null, problems: [`it has ${found} fields instead of ${expected}`] };
  }
  const field = (name: ImportColumn): string => record.fields[columns.indexOf(name)] ?? '';
  const email = field('email');
  const name = field('name').trim();
  const id = field('id').trim();
  const products = parseProducts(field('products'));
  const role = ROLES.find((known) => known === field('role').trim().toLowerCase());
  const statusText = field('status').trim().toLowerCase();
  const status = STATUSES.find((known) => known === statusText) ?? null;

  const problems = [
    ...columns.flatMap((column) => unreadable(column, field(column))),
    ...emailProblems(email),
    ...(name === '' ? ['name is empty'] : []),
    ...(name.length > MAX_TEXT ? [`name is longer than ${MAX_TEXT} characters`] : []),
    ...(id.length > MAX_TEXT ? [`id is longer than ${MAX_TEXT} characters`] : []),
    ...(role === undefined ? [notOneOf('role', field('role'), ROLES)] : []),
    ...(typeof products === 'string' ? [`products ${products}`] : []),
    ...(status === null && statusText !== '' ? [notOneOf('status', field('status'), STATUSES)] : []),
  ];
  if (problems.length > 0 || role === undefined || typeof products === 'string') return { user: null, problems };
  return { user: { id: id === '' ? null : id, email, name, role, products, status }, problems: null };
}

function unreadable(column: ImportColumn, text: string): readonly string[] {
  if (text.includes('\uFFFD')) return [`${column} is not written in UTF-8`];
  return CONTROL.test(text) ? [`${column} holds a control character or line break`] : [];
}

/** Only what makes an address useless as a key; whether it can be matched is a warning. */
function emailProblems(email: string): readonly string[] {
  if (email.trim() === '') return ['email is empty'];
  if (email.trim() !== email) return ['email begins or ends with a space'];
  return email.length > MAX_EMAIL ? [`email is longer than ${MAX_EMAIL} characters`] : [];
}

function notOneOf(column: string, typed: string, words: readonly string[]): string {
  if (typed.trim() === '') return `${column} is empty`;
  return `${column} "${typed.slice(0, 40)}" is not one of ${words.join(', ')}.${suggest(typed.trim(), words)}`;
}
