import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { json } from '../test/fake-provider.js';
import { makeEcKey, type SigningKey } from '../test/signing-key.js';
import { SsoError } from './errors.js';
import type { PublicSigningKey, SessionView, SigningKeyStore } from './ports.js';
import { createProductTokenMint, productTokenIssuer } from './product-token-mint.js';
import { createProductTokenVerifier } from './product-token-verifier.js';
import { PRODUCTS } from './products.js';

const NOW_MS = 1_800_000_000_500;
const SCHEME = { protocol: 'https', port: null } as const;
const session: SessionView = {
  id: 'session-1',
  tenant: { id: 'acme', domain: 'acme.ipscape.example' },
  product: 'cti',
  user: { id: 'user-1', email: 'ann@acme.example', name: 'Ann Ağent 🎧 "\r\n', role: 'supervisor' },
  authTime: new Date(NOW_MS - 60_000),
  expiresAt: new Date(NOW_MS + 3_600_000),
  transactionId: 'transaction-1',
  life: {
    readAt: new Date(NOW_MS),
    idleExpiresAt: new Date(NOW_MS + 3_600_000),
    absoluteExpiresAt: new Date(NOW_MS + 7_200_000),
    call: null,
    deferral: null,
  },
};

function rig() {
  const state = { nowMs: NOW_MS, key: makeEcKey('key-1'), failure: null as Error | null, asked: 0 };
  const publicKey = ({ jwk }: SigningKey) => jwk as unknown as PublicSigningKey;
  const store: SigningKeyStore = {
    async findSigningKey(tenantId) {
      state.asked++;
      if (state.failure !== null) throw state.failure;
      if (tenantId !== 'acme') return null;
      return { kid: state.key.kid, privateJwk: JSON.stringify(state.key.privateKey.export({ format: 'jwk' })) };
    },
    listPublishedKeys: async () => [publicKey(state.key)],
  };
  const mint = createProductTokenMint({ store, scheme: SCHEME, now: () => state.nowMs });
  return { state, mint };
}

test('says what the session says, and verifies', async () => {
  const { mint, state } = rig();
  for (const product of PRODUCTS) {
    const { token, expiresAt, expiresInSeconds } = await mint.issue({ ...session, product });
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'ipscape-product+jwt', kid: 'key-1' });
    expect(decodeJwt(token)).toEqual({
      iss: `https://acme.ipscape.example/${product}`,
      aud: product,
      sub: 'user-1',
      tid: 'acme',
      sid: 'session-1',
      email: 'ann@acme.example',
      name: session.user.name,
      role: 'supervisor',
      auth_time: 1_799_999_940,
      iat: 1_800_000_000,
      exp: 1_800_000_300,
    });
    expect([expiresAt, expiresInSeconds]).toEqual([new Date(1_800_000_300_000), 300]);
    const issuer = productTokenIssuer('acme.ipscape.example', product, SCHEME);
    const fetch = async () => json({ keys: await mint.listKeys('acme') });
    const verified = await createProductTokenVerifier({ product, issuer, fetch, now: () => state.nowMs }).verify(token);
    expect(verified).toMatchObject({ user: session.user, tenant: session.tenant, sessionId: session.id, product });
  }
});

test('S14 ends with the session where that is sooner', async () => {
  const { mint } = rig();
  const { token, expiresInSeconds } = await mint.issue({ ...session, expiresAt: new Date(NOW_MS + 90_900) });
  expect([decodeJwt(token).exp, expiresInSeconds]).toEqual([1_800_000_091, 91]);
});

test.each([499, 0, -1, -3_600_000])('S14 is not made for a session that ends in %d ms', async (ms) => {
  const { mint, state } = rig();
  const error = await caught(() => mint.issue({ ...session, expiresAt: new Date(NOW_MS + ms) }));
  expect([error.code, state.asked]).toEqual(['session-required', 0]);
});

test('asks for the key once in four seconds, for any number of callers at once', async () => {
  const { mint, state } = rig();
  await Promise.all(Array.from({ length: 50 }, () => mint.issue(session)));
  expect(state.asked).toBe(1);
  state.nowMs += 3_999;
  await mint.issue(session);
  expect(state.asked).toBe(1);
  state.nowMs += 1;
  state.key = makeEcKey('key-2');
  const { token } = await mint.issue(session);
  expect([decodeProtectedHeader(token).kid, state.asked]).toEqual(['key-2', 2]);
});

test('R12 remembers no failure', async () => {
  const { mint, state } = rig();
  state.failure = new SsoError('store-unavailable');
  expect((await caught(() => mint.issue(session))).code).toBe('store-unavailable');
  state.failure = null;
  await expect(mint.issue(session)).resolves.toBeDefined();
});

test('T1 has no key for a tenant that the store does not know', async () => {
  const { mint } = rig();
  const elsewhere = { ...session, tenant: { id: 'globex', domain: 'globex.ipscape.example' } };
  expect((await caught(() => mint.issue(elsewhere))).code).toBe('tenant-unknown');
});
