import type { SecretPlace } from './create-encryption-key-ring.js';

/** The place that a private signing key is sealed to: a row moved to another tenant or key id does not open. */
export function signingKeyPlace({ tenantId, kid }: { readonly tenantId: string; readonly kid: string }): SecretPlace {
  return ['signing-key', tenantId, kid];
}
