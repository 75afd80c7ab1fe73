// Fetches the JSON Web Signature vectors of Project Wycheproof and has them judged: for CI, and for whoever updates a
// library that signatures rest on.
//   npm run vectors                 where they cannot be fetched it says so and ends with 0
//   npm run vectors -- --required   there it ends with 1: a release must know
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// A commit, not a branch: a vector that is new upstream is judged when this line moves, and breaks no build before.
const COMMIT = '073df56bfc1f2719eecad1e32391b8a80b43338a';
const FILE = 'json_web_signature_test.json';
const {
  SSO_TEST_VECTORS_URL: url = `https://raw.githubusercontent.com/C2SP/wycheproof/${COMMIT}/testvectors_v1/${FILE}`,
} = process.env;

async function download() {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  if (!response.ok) throw new Error(`The answer was ${response.status}.`);
  return response.text();
}

let text;
try {
  text = await download();
} catch (error) {
  console.log(`Vectors: the public ones could not be fetched. ${error.cause?.code ?? error.message}`);
  process.exit(process.argv.includes('--required') ? 1 : 0);
}
const folder = mkdtempSync(join(tmpdir(), 'sso-vectors-'));
const path = join(folder, FILE);
writeFileSync(path, text);
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/vectors', '--reporter=dot'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, SSO_TEST_VECTORS: path } },
);
rmSync(folder, { recursive: true });
process.exit(status ?? 1);
