import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeCrypto } from '../../packages/sso-core/src/node/node-crypto.js';
import { webCrypto } from '../../packages/sso-core/src/web-crypto.js';
import { ownVectors } from './own-vectors.js';
import { differences, vectorFile } from './vector-file.js';

/** Of the public vectors: valid as JWS, and refused all the same, because the key says that it is for another algorithm. */
const STRICTER = new Set([346, 347, 350, 351, 372, 373]);

describe.each([
  ['the Web platform', webCrypto],
  ['Node', nodeCrypto],
] as const)('R23 vectors of signatures, on %s', (_, crypto) => {
  const own = ownVectors();

  test('of our own, of every kind that is known, are judged as they should be', async () => {
    expect(own.testGroups.flatMap(({ tests }) => tests).length).toBeGreaterThan(300);
    expect(await differences(own, { crypto })).toEqual([]);
  });

  test('that say the contrary are found, each of them', async () => {
    const turned = own.testGroups.map(({ tests, ...group }) => ({
      ...group,
      tests: tests
        .filter(({ result }) => result === 'valid')
        .map((vector) => ({ ...vector, result: 'invalid' as const })),
    }));
    const valid = own.testGroups.flatMap(({ tests }) => tests.filter(({ result }) => result === 'valid'));
    expect(await differences({ testGroups: turned }, { crypto })).toHaveLength(valid.length);
  });

  // `npm run vectors` fetches them; see CONTRIBUTING.md.
  const path = process.env.SSO_TEST_VECTORS;
  test.skipIf(path === undefined)('of Project Wycheproof are judged as expected', async () => {
    const file = vectorFile.parse(JSON.parse(readFileSync(path ?? '', 'utf8')));
    expect(file.testGroups.length).toBeGreaterThan(10);
    expect(await differences(file, { crypto, stricter: STRICTER })).toEqual([]);
  });
});
