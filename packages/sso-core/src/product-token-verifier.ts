/**
 * @module
 * Verifies product tokens in a product's services: who calls, for which tenant, in which session. Asks no database.
 */
import { base64url, type CryptoKey } from 'jose';
import { boundedFetch } from './bounded-fetch.js';
import { forbiddenHeader, isKeyId, parseJsonObject, readCompactJws } from './compact-jws.js';
import { SsoError } from './errors.js';
import { isSignedBy } from './jws-signature.js';
import { createKeyCache, type KeyCache } from './key-cache.js';
import type { SsoFetch, UserRole } from './ports.js';
import {
  checkProductTokenClaims,
  PRODUCT_TOKEN_TYPE,
  type ProductTokenClaims,
  type ProductTokenFault,
} from './product-token-claims.js';
import { PRODUCTS, type Product } from './products.js';
import { webCrypto } from './web-crypto.js';

/** Who calls, as a verified product token says. {@link ProductTokenVerifier} makes these, and nothing else does. */
export interface ProductSession {
  /** As the directory had them when the token was issued. */
  readonly user: { readonly id: string; readonly email: string; readonly name: string; readonly role: UserRole };
  /** Scope every query by this id, whatever host or parameter the request names. */
  readonly tenant: { readonly id: string; readonly domain: string };
  readonly product: Product;
  /** The same in all tokens of one session: {@link SessionView.id}. */
  readonly sessionId: string;
  /** When the user signed in at the provider. */
  readonly authTime: Date;
  /** When the token ends; the session may go on. */
  readonly expiresAt: Date;
  /** In the type alone, so that nothing else passes for a verified session. */
  readonly __brand: 'ProductSession';
}

/**
 * Whether an issuer is one of the service's tenants. It is asked with text from a token that nobody has verified yet,
 * e.g. `https://acme.ipscape.com.au/cti`: compare it, or its host, with what the service knows; never fetch it.
 */
export type IsProductIssuer = (issuer: string) => boolean | Promise<boolean>;

/** Whose tokens a service accepts. Nothing in a token can change it. */
export interface ProductTokenVerifierOptions {
  /** Whose services ask. A token of another product is refused. */
  readonly product: Product;
  /**
   * For one tenant its issuer, `https://{tenant.domain}/{product}`, which must be what tokens say to the letter. For
   * many tenants a function that confirms an issuer. Keys are only ever fetched from an issuer that was confirmed.
   */
  readonly issuer: string | IsProductIssuer;
  /**
   * Fetches keys. Default: the platform's `fetch` without redirects, five seconds, 256 KB; it reaches the private
   * addresses that adapters inside one network have. Outside, use the guarded fetch of `@ipscape/sso-core/node`.
   */
  readonly fetch?: SsoFetch;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** Tells a product's service who calls. Safe to share by all requests of a process. */
export interface ProductTokenVerifier {
  /**
   * The session of a token whose header, signature, issuer, audience, times and claims have all been checked.
   *
   * Only ES256, with a key that the issuer publishes; nothing in the token chooses the key's address. Times may be off
   * by 60 seconds. Keys are fetched once an hour, and at once for a new key id, then every five seconds at most; while
   * that fails the last ones serve for a day.
   *
   * @throws {@link SsoError} `product-token-invalid` with the failed check in `details.reason`; `product-token-expired`;
   *   `product-keys-unavailable` when no keys could be fetched
   */
  verify(token: string): Promise<ProductSession>;
  /**
   * The same for the value of an `Authorization` header, `Bearer …`, with the scheme written exactly so. RFC 6750 §2.1.
   *
   * @throws {@link SsoError} also `session-required` when there is no such value, or another scheme
   */
  verifyAuthorization(header: string | null | undefined): Promise<ProductSession>;
}

/**
 * Make it once per process: it remembers the keys of up to 10,000 issuers.
 *
 * @throws TypeError for an issuer that is not `https://{host}/{product}` (or `http` on a name ending in `.localhost`)
 */
export function createProductTokenVerifier(options: ProductTokenVerifierOptions): ProductTokenVerifier {
  const { product, issuer, fetch = boundedFetch, now = Date.now } = options;
  if (!PRODUCTS.includes(product)) throw new TypeError(`"${product}" is no product.`);
  if (typeof issuer === 'string' && domainOf(issuer, product) === null) {
    throw new TypeError(`The issuer must be written as https://{tenant's domain}/${product}.`);
  }
  const keys = createKeyCache({ fetch, now });

  async function verify(token: string): Promise<ProductSession> {
    const { kid, parts } = parseToken(token);
    const signed = await findIssuer(parts[1], { product, issuer });
    const key = await findKey(keys, { issuer: signed.issuer, product, kid });
    if (!(await isSignedBy({ key, algorithm: 'ES256' }, parts, webCrypto))) throw invalid('signature');
    // Only now does the payload say anything.
    const payload = parseJsonObject(base64url.decode(parts[1]));
    if (payload === null) throw invalid('malformed');
    const result = checkProductTokenClaims(payload, { issuer: signed.issuer, product, nowSeconds: now() / 1000 });
    if (!result.ok) throw faultError(result.fault);
    return toSession(result.claims, signed.domain);
  }

  return {
    verify,
    async verifyAuthorization(header) {
      const token = /^Bearer ([^ ]+)$/.exec(header ?? '')?.[1];
      if (token === undefined) throw new SsoError('session-required');
      return verify(token);
    },
  };
}

type Parts = readonly [string, string, string];

function parseToken(token: string): { readonly kid: string; readonly parts: Parts } {
  if (typeof token !== 'string') throw invalid('malformed');
  const read = readCompactJws(token);
  if (!read.ok) throw invalid(read.fault);
  const { header, parts } = read;
  if (header.alg !== 'ES256') throw invalid('alg');
  if (header.typ !== PRODUCT_TOKEN_TYPE) throw invalid('typ');
  const forbidden = forbiddenHeader(header);
  if (forbidden !== null) throw invalid('header', { header: forbidden });
  if (!isKeyId(header.kid)) throw invalid('kid');
  return { kid: header.kid, parts };
}

/** Whose keys to ask. Of the unverified payload only `iss` is read, and only to have it confirmed. */
async function findIssuer(
  payload: string,
  { product, issuer }: Pick<ProductTokenVerifierOptions, 'product' | 'issuer'>,
): Promise<{ readonly issuer: string; readonly domain: string }> {
  const named = typeof issuer === 'string' ? issuer : parseJsonObject(base64url.decode(payload))?.iss;
  const domain = typeof named === 'string' ? domainOf(named, product) : null;
  if (typeof named !== 'string' || domain === null) throw invalid('iss');
  if (typeof issuer !== 'string' && (await issuer(named)) !== true) throw invalid('iss');
  return { issuer: named, domain };
}

/** A host in lower case with an optional port; a URL would forgive what must not differ. */
const HOST = /^(https?):\/\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::[1-9]\d{0,4})?\/([a-z]+)$/;

/** The tenant's domain in an issuer of the product, or null for anything else. */
function domainOf(issuer: string, product: Product): string | null {
  const [, protocol, domain, path] = HOST.exec(issuer) ?? [];
  if (domain === undefined || path !== product) return null;
  return protocol === 'https' || domain.endsWith('.localhost') ? domain : null;
}

async function findKey(
  keys: KeyCache,
  { issuer, product, kid }: { readonly issuer: string; readonly product: Product; readonly kid: string },
): Promise<CryptoKey> {
  try {
    return await keys.find({
      tenantId: issuer,
      revisionId: product,
      issuer,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      kid,
      algorithm: 'ES256',
    });
  } catch (error) {
    if (!SsoError.is(error)) throw error;
    if (error.code === 'token-invalid') throw new SsoError('product-token-invalid', { details: error.details });
    throw new SsoError('product-keys-unavailable', { details: { reason: error.code, ...error.details }, cause: error });
  }
}

function toSession(claims: ProductTokenClaims, domain: string): ProductSession {
  return {
    user: { id: claims.sub, email: claims.email, name: claims.name, role: claims.role },
    tenant: { id: claims.tid, domain },
    product: claims.aud,
    sessionId: claims.sid,
    authTime: new Date(claims.auth_time * 1000),
    expiresAt: new Date(claims.exp * 1000),
  } as ProductSession;
}

function invalid(reason: string, details: Readonly<Record<string, string>> = {}): SsoError {
  return new SsoError('product-token-invalid', { details: { reason, ...details } });
}

function faultError(fault: ProductTokenFault): SsoError {
  const details = 'differenceSeconds' in fault ? { differenceSeconds: fault.differenceSeconds } : {};
  const facts = { details: { reason: fault.check, claim: fault.claim, ...details } };
  return new SsoError(fault.check === 'exp' ? 'product-token-expired' : 'product-token-invalid', facts);
}
