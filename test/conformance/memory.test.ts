import { PRODUCTS } from '@ipscape/sso-core';
import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig } from '../support/rig.js';
import { type AdapterProcess, startAdapterProcess } from '../support/start-adapter-process.js';

/** A server, because a process of its own has to reach it: only there the adapters’ memory is theirs alone. */
const database = (await testStores()).find(({ name }) => name === 'PostgreSQL');

const WARM_UP = 200;
const SIGN_INS = 600;
const AT_ONCE = 8;
/**
 * What a process may hold on to for each sign-in, in bytes. About one thousand is usual, most of it the heap's own
 * unrest; whoever keeps the requests of a sign-in by mistake keeps some ten thousand for each of its four.
 */
const MAX_BYTES_EACH = 10_000;

describe.skipIf(database === undefined)('R25 many sign-ins, one after the other', () => {
  let rig: Rig;
  let adapters: AdapterProcess;
  beforeAll(async () => {
    const encryptionKeys = randomKey('test');
    const opened = await database?.open(createEncryptionKeyRing(encryptionKeys));
    if (opened?.databaseUrl == null) throw new Error('No server.');
    rig = await startRig(opened);
    adapters = await startAdapterProcess({
      databaseUrl: opened.databaseUrl,
      encryptionKeys,
      publicPort: rig.port,
    });
  });
  afterAll(async () => {
    await adapters?.kill('SIGTERM');
    await rig?.stop();
  });

  async function signInMany(count: number): Promise<void> {
    const turns = Array.from({ length: count }, (_, index) => index).values();
    const worker = async (): Promise<void> => {
      for (const turn of turns) {
        const browser = new HttpBrowser();
        browser.connectTo = ({ hostname }) => (hostname === 'acme.localhost' ? adapters.port : undefined);
        const product = PRODUCTS[turn % PRODUCTS.length] ?? 'toolbar';
        const answer = await signIn(rig, browser, { product });
        if (answer.status !== 303) throw new Error(`A sign-in was answered with ${answer.status}.`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async function held(): Promise<number> {
    const { heapUsed, arrayBuffers } = await adapters.memory();
    return heapUsed + arrayBuffers;
  }

  test('leave a process as it was', { timeout: 180_000 }, async () => {
    await signInMany(WARM_UP);
    const before = await held();
    await signInMany(SIGN_INS);
    const each = ((await held()) - before) / SIGN_INS;
    expect(each).toBeLessThan(MAX_BYTES_EACH);
  });
});
