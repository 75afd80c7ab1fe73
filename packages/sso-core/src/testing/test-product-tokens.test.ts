import { expect, test } from 'vitest';
import { caught } from '../../test/caught.js';
import { createProductTokenVerifier } from '../product-token-verifier.js';
import { createTestProductTokens } from './test-product-tokens.js';

const tokens = createTestProductTokens({ product: 'cti' });
const verifierOf = () => createProductTokenVerifier({ product: 'cti', issuer: tokens.issuer, fetch: tokens.fetch });

test('are as good as an adapter’s', async () => {
  const session = await verifierOf().verify(await tokens.issue({ role: 'supervisor', id: 'user-7' }));
  expect(session).toMatchObject({ user: { id: 'user-7', role: 'supervisor' }, tenant: { id: 'acme' } });
});

test('can be over, of another tenant, or of a revoked key', async () => {
  const verifier = verifierOf();
  const old = await tokens.issue();
  await expect(verifier.verify(old)).resolves.toBeDefined();
  expect((await caught(async () => verifier.verify(await tokens.issueExpired()))).code).toBe('product-token-expired');
  const other = createTestProductTokens({ product: 'cti', tenantId: 'globex' });
  const foreign = await caught(async () => verifier.verify(await other.issue()));
  expect(foreign.code).toBe('product-token-invalid');
  await tokens.rotateKeys();
  await expect(verifierOf().verify(old)).resolves.toBeDefined();
  await tokens.rotateKeys({ revoke: true });
  expect((await caught(() => verifierOf().verify(old))).code).toBe('product-token-invalid');
  await expect(verifierOf().verify(await tokens.issue())).resolves.toBeDefined();
});
