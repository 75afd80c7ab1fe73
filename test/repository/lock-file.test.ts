import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const lock = JSON.parse(readFileSync(fileURLToPath(new URL('../../package-lock.json', import.meta.url)), 'utf8')) as {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly resolved?: string;
        readonly link?: boolean;
        readonly optionalDependencies?: Record<string, string>;
      }
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

/** The first versions without the holes that are known; docs/security.md, R23. */
const LOWEST = { hono: '4.12.21', jose: '5.0.0', oauth4webapi: '3.0.0' } as const;

test.each(Object.entries(LOWEST))('R23 %s is at least %s, wherever it is installed', (name, lowest) => {
  const versions = Object.entries(lock.packages).flatMap(([path, { version }]) =>
    path.endsWith(`node_modules/${name}`) && version !== undefined ? [version] : [],
  );
  expect(versions.length).toBeGreaterThan(0);
  for (const version of versions) {
    expect(version.localeCompare(lowest, 'en', { numeric: true })).toBeGreaterThanOrEqual(0);
  }
});
