import type { SecretPlace } from './create-encryption-key-ring.js';

/** The place that a session's ID token is sealed to: moved to another session it does not open. */
export function idTokenPlace(tenantId: string, sessionId: string): SecretPlace {
  return ['session-id-token', tenantId, sessionId];
}

/** The place of an ID token that waits for a frame to redeem its session. */
export function handoffIdTokenPlace(tenantId: string, handoffId: string): SecretPlace {
  return ['handoff-id-token', tenantId, handoffId];
}
