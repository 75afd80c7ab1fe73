import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEncryptionKeys } from './read-encryption-keys.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sso-keys-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('keys of the environment are taken as they are, and nothing is written', async () => {
  const dataDirectory = join(folder, 'data');
  expect(await readEncryptionKeys({ encryptionKeys: 'k1:x', dataDirectory })).toBe('k1:x');
  await expect(stat(dataDirectory)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('without them a key is made once and kept for its owner alone', async () => {
  const dataDirectory = join(folder, 'data');
  const made = await readEncryptionKeys({ encryptionKeys: null, dataDirectory });
  expect(made).toMatch(/^dev:[A-Za-z0-9_-]{43}$/);
  expect(await readEncryptionKeys({ encryptionKeys: null, dataDirectory })).toBe(made);
  const file = join(dataDirectory, 'encryption-keys');
  expect(await readFile(file, 'utf8')).toBe(made);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
