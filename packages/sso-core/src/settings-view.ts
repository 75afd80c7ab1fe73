/**
 * @module
 * What the settings page shows. No secret ever is part of it.
 */
import type { RevisionView, SettingsView } from './connection-settings.js';
import type { StoredRevision } from './connection-store.js';
import type { Tenant } from './ports.js';
import { redirectUris, tenantOrigin } from './products.js';
import { formFields } from './provider.js';
import type { SettingsDeps } from './settings-deps.js';

/** Everything but the authorisation. */
export async function loadSettingsView(tenant: Tenant, { store, signIn, scheme }: SettingsDeps): Promise<SettingsView> {
  const [connection, revisions] = await Promise.all([store.findConnection(tenant.id), store.listRevisions(tenant.id)]);
  const restorable = revisions
    .filter(({ state, activatedAt }) => state === 'superseded' && activatedAt !== null)
    .sort((a, b) => (b.activatedAt?.getTime() ?? 0) - (a.activatedAt?.getTime() ?? 0))[0];
  const shown = [connection?.active, connection?.pending, restorable].filter((revision) => revision != null);
  const { users } = await store.findUsers(tenant.id, { userIds: shown.map(({ createdBy }) => createdBy) });
  const names = new Map(users.map(({ id, email }) => [id, email]));
  const toView = (revision: StoredRevision | null | undefined): RevisionView | null =>
    revision == null ? null : toRevisionView(revision, names.get(revision.createdBy));
  const origin = tenantOrigin(tenant.domain, scheme);
  const uris = redirectUris(origin, tenant);
  const guideInput = { tenantName: tenant.name, origin, redirectUris: uris };
  return {
    tenant,
    redirectUris: uris,
    providers: signIn.providers.all.map((provider) => ({
      id: provider.id,
      name: provider.name,
      fields: formFields(provider),
      guide: provider.setupGuide(guideInput),
      snippets: provider.setupSnippets?.(guideInput) ?? [],
    })),
    active: toView(connection?.active),
    enabled: connection?.enabled ?? false,
    pending: toView(connection?.pending),
    restorable: toView(restorable),
    authorisation: null,
  };
}

/** @param createdBy - how people know who made it. Default: the id. */
export function toRevisionView(revision: StoredRevision, createdBy: string = revision.createdBy): RevisionView {
  const { revisionId, number, state, providerId, secret, nextSecret, createdAt, repairs } = revision;
  const values = { ...revision.config, clientId: revision.clientId };
  return { revisionId, number, state, providerId, values, secret, nextSecret, repairs, createdBy, createdAt };
}
