import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const lock = JSON.parse(readFileSync(fileURLToPath(new URL('../../package-lock.json', import.meta.url)), 'utf8')) as {
  readonly packages: Readonly<
    Record<
      string,
      { readonly resolved?: string; readonly link?: boolean; readonly optionalDependencies?: Record<string, string> }
    >
  >;
};

test('the lock file names no host', () => {
  const addresses = Object.values(lock.packages).flatMap(({ resolved, link }) =>
    link === true || resolved === undefined ? [] : [resolved],
  );
  expect(addresses.filter((address) => address.includes('://'))).toEqual([]);
});

test('every optional native binary that a package names is in the lock file, so that a fresh install accepts it', () => {
  const names = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)));
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !names.has(name))
      .map((name) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
});
