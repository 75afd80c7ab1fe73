/**
 * What `GET /{product}/session` costs a process beside an answer of Hono that never changes, over real connections.
 * Run with `npm run bench`. The processor time of a request is what to compare: it depends least on what else the machine
 * does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CONNECTIONS = 32;
const REQUESTS = 12_000;
const ROUNDS = 5;
const handle = 'h'.repeat(43);
const here = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

interface Bench {
  readonly child: ChildProcess;
  readonly port: number;
  readonly costs: number[];
}

async function start(kind: 'hono' | 'session'): Promise<Bench> {
  const flags = ['--import', here('register-sources.mjs'), here('session-check-server.ts')];
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, [...flags, kind, handle], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  if (child.stdout === null) throw new Error('No output.');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, port: Number(line.replace('listening ', '')), costs: [] };
}

async function cpuMicroseconds(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message');
  child.send('cpu');
  return ((await answer) as [number])[0];
}

function ask(port: number, agent: Agent): Promise<number> {
  const headers = {
    host: 'acme.localhost',
    cookie: `__Host-ipscape-toolbar=${handle}`,
    'x-forwarded-proto': 'http',
    'x-forwarded-for': '192.0.2.1',
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/toolbar/session', agent, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    outgoing.on('error', reject).end();
  });
}

async function load({ child, port }: Bench): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const before = await cpuMicroseconds(child);
  let left = REQUESTS;
  const client = async (): Promise<void> => {
    while (left-- > 0) expect(await ask(port, agent)).toBe(200);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  return ((await cpuMicroseconds(child)) - before) / REQUESTS;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

test('session check', { timeout: 300_000 }, async () => {
  const hono = await start('hono');
  const session = await start('session');
  try {
    // The first round is for the compiler.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const bench of [hono, session]) {
        const cost = await load(bench);
        if (round > 0) bench.costs.push(cost);
      }
    }
  } finally {
    for (const { child } of [hono, session]) child.kill('SIGKILL');
  }
  const ratios = hono.costs.map((cost, index) => cost / (session.costs[index] ?? Number.NaN));
  const [static_, checked] = [hono, session].map(({ costs }) => median(costs).toFixed(0));
  console.log(
    `Processor time of a request: Hono ${static_} µs, session check ${checked} µs; ratio ${median(ratios).toFixed(2)}`,
  );
});
