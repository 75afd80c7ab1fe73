import type { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { assembleStore, type SsoStore } from '../src/assemble-store.js';
import { createEncryptionKeyRing } from '../src/create-encryption-key-ring.js';
import type { Database } from '../src/database.js';
import { loadPgliteSnapshot } from './pglite-snapshot.js';
import { createScene, hashOf, ISSUER, type Scene } from './scene.js';
import { randomKey } from './test-stores.js';

const statements: string[] = [];
let pglite: PGlite;
let store: SsoStore;
let scene: Scene;

beforeAll(async () => {
  pglite = await loadPgliteSnapshot();
  const db = new Kysely<Database>({
    dialect: new PGliteDialect({ pglite }),
    log: (event) => void statements.push(event.query.sql),
  });
  const keys = createEncryptionKeyRing(randomKey('test'));
  store = assembleStore({ kind: 'embedded', db, close: () => db.destroy() }, keys);
  scene = await createScene(store);
});
afterAll(() => store.close());

async function countStatements(work: () => Promise<unknown>): Promise<number> {
  statements.length = 0;
  await work();
  return statements.length;
}

it('takes one statement for each step of a sign-in', async () => {
  const { tenant, user } = scene;
  const [transaction, session] = [scene.newTransaction(), scene.newSession()];
  const claim = { tenantId: tenant.id, stateHash: transaction.stateHash };
  const identity = { tenantId: tenant.id, issuer: ISSUER, subject: 'subject', canonicalEmail: 'a@b.example' };
  const steps = [
    () => store.findTenantSetup(tenant.domain),
    () => store.saveTransaction(transaction),
    () => store.claimTransaction(claim),
    () => store.findIdentity(identity),
    () => store.pinIdentity({ ...identity, userId: user.id }),
    () => store.holdIdentity({ ...identity, userId: user.id }),
    () => store.openSession(session),
    () => store.findSession(session),
    () => store.touchSession(session),
    () => store.endSession(session),
  ];
  for (const step of steps) expect(await countStatements(step), String(step)).toBe(1);
  expect(await countStatements(() => store.claimTransaction(claim))).toBe(2);
});

test('T12, T15 every statement of a sign-in asks for the tenant', async () => {
  const session = scene.newSession();
  statements.length = 0;
  await store.openSession(session);
  await store.findSession(session);
  await store.touchSession(session);
  await store.endSession(session);
  expect(statements.filter((statement) => !/tenant_id = \$\d/.test(statement))).toEqual([]);
});

test('T7 a handle that no tenant has costs one look into an index', async () => {
  const key = { ...scene.newSession(), handleHash: hashOf('nobody’s') };
  expect(await countStatements(() => store.recordForeignSession(key))).toBe(1);
  const [look = ''] = statements;
  // A table this small is read as a whole otherwise.
  await pglite.query('set enable_seqscan = off');
  const { rows } = await pglite.query(`explain (format json) ${look}`, [key.tenantId, key.handleHash]);
  expect(JSON.stringify(rows)).toMatch(/"Index Name":"sessions_live_handle"/);
  expect(JSON.stringify(rows)).not.toContain('"Node Type":"Seq Scan"');
  await pglite.query('reset enable_seqscan');
});
