import { guardStore } from './guard-store.js';
import type { StoreContext } from './store-context.js';

/**
 * Proves at the start, rather than at somebody's first sign-in, that the keys fit the database: every key that a
 * stored secret needs is there, and every key is the one that its id stood for before.
 *
 * @throws {Error} listing every key that is missing or different
 */
export async function checkEncryptionKeys(context: StoreContext): Promise<void> {
  const { keys } = context;
  const { recorded, needed } = await guardStore({ readKeys }).readKeys(context);
  const missing = needed.filter(({ key_id }) => !keys.keyIds.includes(key_id)).map(({ key_id }) => key_id);
  const different = recorded.filter(({ id, check_value }) => (keys.checkValueOf(id) ?? check_value) !== check_value);
  const problems = [
    ...missing.map((id) => `The key "${id}" is missing, and stored secrets are encrypted with it.`),
    ...different.map(({ id }) => `The key "${id}" is not the key that this database was used with under that id.`),
  ];
  if (problems.length > 0) throw new Error(`The encryption keys do not fit the database. ${problems.join(' ')}`);
}

/** Records the keys that are new to the database, and reads what it knows of keys. */
async function readKeys({ db, keys }: StoreContext) {
  const offered = keys.keyIds.flatMap((id) => {
    const checkValue = keys.checkValueOf(id);
    return checkValue === null ? [] : [{ id, check_value: checkValue }];
  });
  await db
    .insertInto('encryption_keys')
    .values(offered)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const recorded = await db.selectFrom('encryption_keys').select(['id', 'check_value']).execute();
  const needed = await db
    .selectFrom('connection_secrets')
    .select('key_id')
    .union(db.selectFrom('signing_keys').select('key_id'))
    .execute();
  return { recorded, needed };
}
