import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConsumerProject, createConsumerProject } from '../consumer/consumer-project.js';
import { EXPECTED, observe, type RuntimeCommand } from '../consumer/observations.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const program = (name: string, path: string): string => join(here, `node_modules/${name}-${process.arch}`, path);
const DENO = ['run', '--allow-net', '--allow-env', '--no-prompt', 'host-deno.ts'];

const RUNTIMES: Readonly<Record<string, (project: ConsumerProject) => RuntimeCommand>> = {
  'Node 22': () => ({ command: program('node-22', 'bin/node'), args: ['host-node.ts'] }),
  'Node 24': () => ({ command: process.execPath, args: ['host-node.ts'] }),
  'Node 26': () => ({ command: program('node-26', 'bin/node'), args: ['host-node.ts'] }),
  Bun: () => ({ command: program('bun', 'bin/bun'), args: ['host-bun.ts'] }),
  Deno: () => ({ command: program('deno', 'deno'), args: DENO }),
  workerd({ folder, run }) {
    // One module, and the bundler refuses any of Node's.
    const target = ['--bundle', '--format=esm', '--platform=browser', '--conditions=workerd', '--log-level=error'];
    const { status, output } = run('esbuild', ['host-workerd.ts', ...target, '--outfile=worker.js']);
    if (status !== 0) throw new Error(output);
    const workerd = join(folder, 'workerd.capnp');
    return {
      command: program('workerd', 'bin/workerd'),
      args: ['serve', workerd, '--control-fd=3'],
      workerd,
    };
  },
};

const missing = process.platform === 'linux' ? installRuntimes() : 'the runtimes are installed on Linux only';
const created = missing === null ? await createConsumerProject() : { ok: false as const, missing };

if (!created.ok) {
  test.skip(`the packages on every runtime: ${created.missing}`, () => {});
} else {
  const { project } = created;
  afterAll(() => project.remove());

  describe.each(Object.entries(RUNTIMES))('%s', (_name, commandOf) => {
    let seen: unknown;
    beforeAll(() => {
      seen = observe(project, commandOf(project));
    });

    // One row each, so that a runtime that differs in one thing says in which.
    test.each(Object.entries(EXPECTED))('%s', (question, answer) => {
      expect(seen).toMatchObject({ [question]: answer });
    });
  });
}

/** Installs the locked runtimes unless they are there; null, or why they cannot be had. */
function installRuntimes(): string | null {
  const stamp = join(here, 'node_modules/.stamp');
  const wanted = createHash('sha256')
    .update(readFileSync(join(here, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return null;
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'];
  const result = spawnSync('npm', flags, { cwd: here, encoding: 'utf8', timeout: 300_000 });
  if (result.status !== 0) return 'the runtimes cannot be installed from the npm registry';
  writeFileSync(stamp, wanted);
  return null;
}
