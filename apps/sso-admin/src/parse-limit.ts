import type { CommandInput } from './command.js';
import { wrongUsage } from './refusal.js';

/** The value of `--limit`, or the default. @throws {Refusal} `wrong-usage` unless it is from 1 to 1,000,000 */
export function parseLimit(input: CommandInput, fallback = 200): number {
  const text = input.optional('limit');
  if (text === null) return fallback;
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1_000_000) {
    throw wrongUsage(`"${text}" is not a value of --limit.`, 'Choose a number from 1 to 1000000.');
  }
  return limit;
}
