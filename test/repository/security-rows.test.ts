import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  DOCUMENT,
  findRowTests,
  NOTE_KINDS,
  ROW_IDS,
  readRows,
  refreshDocument,
  rowTestsOf,
  summarise,
} from '../support/security-rows.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const document = readFileSync(`${root}${DOCUMENT}`, 'utf8');
const rows = readRows(document);
const tests = findRowTests(root);
const named = new Set(tests.flatMap((found) => found.rows));

describe('docs/security.md', () => {
  test('has every row once, in order', () => {
    expect(rows.map(({ id }) => id)).toEqual(ROW_IDS);
  });

  test('gives every row a state: a test, or a note that says why there is none', () => {
    const without = rows.filter(({ id, note }) => !named.has(id) && note === '');
    expect(without.map(({ id }) => id)).toEqual([]);
    const unclear = rows.filter(({ note }) => note !== '' && !NOTE_KINDS.some((kind) => note.startsWith(`${kind} `)));
    expect(unclear.map(({ id, note }) => `${id}: ${note}`)).toEqual([]);
  });

  test('names the tests that exist and no others; `npm run security-rows` refreshes it', () => {
    console.log(`The security bar: ${summarise(rows, tests)}`);
    // A test of a row that is not in the document would vanish from it.
    expect([...named].filter((id) => !ROW_IDS.includes(id))).toEqual([]);
    expect(refreshDocument(document, tests) === document, 'docs/security.md is out of date').toBe(true);
  });
});

describe('a title names rows', () => {
  const titles = (source: string) => rowTestsOf('x.test.ts', source).map((found) => [found.rows, found.title]);

  test.each([
    ["test('P12 x', () => {})", [[['P12'], 'x']]],
    ["it('P12, T1 x', () => {})", [[['P12', 'T1'], 'x']]],
    ["test('A9: x', () => {})", [[['A9'], 'x']]],
    ["describe.each(a)('S1 x', () => { test('y', () => {}) })", [[['S1'], 'x']]],
    ["test.skipIf(x).each([1])('R9 %s', () => {})", [[['R9'], '%s']]],
    ["test.each<[string]>([['a']])('R9 %s', () => {})", [[['R9'], '%s']]],
    ['test(`R9 x`, () => {})', [[['R9'], 'x']]],
  ])('%s', (source, expected) => {
    expect(titles(source)).toEqual(expected);
  });

  test.each([
    "// test('P12 x', () => {})",
    'const text = "test(\'P12 x\', () => {})"',
    "test('x P12', () => {})",
    "expect('P12 x', 'y')",
    "test('P123 x', () => {})",
    "test('P12x', () => {})",
    "test.todo('P12 x', () => {})",
    "test.skip('P12 x', () => {})",
    "test('P12 x')",
  ])('not %s', (source) => {
    expect(titles(source)).toEqual([]);
  });
});
