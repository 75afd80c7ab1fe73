/**
 * @module
 * Remembers sessions for a moment. The row in the database is the truth; a revocation is seen within the five seconds
 * that the contract allows, in every instance.
 */
import {
  createLruMap,
  type SessionKey,
  type SessionStore,
  type SessionView,
  type SignedOutEverywhere,
} from '@ipscape/sso-core';

const MAX_AGE_MS = 4_000;
/** A session in use has its idle limit moved this often. */
const TOUCH_INTERVAL_MS = 60_000;
const MAX_SESSIONS = 100_000;

export interface SessionLookup {
  /** The session if it is alive, as of at most four seconds ago. */
  find(key: SessionKey): Promise<SessionView | null>;
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

export function createSessionLookup(store: SessionStore, now: () => number = Date.now): SessionLookup {
  const known = createLruMap<Entry>(MAX_SESSIONS);
  /** Counts the sessions ended here, so that an answer from before an end is not remembered after it. */
  let ends = 0;
  const cacheKey = ({ tenantId, product, handleHash }: SessionKey): string => `${handleHash} ${product} ${tenantId}`;
  async function ending<Result>(key: SessionKey, end: () => Promise<Result>): Promise<Result> {
    known.delete(cacheKey(key));
    const result = await end();
    ends++;
    known.delete(cacheKey(key));
    return result;
  }
  return {
    async find(key) {
      const name = cacheKey(key);
      const entry = known.get(name);
      if (entry !== undefined && now() - entry.loadedAt < MAX_AGE_MS) return entry.view;
      const askedAt = now();
      const endsBefore = ends;
      const view = await store.findSession(key);
      if (view === null) {
        // Not remembered: a stranger's guesses must not push live sessions out.
        known.delete(name);
        return null;
      }
      const touch = now() - (entry?.touchedAt ?? 0) >= TOUCH_INTERVAL_MS;
      if (touch) await store.touchSession(key);
      if (ends === endsBefore) {
        known.set(name, { view, loadedAt: askedAt, touchedAt: touch ? askedAt : (entry?.touchedAt ?? 0) });
      }
      return view;
    },
    end: (key) => ending(key, () => store.endSession(key)),
    endEverywhere: (key) => ending(key, () => store.signOutEverywhere(key)),
  };
}
