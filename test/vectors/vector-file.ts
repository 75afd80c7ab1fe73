import * as z from 'zod';
import { readCompactJws } from '../../packages/sso-core/src/compact-jws.js';
import { createKeyCache } from '../../packages/sso-core/src/key-cache.js';
import type { SsoCrypto } from '../../packages/sso-core/src/ports.js';
import { openSignedJwt } from '../../packages/sso-core/src/signed-jwt.js';

/** The form of Project Wycheproof's `json_web_signature_test.json`. */
export const vectorFile = z.object({
  testGroups: z.array(
    z.object({
      public: z.record(z.string(), z.unknown()).optional(),
      tests: z.array(
        z.object({ tcId: z.number(), comment: z.string(), jws: z.string(), result: z.enum(['valid', 'invalid']) }),
      ),
    }),
  ),
});
export type VectorFile = z.infer<typeof vectorFile>;
export type VectorGroup = VectorFile['testGroups'][number];
export type Vector = VectorGroup['tests'][number];

export const ALGORITHMS = ['RS256', 'PS256', 'ES256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Whether the signature was accepted. What is signed is no JSON object in most vectors, which is judged after it. */
async function isAccepted(jws: string, jwk: VectorGroup['public'], crypto: SsoCrypto): Promise<boolean> {
  const issuer = 'https://vectors.example';
  const keys = createKeyCache({
    fetch: async () => Response.json({ keys: jwk === undefined ? [] : [jwk] }),
    now: () => 1_800_000_000_000,
  });
  const key = { tenantId: 'vectors', revisionId: 'vectors', issuer };
  const input = { token: jws, key, jwksUri: `${issuer}/keys`, algorithms: ALGORITHMS, acceptsType: () => true };
  try {
    await openSignedJwt(input, { keys, crypto });
    return true;
  } catch (error) {
    const { reason } = (error as { details?: { reason?: unknown } }).details ?? {};
    return reason === 'malformed' && readCompactJws(jws).ok;
  }
}

/**
 * The vectors that are judged otherwise than their authors do. Algorithms that nobody uses here, and vectors whose
 * numbers are in `stricter`, are to be refused.
 */
export async function differences(
  { testGroups }: VectorFile,
  { crypto, stricter = new Set() }: { readonly crypto: SsoCrypto; readonly stricter?: ReadonlySet<number> },
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { public: jwk, tests } of testGroups) {
    for (const { tcId, comment, jws, result } of tests) {
      const read = readCompactJws(jws);
      const isOurs = read.ok && ALGORITHMS.some((name) => name === read.header.alg);
      const isExpected = result === 'valid' && isOurs && !stricter.has(tcId);
      if ((await isAccepted(jws, jwk, crypto)) !== isExpected) found.push(`${tcId} ${comment}`);
    }
  }
  return found;
}
