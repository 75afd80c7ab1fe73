/**
 * @module
 * What the origins of a tenant's CRM pages need from the database. Interfaces only.
 */

/** How replacing a tenant's origins ended. */
export type FrameOriginsChange =
  /** In force; other processes see it as soon as any change of the tenant's setup. Audited. */
  | { readonly outcome: 'changed'; readonly added: readonly string[]; readonly removed: readonly string[] }
  /** They were so already; nothing is audited. */
  | { readonly outcome: 'unchanged' }
  /** Somebody else changed them in the meantime; nothing was changed. Audited as a refusal. */
  | { readonly outcome: 'conflict'; readonly current: readonly string[] };

/** Origins of a tenant's CRM pages, stored in the order in which the administrator has them. */
export interface FrameOriginStore {
  /** @throws SsoError `not-found` when there is no such tenant */
  findFrameOrigins(tenantId: string): Promise<readonly string[]>;
  /**
   * Replaces all of a tenant's origins, if they still are those that the caller had seen.
   *
   * @throws SsoError `not-found` when there is no such tenant
   */
  setFrameOrigins(input: {
    readonly tenantId: string;
    readonly actor: string;
    /** As `decideFrameOrigins` accepted them. */
    readonly origins: readonly string[];
    readonly seen: readonly string[];
  }): Promise<FrameOriginsChange>;
}
