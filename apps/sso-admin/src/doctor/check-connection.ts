import { createDiscovery, SsoError, type Tenant } from '@ipscape/sso-core';
import type { ConnectionOverview, ConnectionRevision } from '@ipscape/sso-store';
import type { AdminDeps } from '../admin-deps.js';
import { isLocalTenant } from '../tenant-address.js';
import { adviseDiscovery } from './advise-discovery.js';
import type { Finding } from './finding.js';

/** The connection, its secrets, and whether the provider answers as the issuer that it is configured with. */
export async function checkConnection(deps: AdminDeps, tenant: Tenant): Promise<readonly Finding[]> {
  const connection = await deps.store.findConnection(tenant.id);
  const findings = [judge(connection, tenant)];
  if (connection === null || connection.active === null) return findings;
  return [...findings, ...(await checkSecrets(deps, tenant)), await checkDiscovery(deps, tenant, connection.active)];
}

function judge(connection: ConnectionOverview | null, { domain }: Tenant): Finding {
  const problem = (message: string, advice: string): Finding => ({
    check: 'connection',
    level: 'problem',
    message,
    advice,
  });
  if (connection === null) {
    return problem(
      'The tenant has no connection.',
      `sso-admin admin-link create --tenant ${domain}; its administrator connects it.`,
    );
  }
  if (connection.active === null) {
    const state = connection.pending?.state ?? 'draft';
    return problem(
      `The connection has no revision in force (the newest one is ${state}).`,
      'The tenant’s administrator presses "Save and authorise" and then "Save" on the settings page.',
    );
  }
  if (!connection.enabled) {
    return problem('The connection is disabled.', `sso-admin connection enable --tenant ${domain}`);
  }
  const { number, issuer } = connection.active;
  const message = `Revision ${number} of the connection to ${issuer} is in force.`;
  return { check: 'connection', level: 'ok', message, advice: null };
}

async function checkSecrets({ store }: AdminDeps, tenant: Tenant): Promise<readonly Finding[]> {
  const secrets = await store.checkClientSecrets(tenant.id);
  if (!secrets.some(({ slot }) => slot === 'current')) {
    const message = 'The connection has no client secret.';
    const advice = 'The tenant’s administrator enters it on the settings page.';
    return [{ check: 'client-secret', level: 'problem', message, advice }];
  }
  return secrets.map(({ slot, keyId, readable }): Finding => {
    const name = slot === 'current' ? 'client secret' : 'next client secret';
    if (readable)
      return { check: 'client-secret', level: 'ok', message: `The ${name} can be decrypted.`, advice: null };
    return {
      check: 'client-secret',
      level: slot === 'current' ? 'problem' : 'note',
      message: `The ${name} cannot be decrypted with the configured keys; it was encrypted with "${keyId}".`,
      advice: 'Restore that key in SSO_ENCRYPTION_KEYS, or have the secret entered anew on the settings page.',
    };
  });
}

async function checkDiscovery(deps: AdminDeps, tenant: Tenant, revision: ConnectionRevision): Promise<Finding> {
  const { issuer, revisionId } = revision;
  const discovery = createDiscovery({ fetch: deps.createFetch({ local: isLocalTenant(deps, tenant.domain) }) });
  const startedAt = performance.now();
  try {
    await discovery.find({ tenantId: tenant.id, revisionId, issuer });
  } catch (error) {
    if (!SsoError.is(error)) throw error;
    return { check: 'discovery', level: 'problem', message: error.message, advice: adviseDiscovery(error.code) };
  }
  const milliseconds = Math.round(performance.now() - startedAt);
  const message = `The provider answers as ${issuer} (${milliseconds} ms).`;
  return { check: 'discovery', level: 'ok', message, advice: null };
}
