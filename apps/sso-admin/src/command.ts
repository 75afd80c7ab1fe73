/**
 * @module
 * What a command is: data for help and parsing, and one function.
 */
import type { AdminDeps } from './admin-deps.js';
import type { AdminIo } from './admin-io.js';
import type { ExitCode } from './exit-codes.js';

export interface CommandOption {
  readonly name: string;
  /** Placeholder of the value in the help; absent for a switch. */
  readonly value?: string;
  readonly text: string;
  /** Default false. */
  readonly required?: boolean;
  readonly choices?: readonly string[];
}

export interface CommandArgument {
  readonly name: string;
  readonly text: string;
}

export interface CommandInput {
  /** The command's argument; every command has at most one. */
  readonly argument: string;
  /** Value of an option that must be given. */
  required(name: string): string;
  /** Value of an option, or null. */
  optional(name: string): string | null;
  has(name: string): boolean;
}

export interface CommandContext {
  readonly deps: AdminDeps;
  readonly io: AdminIo;
  readonly input: CommandInput;
  /** Whether a program reads the output. */
  readonly json: boolean;
  /** Who acts, for the audit trail. */
  readonly actor: string;
}

/** What a command has to say: as one JSON document, and for people. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  /** Default 0. */
  readonly exitCode?: ExitCode;
}

export interface Command {
  /** Words that call it, e.g. `tenant sso enable`. */
  readonly words: string;
  readonly summary: string;
  /** Further sentences of the help. */
  readonly about?: string;
  readonly argument?: CommandArgument;
  readonly options: readonly CommandOption[];
  /** What follows the program's name. */
  readonly example: string;
  /** Returns an answer to print, or the exit code when it printed by itself. */
  run(context: CommandContext): Promise<Answer | ExitCode>;
}

export const TENANT: CommandOption = { name: 'tenant', value: 'DOMAIN|ID', text: 'the tenant', required: true };
/** For every command that changes something. */
export const ACTOR: CommandOption = {
  name: 'actor',
  value: 'NAME',
  text: 'who acts, for the audit trail (default service-desk:<your user name>)',
};
export const LIMIT: CommandOption = { name: 'limit', value: 'N', text: 'lines at most (default 200)' };
/** Part of every command. */
export const COMMON_OPTIONS: readonly CommandOption[] = [
  { name: 'json', text: 'print JSON for programs' },
  { name: 'help', text: 'show this help' },
];
