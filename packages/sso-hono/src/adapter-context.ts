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

/**
 * The ports that the common routes use; an app's store may have more. `withClientAddress` may be left out: then audit
 * events have no address.
 */
export type AdapterStore = SignInStore &
  HandoffStore &
  SessionStore &
  HealthStore &
  RedirectUriProofStore &
  SigningKeyStore &
  Partial<ClientAddressStore>;

/** What an adapter gets from the process, whichever its product. */
export interface AdapterDeps<Store extends AdapterStore = AdapterStore> {
  /** Shared by all requests; nothing here closes it. */
  readonly store: Store;
  /** Of the whole process, so that discovery and keys are remembered between sign-ins. */
  readonly signIn: SignInDeps;
  /** How browsers write a tenant's origin. */
  readonly scheme: OriginScheme;
  /** Gets one line for a request, and one more for a refusal. */
  readonly logger: Logger;
  /** Of the whole process; the product is a label. */
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

/**
 * What a product's routes get: the dependencies and what is remembered between requests. {@link createAdapter} makes
 * it.
 */
export interface Adapter<Store extends AdapterStore = AdapterStore> extends AdapterDeps<Store> {
  readonly product: Product;
  /** Setups by domain, remembered for two and a half seconds. */
  readonly tenants: TenantLookup;
  /** Remembered for four seconds. */
  readonly sessions: SessionLookup;
  /** The only thing that signs product tokens here. */
  readonly productTokens: ProductTokenMint;
  /** Counts the starts and callbacks of this process alone. */
  readonly limiter: SignInLimiter;
}

/** What handlers find under `c.get(…)`. All but the last two are set before any route runs. */
export interface AdapterVariables {
  facts: RequestFacts;
  /** Under which a person and the log speak of this request. */
  reference: string;
  /** Null on routes that belong to no tenant. */
  tenant: Tenant | null;
  /** At most two and a half seconds old: see {@link withCurrentSetup}. Null on routes that belong to no tenant. */
  setup: TenantSetup | null;
  /** What the request was refused with, for its log line; null until an error is answered. */
  errorCode: SsoErrorCode | null;
  /** Whether the person sees this in a window that was opened to sign a frame in. */
  isHandoffWindow?: boolean;
  /** Further members of the problem details that this request is answered with. RFC 9457 §3.2. */
  problem?: Readonly<Record<string, unknown>>;
}

/** Hono's environment type of every route of an adapter. */
export interface AdapterEnv {
  Variables: AdapterVariables;
}

/** Hono's context of a request of an adapter. */
export type AdapterRequest = Context<AdapterEnv>;
