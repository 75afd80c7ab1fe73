/**
 * @module
 * What support needs to know of the database itself. Nothing of any tenant.
 */
import { sql } from 'kysely';
import { MIGRATION_TABLE } from '../migrate.js';
import type { StoreContext } from '../store-context.js';

/** Which database this is, and at which version. */
export interface StoreFacts {
  /** Of PostgreSQL, also of the embedded one. */
  readonly serverVersion: string;
  /** Name of the newest migration that the database has. */
  readonly schema: string;
  /** The database's clock. */
  readonly now: Date;
}

/** Asked by support; needs no tenant. */
export interface StoreFactsStore {
  /** As they are now. */
  findStoreFacts(): Promise<StoreFacts>;
}

export function createStoreFacts({ db }: StoreContext): StoreFactsStore {
  return {
    async findStoreFacts() {
      const { rows } = await sql<StoreFacts>`
        select current_setting('server_version') as "serverVersion", now() as now,
               (select max(name) from ${sql.table(MIGRATION_TABLE)}) as schema`.execute(db);
      return rows[0] ?? { serverVersion: '', schema: '', now: new Date(0) };
    },
  };
}
