import { expect, test } from 'vitest';
import { createReference } from './reference.js';

test('a reference is eight unmistakable characters in two groups', () => {
  for (let count = 0; count < 2000; count++) {
    expect(createReference()).toMatch(/^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$/);
  }
});

test('10,000 references are different, and every character of the alphabet is used about equally often', () => {
  const references = Array.from({ length: 10_000 }, createReference);
  // Of 2^39.6 the chance of a single repetition is 1 in 17,000; two would be a defect.
  expect(new Set(references).size).toBeGreaterThanOrEqual(9_999);
  const counts = new Map<string, number>();
  for (const character of references.join('').replaceAll('-', '')) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  expect(counts.size).toBe(31);
  // Expected 2581 each with a deviation of 50: eight deviations to either side.
  for (const count of counts.values()) {
    expect(count).toBeGreaterThan(2180);
    expect(count).toBeLessThan(2980);
  }
});
