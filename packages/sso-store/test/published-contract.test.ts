import { type StoreHarness, storeContract } from '@ipscape/sso-core/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ACTOR } from './scene.js';
import { type TestStore, testStores } from './test-stores.js';

describe.each(await testStores())('the published contract of a store, on $name', ({ open }) => {
  let opened: TestStore;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  async function openHarness(): Promise<StoreHarness> {
    const { store, query } = opened;
    return {
      store,
      async addTenant({ id, domain, users, connection: { clientSecret, ...connection } }) {
        await store.addTenant({ id, name: id, domain, actor: ACTOR });
        await store.setSsoEntitlement({ tenantId: id, entitled: true, actor: ACTOR });
        for (const user of users) {
          await store.addUser({ tenantId: id, ...user, name: user.id, role: 'agent', actor: ACTOR });
        }
        const draft = { tenantId: id, ...connection, config: {}, clientSecret: { value: clientSecret } };
        const { revisionId } = await store.createDraft({ ...draft, actor: ACTOR });
        await store.markAuthorised({ tenantId: id, revisionId, actor: ACTOR });
        await store.activateRevision({ tenantId: id, revisionId, actor: ACTOR });
      },
      async passTime(seconds) {
        const age = (column: string) => `${column} = ${column} - make_interval(secs => $1::integer)`;
        await query(`update transactions set ${age('expires_at')}`, [seconds]);
        const sessionTimes = ['idle_expires_at', 'absolute_expires_at', 'presented_elsewhere_at'];
        await query(`update sessions set ${sessionTimes.map(age).join(', ')}`, [seconds]);
      },
      close: async () => {},
    };
  }

  for (const { name, run } of storeContract(openHarness)) test(name, run);
});
