import type { StoredSecret } from '@ipscape/sso-core';
import type { Kysely, Selectable } from 'kysely';
import type { Database } from '../database.js';
import type { ConnectionRevision } from './connection-administration.js';

/** A tenant's revisions with their fingerprints, newest first; never a ciphertext. */
export function selectRevisions(db: Kysely<Database>, tenantId: string) {
  return db
    .selectFrom('connection_revisions as r')
    .innerJoin('connections as c', (join) =>
      join.onRef('c.tenant_id', '=', 'r.tenant_id').onRef('c.id', '=', 'r.connection_id'),
    )
    .leftJoin('connection_secrets as current', (join) =>
      join
        .onRef('current.tenant_id', '=', 'r.tenant_id')
        .onRef('current.revision_id', '=', 'r.id')
        .on('current.slot', '=', 'current'),
    )
    .leftJoin('connection_secrets as next', (join) =>
      join
        .onRef('next.tenant_id', '=', 'r.tenant_id')
        .onRef('next.revision_id', '=', 'r.id')
        .on('next.slot', '=', 'next'),
    )
    .selectAll('r')
    .select([
      'c.provider_id',
      'c.enabled',
      'current.fingerprint as current_fingerprint',
      'next.fingerprint as next_fingerprint',
      'current.created_at as current_set_at',
      'next.created_at as next_set_at',
    ])
    .where('r.tenant_id', '=', tenantId)
    .orderBy('r.created_at', 'desc')
    .orderBy('r.number', 'desc');
}

interface RevisionRow extends Selectable<Database['connection_revisions']> {
  readonly provider_id: string;
  readonly current_fingerprint: string | null;
  readonly next_fingerprint: string | null;
  readonly current_set_at: Date | null;
  readonly next_set_at: Date | null;
}

export function toConnectionRevision(row: RevisionRow): ConnectionRevision {
  return {
    connectionId: row.connection_id,
    revisionId: row.id,
    providerId: row.provider_id,
    issuer: row.issuer,
    clientId: row.client_id,
    config: row.config,
    number: row.number,
    state: row.state,
    secret: toStoredSecret(row.current_fingerprint, row.current_set_at),
    nextSecret: toStoredSecret(row.next_fingerprint, row.next_set_at),
    repairs: row.repairs,
    createdBy: row.created_by,
    createdAt: row.created_at,
    authorisedAt: row.authorised_at,
    activatedAt: row.activated_at,
  };
}

function toStoredSecret(fingerprint: string | null, setAt: Date | null): StoredSecret | null {
  return fingerprint === null || setAt === null ? null : { fingerprint, setAt };
}
