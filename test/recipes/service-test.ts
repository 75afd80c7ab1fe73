import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProductTokenVerifier } from '@ipscape/sso-core';
import { createTestProductTokens } from '@ipscape/sso-core/testing';
import { createService } from './service.js';

const tokens = createTestProductTokens({ product: 'cti' });
const verifier = createProductTokenVerifier({ product: 'cti', issuer: tokens.issuer, fetch: tokens.fetch });
const service = createService(verifier);

const ask = (token: string) => service.request('/calls/mine', { headers: { authorization: `Bearer ${token}` } });

test('tells an agent of their own calls', async () => {
  const answer = await ask(await tokens.issue({ id: 'ada', role: 'agent' }));
  assert.deepEqual(await answer.json(), { tenant: 'acme', calls: 'of ada' });
});

test('tells nobody else of anything', async () => {
  const toolbar = createTestProductTokens({ product: 'toolbar' });
  const globex = createTestProductTokens({ product: 'cti', tenantId: 'globex' });
  const refused = [await tokens.issueExpired(), await toolbar.issue(), await globex.issue(), 'no token'];
  for (const token of refused) assert.equal((await ask(token)).status, 401);
});
