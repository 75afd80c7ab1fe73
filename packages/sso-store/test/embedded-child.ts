/**
 * @module
 * A process that adds tenants to an embedded database until it is killed, and prints each one that was acknowledged.
 */
import { createEncryptionKeyRing, openSsoStore } from '../src/index.js';

const [dataDirectory = '', keys = ''] = process.argv.slice(2);

try {
  const store = await openSsoStore({ dataDirectory, encryptionKeys: createEncryptionKeyRing(keys) });
  for (let count = 1; ; count++) {
    const { id } = await store.addTenant({ name: 'T', domain: `t${count}.ipscape.example`, actor: 'test' });
    console.log(`acknowledged ${id}`);
  }
} catch (error) {
  console.log(`refused ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
