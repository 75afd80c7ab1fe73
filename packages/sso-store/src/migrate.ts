/**
 * @module
 * Brings a database to this version's schema. Migrations are compiled in; none may be changed once released, and each
 * leaves a schema that the version before it can still work with.
 */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from './database.js';
import { adminLinks } from './migrations/admin-links.js';
import { auditAddresses } from './migrations/audit-addresses.js';
import { authorisations } from './migrations/authorisations.js';
import { callAwareSessions } from './migrations/call-aware-sessions.js';
import { enforcement } from './migrations/enforcement.js';
import { firstSchema } from './migrations/first-schema.js';
import { foreignSessions } from './migrations/foreign-sessions.js';
import { frameOrigins } from './migrations/frame-origins.js';
import { handoffs } from './migrations/handoffs.js';
import { providerLogouts } from './migrations/provider-logouts.js';
import { settingsInsight } from './migrations/settings-insight.js';
import { signOut } from './migrations/sign-out.js';
import { signedOut } from './migrations/signed-out.js';
import { signingKeys } from './migrations/signing-keys.js';
import { tile } from './migrations/tile.js';

export const MIGRATION_TABLE = 'sso_migrations';

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first-schema': firstSchema,
  '0002-admin-links': adminLinks,
  '0003-authorisations': authorisations,
  '0004-enforcement': enforcement,
  '0005-settings-insight': settingsInsight,
  '0007-call-aware-sessions': callAwareSessions,
  '0008-signing-keys': signingKeys,
  '0010-provider-logouts': providerLogouts,
  '0011-sign-out': signOut,
  '0012-tile': tile,
  '0013-frame-origins': frameOrigins,
  '0015-audit-addresses': auditAddresses,
  '0016-handoffs': handoffs,
  '0017-signed-out': signedOut,
  '0018-foreign-sessions': foreignSessions,
};

/**
 * Runs the migrations that the database lacks, in one transaction and under an advisory lock: of several instances
 * that start at once, one migrates and the others wait. Does nothing, and takes no lock, when the database is up to
 * date or ahead, so that the version before still starts during a roll-out. Returns the names of those it ran.
 */
export async function migrate(db: Kysely<Database>): Promise<readonly string[]> {
  if (await isUpToDate(db)) return [];
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: `${MIGRATION_TABLE}_lock`,
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return results.map((result) => result.migrationName);
}

async function isUpToDate(db: Kysely<Database>): Promise<boolean> {
  const table = await sql<{ present: boolean }>`select to_regclass(${MIGRATION_TABLE}) is not null as present`.execute(
    db,
  );
  if (table.rows[0]?.present !== true) return false;
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)}`.execute(db);
  const done = new Set(rows.map((row) => row.name));
  return Object.keys(MIGRATIONS).every((name) => done.has(name));
}
