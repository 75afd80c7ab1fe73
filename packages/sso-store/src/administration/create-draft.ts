import { randomUUID } from 'node:crypto';
import { SsoError } from '@ipscape/sso-core';
import type { Kysely } from 'kysely';
import type { Database } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { readClientSecret, writeClientSecret } from './client-secrets.js';
import type { ConnectionRevision, NewDraft } from './connection-administration.js';
import { notFound, refused } from './refusals.js';
import { selectRevisions, toConnectionRevision } from './select-revisions.js';
import { writeAuditEvent } from './write-audit-event.js';

/** See {@link ConnectionAdministration.createDraft}. */
export async function createDraft({ db, keys }: StoreContext, draft: NewDraft): Promise<ConnectionRevision> {
  const { tenantId, actor } = draft;
  return await db.transaction().execute(async (transaction) => {
    const context = { db: transaction, keys };
    await checkSeen(transaction, draft);
    const connectionId = await lockConnection(transaction, draft);
    const { secret, next } =
      draft.clientSecret === 'keep'
        ? await findKept(context, draft, connectionId)
        : { secret: draft.clientSecret.value, next: null };
    if (Object.values(draft.config).includes(secret)) throw refused('client-secret-in-config');

    await transaction
      .updateTable('connection_revisions')
      .set({ state: 'superseded' })
      .where('tenant_id', '=', tenantId)
      .where('connection_id', '=', connectionId)
      .where('state', 'in', ['draft', 'authorised'])
      .execute();
    const revisionId = randomUUID();
    await transaction
      .insertInto('connection_revisions')
      .values((values) => ({
        tenant_id: tenantId,
        connection_id: connectionId,
        id: revisionId,
        number: values
          .selectFrom('connection_revisions')
          .where('tenant_id', '=', tenantId)
          .where('connection_id', '=', connectionId)
          .select((select) => select(select.fn.coalesce(select.fn.max('number'), select.lit(0)), '+', 1).as('number')),
        issuer: draft.issuer,
        client_id: draft.clientId,
        config: JSON.stringify(draft.config),
        created_by: actor,
        repairs: [...(draft.repairs ?? [])],
      }))
      .execute();
    const revision = { tenantId, connectionId, revisionId };
    const fingerprint = await writeClientSecret(context, { revision, slot: 'current', secret });
    // A rotation that is under way goes on.
    if (next !== null) await writeClientSecret(context, { revision, slot: 'next', secret: next });
    await writeAuditEvent(transaction, {
      tenantId,
      actor,
      action: 'draft-created',
      subject: revisionId,
      details: {
        issuer: draft.issuer,
        clientId: draft.clientId,
        fields: Object.keys(draft.config),
        clientSecret: draft.clientSecret === 'keep' ? 'kept' : 'replaced',
        fingerprint,
        ...(draft.repairs === undefined || draft.repairs.length === 0 ? {} : { repairs: draft.repairs }),
      },
    });
    return toConnectionRevision(
      await selectRevisions(transaction, tenantId).where('r.id', '=', revisionId).executeTakeFirstOrThrow(),
    );
  });
}

/** One tenant's drafts are made one by one, whatever their provider, so that each sees the one before. */
async function checkSeen(transaction: Kysely<Database>, { tenantId, seenRevisionId }: NewDraft): Promise<void> {
  if (seenRevisionId === undefined) return;
  await transaction.selectFrom('tenants').select('id').where('id', '=', tenantId).forNoKeyUpdate().executeTakeFirst();
  const rows = await selectRevisions(transaction, tenantId).where('r.state', '<>', 'superseded').execute();
  const shown = rows.filter(
    ({ connection_id: id }) => id === (rows.find(({ enabled }) => enabled) ?? rows[0])?.connection_id,
  );
  const newest = shown.find(({ state }) => state !== 'active') ?? shown[0];
  if ((newest?.id ?? null) !== seenRevisionId) throw new SsoError('revision-conflict');
}

/** The tenant's connection for the provider, made if need be; locked, so that drafts are numbered one by one. */
async function lockConnection(transaction: Kysely<Database>, { tenantId, providerId }: NewDraft): Promise<string> {
  const tenant = await transaction.selectFrom('tenants').select('id').where('id', '=', tenantId).executeTakeFirst();
  if (tenant === undefined) throw notFound('tenant');
  await transaction
    .insertInto('connections')
    .values({ tenant_id: tenantId, id: randomUUID(), provider_id: providerId })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'provider_id']).doNothing())
    .execute();
  const { id } = await transaction
    .selectFrom('connections')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('provider_id', '=', providerId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * Only a secret that was stored for the same issuer and client: otherwise whoever may edit the settings could have
 * it sent to a host of their own.
 */
async function findKept(
  context: StoreContext,
  draft: NewDraft,
  connectionId: string,
): Promise<{ readonly secret: string; readonly next: string | null }> {
  const { tenantId, issuer, clientId } = draft;
  const source = await selectRevisions(context.db, tenantId)
    .where('r.connection_id', '=', connectionId)
    .where('r.issuer', '=', issuer)
    .where('r.client_id', '=', clientId)
    .where('current.slot', 'is not', null)
    // The one that was stored last: a secret is rotated in a revision that is older than a draft.
    .clearOrderBy()
    .orderBy('current.created_at', 'desc')
    .orderBy('r.number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (source === undefined) throw refused('client-secret-required');
  const revision = { tenantId, connectionId, revisionId: source.id };
  const secret = await readClientSecret(context, { revision, slot: 'current' });
  if (secret === null) throw refused('client-secret-required');
  return { secret, next: await readClientSecret(context, { revision, slot: 'next' }) };
}
