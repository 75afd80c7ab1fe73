/** What a command sees of whoever runs it; the same for a process of its own and for a caller on the socket. */
export interface AdminIo {
  /** Resolves when more may be written. */
  out(text: string): Promise<void>;
  err(text: string): Promise<void>;
  /** Whether a person watches what `err` writes. */
  readonly isTerminal: boolean;
  /** Width of that terminal in characters. */
  readonly columns: number;
  /** Folder that file names are relative to. */
  readonly cwd: string;
  /** The operating system's name of the user, for the audit trail. */
  readonly operator: string;
  /** Aborts when the caller gave up. */
  readonly signal: AbortSignal;
}
