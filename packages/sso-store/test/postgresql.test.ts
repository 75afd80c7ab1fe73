import { inspect } from 'node:util';
import { SsoError } from '@ipscape/sso-core';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assembleStore } from '../src/assemble-store.js';
import { createEncryptionKeyRing } from '../src/create-encryption-key-ring.js';
import { MIGRATION_TABLE } from '../src/migrate.js';
import { firstSchema } from '../src/migrations/first-schema.js';
import { openPostgresql } from '../src/open-postgresql.js';
import { openSsoStore } from '../src/open-sso-store.js';
import { ACTOR, createScene } from './scene.js';
import { randomKey } from './test-stores.js';
import { startThrowawayPostgres } from './throwaway-postgres.js';

const server = await startThrowawayPostgres();
if (server === null) console.log('PostgreSQL is not installed on this machine: the tests of its server are skipped.');

const keyText = randomKey('test');
const encryptionKeys = createEncryptionKeyRing(keyText);

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => null,
    (error: unknown) => error,
  );
}

const unavailable = expect.objectContaining({ code: 'store-unavailable' });

describe.skipIf(server === null)('the store on a PostgreSQL server', () => {
  let databaseUrl = '';
  let beside: pg.Client;

  async function connectBeside(): Promise<void> {
    databaseUrl = (await server?.createDatabase()) ?? '';
    beside = new pg.Client({ connectionString: databaseUrl });
    beside.on('error', () => {});
    await beside.connect();
  }
  beforeAll(connectBeside);
  afterAll(async () => {
    await beside.end();
    await server?.stop();
  });

  it('R16 migrates once when four stores start at once, and not again', async () => {
    const url = (await server?.createDatabase()) ?? '';
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openSsoStore({ databaseUrl: url, encryptionKeys, maxConnections: 2 })),
    );
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const read = 'select name, timestamp from sso_migrations';
    const { rows } = await client.query(read);
    const names = rows.map(({ name }) => name as string);
    expect(names[0]).toBe('0001-first-schema');
    expect(names).toEqual([...new Set(names)].sort());
    const later = await openSsoStore({ databaseUrl: url, encryptionKeys });
    expect((await client.query(read)).rows).toEqual(rows);
    expect(later.kind).toBe('postgresql');
    for (const store of [...stores, later]) await store.close();
    await client.end();
  });

  it('R16 starts on a database that a newer version has migrated already', async () => {
    const store = await openSsoStore({ databaseUrl, encryptionKeys });
    await store.close();
    await beside.query(`insert into sso_migrations (name, timestamp) values ('9999-from-the-future', 'now')`);
    const older = await openSsoStore({ databaseUrl, encryptionKeys });
    await expect(older.ping()).resolves.toBeUndefined();
    await older.close();
  });

  describe('R16 a database of the first version, with people at work', () => {
    let url = '';
    let client: pg.Client;
    beforeEach(async () => {
      url = (await server?.createDatabase()) ?? '';
      client = new pg.Client({ connectionString: url });
      await client.connect();
      const db = new Kysely<unknown>({
        dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }),
      });
      const { error } = await new Migrator({
        db,
        provider: { getMigrations: async () => ({ '0001-first-schema': firstSchema }) },
        migrationTableName: MIGRATION_TABLE,
        migrationLockTableName: `${MIGRATION_TABLE}_lock`,
      }).migrateToLatest();
      await db.destroy();
      expect(error).toBeUndefined();
      await writeAsTheFirstVersion('acme');
      return () => client.end();
    });

    /** What the first version writes; it knows no column that came later. */
    async function writeAsTheFirstVersion(id: string): Promise<void> {
      const values = { t: id, domain: `${id}.example`, issuer: 'https://acme.okta.com' };
      for (const statement of [
        'insert into tenants (id, name, sso_entitled) values (:t, :t, true)',
        'insert into tenant_domains (domain, tenant_id) values (:domain, :t)',
        `insert into users (tenant_id, id, email, email_canonical, name, role, products)
         values (:t, 'ann', 'ann@acme.example', 'ann@acme.example', 'Ann', 'agent', '{workspace}')`,
        `insert into identities (tenant_id, issuer, subject, user_id) values (:t, :issuer, 'sub', 'ann')`,
        `insert into connections (tenant_id, id, provider_id, enabled) values (:t, 'c', 'okta', true)`,
        `insert into connection_revisions (tenant_id, connection_id, id, number, state, issuer, client_id, config,
           created_by) values (:t, 'c', 'r', 1, 'active', :issuer, 'client', '{}', 'test')`,
        `insert into transactions (tenant_id, id, state_hash, product, purpose, connection_id, revision_id, issuer,
           client_id, redirect_uri, return_path, nonce, code_verifier, browser_hash, expires_at)
         values (:t, 'x', 'state', 'workspace', 'sign-in', 'c', 'r', :issuer, 'client', 'https://x/', '/workspace/',
           'n', 'v', 'b', now() + interval '10 minutes')`,
        `insert into sessions (tenant_id, id, handle_hash, user_id, product, connection_id, transaction_id, issuer,
           subject, auth_time, idle_seconds, idle_expires_at, absolute_expires_at)
         values (:t, 's', 'handle', 'ann', 'workspace', 'c', 'x', :issuer, 'sub', now(), 3600, now() + interval '1 hour',
           now() + interval '12 hours')`,
      ])
        await client.query(
          statement.replaceAll(/:(t|domain|issuer)/g, (_, name: keyof typeof values) => `'${values[name]}'`),
        );
    }

    it('is brought up to date by four processes at once, and nobody is signed out', async () => {
      const stores = await Promise.all(
        Array.from({ length: 4 }, () => openSsoStore({ databaseUrl: url, encryptionKeys, maxConnections: 2 })),
      );
      const [store] = stores;
      const setup = await store?.findTenantSetup('acme.example');
      expect([setup?.tenant.id, setup?.connection?.revisionId]).toEqual(['acme', 'r']);
      const key = { tenantId: 'acme', product: 'workspace', handleHash: 'handle' } as const;
      expect((await store?.findSession(key))?.user.id).toBe('ann');
      expect(await store?.claimTransaction({ tenantId: 'acme', stateHash: 'state' })).toMatchObject({
        outcome: 'claimed',
        connection: { revisionId: 'r' },
      });
      // The version before goes on beside it until the last process is replaced.
      await writeAsTheFirstVersion('globex');
      expect((await store?.findSession({ ...key, tenantId: 'globex' }))?.user.id).toBe('ann');
      for (const each of stores) await each.close();
    });

    it('stays as it was when a migration fails, and is brought up to date once that can be done', async () => {
      await client.query('create table handoffs (somebody_elses integer)');
      await expect(openSsoStore({ databaseUrl: url, encryptionKeys })).rejects.toThrow();
      const { rows } = await client.query(
        `select (select string_agg(name, ',') from sso_migrations) as done, to_regclass('admin_links') as added`,
      );
      expect(rows).toEqual([{ done: '0001-first-schema', added: null }]);
      await client.query('drop table handoffs');
      const store = await openSsoStore({ databaseUrl: url, encryptionKeys });
      expect((await store.listUsers('acme')).map(({ id }) => id)).toEqual(['ann']);
      await store.close();
    });
  });

  it('R15 refuses keys that do not fit the database, and names them', async () => {
    const url = (await server?.createDatabase()) ?? '';
    const store = await openSsoStore({ databaseUrl: url, encryptionKeys });
    await createScene(store);
    await store.close();
    const open = (keys: string) =>
      openSsoStore({ databaseUrl: url, encryptionKeys: createEncryptionKeyRing(keys) }).then((opened) =>
        opened.close(),
      );
    await expect(open(randomKey('test'))).rejects.toThrow('The key "test" is not the key');
    await expect(open(randomKey('new'))).rejects.toThrow('The key "test" is missing');
    await expect(open(`${randomKey('newer')},${keyText}`)).resolves.toBeUndefined();
  });

  it('R12 reports a server that refuses, a database that is missing, and a pool without a free connection', async () => {
    const address = new URL(databaseUrl);
    address.port = '1';
    expect(await errorOf(openSsoStore({ databaseUrl: address.href, encryptionKeys }))).toEqual(unavailable);
    const missing = databaseUrl.replace(/[^/]+$/, 'missing');
    expect(await errorOf(openSsoStore({ databaseUrl: missing, encryptionKeys }))).toEqual(unavailable);

    const store = await openSsoStore({ databaseUrl, encryptionKeys, maxConnections: 1 });
    const { tenant } = await createScene(store);
    await beside.query('begin');
    await beside.query('select 1 from tenants where id = $1 for update', [tenant.id]);
    const entitled = { tenantId: tenant.id, entitled: false, actor: ACTOR };
    const waiting = Array.from({ length: 3 }, () => errorOf(store.setSsoEntitlement(entitled)));
    // Those that get the connection wait for the lock in vain; the others for the connection.
    expect(await Promise.all(waiting)).toEqual([unavailable, unavailable, unavailable]);
    await beside.query('rollback');
    await expect(store.setSsoEntitlement(entitled)).resolves.toBeUndefined();
    await store.close();
  });

  it('R12 survives that the server ends its connections, idle or in use, and recovers', async () => {
    const store = await openSsoStore({ databaseUrl, encryptionKeys, maxConnections: 4 });
    const { tenant, newTransaction } = await createScene(store);
    await beside.query('begin');
    await beside.query('lock table transactions in access exclusive mode');
    const transaction = newTransaction({ nonce: 'CANARY' });
    const stuck = errorOf(store.saveTransaction(transaction));
    await expect
      .poll(async () => (await beside.query(`select 1 from pg_locks where not granted`)).rowCount)
      .toBeGreaterThan(0);
    await beside.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'ipscape-sso' and datname = current_database()`,
    );
    const error = await stuck;
    expect(error).toEqual(unavailable);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('CANARY');
    await beside.query('rollback');
    await expect.poll(() => errorOf(store.ping())).toBeNull();
    await store.saveTransaction(transaction);
    const claim = { tenantId: tenant.id, stateHash: transaction.stateHash };
    expect((await store.claimTransaction(claim)).outcome).toBe('claimed');
    await store.close();
    expect(SsoError.is(await errorOf(store.ping()))).toBe(true);
  });

  it('R9 gives a transaction to one of 50 callers on four instances', async () => {
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openSsoStore({ databaseUrl, encryptionKeys, maxConnections: 8 })),
    );
    const [store] = stores;
    if (store === undefined) throw new Error('No store.');
    const { tenant, newTransaction } = await createScene(store);
    const transaction = newTransaction();
    await store.saveTransaction(transaction);
    const key = { tenantId: tenant.id, stateHash: transaction.stateHash };
    const claims = await Promise.all(
      Array.from({ length: 50 }, (_, n) => (stores[n % 4] ?? store).claimTransaction(key)),
    );
    expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
    for (const each of stores) await each.close();
  });

  it('R17 leaves rows that another session works on for the next clean-up', async () => {
    const store = await openSsoStore({ databaseUrl, encryptionKeys });
    const { newTransaction } = await createScene(store);
    const [busy, free] = [newTransaction(), newTransaction()];
    for (const transaction of [busy, free]) await store.saveTransaction(transaction);
    await beside.query('update transactions set expires_at = now() where state_hash = any($1)', [
      [busy.stateHash, free.stateHash],
    ]);
    await beside.query('begin');
    await beside.query('select 1 from transactions where state_hash = $1 for update', [busy.stateHash]);
    expect(await store.deleteExpired(100)).toBe(1);
    await beside.query('rollback');
    expect(await store.deleteExpired(100)).toBe(1);
    await store.close();
  });

  it('prepares a statement once per connection, by name', async () => {
    const database = await openPostgresql({ databaseUrl, maxConnections: 1 });
    const store = assembleStore(database, encryptionKeys);
    for (let count = 0; count < 3; count++) await store.findTenantSetup('a.example');
    const prepared = await sql<{ name: string }>`select name from pg_prepared_statements`.execute(database.db);
    expect(prepared.rows).toEqual([{ name: expect.stringMatching(/^sso-[0-9a-f]{32}$/) }]);
    await store.close();
  });
});
