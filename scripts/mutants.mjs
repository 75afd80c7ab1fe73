// Takes one security check after the other out of a copy of the sources and expects a named test to notice. Writes the
// result to docs/mutants.md. `npm run mutants -- nonce` tries only those whose name contains the word, and writes their
// lines alone.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from '../test/mutants/mutants.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const word = process.argv[2] ?? '';
const chosen = MUTANTS.filter(({ name }) => name.includes(word));

const copy = mkdtempSync(join(tmpdir(), 'sso-mutants-'));
const LEFT_OUT = /[\\/](?:node_modules|dist|\.turbo|\.git)(?:[\\/]|$)/;
for (const name of [
  'packages',
  'apps',
  'test',
  'scripts',
  'vitest.config.ts',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
]) {
  cpSync(join(root, name), join(copy, name), {
    recursive: true,
    filter: (source) => !LEFT_OUT.test(source.slice(root.length - 1)),
  });
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');

/** For a mutant that leaves something hanging. */
const TEST_TIMEOUT_MS = 180_000;

/** Runs the mutant's tests; resolves to the titles that failed, or null when none of them ran. */
function run({ tests, row }) {
  const pattern = row
    .split('|')
    .map((part) => `(?:${part.replace(/[.*+?^${}()[\]\\]/g, '\\$&')})\\b`)
    .join('|');
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  spawnSync(
    process.execPath,
    [
      join(copy, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=json',
      // One failure kills it.
      '--bail=1',
      `--outputFile=${report}`,
      '-t',
      pattern,
      ...tests,
    ],
    { cwd: copy, stdio: 'ignore', timeout: TEST_TIMEOUT_MS, env: { ...process.env, CI: '1' } },
  );
  if (!existsSync(report)) return null;
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const ran = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed');
  const crashed = testResults.some(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return ran.length === 0
    ? null
    : { failed: ran.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName), crashed };
}

const lines = [];
let survivors = 0;
try {
  for (const mutant of chosen) {
    const path = join(copy, mutant.file);
    const source = readFileSync(path, 'utf8');
    if (source.split(mutant.find).length !== 2) throw new Error(`${mutant.name}: the text is not there exactly once.`);
    writeFileSync(
      path,
      source.replace(mutant.find, () => mutant.replace),
    );
    const result = run(mutant);
    writeFileSync(path, source);
    const isKilled = result !== null && result.failed.length > 0;
    if (!isKilled) survivors += 1;
    const verdict = result === null ? 'no test ran' : isKilled ? 'killed' : 'SURVIVED';
    console.log(`${isKilled ? 'ok  ' : 'FAIL'} ${mutant.name}: ${verdict}`);
    const row = mutant.row.replaceAll('|', ', ');
    const example = (result?.failed[0] ?? '—')
      .replace(/[\\|<>*_`]/g, '\\$&')
      .replace(/\s+/g, ' ')
      .slice(0, 140);
    lines.push(`| ${mutant.name} | \`${mutant.file.replace('packages/', '')}\` | ${row} | ${verdict} | ${example} |`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${chosen.length - survivors} of ${chosen.length} mutants were killed.`);
const DOCUMENT = join(root, 'docs/mutants.md');
// Lines of mutants that were not tried stay as they are.
const known = new Map(
  readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => [line.split(' | ', 1)[0], line]),
);
for (const line of lines) known.set(line.split(' | ', 1)[0], line);
const all = MUTANTS.map(({ name }) => known.get(`| ${name}`)).filter((line) => line !== undefined);
const killed = all.filter((line) => line.includes('| killed |')).length;
writeFileSync(
  DOCUMENT,
  `# Mutants

Each line takes one check out of a copy of the sources; at least one test of the named row has to fail then. Written by
\`npm run mutants\`, which takes some ten minutes and is no part of \`npm test\`; \`npm run mutants -- nonce\` tries only
those whose name contains the word. The list is \`test/mutants/mutants.ts\`, and \`npm test\` checks that it still fits
the sources and that this page names all of it.

${killed} of ${MUTANTS.length} were killed when each was tried last.

| Mutant | Where | Row | Result | A test that failed |
| --- | --- | --- | --- | --- |
${all.join('\n')}
`,
);
process.exitCode = survivors === 0 ? 0 : 1;
