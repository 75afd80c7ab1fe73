import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { MUTANTS } from '../mutants/mutants.js';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const document = read('docs/mutants.md');

describe('the list of mutants', () => {
  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', (name, { file, find, tests, row }) => {
    // Once: otherwise the mutant would be applied elsewhere, or not at all.
    expect(read(file).split(find)).toHaveLength(2);
    for (const path of tests) expect(existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)))).toBe(true);
    const words = row.split('|');
    expect(words.filter((word) => tests.some((path) => read(path).includes(word)))).not.toEqual([]);
    expect(document).toMatch(new RegExp(`^\\| ${name} \\| .* \\| killed \\|`, 'm'));
  });

  test('has no name twice', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });
});
