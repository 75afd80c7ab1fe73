import { describe, expect, it, test } from 'vitest';
import { createCsvReader } from './csv-reader.js';

function read(text: string, pieceLength = text.length || 1) {
  const reader = createCsvReader();
  const records = [];
  for (let from = 0; from < text.length; from += pieceLength) {
    records.push(...reader.push(text.slice(from, from + pieceLength)));
  }
  return [...records, ...reader.end()];
}
const fieldsOf = (text: string) => read(text).map(({ fields }) => fields);

/** Files and their records. */
const FILES: readonly (readonly [name: string, text: string, records: string[][]])[] = [
  ['nothing', '', []],
  ['only line breaks', '\n\r\n\r', []],
  [
    'LF',
    'a,b\nc,d\n',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'CR LF',
    'a,b\r\nc,d\r\n',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'CR',
    'a,b\rc,d\r',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'no break at the end',
    'a,b\nc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'empty fields',
    ',\n,,\n',
    [
      ['', ''],
      ['', '', ''],
    ],
  ],
  ['an empty last field', 'a,', [['a', '']]],
  ['spaces, which belong to the field', ' a , b ', [[' a ', ' b ']]],
  ['quoted commas and quotes', '"a,b","c ""d"""', [['a,b', 'c "d"']]],
  ['empty quotes', '"",""\n""', [['', ''], ['']]],
  ['quoted line breaks', '"a\nb\r\nc",d\ne', [['a\nb\r\nc', 'd'], ['e']]],
  ['anything that is not ASCII', 'Zoë,陳,👩🏽‍💻', [['Zoë', '陳', '👩🏽‍💻']]],
];

describe('a file with', () => {
  test.each(FILES)('%s', (_name, text, records) => {
    expect(fieldsOf(text)).toEqual(records);
    expect(read(text).every(({ problem }) => problem === null)).toBe(true);
  });

  test.each(FILES)('%s reads the same in pieces of any length', (_name, text) => {
    for (const length of [1, 2, 3, 7]) expect(read(text, length)).toEqual(read(text));
  });
});

it('numbers records by the line on which they begin', () => {
  expect(read('a\n\n"b\n\nb"\r\n\r\nc\rd').map(({ line }) => line)).toEqual([1, 3, 7, 8]);
});

/** What is wrong, where, and that the line after it is read again. */
const BAD: readonly (readonly [text: string, line: number, problem: RegExp])[] = [
  ['a\n"b"c,d\nlast', 2, /after a closing quote/],
  ['a\n"b" ,d\nlast', 2, /after a closing quote/],
  ['a\nb"c,d\nlast', 2, /quote inside a field/],
  ['a\nb,c""\nlast', 2, /quote inside a field/],
  [`a\n${'x'.repeat(20_000)}\nlast`, 2, /longer than 16,384/],
  [`a\n${'x,'.repeat(20_000)}\nlast`, 2, /longer than 16,384/],
  [`a\n"${'x\n'.repeat(10_000)}\nlast`, 2, /not closed/],
];

test.each(BAD)('%j has a bad line', (text, line, problem) => {
  const records = read(text);
  expect(records[1]?.line).toBe(line);
  expect(records[1]?.problem).toMatch(problem);
  expect(records.at(-1)).toMatchObject({ fields: ['last'], problem: null });
  expect(read(text, 5)).toEqual(records);
});

test('a quote that is not closed at the end is a bad last line', () => {
  expect(read('a\nb,"c\nd')).toMatchObject([{ problem: null }, { line: 2, problem: 'a quoted field is not closed' }]);
});
