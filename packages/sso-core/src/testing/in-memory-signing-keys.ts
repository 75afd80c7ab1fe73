/**
 * @module
 * Keys of product tokens in the memory of a test.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { PublicSigningKey, SigningKey, SigningKeyStore } from '../ports.js';

export interface InMemorySigningKeys extends SigningKeyStore {
  /** Has a new key sign from now on. The keys before stay published unless they are revoked. */
  rotate(tenantId: string, options?: { readonly revoke?: boolean }): Promise<void>;
}

interface Key {
  readonly published: PublicSigningKey;
  readonly signing: SigningKey;
}

/** @param isTenant - Whether a tenant is known; by default all are. */
/** Signing keys in the memory of a test: one for each tenant, made when it is first asked for. */
export function createInMemorySigningKeys(isTenant: (tenantId: string) => boolean = () => true): InMemorySigningKeys {
  const tenants = new Map<string, Promise<readonly Key[]>>();
  const keysOf = async (tenantId: string): Promise<readonly Key[]> => {
    if (!isTenant(tenantId)) return [];
    const known = tenants.get(tenantId) ?? makeKey().then((key) => [key]);
    tenants.set(tenantId, known);
    return known;
  };
  return {
    findSigningKey: async (tenantId) => (await keysOf(tenantId))[0]?.signing ?? null,
    listPublishedKeys: async (tenantId) => (await keysOf(tenantId)).map(({ published }) => published),
    async rotate(tenantId, { revoke = false } = {}) {
      const [before, key] = [await keysOf(tenantId), await makeKey()];
      tenants.set(tenantId, Promise.resolve(revoke ? [key] : [key, ...before]));
    },
  };
}

async function makeKey(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    published: { ...jwk, kid, alg: 'ES256', use: 'sig' } as PublicSigningKey,
    signing: { kid, privateJwk: JSON.stringify(await exportJWK(privateKey)) },
  };
}
