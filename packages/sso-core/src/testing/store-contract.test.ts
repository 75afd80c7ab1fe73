import { describe, expect, test } from 'vitest';
import { ContractViolation } from './contract.js';
import { createInMemorySessions } from './in-memory-sessions.js';
import { createInMemorySigningKeys } from './in-memory-signing-keys.js';
import { createInMemoryStore } from './in-memory-store.js';
import { type ContractStore, type StoreHarness, storeContract } from './store-contract.js';

/** The in-memory parts as one store; `change` breaks it. */
async function openInMemory(
  change: (store: ContractStore) => Partial<ContractStore> = () => ({}),
): Promise<StoreHarness> {
  let nowMs = 1_800_000_000_000;
  const now = () => nowMs;
  const signIns = createInMemoryStore(now);
  const sessions = createInMemorySessions(signIns, now);
  const store: ContractStore = Object.assign(
    signIns,
    sessions,
    createInMemorySigningKeys((id) => signIns.tenants.has(id)),
  );
  return {
    store: Object.assign(store, change({ ...store })),
    async addTenant({ id, domain, users, connection: { clientSecret, ...connection } }) {
      const tenant = {
        id,
        name: id,
        domain,
        ssoEntitled: true,
        legacyHttpCallbacks: false,
        ssoEnforced: false,
        frameOrigins: [],
      };
      signIns.tenants.set(id, {
        setup: { tenant, connection: { connectionId: `${id}-c`, revisionId: `${id}-r`, config: {}, ...connection } },
        clientSecret,
        users: users.map((user) => ({ ...user, tenantId: id, name: user.id, role: 'agent', status: 'active' })),
      });
    },
    async passTime(seconds) {
      nowMs += seconds * 1000;
    },
    close: async () => {},
  };
}

describe('the in-memory store keeps the contract', () => {
  for (const { name, run } of storeContract(() => openInMemory())) test(name, run);
});

describe('the contract finds a store that', () => {
  const anyTenant = (store: ContractStore) => ({
    findSession: async (key: Parameters<ContractStore['findSession']>[0]) => {
      const sessions = (store as unknown as { sessions: { handleHash: string; tenantId: string }[] }).sessions;
      const owner = sessions.find(({ handleHash }) => handleHash === key.handleHash)?.tenantId;
      return store.findSession({ ...key, tenantId: owner ?? key.tenantId });
    },
  });
  const BROKEN: Readonly<Record<string, (store: ContractStore) => Partial<ContractStore>>> = {
    'lets everybody win a transaction': (store) => ({
      claimTransaction: async (key) => {
        const claim = await store.claimTransaction(key);
        return claim.outcome === 'repeated'
          ? { outcome: 'claimed', transaction: claim.transaction, connection: null, clientSecret: null }
          : claim;
      },
    }),
    'folds domains': (store) => ({ findTenantSetup: (domain) => store.findTenantSetup(domain.toLowerCase()) }),
    'finds sessions of other tenants': anyTenant,
    'records every foreign handle': () => ({ recordForeignSession: async () => true }),
    'records no foreign handle': () => ({ recordForeignSession: async () => false }),
    'ends no session': () => ({ endSession: async () => true }),
    'pins whatever it is told': () => ({ pinIdentity: async () => 'pinned' }),
    'shares a key among tenants': (store) => ({
      findSigningKey: async () => ({ kid: 'one', privateJwk: '' }),
      listPublishedKeys: store.listPublishedKeys,
    }),
    'publishes private keys': (store) => ({
      listPublishedKeys: async (id) => (await store.listPublishedKeys(id)).map((key) => ({ ...key, d: 'x' })),
    }),
    'has keys for anybody': () => createInMemorySigningKeys(),
    'finds users of every tenant': (store) => ({
      findIdentity: async (key) => {
        const tenants = (store as unknown as { tenants: Map<string, unknown> }).tenants;
        for (const tenantId of tenants.keys()) {
          const match = await store.findIdentity({ ...key, tenantId });
          if (match.candidates.length > 0 || match.pinned !== null) return match;
        }
        return store.findIdentity(key);
      },
    }),
  };
  test.each(Object.entries(BROKEN))('%s', async (_what, change) => {
    const results = await Promise.allSettled(storeContract(() => openInMemory(change)).map(({ run }) => run()));
    const violations = results.filter(
      (result) => result.status === 'rejected' && (result.reason as unknown) instanceof ContractViolation,
    );
    expect(violations.length).toBeGreaterThan(0);
  });
});
