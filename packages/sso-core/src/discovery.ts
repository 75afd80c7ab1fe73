/**
 * @module
 * Fetches discovery documents and remembers the good ones. A failure is never remembered as an answer.
 */

import QuickLRU from 'quick-lru';
import { withBudget } from './budgeted-fetch.js';
import { type ProviderMetadata, parseDiscoveryDocument } from './discovery-document.js';
import { SsoError } from './errors.js';
import { getJsonObject } from './idp-request.js';
import {
  CACHE_MAX_ENTRIES,
  DISCOVERY_BACKOFF_MAX_MS,
  DISCOVERY_BACKOFF_MIN_MS,
  DISCOVERY_MAX_AGE_MS,
  DISCOVERY_MIN_INTERVAL_MS,
  DISCOVERY_RETRY_DELAY_MS,
  DISCOVERY_STALE_MAX_AGE_MS,
} from './limits.js';
import type { SsoFetch } from './ports.js';

/** Whose metadata or keys: caches never share an entry between tenants or revisions, even of one issuer. */
export interface IssuerKey {
  readonly tenantId: string;
  readonly revisionId: string;
  /** As the connection has it; compared character for character. */
  readonly issuer: string;
}

/** Metadata of issuers, remembered in the memory of one process. */
export interface Discovery {
  /**
   * Metadata of the issuer. Any number of callers at once cause one request. A document older than an hour is
   * fetched again; while that fails for reasons of transport, the old one serves for up to a day. While there is none,
   * attempts are spaced by 0.5, 1, 2 … 10 seconds, and callers in between are told why the last one failed.
   *
   * @throws {@link SsoError} `issuer-mismatch`, `par-required`, `idp-response-invalid`, or an `idp-…` code of the transport.
   */
  find(key: IssuerKey): Promise<ProviderMetadata>;
  /**
   * Has the document fetched anew at next use, because something that it said turned out not to work. Does nothing
   * within a second of the last time.
   */
  expire(key: IssuerKey): void;
}

/** What discovery reaches the world and the time with. */
export interface DiscoveryDeps {
  /** Use the guarded fetch of `@ipscape/sso-core/node`: the host name came from a tenant. */
  readonly fetch: SsoFetch;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

interface Entry {
  good: { readonly metadata: ProviderMetadata; readonly fetchedAt: number } | null;
  /** From when on the document is fetched again; 0 for at once. */
  refreshAt: number;
  /** When the document was last asked for anew. */
  expiredAt: number;
  /** Failures since there was a document, and when the next attempt may be made. */
  failures: number;
  retryAt: number;
  lastFailure: unknown;
  pending: Promise<ProviderMetadata> | null;
}

/** Text of an {@link IssuerKey} that no two different keys share. */
export function issuerCacheKey(key: IssuerKey): string {
  return JSON.stringify([key.tenantId, key.revisionId, key.issuer]);
}

/**
 * Remembers discovery documents by tenant, revision and issuer: for an hour, and up to a day while a newer one cannot be
 * had. One request for any number of waiting sign-ins. Make it once for a process. OpenID Connect Discovery 1.0 §4.
 */
export function createDiscovery({ fetch, now = Date.now }: DiscoveryDeps): Discovery {
  const entries = new QuickLRU<string, Entry>({ maxSize: CACHE_MAX_ENTRIES });

  async function load(entry: Entry, { tenantId, issuer }: IssuerKey): Promise<ProviderMetadata> {
    try {
      const document = await getJsonObject(
        withBudget(fetch, { tenantId, endpoint: 'discovery' }),
        `${issuer}/.well-known/openid-configuration`,
        'discovery',
      );
      const metadata = parseDiscoveryDocument(document, issuer);
      entry.good = { metadata, fetchedAt: now() };
      entry.refreshAt = now() + DISCOVERY_MAX_AGE_MS;
      entry.failures = 0;
      entry.retryAt = 0;
      return metadata;
    } catch (error) {
      // A document that contradicts the configuration closes the door at once; an absent one does not.
      if (!isTransportFailure(error)) entry.good = null;
      if (entry.good === null || now() - entry.good.fetchedAt > DISCOVERY_STALE_MAX_AGE_MS) {
        const backoffMs = Math.min(DISCOVERY_BACKOFF_MIN_MS * 2 ** entry.failures, DISCOVERY_BACKOFF_MAX_MS);
        entry.retryAt = now() + backoffMs;
        entry.failures += 1;
        entry.lastFailure = error;
        throw error;
      }
      entry.refreshAt = now() + DISCOVERY_RETRY_DELAY_MS;
      return entry.good.metadata;
    } finally {
      entry.pending = null;
    }
  }

  return {
    async find(key) {
      const cacheKey = issuerCacheKey(key);
      let entry = entries.get(cacheKey);
      if (entry === undefined) {
        entry = {
          good: null,
          refreshAt: 0,
          expiredAt: Number.NEGATIVE_INFINITY,
          failures: 0,
          retryAt: 0,
          lastFailure: null,
          pending: null,
        };
        entries.set(cacheKey, entry);
      }
      if (entry.good !== null && now() < entry.refreshAt) return entry.good.metadata;
      if (entry.pending === null && now() < entry.retryAt) throw entry.lastFailure;
      entry.pending ??= load(entry, key);
      return entry.pending;
    },
    expire(key) {
      const entry = entries.get(issuerCacheKey(key));
      if (entry === undefined || now() - entry.expiredAt < DISCOVERY_MIN_INTERVAL_MS) return;
      entry.expiredAt = now();
      entry.refreshAt = 0;
      entry.retryAt = 0;
    },
  };
}

/** What a document says, in contrast to not having one. */
const DOCUMENT_CODES: ReadonlySet<string> = new Set(['issuer-mismatch', 'par-required', 'idp-response-invalid']);

function isTransportFailure(error: unknown): boolean {
  return SsoError.is(error) && !DOCUMENT_CODES.has(error.code);
}
