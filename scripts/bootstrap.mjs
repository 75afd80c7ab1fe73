// Installs the locked dependencies when they are missing or out of date. Runs on any Node from 20 with
// nothing installed, so it uses neither dependencies nor newer syntax.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.bootstrap-stamp`;
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';

if (installed !== wanted) {
  console.log('Installing the locked dependencies (about a minute the first time) ...');
  const result = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error(
      '\nThe dependencies could not be installed: npm printed the reason above. The npm registry must be reachable once.',
    );
    process.exit(result.status ?? 1);
  }
  writeFileSync(stamp, wanted);
}
