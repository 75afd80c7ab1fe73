/**
 * @module
 * What a tenant chooses about the end of its sessions. Interfaces only.
 */

/** Chosen by the tenant's administrator or the Service Desk; the default is the stricter one. */
export interface SessionPolicy {
  /** Whether a session that is revoked during a call ends with the call. Default: no, it ends at once. */
  readonly revocationWaitsForCalls: boolean;
}

/** One choice for each tenant, which holds for sessions of all products. Changes are audited. */
export interface SessionPolicyStore {
  /** Null when there is no such tenant. */
  findSessionPolicy(tenantId: string): Promise<SessionPolicy | null>;
  /**
   * Takes effect with the next revocation; switched off, it ends at once the sessions that wait. A choice that is made
   * already changes nothing and is not audited.
   *
   * @throws {SsoError} `not-found` when there is no such tenant
   */
  setSessionPolicy(input: SessionPolicy & { readonly tenantId: string; readonly actor: string }): Promise<void>;
}
