import type { ActiveConnection } from '@ipscape/sso-core';

/** Columns of a left-joined connection; all null when there is none. */
export interface ActiveConnectionRow {
  readonly active_connection_id: string | null;
  readonly active_revision_id: string | null;
  readonly active_provider_id: string | null;
  readonly active_issuer: string | null;
  readonly active_client_id: string | null;
  readonly active_config: Readonly<Record<string, string>> | null;
}

export function toActiveConnection(row: ActiveConnectionRow): ActiveConnection | null {
  if (
    row.active_connection_id === null ||
    row.active_revision_id === null ||
    row.active_provider_id === null ||
    row.active_issuer === null ||
    row.active_client_id === null ||
    row.active_config === null
  ) {
    return null;
  }
  return {
    connectionId: row.active_connection_id,
    revisionId: row.active_revision_id,
    providerId: row.active_provider_id,
    issuer: row.active_issuer,
    clientId: row.active_client_id,
    config: row.active_config,
  };
}
