import { readFileSync } from 'node:fs';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readCompactJws } from '../../packages/sso-core/src/compact-jws.js';
import { createKeyCache } from '../../packages/sso-core/src/key-cache.js';
import { openSignedJwt } from '../../packages/sso-core/src/signed-jwt.js';

/** The form of Project Wycheproof's `json_web_signature_test.json`. */
const vectorFile = z.object({
  testGroups: z.array(
    z.object({
      public: z.record(z.string(), z.unknown()).optional(),
      tests: z.array(
        z.object({ tcId: z.number(), comment: z.string(), jws: z.string(), result: z.enum(['valid', 'invalid']) }),
      ),
    }),
  ),
});
type VectorFile = z.infer<typeof vectorFile>;

const ALGORITHMS = ['RS256', 'PS256', 'ES256'] as const;
/** Valid as JWS, and refused all the same: a key that says it is for another algorithm verifies nothing. */
const STRICTER = new Set([346, 347, 350, 351, 372, 373]);

/** Whether the signature was accepted. What is signed is no JSON object in most vectors, which is judged after it. */
async function isAccepted(jws: string, jwk: Readonly<Record<string, unknown>> | undefined): Promise<boolean> {
  const issuer = 'https://vectors.example';
  const keys = createKeyCache({
    fetch: async () => Response.json({ keys: jwk === undefined ? [] : [jwk] }),
    now: () => 1_800_000_000_000,
  });
  const key = { tenantId: 'vectors', revisionId: 'vectors', issuer };
  const input = { token: jws, key, jwksUri: `${issuer}/keys`, algorithms: ALGORITHMS, acceptsType: () => true };
  try {
    await openSignedJwt(input, keys);
    return true;
  } catch (error) {
    const { reason } = (error as { details?: { reason?: unknown } }).details ?? {};
    return reason === 'malformed' && readCompactJws(jws).ok;
  }
}

/** The numbers of the vectors that are judged otherwise than their authors do. Algorithms that nobody uses are left out. */
async function differences(file: VectorFile): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { public: jwk, tests } of file.testGroups) {
    for (const { tcId, comment, jws, result } of tests) {
      const read = readCompactJws(jws);
      const isOurs = read.ok && ALGORITHMS.some((name) => name === read.header.alg);
      const isExpected = result === 'valid' && isOurs && !STRICTER.has(tcId);
      if ((await isAccepted(jws, jwk)) !== isExpected) found.push(`${tcId} ${comment}`);
    }
  }
  return found;
}

describe('R23 vectors of signatures', () => {
  test('are judged as their authors judge them, and a wrong judgement is found', async () => {
    const groups = await Promise.all(
      ALGORITHMS.map(async (alg, index) => {
        const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
        const kid = `key-${index}`;
        const good = await new SignJWT({ foo: 'bar' }).setProtectedHeader({ alg, kid }).sign(privateKey);
        const [header = '', payload = '', signature = ''] = good.split('.');
        const none = Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url');
        const other = signature.startsWith('A') ? 'B' : 'A';
        const refused = {
          'modified signature': `${header}.${payload}.${other}${signature.slice(1)}`,
          'no signature': `${header}.${payload}.`,
          'no payload': `${header}..${signature}`,
          'one part too many': `${good}.foo`,
          'algorithm none': `${none}.${payload}.`,
          padding: `${good}=`,
          empty: '',
        };
        const invalid = Object.entries(refused).map(([comment, jws], number) => ({
          tcId: 1000 * (index + 1) + number + 1,
          comment,
          jws,
          result: 'invalid' as const,
        }));
        const valid = { tcId: 1000 * (index + 1), comment: 'valid', jws: good, result: 'valid' as const };
        return { public: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' }, tests: [valid, ...invalid] };
      }),
    );
    expect(await differences({ testGroups: groups })).toEqual([]);
    const turned = groups.map(({ tests, ...group }) => ({
      ...group,
      tests: tests.map((vector) => ({
        ...vector,
        result: vector.result === 'valid' ? ('invalid' as const) : vector.result,
      })),
    }));
    expect(await differences({ testGroups: turned })).toHaveLength(ALGORITHMS.length);
  });

  // For whoever updates a library that signatures rest on: see CONTRIBUTING.md.
  const path = process.env.SSO_TEST_VECTORS;
  test.skipIf(path === undefined)('of Project Wycheproof are judged as expected', async () => {
    const file = vectorFile.parse(JSON.parse(readFileSync(path ?? '', 'utf8')));
    expect(file.testGroups.length).toBeGreaterThan(10);
    expect(await differences(file)).toEqual([]);
  });
});
