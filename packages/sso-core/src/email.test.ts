import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicaliseEmail } from './email.js';

const local64 = 'a'.repeat(64);
const domainOf = (bytes: number): string => {
  const labels: string[] = [];
  for (let rest = bytes; rest > 0; rest -= 64) labels.push('d'.repeat(Math.min(63, rest)));
  return labels.join('.');
};

describe('E4 canonicaliseEmail accepts', () => {
  test.each([
    ['ann@acme.example', 'ann@acme.example'],
    ['Ann.Lee@ACME.Example', 'ann.lee@acme.example'],
    ['ANN+Tag@acme.example', 'ann+tag@acme.example'],
    ['a.b@acme.example', 'a.b@acme.example'],
    ['ab@acme.example', 'ab@acme.example'],
    ["o'neil@acme.example", "o'neil@acme.example"],
    ["!#$%&'*+-/=?^_`{|}~@acme.example", "!#$%&'*+-/=?^_`{|}~@acme.example"],
    ['1@2.example', '1@2.example'],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['a@b-c.d--e.co', 'a@b-c.d--e.co'],
    ['a@1.2.3.4a', 'a@1.2.3.4a'],
    [`${local64}@acme.example`, `${local64}@acme.example`],
    [`a@${'d'.repeat(63)}.example`, `a@${'d'.repeat(63)}.example`],
    [`${local64}@${domainOf(189)}`, `${local64}@${domainOf(189)}`],
  ])('%j as %j', (input, canonical) => {
    expect(canonicaliseEmail(input)).toBe(canonical);
  });
});

describe('E4 canonicaliseEmail refuses', () => {
  test.each<[unknown]>([
    [undefined],
    [null],
    [0],
    [true],
    [{}],
    [[]],
    [['ann@acme.example']],
    [['mine@acme.example', 'victim@acme.example']],
    [{ toString: () => 'ann@acme.example' }],
    [Object('ann@acme.example')],
    [''],
    ['@'],
    ['ann'],
    ['ann@'],
    ['@acme.example'],
    ['ann@localhost'],
    ['ann@@acme.example'],
    ['ann@evil.example@acme.example'],
    ['ann@acme.example@'],
    ['"a@b"@acme.example'],
    ['"ann"@acme.example'],
    ['ann(comment)@acme.example'],
    ['(comment)ann@acme.example'],
    ['<ann@acme.example>'],
    ['Ann <ann@acme.example>'],
    ['mailto:ann@acme.example'],
    ['ann@acme.example,victim@acme.example'],
    ['ann,victim@acme.example'],
    ['ann;victim@acme.example'],
    ['ann@acme.example;'],
    ['ann\\@acme.example'],
    ['ann@[127.0.0.1]'],
    ['ann@[IPv6:::1]'],
    ['ann@127.0.0.1'],
    ['ann@acme.1'],
    ['ann@acme.example.'],
    ['ann@.acme.example'],
    ['ann@acme..example'],
    ['ann@-acme.example'],
    ['ann@acme-.example'],
    ['ann@acme_.example'],
    ['ann@acme.ex ample'],
    ['.ann@acme.example'],
    ['ann.@acme.example'],
    ['an..n@acme.example'],
    [' ann@acme.example'],
    ['ann@acme.example '],
    ['ann @acme.example'],
    ['ann@ acme.example'],
    ['ann\t@acme.example'],
    ['ann@acme.example\n'],
    ['ann@acme.example\r\nBcc: x@evil.example'],
    ['ann\u0000@acme.example'],
    ['ann@acme.example\u0000'],
    ['ann\u007f@acme.example'],
    ['ann\u00a0@acme.example'],
    ['ann\u00ad@acme.example'],
    ['ann\u200d@acme.example'],
    ['ann\u202e@acme.example'],
    ['ann\ufeff@acme.example'],
    ['adm\u0131n@acme.example'],
    ['adm\u0130n@acme.example'],
    ['\u212aate@acme.example'],
    ['\u017fam@acme.example'],
    ['ann\uff20acme.example'],
    ['ann\ufe6bacme.example'],
    ['\uff41nn@acme.example'],
    ['\ufb01n@acme.example'],
    ['a\u0301nn@acme.example'],
    ['ann@\u0430cme.example'],
    ['ann@acme\u3002example'],
    ['ann\ud800@acme.example'],
    ['\ud83d\ude00@acme.example'],
    [`a${local64}@acme.example`],
    [`a@${'d'.repeat(64)}.example`],
    [`${local64}@${domainOf(190)}`],
    ['a'.repeat(1_000_000)],
  ])('%j', (input) => {
    expect(canonicaliseEmail(input)).toBeNull();
  });
});

describe('canonicaliseEmail', () => {
  const atom = fc.string({
    unit: fc.constantFrom(..."!#$%&'*+-/=?^_`{|}~09azAZ"),
    minLength: 1,
    maxLength: 20,
  });
  const label = fc
    .string({ unit: fc.constantFrom(...'azAZ09'), minLength: 1, maxLength: 20 })
    .map((text) => `x${text}`);
  const address = fc
    .tuple(fc.array(atom, { minLength: 1, maxLength: 3 }), fc.array(label, { minLength: 2, maxLength: 4 }))
    .map(([atoms, labels]) => `${atoms.join('.')}@${labels.join('.')}`);
  const anyText = fc.oneof(
    address,
    fc.string({ unit: 'binary' }),
    fc.tuple(fc.string({ unit: 'binary' }), address).map(([text, rest]) => text + rest),
  );

  test('E4 is a fixed point: the canonical form of a canonical form is itself', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const canonical = canonicaliseEmail(text);
        if (canonical !== null) expect(canonicaliseEmail(canonical)).toBe(canonical);
      }),
      { numRuns: 5_000 },
    );
  });

  test('E7, E8 changes nothing but the case of A to Z', () => {
    fc.assert(
      fc.property(address, (text) => {
        const canonical = canonicaliseEmail(text);
        expect(canonical).toBe(text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()));
      }),
      { numRuns: 5_000 },
    );
  });

  test('E4 accepts nothing that holds a character outside of printable ASCII', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (canonicaliseEmail(text) !== null) expect(text).toMatch(/^[\x21-\x7e]+$/);
      }),
      { numRuns: 5_000 },
    );
  });

  test('E6 takes no character of Unicode for an ASCII letter but that letter in its other case', () => {
    const inPosition = [
      (c: string) => `${c}nn@acme.example`,
      (c: string) => `ann@${c}cme.example`,
      (c: string) => `ann@acme.exampl${c}`,
    ];
    const ascii = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
    const expected = inPosition.map((at) => new Map(ascii.map((c) => [at(c), c])));
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      for (const [index, at] of inPosition.entries()) {
        const text = at(character);
        const canonical = canonicaliseEmail(text);
        if (canonical === null) continue;
        const matched = expected[index]?.get(canonical);
        const isSame = matched !== undefined && (character === matched || character === matched.toUpperCase());
        const isSign = matched === undefined && canonical === text && code > 0x20 && code < 0x7f;
        if (!isSame && !isSign) wrong.push(`U+${code.toString(16)} at ${index}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('E5, E6, E14 refuses every non-ASCII character, also those that case mapping or normalisation turn into ASCII', () => {
    const wrong: string[] = [];
    let folding = 0;
    for (let code = 0x80; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      const forms = [
        character.toLowerCase(),
        character.toUpperCase(),
        ...(['NFC', 'NFD', 'NFKC', 'NFKD'] as const).map((form) => character.normalize(form)),
      ];
      if (forms.some((form) => /^[\x21-\x7e]+$/.test(form))) folding += 1;
      if (canonicaliseEmail(`${character}nn@acme.example`) !== null) wrong.push(`U+${code.toString(16)}`);
      if (canonicaliseEmail(`ann${character}acme.example`) !== null) wrong.push(`U+${code.toString(16)} as sign`);
      for (const form of forms) {
        const canonical = canonicaliseEmail(`${form}nn@acme.example`);
        if (canonical !== null && /[^\x21-\x7e]/.test(form)) wrong.push(`form of U+${code.toString(16)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(folding).toBeGreaterThan(500);
  });
});
