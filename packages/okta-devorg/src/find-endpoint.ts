/**
 * @module Which of the org's endpoints a path belongs to. Pure.
 */

/** Names used in recorded requests and by the request handler. */
export type OktaEndpoint =
  | 'discovery'
  | 'organization'
  | 'keys'
  | 'authorize'
  | 'resume'
  | 'sign-in'
  | 'token'
  | 'userinfo'
  | 'introspect'
  | 'revoke'
  | 'logout'
  | 'custom-server'
  | 'tile'
  | 'dashboard'
  | 'api'
  | 'unknown';

/** An endpoint, its path with identifiers taken out, and the identifier. */
export interface FoundEndpoint {
  readonly endpoint: OktaEndpoint;
  readonly path: string;
  /** Client id, interaction id or authorization server id; empty when the path has none. */
  readonly id: string;
}

const FIXED: Readonly<Record<string, OktaEndpoint>> = {
  '/.well-known/openid-configuration': 'discovery',
  '/.well-known/oauth-authorization-server': 'discovery',
  '/.well-known/okta-organization': 'organization',
  '/oauth2/v1/keys': 'keys',
  '/oauth2/v1/authorize': 'authorize',
  '/oauth2/v1/token': 'token',
  '/oauth2/v1/userinfo': 'userinfo',
  '/oauth2/v1/introspect': 'introspect',
  '/oauth2/v1/revoke': 'revoke',
  '/oauth2/v1/logout': 'logout',
  '/': 'dashboard',
  '/app/UserHome': 'dashboard',
};

const WITH_ID: readonly (readonly [RegExp, OktaEndpoint, string])[] = [
  [/^\/oauth2\/v1\/authorize\/([^/]+)$/, 'resume', '/oauth2/v1/authorize/{id}'],
  [/^\/signin\/([^/]+)$/, 'sign-in', '/signin/{id}'],
  [/^\/home\/oidc_client\/([^/]+)/, 'tile', '/home/oidc_client/{id}'],
  [/^\/oauth2\/(?!v1(?:\/|$))([^/]+)(?:\/|$)/, 'custom-server', '/oauth2/{id}'],
];

/** Returns the endpoint at `pathname`. */
export function findEndpoint(pathname: string): FoundEndpoint {
  const fixed = Object.hasOwn(FIXED, pathname) ? FIXED[pathname] : undefined;
  if (fixed) return { endpoint: fixed, path: pathname, id: '' };
  for (const [pattern, endpoint, path] of WITH_ID) {
    const id = pattern.exec(pathname)?.[1];
    if (id !== undefined) return { endpoint, path, id };
  }
  const endpoint = pathname.startsWith('/api/') || pathname.startsWith('/oauth2/v1/') ? 'api' : 'unknown';
  return { endpoint, path: pathname, id: '' };
}
