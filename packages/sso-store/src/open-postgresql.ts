/**
 * @module
 * A PostgreSQL server through `pg`, with limits on everything that can hang.
 */
import { createHash } from 'node:crypto';
import {
  Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import pg from 'pg';
import type { Database } from './database.js';
import { migrate } from './migrate.js';
import type { OpenedDatabase } from './opened-database.js';
import { toStoreError } from './to-store-error.js';

export interface OpenPostgresqlInput {
  readonly databaseUrl: string;
  readonly maxConnections: number;
}

/** Waiting for a free connection and making one. */
const CONNECTION_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 3_000;
/** Longer than the server's limit, for a server that does not answer at all. */
const QUERY_TIMEOUT_MS = 7_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** An instance that starts waits so long for another one that migrates. */
const MIGRATION_TIMEOUT_MS = 120_000;
/** Distinct statements that are prepared by name on a connection; any further ones are not. */
const MAX_PREPARED = 200;

const COMMON: pg.PoolConfig = {
  connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
  keepAlive: true,
  application_name: 'ipscape-sso',
};

/**
 * Migrates the database and opens a pool of connections to it.
 *
 * @throws {SsoError} `store-unavailable` when the server cannot be used
 */
export async function openPostgresql({ databaseUrl, maxConnections }: OpenPostgresqlInput): Promise<OpenedDatabase> {
  const migrating = connect({
    ...COMMON,
    connectionString: databaseUrl,
    max: 2,
    statement_timeout: MIGRATION_TIMEOUT_MS,
  });
  try {
    await migrate(migrating);
  } catch (error) {
    throw toStoreError(error);
  } finally {
    await migrating.destroy();
  }
  const db = connect({
    ...COMMON,
    connectionString: databaseUrl,
    max: maxConnections,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  });
  return { kind: 'postgresql', db, close: () => db.destroy() };
}

function connect(config: pg.PoolConfig): Kysely<Database> {
  const pool = new pg.Pool(config);
  // A connection that breaks while nobody waits for it must not end the process; the next query reports the outage.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: preparing(pool) }) });
}

/** The pool as Kysely uses it, with every parameterised statement prepared once per connection. */
function preparing(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => new PreparingClient(await pool.connect(), names),
  };
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #names: Map<string, string>;
  #hung = false;

  constructor(client: pg.PoolClient, names: Map<string, string>) {
    this.#client = client;
    this.#names = names;
  }

  query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    text: string | PostgresCursor<R>,
    values: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof text !== 'string') throw new TypeError('Cursors are not used.');
    return this.#query<R>(text, values);
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#hung);
  }

  async #query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    const name = values.length === 0 ? undefined : nameOf(text, this.#names);
    try {
      const query = { text, values: [...values], ...(name === undefined ? {} : { name }) };
      const { command, rowCount, rows } = await this.#client.query(query);
      return { command: command as PostgresQueryResult<R>['command'], rowCount: rowCount ?? 0, rows };
    } catch (error) {
      // The server may be at it still, and nobody else should wait behind it.
      if (error instanceof Error && error.message === 'Query read timeout') this.#hung = true;
      throw error;
    }
  }
}

function nameOf(text: string, names: Map<string, string>): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MAX_PREPARED) return known;
  const name = `sso-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  names.set(text, name);
  return name;
}
