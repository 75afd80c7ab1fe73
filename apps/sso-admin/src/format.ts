/**
 * @module
 * How answers look to people. Everything that comes from the database passes through `printable`.
 */
import { printable } from './printable.js';

/** Left-aligned columns below their titles, ending with a line break; `empty` in place of a table without rows. */
export function formatTable(titles: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  if (rows.length === 0) return `${empty}\n`;
  const table = [titles, ...rows.map((row) => row.map(printable))];
  const widths = titles.map((_, column) => Math.max(...table.map((row) => lengthOf(row[column] ?? ''))));
  return table
    .map((row) => {
      const cells = row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - lengthOf(cell)));
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** One `name  value` a line. */
export function formatFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}\n`).join('');
}

/** UTC to the second. */
export function formatTime(time: Date | null): string {
  return time === null
    ? 'never'
    : time
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z');
}

/** `1 user`, `5,000 users`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}

/** Below a list that was cut: how many there are, and how to see them. */
export function formatCut(shown: number, total: number, noun: string, plural = `${noun}s`): string {
  if (shown >= total) return '';
  return `${shown.toLocaleString('en')} of ${formatCount(total, noun, plural)}; --limit ${total} shows all.\n`;
}

function lengthOf(text: string): number {
  return [...text].length;
}
