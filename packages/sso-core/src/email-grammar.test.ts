import { describe, expect, test } from 'vitest';
import { canonicaliseEmail } from './email.js';

/**
 * Every kind of local part and domain that RFC 5321, RFC 5322 with its obsolete forms and RFC 6531 know, and what is
 * none. `valid`: by the grammar of those, with comments, folding and literals. `ours`: has a canonical form.
 */
interface Part {
  readonly text: string;
  readonly valid: boolean;
  readonly ours: boolean;
}
const accepted = (...texts: readonly string[]): readonly Part[] =>
  texts.map((text) => ({ text, valid: true, ours: true }));
const validOnly = (...texts: readonly string[]): readonly Part[] =>
  texts.map((text) => ({ text, valid: true, ours: false }));
const invalid = (...texts: readonly string[]): readonly Part[] =>
  texts.map((text) => ({ text, valid: false, ours: false }));

const LOCALS: readonly Part[] = [
  ...accepted(
    'a',
    'test',
    'TEST',
    'a.b',
    'a.b.c.d',
    '1',
    '123',
    'a1.2b',
    '-',
    '_',
    '-a-',
    '_a_',
    'a--b',
    '+',
    'a+b',
    'a+',
  ),
  ...accepted(
    '!',
    '#$%',
    "&'*+",
    '-/=?^',
    '_`{|}~',
    "o'neil",
    'a/b',
    'customer=x',
    'x'.repeat(64),
    `${'x'.repeat(31)}.${'y'.repeat(32)}`,
  ),
  // Quoted strings, which nobody's directory holds; comments and folding white space; words of both kinds.
  ...validOnly(
    '"a"',
    '""',
    '"a b"',
    '"a.b"',
    '"a@b"',
    '"a,b"',
    '"a\\"b"',
    '"\\a"',
    '"a\\\\b"',
    '" "',
    '".a"',
    '"a"."b"',
  ),
  ...validOnly(
    '(c)a',
    'a(c)',
    '(c)a(d)',
    '((c))a',
    '(\\()a',
    '(c d)a',
    ' a',
    'a ',
    '\r\n a',
    '(\r\n c)a',
    'a."b"',
    '"a".b',
    'a . b',
  ),
  // Internationalised, RFC 6531: valid there, and no two spellings of one are the same bytes.
  ...validOnly('ä', 'jörg', '用户', 'δοκιμή', 'коля', '\u{1f600}', 'e\u0301', 'ﬁ', '\u212a', '\u017f', 'ı', 'ａ'),
  ...invalid(
    '',
    '.',
    '..',
    '.a',
    'a.',
    'a..b',
    '"',
    'a"',
    '"a',
    'a"b"',
    '"a"b',
    '"a""b"',
    '"\\"',
    '\\',
    'a\\b',
    'a\\ b',
    'a b',
    '(',
    ')',
    'a(',
    'a)',
  ),
  ...invalid(
    '(c',
    'a(c',
    'a((c)',
    ',',
    'a,b',
    ';',
    ':',
    'a:b',
    '<',
    '>',
    '<a',
    '[',
    ']',
    '[a]',
    '\u0000',
    'a\u0000',
    '\u007f',
    'a\u0008',
    '\r',
    '\n',
    'a\r\n',
    '\ud800',
  ),
  ...invalid('x'.repeat(65), `"${'x'.repeat(64)}"`, 'mailto:a', 'A <a'),
];

const DOMAINS: readonly Part[] = [
  ...accepted(
    'iana.org',
    'IANA.ORG',
    'a.b',
    'a.b.c.d.e',
    'a-b.example',
    'a--b.example',
    '1.example',
    '123.example',
    '1a.2b',
    'example.c0m',
    'a.museum',
    'x.co',
  ),
  ...accepted(
    'xn--bcher-kva.example',
    'a.xn--p1ai',
    `${'x'.repeat(63)}.example`,
    'example.test',
    'example.localhost',
    '1.2.3.a',
  ),
  // A name without a dot, literals, comments, and names that DNS holds only as their A-labels.
  ...validOnly(
    'localhost',
    'io',
    'xn--hxajbheg2az3al',
    '[127.0.0.1]',
    '[255.255.255.255]',
    '[IPv6:::1]',
    '[IPv6:2001:db8::1]',
    '[x:y]',
  ),
  ...validOnly(
    '(c)iana.org',
    'iana.org(c)',
    ' iana.org',
    'iana.org ',
    'iana.org\r\n ',
    'iana . org',
    'bücher.example',
    '例え.jp',
    'iana。org',
    'ıana.org',
  ),
  ...invalid(
    '',
    '.',
    '..',
    '.iana.org',
    'iana.org.',
    'iana..org',
    '-',
    '-.example',
    '-iana.org',
    'iana-.org',
    'iana.-org',
    'iana.org-',
    'a_b.example',
    '_dmarc.example',
  ),
  ...invalid(
    'iana.1',
    '1.2.3.4',
    '256.256.256.256',
    '[',
    ']',
    '[]',
    '[1.2.3',
    '1.2.3]',
    '[1.2.3.4]x',
    'ia na.org',
    'iana,org',
    'iana;org',
    'iana:25',
    'iana/org',
    'iana\\.org',
  ),
  ...invalid(
    '"iana".org',
    '<iana.org',
    'iana.org>',
    'iana.org,b@c.example',
    'iana.org;',
    'iana!org',
    'iana.org\u0000',
    'iana\u0000.org',
    'iana.org\n',
    'iana.org\r\nBcc: b@c.example',
  ),
  ...invalid(
    `${'x'.repeat(64)}.example`,
    `${'x.'.repeat(130)}example`,
    'iana%2eorg',
    'iana.org?x',
    'iana.org#x',
    'iana.org@c.example',
    '@iana.org',
    'ia\u00adna.org',
    'ia\u200bna.org',
  ),
];

const addresses = LOCALS.flatMap((local) =>
  DOMAINS.map((domain) => ({
    text: `${local.text}@${domain.text}`,
    valid: local.valid && domain.valid,
    ours: local.ours && domain.ours,
  })),
);

describe('E4 of all addresses that the grammar and its breaches make', () => {
  const canonical = new Map(addresses.map(({ text }) => [text, canonicaliseEmail(text)]));

  test('exactly those have a canonical form whose both parts are plain', () => {
    const differing = addresses.filter(({ text, ours }) => (canonical.get(text) !== null) !== ours);
    expect(differing.map(({ text }) => text)).toEqual([]);
    // Frozen: a kind that begins or ceases to be accepted shows here.
    const count = (isCounted: (address: (typeof addresses)[number]) => boolean) => addresses.filter(isCounted).length;
    expect([addresses.length, count(({ valid }) => valid), count(({ ours }) => ours)]).toEqual([9240, 2268, 468]);
  });

  test('none that the grammar forbids is among them', () => {
    expect(addresses.filter(({ ours, valid }) => ours && !valid)).toEqual([]);
  });

  test('each form is a fixed point, in lower case, and no two addresses share one but by the case of A to Z', () => {
    const seen = new Map<string, string>();
    for (const [text, form] of canonical) {
      if (form === null) continue;
      expect(canonicaliseEmail(form)).toBe(form);
      expect(form).toBe(text.replaceAll(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32)));
      const other = seen.get(form);
      if (other !== undefined) expect(other.toLowerCase()).toBe(text.toLowerCase());
      seen.set(form, text);
    }
  });

  test.each(['254', '255'])('of %s bytes', (bytes) => {
    const local = 'x'.repeat(64);
    const domain = `${`${'d'.repeat(63)}.`.repeat(2)}${'e'.repeat(Number(bytes) - 64 - 1 - 128 - 2)}.f`;
    expect(`${local}@${domain}`).toHaveLength(Number(bytes));
    expect(canonicaliseEmail(`${local}@${domain}`) !== null).toBe(bytes === '254');
  });
});
