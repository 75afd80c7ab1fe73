/**
 * @module
 * Sessions of an {@link InMemoryStore}, with the clock of the test.
 */
import { FOREIGN_SESSION_EVENT_SECONDS } from '../limits.js';
import type { SessionKey, SessionStore, SessionView } from '../ports.js';
import type { InMemoryStore } from './in-memory-store.js';

/**
 * What a session check needs. Knows no calls: `life.call` and `life.deferral` are always null. Keeps no audit trail:
 * `recordForeignSession` only says whether there would be an event.
 */
export type InMemorySessions = Pick<
  SessionStore,
  'findSession' | 'touchSession' | 'endSession' | 'recordForeignSession'
>;

interface State {
  readonly openedAt: number;
  idleFrom: number;
  ended: boolean;
  presentedElsewhereAt: number;
}

/** Finds what the store's `openSession` was called with. Make it together with the store: it counts from first sight. */
export function createInMemorySessions(store: InMemoryStore, now: () => number): InMemorySessions {
  const states = new Map<string, State>();
  const open = store.openSession.bind(store);
  store.openSession = async (session) => {
    await open(session);
    states.set(session.handleHash, { openedAt: now(), idleFrom: now(), ended: false, presentedElsewhereAt: -Infinity });
  };

  function findAlive({ tenantId, product, handleHash }: SessionKey) {
    const state = states.get(handleHash);
    const session = store.sessions.find(
      (row) => row.handleHash === handleHash && row.tenantId === tenantId && row.product === product,
    );
    if (state === undefined || session === undefined || state.ended) return null;
    const absoluteEnd = state.openedAt + session.absoluteSeconds * 1000;
    const endsAt = Math.min(state.idleFrom + session.idleSeconds * 1000, absoluteEnd);
    return now() < endsAt ? { state, session, endsAt, absoluteEnd } : null;
  }

  function find(key: SessionKey): SessionView | null {
    const alive = findAlive(key);
    const tenant = store.tenants.get(key.tenantId);
    const user = tenant?.users.find(({ id }) => id === alive?.session.userId);
    if (alive === null || tenant === undefined || user === undefined) return null;
    const isPermitted = user.status === 'active' && user.products.includes(key.product);
    if (!isPermitted || tenant.setup.connection === null) return null;
    const { id, domain } = tenant.setup.tenant;
    return {
      id: `session-${store.sessions.indexOf(alive.session) + 1}`,
      tenant: { id, domain },
      product: alive.session.product,
      user: { id: user.id, email: user.email, name: user.name, role: user.role },
      authTime: new Date((alive.session.authTimeSeconds ?? Math.floor(alive.state.openedAt / 1000)) * 1000),
      expiresAt: new Date(alive.endsAt),
      transactionId: alive.session.transactionId,
      life: {
        readAt: new Date(now()),
        idleExpiresAt: new Date(alive.endsAt),
        absoluteExpiresAt: new Date(alive.absoluteEnd),
        call: null,
        deferral: null,
      },
    };
  }

  return {
    findSession: async (key) => find(key),
    async touchSession(key) {
      const alive = findAlive(key);
      if (alive === null) return null;
      alive.state.idleFrom = now();
      return new Date(Math.min(now() + alive.session.idleSeconds * 1000, alive.absoluteEnd));
    },
    async recordForeignSession({ tenantId, handleHash }) {
      const session = store.sessions.find((row) => row.handleHash === handleHash && row.tenantId !== tenantId);
      if (session === undefined || !store.tenants.has(tenantId)) return false;
      const state = find(session) === null ? undefined : states.get(handleHash);
      const dueFrom = now() - FOREIGN_SESSION_EVENT_SECONDS * 1000;
      if (state === undefined || state.presentedElsewhereAt > dueFrom) return false;
      state.presentedElsewhereAt = now();
      return true;
    },
    async endSession(key) {
      const alive = findAlive(key);
      if (alive !== null) alive.state.ended = true;
      return alive !== null;
    },
  };
}
