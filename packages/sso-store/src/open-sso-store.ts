import { assembleStore, type SsoStore } from './assemble-store.js';
import { checkEncryptionKeys } from './check-encryption-keys.js';
import type { EncryptionKeyRing } from './create-encryption-key-ring.js';
import { openEmbedded } from './open-embedded.js';
import { openPostgresql } from './open-postgresql.js';

/** Either a server or a folder decides which database it is; both have the same schema. */
export type SsoStoreOptions = {
  /** Keys of stored secrets; see {@link createEncryptionKeyRing}. */
  readonly encryptionKeys: EncryptionKeyRing;
} & (
  | {
      /** A PostgreSQL server, version 15 or later: `postgresql://user:password@host:port/database`. */
      readonly databaseUrl: string;
      /** Connections at most; default 10. */
      readonly maxConnections?: number;
    }
  | {
      /** Folder of the embedded database, for one process on one machine. It is made when it does not exist. */
      readonly dataDirectory: string;
    }
);

/**
 * Opens the store and brings its database to this version's schema.
 *
 * @throws {SsoError} `store-unavailable` when the server cannot be used
 * @throws {Error} when another process uses the folder, or the encryption keys do not fit the database
 */
export async function openSsoStore(options: SsoStoreOptions): Promise<SsoStore> {
  const database = await open(options);
  try {
    await checkEncryptionKeys({ db: database.db, keys: options.encryptionKeys });
  } catch (error) {
    await database.close();
    throw error;
  }
  return assembleStore(database, options.encryptionKeys);
}

function open(options: SsoStoreOptions) {
  return 'databaseUrl' in options
    ? openPostgresql({ databaseUrl: options.databaseUrl, maxConnections: options.maxConnections ?? 10 })
    : openEmbedded(options.dataDirectory);
}
