/**
 * @module
 * Vectors of our own, with new keys at every run: each way to write, to sign and to publish a JWS that the public
 * collections know of, for the algorithms that are accepted here.
 */
import { headers, signatures, spellings } from './form-cases.js';
import { ecKeys, keys, rsaKeys } from './key-cases.js';
import { ecdsaNumbers, pkcs1Blocks, pssSalts } from './number-cases.js';
import { type CaseGroup, pairFor, published } from './signed-cases.js';
import { ALGORITHMS, type VectorFile } from './vector-file.js';

/** Every vector of every kind, numbered from 1. */
export function ownVectors(): VectorFile {
  const groups: CaseGroup[] = [];
  for (const alg of ALGORITHMS) {
    const pair = pairFor(alg);
    const special = { RS256: pkcs1Blocks, PS256: pssSalts, ES256: ecdsaNumbers }[alg];
    const cases = [...spellings(alg, pair), ...headers(alg, pair), ...signatures(alg, pair), ...special(pair)];
    groups.push({
      public: published(alg, pair),
      cases: cases.map(([comment, ...rest]) => [`${alg}: ${comment}`, ...rest]),
    });
    for (const group of [...keys(alg, pair), ...(alg === 'ES256' ? ecKeys(pair) : rsaKeys(alg, pair))]) {
      groups.push({ ...group, cases: group.cases.map(([comment, ...rest]) => [`${alg}: ${comment}`, ...rest]) });
    }
  }
  let tcId = 0;
  return {
    testGroups: groups.map(({ cases, ...group }) => ({
      ...group,
      tests: cases.map(([comment, jws, result = 'invalid']) => ({ tcId: ++tcId, comment, jws, result })),
    })),
  };
}
