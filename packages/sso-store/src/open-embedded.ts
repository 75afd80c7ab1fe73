/**
 * @module
 * PostgreSQL inside this process, in a folder. PGlite is loaded only here, so that a deployment with a server neither
 * loads nor needs it.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Kysely, PGliteDialect } from 'kysely';
import type { Database } from './database.js';
import { lockFolder } from './lock-folder.js';
import { migrate } from './migrate.js';
import type { OpenedDatabase } from './opened-database.js';

/**
 * Opens the embedded database of a folder, which is made if it does not exist. What was acknowledged survives the
 * death of the process.
 *
 * @throws {Error} when another process uses the folder
 */
export async function openEmbedded(dataDirectory: string): Promise<OpenedDatabase> {
  const folder = resolve(dataDirectory);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  try {
    const db = await openFiles(folder);
    return {
      kind: 'embedded',
      db,
      async close() {
        await db.destroy();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openFiles(folder: string): Promise<Kysely<Database>> {
  const { PGlite } = await import('@electric-sql/pglite');
  const files = join(folder, 'database');
  if (!existsSync(files)) {
    // Made under another name first: a process that is stopped half way leaves nothing that looks finished.
    const unfinished = `${files}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    const initial = await PGlite.create(unfinished);
    await initial.close();
    renameSync(unfinished, files);
  }
  const pglite = await PGlite.create(files);
  try {
    const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) });
    await migrate(db);
    return db;
  } catch (error) {
    await pglite.close();
    throw error;
  }
}
