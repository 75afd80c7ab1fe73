/**
 * @module Shows the sign-in page and takes its answer back to oidc-provider.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { renderErrorPage } from './error-page.js';
import { sendHtmlPage } from './html-page.js';
import type { OrgDirectory } from './org-directory.js';
import { readBody } from './read-body.js';
import { renderSignInPage } from './sign-in-page.js';

/** An HTTP exchange with the provider that is to handle it. */
export interface ProviderExchange {
  readonly provider: Provider;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The Okta session of the browser, which may be one without a user. */
export async function findSession({ provider, request, response }: ProviderExchange) {
  return provider.Session.get(provider.createContext(request, response) as unknown as KoaContextWithOIDC);
}

/** Answers `/signin/{id}`: GET shows the page, POST signs in, refuses or cancels. */
export async function handleSignIn(
  exchange: ProviderExchange,
  directory: OrgDirectory,
  orgName: string,
): Promise<void> {
  const { provider, request, response } = exchange;
  try {
    const { params } = await provider.interactionDetails(request, response);
    const form = new URLSearchParams(request.method === 'POST' ? (await readBody(request)).toString() : '');
    if (form.get('action') === 'cancel') return await cancel(exchange);
    const name = form.get('email') ?? form.get('username')?.trim();
    const user = name === undefined ? undefined : directory.findUser(name);
    if (user?.status === 'ACTIVE') return await finish(exchange, user.id);
    const client = directory.findActiveClient(String(params.client_id));
    const page = renderSignInPage({
      orgName,
      appLabel: client?.label ?? 'an app',
      users: directory.users,
      isAssigned: (candidate) => client !== undefined && directory.isAssigned(client, candidate),
      username: name ?? (typeof params.login_hint === 'string' ? params.login_hint : ''),
      failed: name !== undefined,
    });
    sendHtmlPage(response, 200, page);
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    const description = 'Request expired, please start over and try again.';
    sendHtmlPage(response, 400, renderErrorPage({ error: 'login_required', description }));
  }
}

function cancel({ provider, request, response }: ProviderExchange): Promise<void> {
  const result = {
    error: 'access_denied',
    error_description: 'The resource owner or authorization server denied the request.',
  };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function finish(exchange: ProviderExchange, accountId: string): Promise<void> {
  const { provider, request, response } = exchange;
  await endSessionOfAnother(exchange, accountId);
  const result = { login: { accountId, amr: ['pwd'] } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

/** oidc-provider would ask the browser to confirm the change of user with a scripted page; Okta does not. */
async function endSessionOfAnother(exchange: ProviderExchange, accountId: string): Promise<void> {
  const interaction = await exchange.provider.interactionDetails(exchange.request, exchange.response);
  const session = await findSession(exchange);
  if (session.accountId !== undefined && session.accountId !== accountId) await session.destroy();
  if (interaction.session && interaction.session.accountId !== accountId) {
    interaction.session = undefined;
    await interaction.persist();
  }
}
