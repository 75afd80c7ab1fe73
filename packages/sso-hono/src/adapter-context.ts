/**
 * @module
 * What every handler of an adapter works with.
 */
import type {
  ClientAddressStore,
  HandoffStore,
  HealthStore,
  OriginScheme,
  Product,
  ProductTokenMint,
  RedirectUriProofStore,
  SessionStore,
  SignInDeps,
  SignInStore,
  SigningKeyStore,
  SsoErrorCode,
  Tenant,
  TenantSetup,
} from '@ipscape/sso-core';
import type { Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';
import type { RequestFacts } from './request-facts.js';
import type { SessionLookup } from './session-lookup.js';
import type { SignInLimiter, SignInLimits } from './sign-in-limits.js';
import type { TenantLookup } from './tenant-lookup.js';
import type { Tracing } from './tracing.js';

export type AdapterStore = SignInStore &
  HandoffStore &
  SessionStore &
  HealthStore &
  RedirectUriProofStore &
  SigningKeyStore &
  Partial<ClientAddressStore>;

export interface AdapterDeps<Store extends AdapterStore = AdapterStore> {
  readonly store: Store;
  readonly signIn: SignInDeps;
  /** How browsers write a tenant's origin. */
  readonly scheme: OriginScheme;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Left out: requests are not traced. */
  readonly tracing?: Tracing;
  /** CIDR blocks of proxies whose forwarded headers count. Empty: nobody's do. */
  readonly trustedProxies: readonly string[];
  /** Default: {@link SIGN_IN_LIMITS}. For one product in one process. */
  readonly signInLimits?: SignInLimits;
  /** From {@link createHealthRoutes}; left out where something in front of several adapters answers for them. */
  readonly health?: Hono;
}

export interface Adapter<Store extends AdapterStore = AdapterStore> extends AdapterDeps<Store> {
  readonly product: Product;
  readonly tenants: TenantLookup;
  readonly sessions: SessionLookup;
  readonly productTokens: ProductTokenMint;
  readonly limiter: SignInLimiter;
}

export interface AdapterVariables {
  facts: RequestFacts;
  /** Under which a person and the log speak of this request. */
  reference: string;
  /** Null on routes that belong to no tenant. */
  tenant: Tenant | null;
  setup: TenantSetup | null;
  errorCode: SsoErrorCode | null;
  /** Whether the person sees this in a window that was opened to sign a frame in. */
  isHandoffWindow?: boolean;
  /** Further members of the problem details that this request is answered with. RFC 9457 §3.2. */
  problem?: Readonly<Record<string, unknown>>;
}

export interface AdapterEnv {
  Variables: AdapterVariables;
}

export type AdapterRequest = Context<AdapterEnv>;
