import { expect, test } from 'vitest';
import { printable } from './printable.js';

test.each([
  ['Zoë 陳 👩🏽‍💻', 'Zoë 陳 👩🏽‍💻'],
  ['\u001b[2J', '\\u{1b}[2J'],
  ['a\r\nb\tc', 'a\\u{d}\\u{a}b\\u{9}c'],
  ['\u009b31m', '\\u{9b}31m'],
  ['\u202egnp.exe', '\\u{202e}gnp.exe'],
  ['\u0000', '\\u{0}'],
])('E15 %j is shown as %s', (text, shown) => expect(printable(text)).toBe(shown));
