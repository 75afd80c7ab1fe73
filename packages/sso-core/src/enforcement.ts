/**
 * @module
 * Single sign-on as a tenant's only way in: what it needs, how it stands, and what it needs from the database.
 * Interfaces and numbers only.
 */
import type { SettingsActor } from './connection-settings.js';

/** Age up to which a check of the directory counts: who cannot sign in may have changed since. */
export const DIRECTORY_CHECK_MAX_AGE_MINUTES = 60;
/** Age up to which a redeemed link of the Service Desk counts as a proved way in: people forget, and so do machines. */
export const BREAK_GLASS_MAX_AGE_DAYS = 7;

/**
 * What has to hold before single sign-on may be enforced. The names are public API: problem details list them.
 *
 * - `connection`: a revision is in force and enabled that a real sign-in authorised.
 * - `directory-check`: the directory was checked within {@link DIRECTORY_CHECK_MAX_AGE_MINUTES} for the issuer in
 *   force, and an administrator is among those who can sign in.
 * - `break-glass-link`: a link of the Service Desk was redeemed within {@link BREAK_GLASS_MAX_AGE_DAYS}.
 * - `provider`: the provider answers, and accepts the stored secret, at the moment of the change.
 */
export const ENFORCEMENT_CONDITIONS = ['connection', 'directory-check', 'break-glass-link', 'provider'] as const;
/** One of {@link ENFORCEMENT_CONDITIONS}. */
export type EnforcementCondition = (typeof ENFORCEMENT_CONDITIONS)[number];
/** Those that the database knows, and checks in the very statement that enforces. */
export type StoredEnforcementCondition = Exclude<EnforcementCondition, 'provider'>;

/** Who of the active users that may use a product can sign in with the connection in force. */
export interface DirectoryCoverage {
  /** By the database's clock. */
  readonly checkedAt: Date;
  /** A user's id, the link of the Service Desk, or the Service Desk. */
  readonly checkedBy: string;
  /** Active users who may use a product; the sum of `covered` and what is found wanting. */
  readonly users: number;
  /** Those who can sign in. */
  readonly covered: number;
  /** Of those covered: administrators who may use the Workspace. */
  readonly administrators: number;
  /** Found wanting: the address cannot be matched. */
  readonly withoutEmail: number;
  /** Found wanting: another user has the address too. */
  readonly colliding: number;
  /** Found wanting: linked to an identity of another issuer, so the first sign-in waits for an approval. */
  readonly linkedElsewhere: number;
}

/** How a tenant stands. */
export interface EnforcementView {
  /** Null while other ways in are open. */
  readonly enforced: { readonly at: Date; readonly by: string } | null;
  /** Whether each holds now. The provider's is asked only when somebody enforces. */
  readonly conditions: Readonly<Record<StoredEnforcementCondition, boolean>>;
  /** The newest check, however old; null when there was none. */
  readonly directory: DirectoryCoverage | null;
  /** When a link of the Service Desk was last redeemed, or null. */
  readonly breakGlassProvedAt: Date | null;
}

/** How the statement that enforces ended. */
export type EnforcementResult =
  /** In force; repeating it changes nothing. `endedSessions` were within their limits. */
  | { readonly outcome: 'enforced'; readonly endedSessions: number }
  /** Nothing was changed. */
  | { readonly outcome: 'not-ready'; readonly missing: readonly StoredEnforcementCondition[] };

/** What enforcement needs from the database. Every change is audited. */
export interface EnforcementStore {
  /** As it stands now. @throws SsoError `not-found` for an unknown tenant */
  findEnforcement(tenantId: string): Promise<EnforcementView>;
  /** Counts who can sign in with the connection in force, and keeps the result in place of the one before. */
  checkDirectoryCoverage(input: { readonly tenantId: string; readonly actor: string }): Promise<DirectoryCoverage>;
  /**
   * Makes single sign-on the only way in, if every condition holds in the very statement that writes it and
   * `revisionId` is the revision in force. All sessions end that were not opened with the connection in force, and
   * those that links of the Service Desk opened, except the one that acts. A refusal is audited.
   */
  enforceSso(input: {
    readonly tenantId: string;
    readonly actor: SettingsActor;
    readonly revisionId: string;
  }): Promise<EnforcementResult>;
  /** Opens other ways in again. Returns whether it was enforced. */
  liftEnforcement(input: { readonly tenantId: string; readonly actor: string }): Promise<boolean>;
}
