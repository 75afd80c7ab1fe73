/**
 * What a verification of a product token costs a service beside jose's own, with the keys warm. Run with
 * `npm run bench`. Compare the rows of one run; absolute numbers depend on what else the machine does.
 */
import { createProductTokenMint, createProductTokenVerifier, type SigningKeyStore } from '@ipscape/sso-core';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { test } from 'vitest';

const issuer = 'https://acme.ipscape.example/cti';

test('product token, ES256', async ({ bench }) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const published = { ...(await exportJWK(publicKey)), kid: 'a', alg: 'ES256', use: 'sig' };
  const privateJwk = JSON.stringify(await exportJWK(privateKey));
  const store: SigningKeyStore = {
    findSigningKey: async () => ({ kid: 'a', privateJwk }),
    listPublishedKeys: async () => [published as never],
  };
  const mint = createProductTokenMint({ store, scheme: { protocol: 'https', port: null } });
  const tokens = await Promise.all(
    Array.from({ length: 64 }, async (_, index) => {
      const { token } = await mint.issue({
        id: `session-${index}`,
        tenant: { id: 'acme', domain: 'acme.ipscape.example' },
        product: 'cti',
        user: { id: `user-${index}`, email: 'ada@acme.example', name: 'Ada Agent', role: 'agent' },
        authTime: new Date(),
        expiresAt: new Date(Date.now() + 3_600_000),
        transactionId: 'transaction',
      });
      return token;
    }),
  );
  const jwks = { keys: [published] };
  const localSet = createLocalJWKSet(jwks);
  const verifier = createProductTokenVerifier({ product: 'cti', issuer, fetch: async () => Response.json(jwks) });
  const many = createProductTokenVerifier({
    product: 'cti',
    issuer: (named) => named === issuer,
    fetch: async () => Response.json(jwks),
  });
  let turn = 0;
  const next = (): string => tokens[turn++ % tokens.length] ?? '';
  const [sample = ''] = tokens;
  const signed = new TextEncoder().encode(sample.slice(0, sample.lastIndexOf('.')));
  const signature = Buffer.from(sample.slice(sample.lastIndexOf('.') + 1), 'base64url');

  await bench.compare(
    bench('limit: bare subtle.verify', async () => {
      await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, publicKey as never, signature, signed);
    }),
    bench('jose jwtVerify with createLocalJWKSet', async () => {
      await jwtVerify(next(), localSet, {
        issuer,
        audience: 'cti',
        algorithms: ['ES256'],
        typ: 'ipscape-product+jwt',
      });
    }),
    bench('sso-core createProductTokenVerifier, one tenant', async () => {
      await verifier.verify(next());
    }),
    bench('sso-core createProductTokenVerifier, many tenants', async () => {
      await many.verify(next());
    }),
    { time: 2_000 },
  );
});
