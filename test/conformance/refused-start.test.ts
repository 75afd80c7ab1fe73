import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PRODUCTS } from '@ipscape/sso-core';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const COMPLETE = {
  DATABASE_URL: 'postgresql://sso@127.0.0.1:1/sso',
  SSO_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`,
  SSO_TRUSTED_PROXIES: '10.0.0.1',
};
const MATRIX: readonly (readonly [string, Partial<typeof COMPLETE>, readonly string[]])[] = [
  ['nothing', {}, Object.keys(COMPLETE)],
  ['no database', { ...COMPLETE, DATABASE_URL: '' }, ['DATABASE_URL']],
  // Not the embedded one in its place either.
  ['a database that is not there', COMPLETE, ['store-unavailable']],
];

// A start from the sources takes seconds: the whole matrix for one product, and its first line for the others.
const CASES = PRODUCTS.flatMap((product) =>
  MATRIX.slice(0, product === 'workspace' ? MATRIX.length : 1).map(([name, env, words]) => ({
    product,
    name,
    env,
    words,
  })),
);

test.each(CASES)(
  'R15 $product with $name does not start, says why and writes nothing',
  async ({ product, env, words }) => {
    const folder = await temporaryFolder();
    try {
      const child = spawn(
        process.execPath,
        ['--import', here('../support/register-sources.mjs'), here(`../../apps/${product}-auth/src/main.ts`)],
        { cwd: folder.path, env: { PATH: process.env.PATH, PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
      const [code] = await once(child, 'close');
      expect(code).toBe(1);
      for (const word of words) expect(printed).toContain(word);
      expect(printed).not.toContain('listening');
      expect(printed).not.toContain(COMPLETE.SSO_ENCRYPTION_KEYS);
      expect(await readdir(folder.path)).toEqual([]);
    } finally {
      await folder.remove();
    }
  },
  120_000,
);
