/**
 * @module
 * Fresh stores for tests on every database that this machine has. For test files of any package:
 *
 *     describe.each(await testStores())('on $name', ({ open }) => { … });
 */
import { randomBytes } from 'node:crypto';
import { Kysely, PGliteDialect } from 'kysely';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { assembleStore, type SsoStore } from '../src/assemble-store.js';
import { createEncryptionKeyRing, type EncryptionKeyRing } from '../src/create-encryption-key-ring.js';
import type { Database } from '../src/database.js';
import { openPostgresql } from '../src/open-postgresql.js';
import { openSsoStore } from '../src/open-sso-store.js';
import { loadPgliteSnapshot } from './pglite-snapshot.js';
import { sharedPostgres } from './shared-postgres.js';
import { dropDatabase, startThrowawayPostgres, type ThrowawayPostgres } from './throwaway-postgres.js';

export interface TestStore {
  readonly store: SsoStore;
  /** The same database with other encryption keys; closed together with the first store. */
  withKeys(keys: EncryptionKeyRing): Promise<SsoStore>;
  /** Runs SQL beside the store, for what no method does: moving a row's times, swapping rows. */
  query<Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** URL for further stores on the same database; null for the embedded one. */
  readonly databaseUrl: string | null;
  close(): Promise<void>;
}

export interface TestStoreFactory {
  readonly name: 'PGlite' | 'PostgreSQL';
  /** A store on an empty, migrated database of its own. */
  open(keys?: EncryptionKeyRing): Promise<TestStore>;
}

/** A key in the form of the configuration, new at every call. */
export function randomKey(id: string): string {
  return `${id}:${randomBytes(32).toString('base64url')}`;
}

/**
 * The databases of this machine: always PGlite; PostgreSQL where its programs are installed. Call it once at the top
 * of a test file: the run's server starts then, unless another file had it started.
 */
export async function testStores(): Promise<readonly TestStoreFactory[]> {
  // A configuration of its own may not offer one.
  const folder = inject('sharedPostgres') as string | undefined;
  const server = folder === undefined ? await startThrowawayPostgres() : await sharedPostgres(folder);
  if (server === null) {
    console.log('PostgreSQL is not installed on this machine: these tests ran on PGlite alone.');
    return [{ name: 'PGlite', open: openOnPglite }];
  }
  afterAll(() => server.stop());
  return [
    { name: 'PGlite', open: openOnPglite },
    { name: 'PostgreSQL', open: (keys) => openOnServer(server, keys) },
  ];
}

export async function openOnPglite(keys = createEncryptionKeyRing(randomKey('test'))): Promise<TestStore> {
  const pglite = await loadPgliteSnapshot();
  const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) });
  const database = { kind: 'embedded', db, close: () => pglite.close() } as const;
  return {
    store: assembleStore(database, keys),
    withKeys: async (others) => assembleStore(database, others),
    query: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await pglite.query<Row>(sql, [...values])).rows,
    databaseUrl: null,
    close: () => pglite.close(),
  };
}

export async function openOnServer(
  server: ThrowawayPostgres,
  keys = createEncryptionKeyRing(randomKey('test')),
): Promise<TestStore> {
  const databaseUrl = await server.createDatabase();
  const store = await openSsoStore({ databaseUrl, encryptionKeys: keys });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  pool.on('error', () => {});
  const closing = [() => pool.end(), () => store.close()];
  return {
    store,
    async withKeys(others) {
      const database = await openPostgresql({ databaseUrl, maxConnections: 2 });
      closing.push(database.close);
      return assembleStore(database, others);
    },
    query: async <Row>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query(sql, [...values])).rows as Row[],
    databaseUrl,
    async close() {
      for (const end of closing) await end();
      await dropDatabase(databaseUrl);
    },
  };
}
