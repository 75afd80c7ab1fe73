/**
 * @module
 * Okta as an identity provider: data and pure functions. No I/O, no clock, and no part in verifying tokens.
 */
import { defineOidcProvider, type OidcProvider, type ProviderContext } from '@ipscape/sso-core';
import { explainError } from './explain-error.js';
import { isLocalHost } from './is-local-host.js';
import { type OktaConfig, oktaConfigSchema, parseOktaConfig } from './parse-okta-config.js';
import { repairHostName } from './repair-host-name.js';
import { SETTINGS_ADVICE } from './settings-advice.js';
import { setupGuide } from './setup-guide.js';
import { setupSnippets } from './setup-snippets.js';

/**
 * Okta, by its org authorization server. `email_verified` is not used: Okta asks applications not to rely on it, and
 * each issuer is bound to one tenant.
 */
export const okta: OidcProvider<OktaConfig> = defineOidcProvider<OktaConfig>({
  id: 'okta',
  name: 'Okta',
  configSchema: oktaConfigSchema,
  scopes: ['openid', 'profile', 'email'],
  idTokenAlgorithms: ['RS256'],
  emailVerification: 'not-used',
  parseConfig: parseOktaConfig,
  issuer,
  explainError,
  setupGuide,
  setupSnippets,
  clientIdProbe: (issuerUri, clientId) =>
    `${issuerUri}/.well-known/openid-configuration?${new URLSearchParams({ client_id: clientId })}`,
  settingsAdvice: SETTINGS_ADVICE,
});

/**
 * `https://` and the host name, without a trailing slash; `http://` only for a `.localhost` name in development.
 *
 * @throws TypeError when the host name is not one that `parseConfig` returns.
 */
function issuer(config: Readonly<Record<string, string>>, context: ProviderContext): string {
  const { hostName } = config;
  const result = hostName === undefined ? null : repairHostName(hostName, { environment: 'development' });
  if (result === null || !result.ok || result.hostName !== hostName) {
    throw new TypeError('The host name of the configuration did not come from parseConfig.');
  }
  const protocol = context.environment === 'development' && isLocalHost(hostName) ? 'http' : 'https';
  return `${protocol}://${hostName}`;
}
