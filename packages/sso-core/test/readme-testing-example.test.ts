import { createProductTokenVerifier } from '@ipscape/sso-core';
import { createTestProductTokens } from '@ipscape/sso-core/testing';
import { expect, test } from 'vitest';

const tokens = createTestProductTokens({ product: 'cti' });
const verifier = createProductTokenVerifier({ product: 'cti', issuer: tokens.issuer, fetch: tokens.fetch });

test('an agent is let in, and nobody whose token is over', async () => {
  expect((await verifier.verify(await tokens.issue({ role: 'agent' }))).user.role).toBe('agent');
  await expect(verifier.verify(await tokens.issueExpired())).rejects.toMatchObject({ code: 'product-token-expired' });
});
