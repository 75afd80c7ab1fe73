/**
 * @module
 * Makes product tokens: what an adapter hands a product's front end, so that the product's services know who calls
 * without asking a database.
 */
import { type CryptoKey, importJWK, SignJWT } from 'jose';
import QuickLRU from 'quick-lru';
import { SsoError } from './errors.js';
import { CACHE_MAX_ENTRIES, PRODUCT_TOKEN_TTL_SECONDS } from './limits.js';
import type { PublicSigningKey, SessionView, SigningKeyStore } from './ports.js';
import { PRODUCT_TOKEN_TYPE, type ProductTokenClaims } from './product-token-claims.js';
import { type OriginScheme, type Product, tenantOrigin } from './products.js';

/** What a product's front end sends to the product's services. It is a bearer token: never for a log. */
export interface ProductToken {
  /** A compact JWS, ES256. */
  readonly token: string;
  /** `exp`, in whole seconds; never later than the session's end. */
  readonly expiresAt: Date;
  /** From now on; at most 300. */
  readonly expiresInSeconds: number;
}

/** Makes product tokens and publishes the keys that they are verified with. */
export interface ProductTokenMint {
  /**
   * A token that says what the session says, good for five minutes or until the session ends, whichever is first.
   *
   * @throws {@link SsoError} `session-required` when the session is over; `secret-unreadable` or `store-unavailable`
   *   when there is no key to be had
   */
  issue(session: Omit<SessionView, 'life'>): Promise<ProductToken>;
  /** Public keys of a tenant's tokens, the newest first. */
  listKeys(tenantId: string): Promise<readonly PublicSigningKey[]>;
}

/** What product tokens are made of: keys, addresses and the time. */
export interface ProductTokenMintDeps {
  /** Makes and rotates the keys; the mint never does. */
  readonly store: SigningKeyStore;
  /** How browsers and services write a tenant's origin. */
  readonly scheme: OriginScheme;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** `iss` of the product's tokens for a tenant's domain, e.g. `https://acme.ipscape.com.au/cti`. */
export function productTokenIssuer(domain: string, product: Product, scheme: OriginScheme): string {
  return `${tenantOrigin(domain, scheme)}/${product}`;
}

/** Within the five seconds in which every instance must know of a change, such as a key that was revoked. */
const MAX_AGE_MS = 4_000;

interface ImportedKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

/** Remembers keys for a moment, by tenant: make it once per process. */
export function createProductTokenMint({ store, scheme, now = Date.now }: ProductTokenMintDeps): ProductTokenMint {
  const published = createBriefCache((tenantId) => store.listPublishedKeys(tenantId), now);
  const signing = createBriefCache<ImportedKey | null>(async (tenantId, known) => {
    const key = await store.findSigningKey(tenantId);
    if (key === null) return null;
    if (key.kid === known?.kid) return known;
    const jwk = JSON.parse(key.privateJwk) as Record<string, unknown>;
    return { kid: key.kid, privateKey: (await importJWK(jwk, 'ES256')) as CryptoKey };
  }, now);

  return {
    listKeys: (tenantId) => published(tenantId),
    async issue(session) {
      const iat = Math.floor(now() / 1000);
      const exp = Math.min(iat + PRODUCT_TOKEN_TTL_SECONDS, Math.floor(session.expiresAt.getTime() / 1000));
      if (exp <= iat) throw new SsoError('session-required');
      const { user, tenant, product } = session;
      const key = await signing(tenant.id);
      if (key === null) throw new SsoError('tenant-unknown');
      const claims: ProductTokenClaims = {
        iss: productTokenIssuer(tenant.domain, product, scheme),
        aud: product,
        sub: user.id,
        tid: tenant.id,
        sid: session.id,
        email: user.email,
        name: user.name,
        role: user.role,
        auth_time: Math.floor(session.authTime.getTime() / 1000),
        iat,
        exp,
      };
      const token = await new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: PRODUCT_TOKEN_TYPE, kid: key.kid })
        .sign(key.privateKey);
      return { token, expiresAt: new Date(exp * 1000), expiresInSeconds: exp - iat };
    },
  };
}

/** Any number of callers at once cause one look-up. A failure is not remembered. */
function createBriefCache<Value>(
  load: (tenantId: string, known: Value | undefined) => Promise<Value>,
  now: () => number,
): (tenantId: string) => Promise<Value> {
  const entries = new QuickLRU<
    string,
    { readonly value: Promise<Value>; readonly until: number; known: Value | undefined }
  >({ maxSize: CACHE_MAX_ENTRIES });
  return (tenantId) => {
    const entry = entries.get(tenantId);
    if (entry !== undefined && now() < entry.until) return entry.value;
    const next = { value: load(tenantId, entry?.known), until: now() + MAX_AGE_MS, known: entry?.known };
    entries.set(tenantId, next);
    next.value.then(
      (value) => {
        next.known = value;
      },
      () => {
        if (entries.get(tenantId) === next) entries.delete(tenantId);
      },
    );
    return next.value;
  };
}
