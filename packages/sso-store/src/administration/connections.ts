/**
 * @module
 * States of revisions and connections. Everything that changes one locks the connection's row first.
 */
import { type Kysely, sql } from 'kysely';
import type { Database, RevisionState } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { carryOverSecret } from './carry-over-secret.js';
import { createClientSecretAdministration } from './client-secrets.js';
import type { ConnectionAdministration, RevisionInForceKey, RevisionKey } from './connection-administration.js';
import { createDraft } from './create-draft.js';
import { endSessions } from './end-sessions.js';
import { lockConnections } from './lock-connections.js';
import { notFound, refused } from './refusals.js';
import { refuseWhileEnforced } from './refuse-while-enforced.js';
import { selectRevisions, toConnectionRevision } from './select-revisions.js';
import { writeAuditEvent } from './write-audit-event.js';

interface LockedRevision {
  readonly connectionId: string;
  readonly state: RevisionState;
  readonly activatedAt: Date | null;
}

export function createConnectionAdministration(context: StoreContext): ConnectionAdministration {
  const { db } = context;
  return {
    ...createClientSecretAdministration(context),
    createDraft: (draft) => createDraft(context, draft),
    async findConnection(tenantId) {
      const rows = await selectRevisions(db, tenantId).execute();
      const shown = rows.find((row) => row.enabled) ?? rows[0];
      if (shown === undefined) return null;
      const revisions = rows.filter((row) => row.connection_id === shown.connection_id).map(toConnectionRevision);
      return {
        connectionId: shown.connection_id,
        providerId: shown.provider_id,
        enabled: shown.enabled,
        active: revisions.find(({ state }) => state === 'active') ?? null,
        pending: revisions.find(({ state }) => state === 'draft' || state === 'authorised') ?? null,
      };
    },
    async findRevision(tenantId, revisionId) {
      const row = await selectRevisions(db, tenantId).where('r.id', '=', revisionId).executeTakeFirst();
      return row === undefined ? null : toConnectionRevision(row);
    },
    async listRevisions(tenantId) {
      return (await selectRevisions(db, tenantId).execute()).map(toConnectionRevision);
    },
    async markAuthorised(key) {
      await db.transaction().execute(async (transaction) => {
        const { state } = await lockRevision(transaction, key);
        if (state === 'authorised') return;
        if (state !== 'draft') throw refused(`revision-${state}`);
        await transaction
          .updateTable('connection_revisions')
          .set({ state: 'authorised', authorised_at: sql<Date>`now()` })
          .where('tenant_id', '=', key.tenantId)
          .where('id', '=', key.revisionId)
          .execute();
        const { tenantId, actor, revisionId: subject } = key;
        await writeAuditEvent(transaction, { tenantId, actor, action: 'revision-authorised', subject });
      });
    },
    async activateRevision(key) {
      await db.transaction().execute(async (transaction) => {
        const { state, connectionId } = await lockRevision(transaction, key);
        if (state !== 'authorised') throw refused(`revision-${state}`);
        await putIntoForce(transaction, key, connectionId);
        const { tenantId, actor, revisionId: subject } = key;
        await writeAuditEvent(transaction, { tenantId, actor, action: 'revision-activated', subject });
      });
    },
    async restoreRevision(key) {
      await db.transaction().execute(async (transaction) => {
        const { state, activatedAt, connectionId } = await lockRevision(transaction, key);
        if (state !== 'superseded') throw refused(`revision-${state}`);
        if (activatedAt === null) throw refused('revision-never-active');
        await carryOverSecret({ ...context, db: transaction }, { ...key, connectionId }, key.actor);
        await putIntoForce(transaction, key, connectionId);
        const { tenantId, actor, revisionId: subject } = key;
        await writeAuditEvent(transaction, { tenantId, actor, action: 'revision-restored', subject });
      });
    },
    async setConnectionEnabled({ tenantId, enabled, actor }) {
      const apply = async (transaction: Kysely<Database>): Promise<void> => {
        await lockConnections(transaction, tenantId);
        const row = await selectRevisions(transaction, tenantId)
          .where('r.state', '=', 'active')
          .clearOrderBy()
          .orderBy('c.enabled', 'desc')
          .orderBy('r.activated_at', 'desc')
          .limit(1)
          .executeTakeFirst();
        if (row === undefined) throw notFound('active-revision');
        if (row.enabled === enabled) return;
        await setEnabled(transaction, tenantId, enabled ? row.connection_id : null);
        const action = enabled ? 'connection-enabled' : 'connection-disabled';
        await writeAuditEvent(transaction, { tenantId, actor, action, subject: row.connection_id });
      };
      if (enabled) await db.transaction().execute(apply);
      else await refuseWhileEnforced(context, { tenantId, actor, attempted: 'disable' }, apply);
    },
  };
}

async function lockRevision(
  transaction: Kysely<Database>,
  { tenantId, revisionId }: RevisionKey,
): Promise<LockedRevision> {
  await lockConnections(transaction, tenantId);
  const row = await transaction
    .selectFrom('connection_revisions')
    .select(['connection_id as connectionId', 'state', 'activated_at as activatedAt'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', revisionId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('revision');
  return row;
}

/** The sessions that another issuer's word opened end: its identities are nothing here any more. */
async function putIntoForce(
  transaction: Kysely<Database>,
  { tenantId, revisionId, keptSessionId }: RevisionInForceKey,
  connectionId: string,
): Promise<void> {
  await transaction
    .updateTable('connection_revisions')
    .set({ state: 'superseded' })
    .where('tenant_id', '=', tenantId)
    .where('connection_id', '=', connectionId)
    .where('state', '=', 'active')
    .execute();
  const { issuer } = await transaction
    .updateTable('connection_revisions')
    .set({ state: 'active', activated_at: sql<Date>`now()` })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', revisionId)
    .returning('issuer')
    .executeTakeFirstOrThrow();
  await setEnabled(transaction, tenantId, connectionId);
  const exception = keptSessionId === undefined ? {} : { exceptSessionId: keptSessionId };
  await endSessions(transaction, { tenantId, notOfIssuer: issuer, ...exception });
}

/** Enables one connection of the tenant, or none. The sessions of a connection that gets disabled end. */
async function setEnabled(transaction: Kysely<Database>, tenantId: string, connectionId: string | null): Promise<void> {
  const disabled = await transaction
    .updateTable('connections')
    .set({ enabled: false })
    .where('tenant_id', '=', tenantId)
    .where('enabled', '=', true)
    .where('id', 'is distinct from', connectionId)
    .returning('id')
    .execute();
  for (const { id } of disabled) await endSessions(transaction, { tenantId, connectionId: id });
  if (connectionId === null) return;
  await transaction
    .updateTable('connections')
    .set({ enabled: true })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', connectionId)
    .execute();
}
