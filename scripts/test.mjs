// Everything that must be true before a change lands, cheapest first; the tests come last so that their count closes
// the output. Stops at the first step that fails.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const env = { ...process.env, PATH: `${root}node_modules/.bin${delimiter}${process.env.PATH}` };
const packages = readdirSync(`${root}packages`).map((name) => `packages/${name}`);

const steps = [
  ['format and lint', 'biome', ['ci', '--colors=off', '.']],
  ['import rule', 'depcruise', ['--config', '.dependency-cruiser.mjs', 'packages', 'apps']],
  ['dependency versions', 'sherif', []],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['API reference', 'typedoc', ['--emit', 'none', '--logLevel', 'Warn']],
  ['build', 'turbo', ['run', 'build', '--output-logs=errors-only', '--log-prefix=none']],
  ...packages.flatMap((folder) => [
    [`${folder} as published`, 'publint', ['run', folder, '--strict']],
    [`${folder} as imported`, 'attw', ['--pack', folder, '--profile', 'esm-only', '--no-emoji']],
  ]),
  ['tests', 'vitest', ['run', ...process.argv.slice(2)]],
];

for (const [name, command, options] of steps) {
  const startedAt = performance.now();
  const isTests = name === 'tests';
  const result = spawnSync(command, options, {
    cwd: root,
    env,
    // The tools' own summaries are noise unless they found something.
    stdio: isTests ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    if (!isTests) console.error(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`);
    console.error(`Failed: ${name} (${[command, ...options].join(' ')})`);
    process.exit(1);
  }
  if (!isTests) console.log(`ok  ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}
