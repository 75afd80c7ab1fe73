import type { Kysely } from 'kysely';
import type { EncryptionKeyRing } from './create-encryption-key-ring.js';
import type { Database } from './database.js';

/** What every part of the store works with. */
export interface StoreContext {
  readonly db: Kysely<Database>;
  readonly keys: EncryptionKeyRing;
}
