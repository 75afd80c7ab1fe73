/**
 * @module
 * A PostgreSQL server of one's own, where PostgreSQL's programs are installed. Its folder is temporary, and
 * nothing of it is ever synced to the disk.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

export interface ThrowawayPostgres {
  readonly port: number;
  /** URL of a new database, which is empty unless the server says otherwise. */
  createDatabase(): Promise<string>;
  /** Stops the server and deletes its folder. */
  stop(): Promise<void>;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const START_ATTEMPTS = 3;
const START_TIMEOUT_MS = 15_000;

/** Starts a server, or resolves to null when PostgreSQL's programs are not installed. */
export async function startThrowawayPostgres(): Promise<ThrowawayPostgres | null> {
  const programs = findPrograms();
  if (programs === null) return null;
  const owner = findOwner();
  const folder = mkdtempSync(join(tmpdir(), 'sso-postgres-'));
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
  execFileSync(join(programs, 'initdb'), initdb, { cwd: folder, stdio: 'pipe', ...owner });

  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      full_page_writes: 'off',
      max_connections: 400,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawn(join(programs, 'postgres'), ['-D', data, ...flags], {
      cwd: folder,
      stdio: 'ignore',
      ...owner,
    });
    const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    const stopNow = (): void => void server.kill('SIGQUIT');
    process.once('exit', stopNow);
    const stop = async (): Promise<void> => {
      process.off('exit', stopNow);
      stopNow();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    };
    if (await answers(port, () => server.exitCode === null)) {
      return { port, createDatabase: () => createDatabaseAt(port), stop };
    }
    // Somebody else may have taken the port in the meantime.
    if (attempt === START_ATTEMPTS) {
      await stop();
      throw new Error('The throw-away PostgreSQL server did not start.');
    }
    stopNow();
    await exited;
    process.off('exit', stopNow);
  }
}

function findPrograms(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

/** The user to run the server as when this process is root, which PostgreSQL refuses to run as. */
function findOwner(): Owner | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const [, , uid, gid] = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? [];
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}

async function answers(port: number, isRunning: () => boolean): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (isRunning() && Date.now() < deadline) {
    try {
      await run(port, 'select 1');
      return true;
    } catch {
      await pause(50);
    }
  }
  return false;
}

/** Makes a database and resolves to its URL. */
export async function createDatabaseAt(
  port: number,
  {
    name = `test_${randomUUID().replaceAll('-', '')}`,
    template = 'template0',
  }: { readonly name?: string; readonly template?: string } = {},
): Promise<string> {
  await run(port, `create database ${name} template ${template}`);
  return url(port, name);
}

/** Deletes a database, whoever is still connected. */
export async function dropDatabase(databaseUrl: string): Promise<void> {
  const { port, pathname } = new URL(databaseUrl);
  await run(Number(port), `drop database if exists ${pathname.slice(1)} with (force)`);
}

async function run(port: number, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url(port, 'postgres') });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function url(port: number, database: string): string {
  return `postgresql://postgres@127.0.0.1:${port}/${database}`;
}
