/**
 * @module
 * Whether the provider accepts a stored secret, asked without a user: a code that nobody was given tells a refused
 * client from a refused code. Each question is a failed request in the provider's log, so it is rarely asked.
 */
import { providerOf } from './begin-sign-in.js';
import { withBudget } from './budgeted-fetch.js';
import { SsoError } from './errors.js';
import { explainFailure } from './explain-failure.js';
import { SECRET_BYTES } from './limits.js';
import type { ActiveConnection, Tenant } from './ports.js';
import { redirectUri, tenantOrigin } from './products.js';
import type { SecretCheck, SettingsDeps } from './settings-deps.js';
import { exchangeCode } from './token-exchange.js';

export async function checkClientSecret(
  opened: { readonly connection: ActiveConnection; readonly clientSecret: string } | null,
  tenant: Tenant,
  { signIn, scheme }: SettingsDeps,
): Promise<SecretCheck> {
  if (opened === null) return { result: 'missing', code: null, advice: 'There is no such secret.' };
  const { connection, clientSecret } = opened;
  const provider = providerOf(connection, signIn.providers);
  try {
    const { revisionId, issuer, clientId } = connection;
    const metadata = await signIn.discovery.find({ tenantId: tenant.id, revisionId, issuer });
    await exchangeCode(
      {
        metadata,
        provider,
        clientId,
        clientSecret,
        code: 'a-code-that-nobody-was-given',
        redirectUri: redirectUri(tenantOrigin(tenant.domain, scheme), 'workspace', 'authorise', tenant),
        codeVerifier: signIn.crypto.randomToken(SECRET_BYTES),
      },
      withBudget(signIn.fetch, { tenantId: tenant.id, endpoint: 'token' }),
    );
    return { result: 'unknown', code: null, advice: 'The provider’s answer says nothing about the secret.' };
  } catch (error) {
    if (!SsoError.is(error)) throw error;
    if (error.code === 'grant-rejected') {
      return { result: 'accepted', code: null, advice: `${provider.name} accepts the secret.` };
    }
    const { code, advice } = explainFailure(error, provider);
    return { result: code === 'client-rejected' ? 'refused' : 'unknown', code, advice };
  }
}
