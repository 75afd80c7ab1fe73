/**
 * @module
 * One PostgreSQL server for all files of a test run, started when the first of them asks. Their databases are copies of
 * one that is migrated once. Vitest's process owns the server; the files ask for it by means of a folder.
 */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openPostgresql } from '../src/open-postgresql.js';
import { createDatabaseAt, startThrowawayPostgres, type ThrowawayPostgres } from './throwaway-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder by which a test file asks for the server. */
    sharedPostgres: string;
  }
}

type Answer = { readonly port: number } | { readonly missing: true } | { readonly failed: string };

const TEMPLATE = 'migrated';
const WAIT_MS = 60_000;

/** In Vitest's process: waits until a test file asks. */
export function offerSharedPostgres(): { readonly folder: string; stop(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'sso-postgres-run-'));
  let starting: Promise<ThrowawayPostgres | null> | null = null;
  const watcher = watch(folder, (_event, name) => {
    if (name !== 'wanted' || starting !== null) return;
    starting = start(folder);
  });
  return {
    folder,
    async stop() {
      watcher.close();
      await (await starting)?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(folder: string): Promise<ThrowawayPostgres | null> {
  const tell = (answer: Answer): void => {
    // Whole or not at all.
    writeFileSync(join(folder, 'answer.part'), JSON.stringify(answer));
    renameSync(join(folder, 'answer.part'), join(folder, 'answer'));
  };
  try {
    const server = await startThrowawayPostgres();
    if (server === null) {
      tell({ missing: true });
      return null;
    }
    const databaseUrl = await createDatabaseAt(server.port, { name: TEMPLATE });
    const migrated = await openPostgresql({ databaseUrl, maxConnections: 1 });
    await migrated.close();
    tell({ port: server.port });
    return server;
  } catch (error) {
    tell({ failed: String(error) });
    return null;
  }
}

/**
 * In a test file: the run's server, whose databases have the current schema; null where PostgreSQL's programs are not
 * installed. Stopping it leaves it to the other files.
 */
export async function sharedPostgres(folder: string): Promise<ThrowawayPostgres | null> {
  writeFileSync(join(folder, 'wanted'), '');
  const deadline = performance.now() + WAIT_MS;
  while (!existsSync(join(folder, 'answer'))) {
    if (performance.now() > deadline) throw new Error('The PostgreSQL server of this test run did not start.');
    await pause(20);
  }
  const answer = JSON.parse(readFileSync(join(folder, 'answer'), 'utf8')) as Answer;
  if ('failed' in answer) throw new Error(`The PostgreSQL server of this test run did not start: ${answer.failed}`);
  if ('missing' in answer) return null;
  const { port } = answer;
  return {
    port,
    createDatabase: () => createDatabaseAt(port, { template: TEMPLATE }),
    async stop() {},
  };
}
