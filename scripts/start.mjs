// Builds what changed, then becomes the local stack. Runs on the Node that the dependencies bring, so that a machine
// with an older one can start it all the same.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const build = spawnSync('turbo', ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
if (build.status !== 0) {
  console.error(build.stdout ?? '');
  console.error('The build failed; the messages above say why.');
  process.exit(1);
}

// The child hears Ctrl-C itself; this process only waits for it.
const stack = spawn(
  process.execPath,
  ['--enable-source-maps', 'apps/dev-stack/dist/main.js', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.on('SIGINT', () => {});
process.on('SIGTERM', () => stack.kill('SIGTERM'));
stack.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
