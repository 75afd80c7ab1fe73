import type { Kysely } from 'kysely';
import type { Database } from './database.js';

/** A migrated database that this process may use. */
export interface OpenedDatabase {
  readonly kind: 'postgresql' | 'embedded';
  readonly db: Kysely<Database>;
  close(): Promise<void>;
}
