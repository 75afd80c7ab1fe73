/**
 * @module
 * `npm test` has TypeDoc refuse every exported name and method without a docstring; see `typedoc.json`. TypeDoc says
 * nothing about a package or an entry point that it was not told of, so that is looked at here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { expect, test } from 'vitest';
import { ROOT } from './markdown.js';

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

interface Settings {
  readonly entryPoints: readonly string[];
  readonly packagesRequiringDocumentation: readonly string[];
}

function readJson<Content>(file: string): Content {
  return JSON.parse(readFileSync(ROOT + file, 'utf8')) as Content;
}

const settings = readJson<Settings>('typedoc.json');
const packages = readdirSync(`${ROOT}packages`).map((folder) => ({
  folder: `packages/${folder}`,
  manifest: readJson<Manifest>(`packages/${folder}/package.json`),
}));

test('asks every package for docstrings', () => {
  const names = packages.map(({ manifest }) => manifest.name);
  expect([...settings.packagesRequiringDocumentation].sort()).toEqual(names.sort());
});

test('has every path that can be imported as an entry point', () => {
  const sources = packages.flatMap(({ folder, manifest }) =>
    Object.values(manifest.exports)
      .filter((target) => typeof target !== 'string')
      .map(({ default: built }) => join(folder, built.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'))),
  );
  expect([...settings.entryPoints].sort()).toEqual(sources.sort());
});
