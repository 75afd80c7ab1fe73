/**
 * @module
 * A product's service and sign-in that use the Web platform alone: the same file on Node, Bun, Deno and workerd.
 */
import { okta } from '@ipscape/okta-provider';
import {
  beginSignIn,
  boundedFetch,
  completeSignIn,
  createProductTokenVerifier,
  createProviderRegistry,
  createSignInDeps,
  productTokenProblem,
  type SsoCrypto,
  SsoError,
  type SsoFetch,
  type Tenant,
} from '@ipscape/sso-core';
import { createInMemoryStore } from '@ipscape/sso-core/testing';

export interface PortableSettings {
  /** Of product tokens, `http://acme.localhost:PORT/cti`. */
  readonly tokenIssuer: string;
  readonly oktaIssuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
}

/** What a platform does better than the Web's functions. */
export interface Platform {
  readonly fetch?: SsoFetch;
  readonly crypto?: SsoCrypto;
}

export function createPortableService(settings: PortableSettings, { fetch = boundedFetch, crypto }: Platform = {}) {
  const verifier = createProductTokenVerifier({ product: 'cti', issuer: settings.tokenIssuer, fetch });
  const { setup, deps, store } = createSignIn(settings, { fetch, ...(crypto === undefined ? {} : { crypto }) });
  const route = { product: 'cti', purpose: 'sign-in', redirectUri: settings.redirectUri } as const;

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === '/calls/mine') {
      const { tenant, user } = await verifier.verifyAuthorization(request.headers.get('authorization'));
      return Response.json({ tenant: tenant.id, calls: `of ${user.id}` });
    }
    if (url.pathname === '/start') {
      const begun = await beginSignIn({ setup, ...route, returnPath: '/cti/' }, deps);
      const headers = { location: begun.authorizationUrl, 'set-cookie': `tx=${begun.browserSecret}` };
      return new Response(null, { status: 302, headers });
    }
    const browserSecret = /^tx=(.*)$/.exec(request.headers.get('cookie') ?? '')?.[1] ?? null;
    const browser = { parameters: url.searchParams, browserSecret: () => browserSecret, hasCookies: true };
    const { returnPath } = await completeSignIn({ tenant: setup.tenant, ...route, ...browser }, 'REFERENCE', deps);
    return Response.json({ returnPath, users: store.sessions.map(({ userId }) => userId) });
  }

  return async (request: Request): Promise<Response> => {
    try {
      return await answer(request);
    } catch (error) {
      const problem = productTokenProblem(error);
      if (problem !== null) {
        return new Response(JSON.stringify(problem.body), { status: problem.status, headers: problem.headers });
      }
      if (SsoError.is(error)) return Response.json({ code: error.code }, { status: 400 });
      return Response.json({ code: String(error) }, { status: 500 });
    }
  };
}

function createSignIn(settings: PortableSettings, platform: Platform & { readonly fetch: SsoFetch }) {
  const store = createInMemoryStore(Date.now);
  const tenant: Tenant = {
    id: 'acme',
    name: 'Acme',
    domain: 'acme.localhost',
    ssoEntitled: true,
    legacyHttpCallbacks: false,
    ssoEnforced: false,
    frameOrigins: [],
  };
  const { oktaIssuer: issuer, clientId, clientSecret } = settings;
  const connection = { connectionId: 'c', revisionId: 'r', providerId: okta.id, issuer, clientId, config: {} };
  const setup = { tenant, connection };
  const email = 'ada.agent@acme.example';
  const agent = { role: 'agent', products: ['cti'], status: 'active' } as const;
  const users = [{ id: 'user-1', tenantId: 'acme', email, name: 'Ada Agent', ...agent }];
  store.tenants.set('acme', { setup, clientSecret, users });
  const providers = createProviderRegistry([okta]);
  const deps = createSignInDeps({ store, providers, context: { environment: 'development' }, ...platform });
  return { setup, deps, store };
}
