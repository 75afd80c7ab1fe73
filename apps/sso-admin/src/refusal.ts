import { EXIT, type ExitCode } from './exit-codes.js';

export interface RefusalInput {
  /** Stable, for programs: lower-case words with hyphens. */
  readonly code: string;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** Default 1. */
  readonly exitCode?: ExitCode;
}

/** Ends a command with a sentence for a person and a code for a program. Never holds a secret. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly advice: string;
  readonly exitCode: ExitCode;

  constructor({ code, message, advice, exitCode = EXIT.refused }: RefusalInput) {
    super(message);
    this.code = code;
    this.advice = advice;
    this.exitCode = exitCode;
  }
}

/** The command line was not understood. */
export function wrongUsage(message: string, advice: string): Refusal {
  return new Refusal({ code: 'wrong-usage', message, advice, exitCode: EXIT.usage });
}
