import { expect, test } from 'vitest';
import { createLruMap } from './lru-map.js';

test('keeps at most so many entries, dropping the least recently read or written', () => {
  const map = createLruMap<number>(3);
  for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index);
  map.get('a');
  map.set('b', 7);
  map.set('d', 3);
  expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([0, 7, undefined, 3]);
  map.delete('a');
  expect(map.get('a')).toBeUndefined();
});

test('takes names of object members for ordinary keys', () => {
  const map = createLruMap<number>(3);
  expect(map.get('__proto__')).toBeUndefined();
  map.set('constructor', 1);
  expect(map.get('constructor')).toBe(1);
});
