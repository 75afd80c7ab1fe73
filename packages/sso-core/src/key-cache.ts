/**
 * @module
 * The signing keys of issuers. Finds a key that was published a moment ago, without letting unknown key ids or a
 * failing endpoint cause a storm of requests.
 */
import { type CryptoKey, importJWK } from 'jose';
import QuickLRU from 'quick-lru';
import { withBudget } from './budgeted-fetch.js';
import { type IssuerKey, issuerCacheKey } from './discovery.js';
import { SsoError } from './errors.js';
import { getJsonObject } from './idp-request.js';
import { type UsableKey, usableKeys } from './json-web-key.js';
import {
  CACHE_MAX_ENTRIES,
  JWKS_BACKOFF_MAX_MS,
  JWKS_BACKOFF_MIN_MS,
  JWKS_COOLDOWN_MS,
  JWKS_MAX_AGE_MS,
  JWKS_STALE_MAX_AGE_MS,
} from './limits.js';
import type { SsoFetch } from './ports.js';
import type { IdTokenAlgorithm } from './provider.js';

/** Which key a token asks for. Only `kid` is the token's word. */
export interface KeyRequest extends IssuerKey {
  /** An address that was checked before; nothing in a token may choose it. */
  readonly jwksUri: string;
  /** `kid` of the token's header, or null when it has none. */
  readonly kid: string | null;
  /** The key must be fit for it: a key that its set gives to another algorithm or use is not found. */
  readonly algorithm: IdTokenAlgorithm;
}

/** Keys of issuers, remembered in the memory of one process. */
export interface KeyCache {
  /**
   * The key that a token names, imported once. Without a `kid` the set must hold exactly one key for the algorithm.
   *
   * A set is fetched again after an hour, and at once for a key id that it lacks: immediately the first time, then
   * at most every five seconds. Any number of callers at once cause one request. While the endpoint fails, keys of
   * the last good set still serve for a day, and attempts are spaced by 1, 4, 16 … 60 seconds. A key that the newest
   * set no longer holds is not returned.
   *
   * @throws {@link SsoError} `token-invalid` with `reason: 'key-unknown'` or `'key-ambiguous'`, or an `idp-…` code
   *   when no set could be had, or none that is new enough to tell whether the key exists.
   */
  find(request: KeyRequest): Promise<CryptoKey>;
}

/** What the cache reaches the world and the time with. */
export interface KeyCacheDeps {
  /** For addresses out of a provider's document use the guarded fetch of `@ipscape/sso-core/node`. */
  readonly fetch: SsoFetch;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

interface KeySet {
  readonly keys: readonly UsableKey[];
  readonly fetchedAt: number;
  readonly imported: Map<string, Promise<CryptoKey>>;
}

interface Entry {
  set: KeySet | null;
  refreshAt: number;
  /** When an unknown key id may cause a fetch again. Ordinary fetches do not move it. */
  unknownKeyAt: number;
  failures: number;
  retryAt: number;
  lastFailure: unknown;
  pending: Promise<void> | null;
}

/**
 * Remembers the keys of issuers and fetches them anew when a token names one that is not there: at once the first time,
 * then every five seconds at most. Make it once for a process. RFC 7517 §5.
 */
export function createKeyCache({ fetch, now = Date.now }: KeyCacheDeps): KeyCache {
  const entries = new QuickLRU<string, Entry>({ maxSize: CACHE_MAX_ENTRIES });

  async function load(entry: Entry, { tenantId, jwksUri }: KeyRequest): Promise<void> {
    try {
      const keys = usableKeys(
        await getJsonObject(withBudget(fetch, { tenantId, endpoint: 'keys' }), jwksUri, 'id-token'),
      );
      if (keys === null) throw new SsoError('idp-response-invalid', { stage: 'id-token', details: { reason: 'jwks' } });
      entry.set = { keys, fetchedAt: now(), imported: new Map() };
      entry.refreshAt = now() + JWKS_MAX_AGE_MS;
      entry.failures = 0;
      entry.retryAt = 0;
    } catch (error) {
      entry.lastFailure = error;
      entry.retryAt = now() + Math.min(JWKS_BACKOFF_MIN_MS * 4 ** entry.failures, JWKS_BACKOFF_MAX_MS);
      entry.failures += 1;
    } finally {
      entry.pending = null;
    }
  }

  /** Fetches the set unless that failed a moment ago. Never rejects: what there is afterwards decides. */
  async function refresh(entry: Entry, request: KeyRequest): Promise<void> {
    if (entry.pending === null) {
      if (now() < entry.retryAt) return;
      entry.pending = load(entry, request);
    }
    await entry.pending;
  }

  return {
    async find(request) {
      const cacheKey = issuerCacheKey(request);
      let entry = entries.get(cacheKey);
      if (entry === undefined) {
        entry = { set: null, refreshAt: 0, unknownKeyAt: 0, failures: 0, retryAt: 0, lastFailure: null, pending: null };
        entries.set(cacheKey, entry);
      }
      if (entry.set === null || now() >= entry.refreshAt) await refresh(entry, request);
      if (entry.set !== null && matching(entry.set, request).length === 0) {
        if (entry.pending !== null) {
          await entry.pending;
        } else if (now() >= Math.max(entry.unknownKeyAt, entry.retryAt)) {
          entry.unknownKeyAt = now() + JWKS_COOLDOWN_MS;
          await refresh(entry, request);
        }
      }
      const { set } = entry;
      if (set === null || now() - set.fetchedAt > JWKS_STALE_MAX_AGE_MS) throw failureOf(entry);
      // Whether the key exists now is what the endpoint fails to say.
      if (entry.failures > 0 && matching(set, request).length === 0) throw failureOf(entry);
      return importOnce(set, request);
    },
  };
}

function failureOf(entry: Entry): SsoError {
  return SsoError.is(entry.lastFailure) ? entry.lastFailure : new SsoError('idp-unreachable', { stage: 'id-token' });
}

function matching(set: KeySet, { kid, algorithm }: KeyRequest): readonly UsableKey[] {
  return set.keys.filter((key) => key.algorithms.includes(algorithm) && (kid === null || key.kid === kid));
}

async function importOnce(set: KeySet, request: KeyRequest): Promise<CryptoKey> {
  const [key, ...others] = matching(set, request);
  if (key === undefined) throw tokenInvalid('key-unknown');
  // Never the first of several blindly: which one signed would be up to the sender.
  if (others.length > 0) throw tokenInvalid('key-ambiguous');
  const slot = `${set.keys.indexOf(key)} ${request.algorithm}`;
  let imported = set.imported.get(slot);
  if (imported === undefined) {
    imported = importJWK({ ...key.jwk }, request.algorithm) as Promise<CryptoKey>;
    set.imported.set(slot, imported);
  }
  try {
    return await imported;
  } catch {
    throw tokenInvalid('key-unusable');
  }
}

function tokenInvalid(reason: string): SsoError {
  return new SsoError('token-invalid', { stage: 'id-token', details: { reason } });
}
