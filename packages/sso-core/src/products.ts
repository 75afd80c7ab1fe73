/**
 * @module
 * The three products and the addresses that belong to them. A tenant's administrator types these redirect URIs into
 * Okta, so they can never change.
 */

/** The products, in the order in which people are shown them. */
export const PRODUCTS = ['workspace', 'cti', 'toolbar'] as const;
/** Part of paths, cookies and tokens, so a name never changes. */
export type Product = (typeof PRODUCTS)[number];

/**
 * `sign-in` makes a session, `renew` one in the place of a session of the same user. `authorise` proves a connection's
 * settings by a real sign-in, `probe` that the provider knows one more redirect URI; neither ever makes a session.
 */
export type Purpose = 'sign-in' | 'renew' | 'authorise' | 'probe';

/** As people know them. */
export const PRODUCT_NAMES: Readonly<Record<Product, string>> = {
  workspace: 'Workspace',
  cti: 'CTI Adaptor',
  toolbar: 'Agent Toolbar',
};

/** Paths at which the provider's answer arrives, per product and purpose. */
export const CALLBACK_PATHS = {
  workspace: '/workspace/security/sso-oauth-callback',
  authorise: '/workspace/authorize-sso',
  cti: '/cti/login',
  toolbar: '/toolbar/login',
} as const;

/** Paths that start a sign-in; also the target of the Okta tile. */
export const START_PATHS: Readonly<Record<Product, string>> = {
  workspace: '/workspace/security/sso-login',
  cti: '/cti/login',
  toolbar: '/toolbar/login',
};

/** Where a signed-in user of a product lands when no return path was given. */
export const HOME_PATHS: Readonly<Record<Product, string>> = {
  workspace: '/workspace/',
  cti: '/cti/',
  toolbar: '/toolbar/',
};

/** The page after signing out; registered at the provider as sign-out redirect URI. */
export const SIGNED_OUT_PATHS: Readonly<Record<Product, string>> = {
  workspace: '/workspace/signed-out',
  cti: '/cti/signed-out',
  toolbar: '/toolbar/signed-out',
};

/** Where Okta asks to end a user's sessions; it answers for all three products. */
export const UNIVERSAL_LOGOUT_PATH = '/workspace/security/universal-logout';

/**
 * How a tenant's origin is written: `https` on the default port, or, in development, `http` with a port on a
 * `.localhost` name.
 */
export interface OriginScheme {
  readonly protocol: 'https' | 'http';
  /** Port that browsers use, or null for the protocol's default. */
  readonly port: number | null;
}

/** The origin that browsers see for a tenant's domain, without a trailing slash. */
export function tenantOrigin(domain: string, scheme: OriginScheme): string {
  return `${scheme.protocol}://${domain}${scheme.port === null ? '' : `:${scheme.port}`}`;
}

/** How a tenant's redirect URIs deviate; a {@link Tenant} is one. */
export interface RedirectUriOptions {
  /**
   * Writes the two Workspace URIs with `http://`, for a tenant whose Okta app was registered from the older list.
   * The string is all that changes: a callback is still processed only over https. Default false.
   */
  readonly legacyHttpCallbacks?: boolean;
}

/** The exact string sent to the provider as `redirect_uri`, compared there character for character. */
export function redirectUri(
  origin: string,
  product: Product,
  purpose: Purpose,
  options: RedirectUriOptions = {},
): string {
  if (purpose === 'authorise' && product !== 'workspace') {
    throw new TypeError('Only the Workspace proves a connection.');
  }
  const path = purpose === 'authorise' ? CALLBACK_PATHS.authorise : CALLBACK_PATHS[product];
  const base =
    options.legacyHttpCallbacks === true && product === 'workspace' ? origin.replace(/^https:/, 'http:') : origin;
  return base + path;
}

/** The four redirect URIs that a tenant's administrator registers, in the order in which the guide lists them. */
export function redirectUris(origin: string, options: RedirectUriOptions = {}): readonly string[] {
  return [
    redirectUri(origin, 'workspace', 'sign-in', options),
    redirectUri(origin, 'workspace', 'authorise', options),
    redirectUri(origin, 'cti', 'sign-in', options),
    redirectUri(origin, 'toolbar', 'sign-in', options),
  ];
}
