// Builds what changed, then becomes the local stack. The dependencies bring a Node of their own, first on the path: on
// a machine with an older one this script itself may still run on that, so it uses no newer syntax and starts the
// stack by name.
import { spawn, spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const shell = process.platform === 'win32';
const env = { ...process.env, PATH: `${root}node_modules/.bin${delimiter}${process.env.PATH}` };
const build = spawnSync('turbo', ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'], {
  cwd: root,
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
  shell,
});
if (build.status !== 0) {
  console.error(build.stdout ?? '');
  console.error('The build failed; the messages above say why.');
  process.exit(1);
}

// The child hears Ctrl-C itself; this process only waits for it.
const stack = spawn('node', ['--enable-source-maps', 'apps/dev-stack/dist/main.js', ...process.argv.slice(2)], {
  cwd: root,
  env,
  stdio: 'inherit',
  shell,
});
process.on('SIGINT', () => {});
process.on('SIGTERM', () => stack.kill('SIGTERM'));
stack.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
