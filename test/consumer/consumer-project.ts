/**
 * @module
 * An empty project outside the workspace with the packages as they would be published: packed and installed.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/temporary-folder.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const PACKAGES = ['sso-core', 'okta-provider', 'sso-store', 'sso-hono', 'okta-devorg'] as const;
/** What a product team has beside ours, in the versions of this repository. */
const OTHERS = ['zod', 'hono', 'express', '@types/express', 'fastify', '@types/node', '@types/pg'];
const GUIDES = ['docs/integrate.md', ...PACKAGES.map((name) => `packages/${name}/README.md`)];
// A package that could not be asked for has no version when npm compares peers.
const NO_REGISTRY =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b|Found: \S+@undefined/;

export interface ConsumerProject {
  readonly folder: string;
  /** Files of each tarball, by package. */
  readonly packed: Readonly<Record<string, readonly string[]>>;
  /** Runs a program of the workspace, or one by its path, in the project. */
  run(command: string, args: readonly string[]): { readonly status: number | null; readonly output: string };
  remove(): Promise<void>;
}

export type CreatedProject =
  | { readonly ok: true; readonly project: ConsumerProject }
  /** A sentence for the skipped test. */
  | { readonly ok: false; readonly missing: string };

/** @throws Error when the packages are not built, or the project cannot be installed for another reason than the network */
export async function createConsumerProject(): Promise<CreatedProject> {
  const unbuilt = PACKAGES.find((name) => !existsSync(`${root}packages/${name}/dist/index.d.ts`));
  if (unbuilt !== undefined) throw new Error(`packages/${unbuilt} is not built: run "npm run build" first.`);
  const { path: folder, remove } = await temporaryFolder();
  const packed = pack(folder);
  writeSources(folder);
  const tarballs = Object.fromEntries(packed.map(({ name, filename }) => [name, `file:./${filename}`]));
  const others = Object.fromEntries(OTHERS.map((name) => [name, versionOf(name)]));
  const manifest = { name: 'product', private: true, type: 'module', dependencies: { ...tarballs, ...others } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const limits = ['--fetch-retries=1', '--fetch-timeout=30000', '--fetch-retry-mintimeout=1000'];
  const { status, output } = run('npm', ['install', ...flags, ...limits], folder);
  if (status !== 0) {
    await remove();
    if (!NO_REGISTRY.test(output)) throw new Error(output);
    return { ok: false, missing: 'the npm registry cannot be reached, and its cache lacks what a product installs' };
  }
  const files = Object.fromEntries(packed.map(({ name, files }) => [name, files.map(({ path }) => path)]));
  return {
    ok: true,
    project: { folder, packed: files, run: (command, args) => run(command, args, folder), remove },
  };
}

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function pack(folder: string): readonly Packed[] {
  const flags = ['--json', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const workspaces = PACKAGES.flatMap((name) => ['-w', `packages/${name}`]);
  const { status, output } = run('npm', ['pack', ...flags, ...workspaces], root);
  if (status !== 0) throw new Error(output);
  const answer = JSON.parse(output) as readonly Packed[] | Readonly<Record<string, Packed>>;
  return Object.values(answer);
}

/** The project's own files, the recipes, and every block of TypeScript in the guides. */
function writeSources(folder: string): void {
  const copy = (from: string): void => {
    for (const name of readdirSync(join(root, from)).filter((file) => file.endsWith('.ts'))) {
      if (!name.endsWith('.test.ts')) copyFileSync(join(root, from, name), join(folder, name));
    }
  };
  copy('test/consumer/project');
  copy('test/recipes');
  mkdirSync(join(folder, 'guides'));
  for (const guide of GUIDES) {
    const blocks = [...readFileSync(join(root, guide), 'utf8').matchAll(/^```ts(?: run)?\n(.*?)^```$/gms)];
    for (const [index, [, block = '']] of blocks.entries()) {
      // Those for the team's own test runner are run by the packages' tests.
      if (block.includes("from 'vitest'")) continue;
      writeFileSync(
        join(folder, 'guides', `${guide.replaceAll('/', '-')}-${index}.ts`),
        block.replace("'./service.js'", "'../service.js'"),
      );
    }
  }
}

function versionOf(name: string): string {
  return (JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')) as { version: string }).version;
}

function run(command: string, args: readonly string[], cwd: string) {
  const local = join(root, 'node_modules/.bin', command);
  const result = spawnSync(existsSync(local) ? local : command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
    shell: process.platform === 'win32',
  });
  const { status, stdout, stderr, error } = result;
  return { status, output: status === 0 ? stdout : `${stdout}${stderr}${error?.message ?? ''}` };
}
