import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT } from '../exit-codes.js';
import { Refusal } from '../refusal.js';

export interface UserFile {
  readonly handle: FileHandle;
  readonly bytes: number;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by you',
  EPERM: 'may not be read by you',
  EISDIR: 'is a folder',
};

/** @throws {Refusal} `file-unreadable` */
export async function openUserFile(cwd: string, name: string): Promise<UserFile> {
  const path = resolve(cwd, name);
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw unreadable(path, PROBLEMS[code] ?? `cannot be opened (${code})`);
  }
  const status = await handle.stat();
  if (status.isFile()) return { handle, bytes: status.size };
  await handle.close();
  throw unreadable(path, status.isDirectory() ? 'is a folder' : 'is not a file');
}

function unreadable(path: string, what: string): Refusal {
  return new Refusal({
    code: 'file-unreadable',
    message: `${path} ${what}.`,
    advice: 'Name a CSV file that you may read.',
    exitCode: EXIT.refused,
  });
}
