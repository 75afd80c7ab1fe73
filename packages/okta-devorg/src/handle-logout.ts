/**
 * @module `/oauth2/v1/logout`: ends the browser's whole Okta session, without asking.
 */
import { compactVerify, createLocalJWKSet } from 'jose';
import { renderErrorPage } from './error-page.js';
import { findSession, type ProviderExchange } from './handle-sign-in.js';
import { sendHtmlPage } from './html-page.js';
import type { OktaDevClient, OrgDirectory } from './org-directory.js';
import type { SigningKeys } from './signing-keys.js';

export interface LogoutInput {
  readonly params: URLSearchParams;
  readonly directory: OrgDirectory;
  readonly keys: SigningKeys;
  /** Issuers whose ID tokens are accepted as a hint. */
  readonly issuers: readonly string[];
  /** Where the browser goes without a `post_logout_redirect_uri`. */
  readonly signedOutUrl: string;
}

/** Requires an `id_token_hint` of this org, of any age, and an exactly registered sign-out redirect URI if one is given. */
export async function handleLogout(exchange: ProviderExchange, input: LogoutInput): Promise<void> {
  const { params } = input;
  const hint = await findHint(params.get('id_token_hint') ?? '', input);
  if (!hint) return refuse(exchange, 'invalid_request', "Invalid value for 'id_token_hint' parameter.");
  const target = params.get('post_logout_redirect_uri');
  if (target !== null && !hint.client.postLogoutRedirectUris.includes(target)) {
    const text = "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings.";
    return refuse(exchange, 'invalid_request', text);
  }
  const session = await findSession(exchange);
  if (session.accountId !== undefined && session.accountId !== hint.subject) {
    const text = "The ID token subject does not match the current session's user.";
    return refuse(exchange, 'id_token_does_not_match_session', text);
  }
  if (session.accountId !== undefined) await session.destroy();
  exchange.response.writeHead(302, {
    Location: target === null ? input.signedOutUrl : withState(target, params.get('state')),
    'Cache-Control': 'no-cache, no-store',
    'Referrer-Policy': 'no-referrer',
  });
  exchange.response.end();
}

async function findHint(
  idToken: string,
  { directory, keys, issuers }: LogoutInput,
): Promise<{ client: OktaDevClient; subject: string } | undefined> {
  try {
    const { payload } = await compactVerify(idToken, createLocalJWKSet({ keys: [...keys.publicKeys] }));
    const { iss, aud, sub } = JSON.parse(new TextDecoder().decode(payload));
    const client = directory.findActiveClient(String(aud));
    return client && issuers.includes(iss) ? { client, subject: String(sub) } : undefined;
  } catch {
    return undefined;
  }
}

function withState(target: string, state: string | null): string {
  if (state === null) return target;
  return `${target}${target.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`;
}

function refuse({ response }: ProviderExchange, error: string, description: string): void {
  sendHtmlPage(response, 400, renderErrorPage({ error, description }));
}
