/**
 * @module
 * Starts adapters as real processes that share a database.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type DeathPoint =
  | 'before the claim'
  | 'after the claim'
  | 'after the token answer'
  | 'after the pin'
  | 'after the session';

export interface AdapterProcessOptions {
  readonly databaseUrl: string;
  readonly encryptionKeys: string;
  /** Port in the tenants' origins. */
  readonly publicPort: number;
  /** Where in a sign-in the process kills itself with SIGKILL. */
  readonly dieAt?: DeathPoint;
  /** Once so many sign-ins are there; they wait for each other. Default 1. */
  readonly dieWith?: number;
  /** How often it deletes what is past its time. Default never. */
  readonly cleanUpEveryMs?: number;
}

export interface AdapterProcess {
  readonly port: number;
  /** Everything that it printed after it listened. */
  readonly lines: readonly string[];
  readonly exited: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** After a collection of garbage. */
  memory(): Promise<NodeJS.MemoryUsage>;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export async function startAdapterProcess(options: AdapterProcessOptions): Promise<AdapterProcess> {
  const flags = ['--expose-gc', '--import', here('./register-sources.mjs'), here('./adapter-process.ts')];
  const child: ChildProcess = spawn(process.execPath, [...flags, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit').then(([code, signal]) => [code, signal] as const) as AdapterProcess['exited'];
  const lines: string[] = [];
  const ready = Promise.withResolvers<number>();
  if (child.stdout === null) throw new Error('No output.');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, port] = /^listening (\d+)$/.exec(line) ?? [];
    if (port !== undefined) ready.resolve(Number(port));
    else lines.push(line);
  });
  void exited.then(() => ready.reject(new Error('The adapter process ended.')));
  return {
    port: await ready.promise,
    lines,
    exited,
    async kill(signal) {
      child.kill(signal);
      await exited;
    },
    async memory() {
      const answer = once(child, 'message');
      child.send('memory');
      const [usage] = (await answer) as [NodeJS.MemoryUsage];
      return usage;
    },
  };
}
