/**
 * @module
 * Remembers sessions for a moment. The row in the database is the truth; a revocation is seen within the five seconds
 * that the contract allows, in every instance.
 */
import {
  CALL_DEFERRAL_SECONDS,
  CALL_LEASE_SECONDS,
  type CallReport,
  type SessionKey,
  type SessionStore,
  type SessionView,
  type SignedOutEverywhere,
} from '@ipscape/sso-core';
import QuickLRU from 'quick-lru';

const MAX_AGE_MS = 4_000;
/** A session in use has its idle limit moved this often. */
const TOUCH_INTERVAL_MS = 60_000;
const MAX_SESSIONS = 100_000;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Sessions as the routes ask for them, remembered for a moment. What ends here is not found here any more. A handle that
 * is not found is looked for in the other tenants, for their audit trail alone.
 */
export interface SessionLookup {
  /**
   * The session if it is alive, as of at most four seconds ago; counts as activity unless `isPassive`. Its `expiresAt`
   * may be up to a minute early, never late: the idle limit is not moved more often.
   */
  find(key: SessionKey, options?: { readonly isPassive?: boolean }): Promise<SessionView | null>;
  /** Passes on what the product says of its user's call; the session as it is then, read anew. */
  reportCall(key: SessionKey, report: CallReport): Promise<SessionView | null>;
  /** Ends it here at once and elsewhere within five seconds. */
  end(key: SessionKey): Promise<boolean>;
  /** Ends all sessions of its user: this one here at once, the others within five seconds. */
  endEverywhere(key: SessionKey): Promise<SignedOutEverywhere | null>;
}

interface Entry {
  readonly view: SessionView | null;
  readonly loadedAt: number;
  readonly touchedAt: number;
}

/** What a lookup may be given beside its store. */
export interface SessionLookupOptions {
  /** Milliseconds of a clock that never jumps: one that is set back would keep what was revoked alive. */
  readonly now?: () => number;
  /** Gets why a handle that is not of this tenant could not be looked for in the others. Default: nobody hears of it. */
  readonly onUnrecorded?: (error: unknown) => void;
}

export function createSessionLookup(
  store: SessionStore,
  { now = () => performance.now(), onUnrecorded = () => {} }: SessionLookupOptions = {},
): SessionLookup {
  const known = new QuickLRU<string, Entry>({ maxSize: MAX_SESSIONS });
  /** Counts what changed sessions here, so that an answer from before a change is not remembered after it. */
  let changes = 0;
  const cacheKey = ({ tenantId, product, handleHash }: SessionKey): string => `${handleHash} ${product} ${tenantId}`;
  async function ending<Result>(key: SessionKey, end: () => Promise<Result>): Promise<Result> {
    known.delete(cacheKey(key));
    const result = await end();
    changes++;
    known.delete(cacheKey(key));
    if (result === null || result === false) await missed(key);
    return result;
  }

  /** Before the answer, so that whoever reads the audit trail after it finds the event; the answer is the same. */
  async function missed(key: SessionKey): Promise<void> {
    try {
      await store.recordForeignSession(key);
    } catch (error) {
      onUnrecorded(error);
    }
  }

  async function load(key: SessionKey, isPassive: boolean): Promise<SessionView | null> {
    const name = cacheKey(key);
    const entry = known.get(name);
    const askedAt = now();
    const changesBefore = changes;
    const found = await store.findSession(key);
    if (found === null) {
      // Not remembered: a stranger's guesses must not push live sessions out.
      known.delete(name);
      await missed(key);
      return null;
    }
    const isDue = !isPassive && now() - (entry?.touchedAt ?? NEVER) >= TOUCH_INTERVAL_MS;
    const movedTo = isDue ? await store.touchSession(key) : null;
    const view = movedTo === null ? found : withIdleLimit(found, movedTo);
    if (changes === changesBefore) {
      known.set(name, { view, loadedAt: askedAt, touchedAt: isDue ? askedAt : (entry?.touchedAt ?? NEVER) });
    }
    return view;
  }

  return {
    async find(key, { isPassive = false } = {}) {
      const entry = known.get(cacheKey(key));
      const isFresh = entry !== undefined && now() - entry.loadedAt < MAX_AGE_MS;
      // What passive questions made known has not been touched.
      if (isFresh && (isPassive || now() - entry.touchedAt < MAX_AGE_MS + TOUCH_INTERVAL_MS)) return entry.view;
      return load(key, isPassive);
    },
    async reportCall(key, report) {
      const name = cacheKey(key);
      const call = { leaseSeconds: CALL_LEASE_SECONDS, deferralSeconds: CALL_DEFERRAL_SECONDS[key.product] };
      const isAlive = await store.reportCall(key, { report, ...call });
      // A question that is under way was asked before the report, and its answer is not to be remembered.
      changes++;
      known.delete(name);
      // The report has moved the idle limit.
      if (isAlive) return load(key, true);
      await missed(key);
      return null;
    },
    end: (key) => ending(key, () => store.endSession(key)),
    endEverywhere: (key) => ending(key, () => store.signOutEverywhere(key)),
  };
}

/** The limit was moved after the session was read. */
function withIdleLimit(view: SessionView, idleExpiresAt: Date): SessionView {
  const { expiresAt, life } = view;
  return {
    ...view,
    expiresAt: idleExpiresAt > expiresAt ? idleExpiresAt : expiresAt,
    life: { ...life, idleExpiresAt },
  };
}
