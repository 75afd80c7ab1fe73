/**
 * @module
 * A lock that only one process on a machine can hold, for a database that several processes would destroy silently.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FolderLock {
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * Takes the folder's lock until `release` or the end of the process, however it ends: it is a lock of the operating
 * system on `database.lock`, so there is nothing stale to clean up, and neither a reused process id nor containers
 * that share the folder are mistaken for somebody else. `database.pid` only tells people who holds it.
 *
 * @throws {Error} at once, naming the process, when another one (or this one) holds the lock
 */
export function lockFolder(folder: string): FolderLock {
  // SQLite, because it is the one file lock that Node has. By this function, as bundlers drop the prefix "node:".
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const holderFile = join(folder, 'database.pid');
  const lock = new DatabaseSync(join(folder, 'database.lock'), { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new Error(
      `The embedded database in ${folder} is in use by ${describeHolder(holderFile)}, and only one process at a time ` +
        'can use it. Stop that process, choose another folder, or set DATABASE_URL to a PostgreSQL server.',
    );
  }
  writeFileSync(holderFile, `${process.pid}\n`);
  return {
    release() {
      if (!lock.isOpen) return;
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function describeHolder(file: string): string {
  try {
    return `process ${Number.parseInt(readFileSync(file, 'utf8'), 10)}`;
  } catch {
    return 'another process';
  }
}
