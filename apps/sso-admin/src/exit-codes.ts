/** How the program ends. Public: scripts rely on the numbers. */
export const EXIT = {
  done: 0,
  /** The command was understood and could not be done, or `doctor` found something. */
  refused: 1,
  usage: 2,
  databaseUnavailable: 3,
  /** Environment variables, encryption keys or the installation. */
  environment: 4,
  /** Ctrl-C. What was not finished was undone. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
