/**
 * @module
 * A file of users into the directory, whole or not at all, however long: in a temporary table first, because only
 * the whole file shows which of its lines contradict each other.
 */
import type { Product, UserRole, UserStatus } from '@ipscape/sso-core';

/** One user as the file has them. */
export interface ImportedUser {
  /** The user to change, or to add under this id. Null: the user with exactly this address, or else a new one. */
  readonly id: string | null;
  /** Kept as typed. An address that has no canonical form is accepted and matches nobody. */
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  /** All that the user may use from then on: sessions of others end. */
  readonly products: readonly Product[];
  /** Null: as it is, and active for a new user. */
  readonly status: UserStatus | null;
}

/** One line of the file, as its reader understood it. */
export interface ImportLine {
  /** Number of the line in its file, for findings; rising. */
  readonly line: number;
  /** Null for a line that its reader refused: then nothing is imported, but the other lines are still checked. */
  readonly user: ImportedUser | null;
}

/** Why a line keeps the file from being imported. Part of the API. */
export type ImportProblem =
  /** Another line has the same address, and not both have an id. */
  | 'email-repeated'
  /** Another line changes the same user. */
  | 'user-repeated'
  /** More than one user has exactly this address; the line needs an id. */
  | 'email-ambiguous';

/** What keeps a user from signing in although the line was imported. Part of the API. */
export type ImportWarning =
  /** Users of the directory have the same canonical address. */
  | 'email-collides'
  /** The address has no canonical form. */
  | 'email-unmatchable';

/** What is to be said about one line. */
export interface ImportFinding {
  readonly line: number;
  readonly finding: ImportProblem | ImportWarning;
  /** For a repetition: the line that it repeats. */
  readonly otherLine: number | null;
}

/** A file of users, and what to do with it. */
export interface UserImport {
  readonly tenantId: string;
  /** The lines in the file's order, read once; each batch goes to the database before the next is asked for. */
  readonly batches: AsyncIterable<readonly ImportLine[]>;
  /** Called for each finding in order of the lines: all problems, or else all warnings. */
  readonly report: (finding: ImportFinding) => void | Promise<void>;
  /** Checks everything and changes nothing. Default false. */
  readonly dryRun?: boolean;
  /** Whom the audit trail names. */
  readonly actor: string;
}

/** How an import ended. All counts but `lines` are 0 when it was refused. */
export interface UserImportResult {
  /**
   * `checked`: a dry run that would have been imported. `refused`: at least one line has a problem, and nothing was
   * changed.
   */
  readonly outcome: 'imported' | 'checked' | 'refused';
  /** Lines of the file, those that its reader refused too. */
  readonly lines: number;
  readonly added: number;
  readonly updated: number;
  /** Lines that say what the directory had already. */
  readonly unchanged: number;
  /** Users among the updated ones who were active before; their sessions ended. */
  readonly disabled: number;
}

/** The way for whole files; {@link UserAdministration} changes one user at a time. */
export interface UserImportAdministration {
  /**
   * Adds and changes users in one transaction; repeating it changes nothing more. Imports of one tenant wait for each
   * other. Needs memory for one batch. An error of `batches` undoes everything and is rethrown as an `SsoError`.
   *
   * @throws {SsoError} `not-found` for an unknown tenant
   */
  importUsers(input: UserImport): Promise<UserImportResult>;
}
