import { expect, test } from 'vitest';
import { nearest } from './nearest.js';

const WORDS = ['administrator', 'supervisor', 'agent'];

test.each([
  ['agent', 'agent'],
  ['Agent', 'agent'],
  ['agnet', 'agent'],
  ['agen', 'agent'],
  ['administrater', 'administrator'],
  ['supervizor', 'supervisor'],
])('%s is most likely %s', (typed, meant) => expect(nearest(typed, WORDS)).toBe(meant));

test.each(['', 'x', 'admin', 'operator', 'agents of change', 'tnega'])('%j is like nothing', (typed) => {
  expect(nearest(typed, WORDS)).toBeNull();
});

test('there may be no candidates', () => expect(nearest('a', [])).toBeNull());
