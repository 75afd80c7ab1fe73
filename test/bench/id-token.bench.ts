/**
 * What a verification of an ID token costs beside jose's own, with the keys warm. Run with `npm run bench`.
 * Compare the two rows of one run; absolute numbers depend on what else the machine does.
 */
import { createKeyCache, verifyIdToken } from '@ipscape/sso-core';
import { nodeCrypto } from '@ipscape/sso-core/node';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { test } from 'vitest';

const issuer = 'https://acme.okta.com';
const clientId = '0oa1a2b3c4d5E6F7g5d7';
const nonce = 'nonce';

test('ID token, RS256', async ({ bench }) => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'a', alg: 'RS256', use: 'sig' }] };
  const tokens = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      new SignJWT({
        nonce,
        name: 'Ada Agent',
        email: 'ada@acme.example',
        ver: 1,
        amr: ['pwd'],
        idp: '00o1a2b3c4D5e6F7g5d7',
      })
        .setProtectedHeader({ alg: 'RS256', kid: 'a' })
        .setIssuer(issuer)
        .setAudience(clientId)
        .setSubject(`00u${index}`)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    ),
  );
  const localSet = createLocalJWKSet(jwks);
  const keys = createKeyCache({ fetch: async () => Response.json(jwks) });
  const key = { tenantId: 'acme', revisionId: '1', issuer };
  let turn = 0;
  const next = (): string => tokens[turn++ % tokens.length] ?? '';

  await bench.compare(
    bench('jose jwtVerify with createLocalJWKSet', async () => {
      await jwtVerify(next(), localSet, { issuer, audience: clientId, algorithms: ['RS256'] });
    }),
    bench('sso-core verifyIdToken', async () => {
      await verifyIdToken(
        {
          idToken: next(),
          accessToken: 'access',
          key,
          jwksUri: `${issuer}/keys`,
          clientId,
          nonce,
          algorithms: ['RS256'],
        },
        { keys, crypto: nodeCrypto },
      );
    }),
    { time: 2_000 },
  );
});
