import type { SecretPlace } from './create-encryption-key-ring.js';
import type { SecretSlot } from './database.js';

export interface ClientSecretPlaceInput {
  readonly tenantId: string;
  readonly connectionId: string;
  readonly revisionId: string;
  readonly slot: SecretSlot;
}

/** The place that a client secret is sealed to: a row moved to another tenant, revision or slot does not open. */
export function clientSecretPlace({ tenantId, connectionId, revisionId, slot }: ClientSecretPlaceInput): SecretPlace {
  return ['client-secret', tenantId, connectionId, revisionId, slot];
}
