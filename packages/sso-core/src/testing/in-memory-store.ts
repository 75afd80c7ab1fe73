/**
 * @module
 * A {@link SignInStore} in the memory of a test, with a clock that the test moves.
 */
import { canonicaliseEmail } from '../email.js';
import type {
  ActiveConnection,
  DirectoryUser,
  HandoffSignIn,
  IdentityKey,
  NewSession,
  NewTransaction,
  SignInLogEntry,
  SignInStore,
  SignInTransaction,
  TenantSetup,
} from '../ports.js';

/** What a test puts into {@link InMemoryStore.tenants}, and may change between two requests. */
export interface StoredTenant {
  setup: TenantSetup;
  /** In the clear; null as if none could be had. */
  clientSecret: string | null;
  /** Tried when the provider refuses the current one. Default: none. */
  nextClientSecret?: string;
  users: DirectoryUser[];
}

/**
 * A {@link SignInStore} with what the test puts in and looks at. It checks less than a database: `openSession` opens
 * whatever it is given.
 */
export interface InMemoryStore extends SignInStore {
  /** By id; the test fills it. */
  readonly tenants: Map<string, StoredTenant>;
  /** All that were ever saved, in order, claimed or not. */
  readonly transactions: readonly NewTransaction[];
  /** In the order of their opening; a renewed one stands in the place of the one before. */
  readonly sessions: readonly NewSession[];
  /** User ids by tenant, issuer and subject. */
  readonly identities: ReadonlyMap<string, string>;
  /** Identities that wait for an approval, once for each time that they were held. */
  readonly held: readonly (IdentityKey & { readonly userId: string })[];
  /** The sign-in log's lines of failures, in order. */
  readonly failures: readonly SignInLogEntry[];
  /** What windows left for the frames that wait. */
  readonly handoffs: readonly HandoffSignIn[];
  /** Runs before each pinning, so that a test can let somebody else win. */
  beforePin: (key: IdentityKey & { readonly userId: string }) => void;
  /** Pins at once, for a test that needs an identity from before; see {@link SignInStore.pinIdentity}. */
  pin(key: IdentityKey & { readonly userId: string }): 'pinned' | 'conflict';
}

interface StoredTransaction {
  readonly row: NewTransaction;
  readonly id: string;
  readonly expiresAt: number;
  claimed: boolean;
}

const identityText = ({ tenantId, issuer, subject }: IdentityKey): string =>
  JSON.stringify([tenantId, issuer, subject]);

/**
 * A {@link SignInStore} in memory, empty.
 *
 * @param now - milliseconds since 1970; what the database’s clock would say.
 */
export function createInMemoryStore(now: () => number): InMemoryStore {
  const tenants = new Map<string, StoredTenant>();
  const rows = new Map<string, StoredTransaction>();
  const transactions: NewTransaction[] = [];
  const sessions: NewSession[] = [];
  const identities = new Map<string, string>();
  const held: (IdentityKey & { readonly userId: string })[] = [];
  const failures: SignInLogEntry[] = [];
  const handoffs: HandoffSignIn[] = [];

  const linkedIssuers = (tenantId: string, userId: string): string[] =>
    [...identities].flatMap(([key, id]) => {
      const [tenant, issuer] = JSON.parse(key) as [string, string];
      return id === userId && tenant === tenantId ? [issuer] : [];
    });

  return {
    tenants,
    transactions,
    sessions,
    identities,
    held,
    failures,
    handoffs,
    beforePin: () => {},

    async findTenantSetup(domain) {
      return [...tenants.values()].find(({ setup }) => setup.tenant.domain === domain)?.setup ?? null;
    },
    async saveTransaction(row) {
      const inForce = tenants.get(row.tenantId)?.setup.connection?.revisionId;
      if (row.purpose === 'sign-in' && row.revisionId !== inForce) return 'superseded';
      transactions.push(row);
      rows.set(row.stateHash, {
        row,
        id: `transaction-${transactions.length}`,
        expiresAt: now() + row.ttlSeconds * 1000,
        claimed: false,
      });
      return 'saved';
    },
    async claimTransaction({ tenantId, stateHash }) {
      const stored = rows.get(stateHash);
      if (stored === undefined || stored.row.tenantId !== tenantId) return { outcome: 'unknown' };
      const { stateHash: _hash, ttlSeconds: _ttl, ...bound } = stored.row;
      const transaction: SignInTransaction = { ...bound, id: stored.id };
      if (stored.claimed) return { outcome: 'repeated', transaction };
      stored.claimed = true;
      if (now() > stored.expiresAt) return { outcome: 'expired', transaction };
      const tenant = tenants.get(tenantId);
      const connection: ActiveConnection | null = tenant?.setup.connection ?? null;
      return { outcome: 'claimed', transaction, connection, clientSecret: tenant?.clientSecret ?? null };
    },
    async findOtherClientSecret({ tenantId, refused }) {
      const { clientSecret, nextClientSecret } = tenants.get(tenantId) ?? {};
      return [clientSecret, nextClientSecret].find((secret) => secret != null && secret !== refused) ?? null;
    },
    async promoteClientSecret({ tenantId, clientSecret }) {
      const tenant = tenants.get(tenantId);
      if (tenant === undefined || tenant.nextClientSecret !== clientSecret) return false;
      const { nextClientSecret: _, ...rest } = tenant;
      tenants.set(tenantId, { ...rest, clientSecret });
      return true;
    },
    async findIdentity({ canonicalEmail, ...key }) {
      const users = tenants.get(key.tenantId)?.users ?? [];
      const pinned = users.find(({ id }) => id === identities.get(identityText(key))) ?? null;
      if (pinned !== null || canonicalEmail === null) return { pinned, candidates: [] };
      const candidates = users
        .filter(({ email }) => canonicaliseEmail(email) === canonicalEmail)
        .map((user) => ({ user, linkedElsewhere: linkedIssuers(key.tenantId, user.id).length > 0 }));
      return { pinned: null, candidates };
    },
    async pinIdentity({ emailEvidence: _, ...key }) {
      this.beforePin(key);
      return this.pin(key);
    },
    pin({ userId, ...key }) {
      if (identities.has(identityText(key)) || linkedIssuers(key.tenantId, userId).includes(key.issuer)) {
        return 'conflict';
      }
      identities.set(identityText(key), userId);
      return 'pinned';
    },
    async holdIdentity(key) {
      held.push(key);
    },
    async findPreferredProduct({ tenantId, userId }) {
      return tenants.get(tenantId)?.users.find(({ id }) => id === userId)?.products[0] ?? null;
    },
    async openSession(session) {
      sessions.push(session);
    },
    async renewSession(session, { tenantId, product, handleHash }) {
      const index = sessions.findIndex(
        (other) => other.tenantId === tenantId && other.product === product && other.handleHash === handleHash,
      );
      if (index < 0) return 'no-session';
      if (sessions[index]?.userId !== session.userId) return 'other-user';
      sessions.splice(index, 1, session);
      return 'renewed';
    },
    async recordFailedSignIn(entry) {
      failures.push(entry);
    },
    async completeHandoff(signIn) {
      handoffs.push(signIn);
      return true;
    },
  };
}
