import type { SecretPlace } from './create-encryption-key-ring.js';

/** The place that a session's ID token is sealed to: moved to another session it does not open. */
export function idTokenPlace(tenantId: string, sessionId: string): SecretPlace {
  return ['session-id-token', tenantId, sessionId];
}
