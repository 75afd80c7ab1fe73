/**
 * @module
 * A migrated embedded database as a file, because making one takes seconds and loading one does not.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  openAsBlob,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import type { Database } from '../src/database.js';
import { migrate } from '../src/migrate.js';

const CACHE = new URL('../../../.cache/', import.meta.url);
const MIGRATIONS = new URL('../src/migrations/', import.meta.url);

/** A new embedded database in memory with the current schema. */
export async function loadPgliteSnapshot(): Promise<PGlite> {
  const file = fileURLToPath(new URL(`pglite-${versionOfSnapshot()}.tar`, CACHE));
  if (!existsSync(file)) await makeSnapshot(file);
  return await PGlite.create({ loadDataDir: await openAsBlob(file, { type: 'application/x-tar' }) });
}

function versionOfSnapshot(): string {
  const hash = createHash('sha256').update(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  hash.update(readFileSync(createRequire(import.meta.url).resolve('@electric-sql/pglite')));
  hash.update(readFileSync(new URL('../src/migrate.ts', import.meta.url)));
  for (const name of readdirSync(MIGRATIONS).sort()) hash.update(readFileSync(new URL(name, MIGRATIONS)));
  return hash.digest('hex').slice(0, 16);
}

async function makeSnapshot(file: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const pglite = await PGlite.create();
  await migrate(new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) }));
  const dump = await pglite.dumpDataDir('none');
  await pglite.close();
  // Test files that run at the same time may all make it. The first one stands: whoever reads it would fail if another
  // took its place meanwhile.
  const own = `${file}.${process.pid}.${performance.now()}`;
  writeFileSync(own, Buffer.from(await dump.arrayBuffer()));
  try {
    linkSync(own, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(own);
  }
}
