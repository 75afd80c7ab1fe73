import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomKey, type TestStore, testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig } from '../support/rig.js';

describe.each(await testStores())('A6 encryption keys that rotate while people sign in, on $name', ({ open }) => {
  const [oldKey, newKey] = [randomKey('old'), randomKey('new')];
  let database: TestStore;
  let rig: Rig;
  beforeAll(async () => {
    // As every process is configured first: the new key decrypts already, and encrypts nothing.
    database = await open(createEncryptionKeyRing(`${oldKey},${newKey}`));
    rig = await startRig(database);
  });
  afterAll(() => rig?.stop());

  test('cost nobody the sign-in, in processes before and after the change, with a job that was killed half way', async () => {
    const changed = await database.withKeys(createEncryptionKeyRing(`${newKey},${oldKey}`));
    const second = await rig.startSecondInstance(changed);
    const statuses: number[] = [];
    let isOver = false;
    const keepSigningIn = async (port: number | undefined): Promise<void> => {
      while (!isOver) {
        for (const tenant of ['acme', 'globex'] as const) {
          const browser = new HttpBrowser();
          if (port !== undefined)
            browser.connectTo = ({ hostname }) => (/^(?:acme|globex)\.localhost$/.test(hostname) ? port : undefined);
          const { status } = await signIn(rig, browser, { tenant });
          const session = await browser.ask(`${rig.tenants[tenant].origin}/workspace/session`);
          statuses.push(status, session.status);
        }
      }
    };
    const load = [keepSigningIn(undefined), keepSigningIn(second.port), keepSigningIn(second.port)];
    const atLeast = async (count: number): Promise<void> => {
      const wanted = statuses.length + count;
      await expect.poll(() => statuses.length, { timeout: 30_000, interval: 20 }).toBeGreaterThan(wanted);
    };
    await atLeast(12);
    // One of the two secrets, and then nothing more of this job.
    const killed = await changed.reencryptClientSecrets({ after: null, limit: 1, actor: 'test' });
    expect([killed.reencrypted, killed.next]).toEqual([1, expect.anything()]);
    await atLeast(12);
    const again = await changed.reencryptClientSecrets({ after: null, limit: 10, actor: 'test' });
    expect(again).toMatchObject({ reencrypted: 1, unreadable: [], next: null });
    await atLeast(12);
    isOver = true;
    await Promise.all(load);
    expect(new Set(statuses)).toEqual(new Set([303, 200]));

    // The old key is gone, and nobody needs it.
    rig.restart(await database.withKeys(createEncryptionKeyRing(newKey)));
    for (const tenant of ['acme', 'globex'] as const) {
      expect((await signIn(rig, new HttpBrowser(), { tenant })).status).toBe(303);
    }
  }, 60_000);
});
