/**
 * @module
 * Product tokens for the tests of a service: real ones, made and verified as in production, without an adapter.
 */
import type { SessionView, SsoFetch, UserRole } from '../ports.js';
import { createProductTokenMint, productTokenIssuer } from '../product-token-mint.js';
import type { Product } from '../products.js';
import { createInMemorySigningKeys } from './in-memory-signing-keys.js';

/** Whose tokens the test needs. */
export interface TestProductTokensOptions {
  readonly product: Product;
  /** Default `acme`. */
  readonly tenantId?: string;
  /** Default `{tenantId}.ipscape.example`. */
  readonly domain?: string;
  /** Milliseconds since 1970; pass the same to the verifier. Default `Date.now`. */
  readonly now?: () => number;
}

/** Whom a token names. What is left out is that of the default caller. */
export interface TestCaller {
  /** Default `user-1`. */
  readonly id?: string;
  /** Default `agent@acme.example`. */
  readonly email?: string;
  /** Default `Ada Agent`. */
  readonly name?: string;
  /** Default `agent`. */
  readonly role?: UserRole;
}

/** Issues what an adapter would, and answers the verifier's request for keys. Needs no network. */
export interface TestProductTokens {
  /** For the verifier's `issuer`. */
  readonly issuer: string;
  /** For the verifier's `fetch`: answers for this issuer's keys and nothing else. */
  readonly fetch: SsoFetch;
  /** A good token. Default: an agent with the id `user-1`. */
  issue(caller?: TestCaller): Promise<string>;
  /** A token that was good until a minute and a half ago. */
  issueExpired(caller?: TestCaller): Promise<string>;
  /** Has a new key sign. `revoke` also takes the earlier ones away. */
  rotateKeys(options?: { readonly revoke?: boolean }): Promise<void>;
}

const EXPIRED_MS = 390_000;

/** Tokens of one tenant and product, with keys of their own. */
export function createTestProductTokens({
  product,
  tenantId = 'acme',
  domain = `${tenantId}.ipscape.example`,
  now = Date.now,
}: TestProductTokensOptions): TestProductTokens {
  const scheme = { protocol: 'https', port: null } as const;
  const keys = createInMemorySigningKeys();
  const issuer = productTokenIssuer(domain, product, scheme);
  /** A mint of its own for each token: nothing is remembered over a rotation. */
  const issueAt = async (atMs: number, caller: TestCaller): Promise<string> => {
    const mint = createProductTokenMint({ store: keys, scheme, now: () => atMs });
    const session: Omit<SessionView, 'life'> = {
      id: 'session-1',
      tenant: { id: tenantId, domain },
      product,
      user: { id: 'user-1', email: 'agent@acme.example', name: 'Ada Agent', role: 'agent', ...caller },
      authTime: new Date(atMs - 1_000),
      expiresAt: new Date(atMs + 3_600_000),
      transactionId: 'transaction-1',
    };
    return (await mint.issue(session)).token;
  };
  return {
    issuer,
    fetch: async (url) =>
      url === `${issuer}/.well-known/jwks.json`
        ? Response.json({ keys: await keys.listPublishedKeys(tenantId) })
        : new Response(null, { status: 404 }),
    issue: (caller = {}) => issueAt(now(), caller),
    issueExpired: (caller = {}) => issueAt(now() - EXPIRED_MS, caller),
    rotateKeys: (options) => keys.rotate(tenantId, options),
  };
}
