/**
 * @module
 * Begins anew: deletes the embedded database of a folder, unless somebody uses it.
 */
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockFolder } from './lock-folder.js';

/**
 * Deletes the database that {@link openSsoStore} keeps in the folder; nothing else that is there.
 *
 * @throws {Error} when a process uses it; nothing is deleted then
 */
export function deleteEmbeddedDatabase(dataDirectory: string): void {
  const folder = resolve(dataDirectory);
  if (!existsSync(folder)) return;
  const lock = lockFolder(folder);
  try {
    rmSync(join(folder, 'database'), { recursive: true, force: true });
  } finally {
    lock.release();
  }
}
