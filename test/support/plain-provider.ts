/**
 * @module
 * A second, independent OpenID Provider: the certified oidc-provider as its authors configure it, without anything of
 * Okta's. It sends `iss` with its answers (RFC 9207), keeps claims for userinfo and asks for consent.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BaseProviderConfig, defineOidcProvider } from '@ipscape/sso-core';
import Provider from 'oidc-provider';
import { z } from 'zod';

interface PlainConfig extends BaseProviderConfig {
  readonly issuer: string;
}

/** How a product team would add a provider: data and pure functions. */
export const plain = defineOidcProvider<PlainConfig>({
  id: 'plain',
  name: 'Plain ID',
  configSchema: z.strictObject({
    issuer: z.string().meta({ label: 'Issuer', help: 'The issuer identifier.' }),
    clientId: z.string().meta({ label: 'Client ID', help: 'From the provider.' }),
    clientSecret: z.string().meta({ label: 'Client Secret', help: 'From the provider.', secret: true }),
  }),
  scopes: ['openid', 'profile', 'email'],
  idTokenAlgorithms: ['RS256'],
  emailVerification: 'required',
  parseConfig: () => ({ ok: false, errors: {} }),
  issuer: ({ issuer = '' }) => issuer,
  explainError: () => null,
  setupGuide: () => [],
});

export interface PlainProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What userinfo says about every account. */
  emailVerified: unknown;
  stop(): Promise<void>;
}

export async function startPlainProvider(redirectUris: string[]): Promise<PlainProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://id.localhost:${(server.address() as AddressInfo).port}`;
  const client = { clientId: 'ipscape', clientSecret: randomBytes(32).toString('base64url') };
  const state = { emailVerified: true as unknown };
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: redirectUris }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: state.emailVerified as boolean, name: id }),
    }),
  });
  server.on('request', provider.callback());
  return {
    issuer,
    ...client,
    get emailVerified() {
      return state.emailVerified;
    },
    set emailVerified(value) {
      state.emailVerified = value;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
