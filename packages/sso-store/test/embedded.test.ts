import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEncryptionKeyRing } from '../src/create-encryption-key-ring.js';
import { deleteEmbeddedDatabase } from '../src/delete-embedded-database.js';
import { lockFolder } from '../src/lock-folder.js';
import { openSsoStore } from '../src/open-sso-store.js';
import { ACTOR } from './scene.js';
import { randomKey } from './test-stores.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves once the child has printed so many lines, or ended. */
  printed(count: number): Promise<void>;
  kill(): Promise<void>;
}

const children: ChildProcess[] = [];

function startChild(folder: string, keys: string): Child {
  const flags = ['--import', here('./register-sources.mjs'), here('./embedded-child.ts'), folder, keys];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  return {
    process: child,
    lines,
    async printed(count) {
      const enough = new Promise<void>((resolve) => listeners.add(() => lines.length >= count && resolve()));
      await Promise.race([enough, ended]);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('the embedded database', () => {
  const keys = randomKey('test');
  const encryptionKeys = createEncryptionKeyRing(keys);
  let folder: string;

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'sso-store-')), 'data');
  });
  afterEach(() => {
    // Of a test that failed they would hold the folder, and the run.
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(join(folder, '..'), { recursive: true, force: true });
  });

  it('R14 refuses a second process, and gives the next one every acknowledged row after a kill', async () => {
    const first = startChild(folder, keys);
    await first.printed(20);

    const second = startChild(folder, keys);
    await second.printed(1);
    expect(second.lines[0]).toContain(`in use by process ${first.process.pid}`);
    expect(second.lines[0]).toContain('DATABASE_URL');
    await expect(openSsoStore({ dataDirectory: folder, encryptionKeys })).rejects.toThrow('in use by process');

    await first.kill();
    await second.kill();
    const acknowledged = first.lines.map((line) => line.replace('acknowledged ', ''));
    expect(acknowledged.length).toBeGreaterThanOrEqual(20);
    const store = await openSsoStore({ dataDirectory: folder, encryptionKeys });
    expect(store.kind).toBe('embedded');
    const found = (await store.listTenants()).map(({ id }) => id);
    expect(found).toEqual(expect.arrayContaining(acknowledged));
    await store.close();
  });

  it('opens once in a process, keeps its rows, and starts over what was never finished', async () => {
    mkdirSync(join(folder, 'database.unfinished'), { recursive: true });
    writeFileSync(join(folder, 'database.unfinished', 'PG_VERSION'), 'half');
    // The number of a process that runs, as after a restart that reused it.
    writeFileSync(join(folder, 'database.pid'), `${process.ppid}\n`);

    const store = await openSsoStore({ dataDirectory: folder, encryptionKeys });
    await expect(openSsoStore({ dataDirectory: folder, encryptionKeys })).rejects.toThrow(`process ${process.pid}`);
    await store.addTenant({ name: 'T', domain: 't.ipscape.example', actor: ACTOR });
    await store.close();
    await expect(store.ping()).rejects.toMatchObject({ code: 'store-unavailable' });

    const wrong = createEncryptionKeyRing(randomKey('test'));
    const refusal = openSsoStore({ dataDirectory: folder, encryptionKeys: wrong });
    await expect(refusal).rejects.toThrow('"test" is not the key');

    const again = await openSsoStore({ dataDirectory: folder, encryptionKeys });
    expect(await again.listTenants()).toHaveLength(1);
    await again.close();
  });

  it('R14 frees its lock when it is released, once', () => {
    mkdirSync(folder, { recursive: true });
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(`process ${process.pid}`);
    lock.release();
    lock.release();
    lockFolder(folder).release();
  });

  it('is deleted only while nobody uses it, and alone', () => {
    mkdirSync(join(folder, 'database'), { recursive: true });
    writeFileSync(join(folder, 'neighbour'), 'stays');
    const lock = lockFolder(folder);
    expect(() => deleteEmbeddedDatabase(folder)).toThrow('in use by process');
    expect(existsSync(join(folder, 'database'))).toBe(true);
    lock.release();
    deleteEmbeddedDatabase(folder);
    expect(existsSync(join(folder, 'database'))).toBe(false);
    expect(existsSync(join(folder, 'neighbour'))).toBe(true);
  });
});
