/**
 * @module
 * An identity provider behind an injected fetch. It signs real tokens, insists on what the protocol asks of a client,
 * records every request, and can be told to misbehave.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SsoFetch, SsoFetchInit } from '../src/ports.js';
import { defineOidcProvider, type OidcProvider } from '../src/provider.js';
import { makeRsaKey, makeToken, type SigningKey, signRs256 } from './signing-key.js';

export interface RecordedRequest {
  readonly url: string;
  readonly path: string;
  readonly init: SsoFetchInit;
  readonly body: URLSearchParams;
}

export type Json = Readonly<Record<string, unknown>>;
type Endpoint = 'discovery' | 'token' | 'keys' | 'userinfo';

export interface FakeProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly requests: RecordedRequest[];
  readonly fetch: SsoFetch;
  key: SigningKey;
  /** The published key set. */
  jwks: unknown;
  metadata: Record<string, unknown>;
  user: Record<string, unknown>;
  userinfo: Record<string, unknown>;
  /** Replaces the answer of an endpoint. */
  answer: Partial<Record<Endpoint, (request: RecordedRequest) => Response | Promise<Response>>>;
  /** Last change to the claims of the ID token. */
  changeClaims: (claims: Record<string, unknown>) => Record<string, unknown>;
  signToken: (claims: Json) => string;
  /** Signs the user in and returns the parameters of the callback. */
  authorize(authorizationUrl: string): URLSearchParams;
  count(endpoint: Endpoint): number;
}

export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

const base64urlSha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export interface FakeProviderOptions {
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly key?: SigningKey;
  readonly now: () => number;
}

export function createFakeProvider({
  issuer = 'https://acme.okta.example',
  clientId = '0oaFakeClient',
  clientSecret = 'fake-secret_1',
  key = makeRsaKey('key-1'),
  now,
}: FakeProviderOptions): FakeProvider {
  const codes = new Map<string, { request: URLSearchParams; accessToken: string }>();
  const endpoints: Record<string, Endpoint> = {
    '/.well-known/openid-configuration': 'discovery',
    '/oauth2/v1/token': 'token',
    '/oauth2/v1/keys': 'keys',
    '/oauth2/v1/userinfo': 'userinfo',
  };
  let sequence = 0;

  const provider: FakeProvider = {
    issuer,
    clientId,
    clientSecret,
    requests: [],
    key,
    jwks: { keys: [key.jwk] },
    metadata: {
      issuer,
      authorization_endpoint: `${issuer}/oauth2/v1/authorize`,
      token_endpoint: `${issuer}/oauth2/v1/token`,
      jwks_uri: `${issuer}/oauth2/v1/keys`,
      userinfo_endpoint: `${issuer}/oauth2/v1/userinfo`,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    },
    user: { sub: '00u1', email: 'ann@acme.example', email_verified: true },
    userinfo: { sub: '00u1', email: 'ann@acme.example', email_verified: true },
    answer: {},
    changeClaims: (claims) => claims,
    signToken: (claims) =>
      makeToken({ alg: 'RS256', kid: provider.key.kid }, claims, signRs256(provider.key.privateKey)),

    authorize(authorizationUrl) {
      const request = new URL(authorizationUrl).searchParams;
      sequence += 1;
      const code = `code-canary-${sequence}`;
      codes.set(code, { request, accessToken: `access-canary-${sequence}` });
      return new URLSearchParams({ code, state: request.get('state') ?? '' });
    },
    count: (endpoint) => provider.requests.filter(({ path }) => endpoints[path] === endpoint).length,

    async fetch(url, init = {}) {
      const { pathname } = new URL(url);
      const request = { url, path: pathname, init, body: new URLSearchParams(init.body ?? '') };
      provider.requests.push(request);
      const endpoint = endpoints[pathname];
      if (endpoint === undefined || new URL(url).origin !== issuer) return new Response('', { status: 404 });
      const answer = provider.answer[endpoint];
      return answer === undefined ? respond(endpoint, request) : answer(request);
    },
  };

  function respond(endpoint: Endpoint, request: RecordedRequest): Response {
    if (endpoint === 'discovery') return json(provider.metadata);
    if (endpoint === 'keys') return json(provider.jwks);
    if (endpoint === 'userinfo') {
      const known = [...codes.values()].some(
        ({ accessToken }) => request.init.headers?.authorization === `Bearer ${accessToken}`,
      );
      return known ? json(provider.userinfo) : json({ error: 'invalid_token' }, 401);
    }
    return respondToTokenRequest(request);
  }

  function respondToTokenRequest({ init, body }: RecordedRequest): Response {
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    if (init.headers?.authorization !== `Basic ${basic}`) return json({ error: 'invalid_client' }, 401);
    const code = body.get('code') ?? '';
    const granted = codes.get(code);
    codes.delete(code);
    const challenge = base64urlSha256(body.get('code_verifier') ?? '').toString('base64url');
    if (
      granted === undefined ||
      granted.request.get('redirect_uri') !== body.get('redirect_uri') ||
      granted.request.get('code_challenge') !== challenge
    ) {
      return json({ error: 'invalid_grant' }, 400);
    }
    codes.set(`used ${code}`, granted);
    const seconds = Math.floor(now() / 1000);
    const claims = provider.changeClaims({
      iss: issuer,
      aud: clientId,
      iat: seconds,
      exp: seconds + 3600,
      auth_time: seconds - 5,
      nonce: granted.request.get('nonce'),
      at_hash: base64urlSha256(granted.accessToken).subarray(0, 16).toString('base64url'),
      ...provider.user,
    });
    return json({
      access_token: granted.accessToken,
      token_type: 'Bearer',
      expires_in: 3600,
      id_token: provider.signToken(claims),
    });
  }

  return provider;
}

/** Text field of a provider's form. */
export const field = (label: string, secret = false): z.ZodString =>
  z.string().meta({ label, help: `The ${label}.`, ...(secret ? { secret } : {}) });

/** A provider's definition as small as the contract allows. */
export const exampleProvider: OidcProvider = defineOidcProvider({
  id: 'example',
  name: 'Example',
  configSchema: z.strictObject({ clientId: field('Client ID'), clientSecret: field('Client Secret', true) }),
  scopes: ['openid', 'profile', 'email'],
  idTokenAlgorithms: ['RS256'],
  emailVerification: 'not-used',
  parseConfig: () => ({ ok: false, errors: {} }),
  issuer: () => 'https://acme.okta.example',
  explainError: ({ error, errorDescription }) =>
    error === 'access_denied' && errorDescription !== null && /not assigned/.test(errorDescription)
      ? { code: 'user-not-assigned', advice: 'Assign the user.' }
      : null,
  setupGuide: () => [],
});
