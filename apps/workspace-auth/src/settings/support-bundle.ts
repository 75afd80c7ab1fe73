/**
 * @module
 * What support needs to see, in one file. Every field is named here and copied one by one, so that nothing gets in
 * that was not meant to: no secret, token, code or claim value. Of people only ids, no names and no e-mail addresses:
 * whoever has to know finds them in the Workspace.
 */
import { formFields } from '@ipscape/sso-core';
import coreManifest from '@ipscape/sso-core/package.json' with { type: 'json' };
import honoManifest from '@ipscape/sso-hono/package.json' with { type: 'json' };
import type { AuditEvent, ConnectionRevision } from '@ipscape/sso-store';
import storeManifest from '@ipscape/sso-store/package.json' with { type: 'json' };
import manifest from '../../package.json' with { type: 'json' };
import type { Workspace } from '../workspace-context.js';
import { toFacts } from './audit-facts.js';
import { loadDirectory } from './insight-data.js';
import type { Act } from './require-actor.js';
import type { SupportBundle } from './settings-api-schemas.js';

const REVISIONS = 20;
const LOG_LINES = 200;
const AUDIT_EVENTS = 100;
/** Facts of audit events that say nothing about a person. Whatever else an event has stays out. */
const AUDIT_FACTS: ReadonlySet<string> = new Set([
  ...['attempted', 'clientId', 'clientSecret', 'code', 'count', 'enabled', 'fields', 'fingerprint', 'issuer', 'keyId'],
  ...[
    'legacy_http_callbacks',
    'product',
    'products',
    'reason',
    'replaced',
    'secrets',
    'slot',
    'sso_entitled',
    'status',
  ],
  ...['emailSource', 'emailVerified'],
  ...['ttlSeconds', 'added', 'updated', 'unchanged', 'disabled', 'lines'],
]);

export async function createSupportBundle(
  { tenant }: Pick<Act, 'tenant'>,
  reference: string,
  workspace: Workspace,
): Promise<SupportBundle> {
  const { adapter, settings } = workspace;
  const { store } = adapter;
  const [view, revisions, secrets, signInLog, audit, held, facts] = await Promise.all([
    settings.view(tenant),
    store.listRevisions(tenant.id),
    store.checkClientSecrets(tenant.id),
    store.listSignInLog(tenant.id, { limit: LOG_LINES }),
    store.listAuditEvents(tenant.id, { limit: AUDIT_EVENTS }),
    store.listHeldIdentities(tenant.id),
    store.findStoreFacts(),
  ]);
  const issuer = revisions.find(({ state }) => state === 'active')?.issuer;
  const { users, active, disabled, products, ...found } = await loadDirectory(tenant, issuer, workspace);
  const { id, domain, ssoEntitled, legacyHttpCallbacks } = tenant;
  return {
    format: 'ipscape-sso-support-bundle/1',
    createdAt: facts.now.toISOString(),
    reference,
    tenant: { id, domain, ssoEntitled, legacyHttpCallbacks },
    versions: {
      workspaceAuth: manifest.version,
      ssoCore: coreManifest.version,
      ssoHono: honoManifest.version,
      ssoStore: storeManifest.version,
      providers: adapter.signIn.providers.all.map((provider) => provider.id),
      node: process.version,
      database: `${store.kind}, PostgreSQL ${facts.serverVersion}`,
      schema: facts.schema,
    },
    redirectUris: [...view.redirectUris],
    connection: {
      enabled: view.enabled,
      active: view.active?.number ?? null,
      pending: view.pending?.number ?? null,
      secrets: secrets.map(({ slot, keyId, readable }) => ({ slot, keyId, readable })),
    },
    revisions: revisions.slice(0, REVISIONS).map((revision) => toRevision(revision, workspace)),
    lastAuthorisation: toAuthorisation(view.authorisation),
    directory: {
      users,
      active,
      disabled,
      withoutEmail: found.withoutEmail.count,
      colliding: found.colliding.count,
      heldIdentities: held.length,
      products: [...products],
    },
    signInLog: signInLog.map(({ occurredAt, reference, product, purpose, stage, code, reason, userId }) => ({
      occurredAt: occurredAt.toISOString(),
      ...{ reference, product, purpose, stage, code, reason, userId },
    })),
    audit: audit.map(toAuditEvent),
  };
}

/** Of the provider's own fields those that its schema calls no secret. */
function toRevision(revision: ConnectionRevision, { adapter }: Workspace): SupportBundle['revisions'][number] {
  const { number, revisionId, state, providerId, issuer, clientId, createdBy } = revision;
  const provider = adapter.signIn.providers.find(providerId);
  const fields = provider === null ? [] : formFields(provider);
  const isOpen = (name: string): boolean => fields.some((field) => field.name === name && !field.secret);
  return {
    ...{ number, revisionId, state, providerId, issuer, clientId, createdBy },
    config: Object.fromEntries(Object.entries(revision.config).filter(([name]) => isOpen(name))),
    secret: toSecret(revision.secret),
    nextSecret: toSecret(revision.nextSecret),
    createdAt: revision.createdAt.toISOString(),
    authorisedAt: revision.authorisedAt?.toISOString() ?? null,
    activatedAt: revision.activatedAt?.toISOString() ?? null,
  };
}

function toSecret(secret: ConnectionRevision['secret']) {
  return secret === null ? null : { setAt: secret.setAt.toISOString(), fingerprint: secret.fingerprint };
}

function toAuthorisation(
  authorisation: Awaited<ReturnType<Workspace['settings']['view']>>['authorisation'],
): SupportBundle['lastAuthorisation'] {
  if (authorisation === null) return null;
  const { authorisationId, revisionId, status, failure, claims, matchedUser, redirectUris, startedAt } = authorisation;
  return {
    ...{ authorisationId, revisionId, status },
    failureCode: failure?.code ?? null,
    claims: [...claims],
    matchedUserId: matchedUser?.id ?? null,
    redirectUris: redirectUris.map(({ route, redirectUri, state }) => ({ route, redirectUri, state })),
    startedAt: startedAt.toISOString(),
  };
}

function toAuditEvent({ occurredAt, actor, action, subject, details }: AuditEvent): SupportBundle['audit'][number] {
  const facts = Object.entries(toFacts(details)).filter(([name]) => AUDIT_FACTS.has(name));
  return {
    occurredAt: occurredAt.toISOString(),
    actor,
    action,
    subject,
    details: Object.fromEntries(facts),
  };
}
