/**
 * @module
 * The built program as a process of its own.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../bin/sso-admin.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface RunningProgram {
  /** Resolves when standard output holds the text. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly out: string; readonly err: string }>;
}

/** @param environment - all that the process gets beside its path */
export function startProgram(argv: readonly string[], environment: Readonly<Record<string, string>>): RunningProgram {
  if (!existsSync(BUILT)) throw new Error('The tests of the built program need a build: npm run build');
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [START, ...argv], {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { out: '', err: '' };
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text) => {
    written.out += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    written.err += text;
  });
  const ended = new Promise<{ exitCode: number | null; out: string; err: string }>((resolve) =>
    child.once('close', (exitCode) => resolve({ exitCode, ...written })),
  );
  return {
    kill: (signal) => void child.kill(signal),
    ended,
    async printed(text) {
      const there = new Promise<void>((resolve) => {
        const look = (): void => void (written.out.includes(text) && resolve());
        listeners.add(look);
        look();
      });
      await Promise.race([there, ended]);
    },
  };
}
