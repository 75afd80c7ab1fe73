// The long forms of two tests that `npm test` runs briefly:
//   npm run fuzz [-- REQUESTS [SEED]]   default 100,000 requests and a new seed
//   npm run soak [-- SIGN_INS]          default 100,000 sign-ins at four processes
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [kind, ...numbers] = process.argv.slice(2);
const [count = '100000', seed = String(Math.floor(Math.random() * 2 ** 31))] = numbers;
if (!['fuzz', 'soak'].includes(kind ?? '') || ![count, seed].every((text) => /^\d+$/.test(text))) {
  console.error('Usage: npm run fuzz -- [REQUESTS [SEED]]  or  npm run soak -- [SIGN_INS]');
  process.exit(1);
}
const TESTS = { fuzz: ['fuzz'], soak: ['soak', 'interleavings'] };
const variables =
  kind === 'fuzz'
    ? { FUZZ_REQUESTS: count, FUZZ_SEED: seed }
    : { SOAK_SIGN_INS: count, SOAK_SEED: seed, SOAK_PROCESSES: '4' };
console.log(`${kind}: ${count}, seed ${seed}`);
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/vitest/vitest.mjs`, 'run', ...TESTS[kind].map((name) => `test/conformance/${name}.test.ts`)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...variables } },
);
process.exit(status ?? 1);
