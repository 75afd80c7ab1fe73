/**
 * @module
 * The three adapters in a process of their own beside a PostgreSQL server, local Okta orgs in this process, and people
 * who arrive at a given rate. What is measured is the adapters' process alone; the machine's other cores carry the rest.
 */
import { PRODUCTS } from '@ipscape/sso-core';
import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type Rig, type RigOptions, startRig, startUrl } from '../support/rig.js';
import {
  type AdapterProcess,
  type AdapterProcessOptions,
  startAdapterProcess,
} from '../support/start-adapter-process.js';

const database = (await testStores()).find(({ name }) => name === 'PostgreSQL');

export interface OneProcess {
  readonly rig: Rig;
  readonly adapters: AdapterProcess;
  /** Milliseconds that the adapters took for the start and for the callback, the provider's token answer included. */
  signIn(turn: number): Promise<number>;
  stop(): Promise<void>;
}

export async function startOneProcess(
  rigOptions: RigOptions = {},
  processOptions: Partial<AdapterProcessOptions> = {},
): Promise<OneProcess> {
  if (database === undefined) throw new Error('Capacity is measured with PostgreSQL, which is not on this machine.');
  const encryptionKeys = randomKey('test');
  const opened = await database.open(createEncryptionKeyRing(encryptionKeys));
  if (opened.databaseUrl === null) throw new Error('No server.');
  const rig = await startRig(opened, rigOptions);
  const publicPort = rig.port;
  const { databaseUrl } = opened;
  const adapters = await startAdapterProcess({ databaseUrl, encryptionKeys, publicPort, ...processOptions });

  return {
    rig,
    adapters,
    async signIn(turn) {
      const tenant = at(rig.allTenants, turn);
      const product = at(PRODUCTS, turn);
      const browser = new HttpBrowser();
      browser.connectTo = ({ hostname }) => (hostname === tenant.domain ? adapters.port : undefined);
      const beganAt = performance.now();
      const start = await browser.request(startUrl(rig, { tenant, product }));
      const startMs = performance.now() - beganAt;
      const callback = await chooseUser(browser, start.location(), `agent@${tenant.name}.example`);
      const returnedAt = performance.now();
      const { status } = await browser.request(callback);
      const callbackMs = performance.now() - returnedAt;
      if (status !== 303) throw new Error(`A sign-in was answered with ${status}.`);
      // What the rig notes for tests would be the memory that is measured here.
      tenant.org.clearRequests();
      return startMs + callbackMs;
    },
    async stop() {
      await adapters.kill('SIGTERM');
      await rig.stop();
    },
  };
}

function at<Item>(items: readonly Item[], turn: number): Item {
  const item = items[turn % items.length];
  if (item === undefined) throw new Error('There are none.');
  return item;
}

/** So many at once, until all have signed in. */
export async function signInMany({ signIn }: OneProcess, count: number, atOnce = 8): Promise<void> {
  const turns = Array.from({ length: count }, (_, turn) => turn).values();
  const worker = async (): Promise<void> => {
    for (const turn of turns) await signIn(turn);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** People who arrive evenly, whether or not those before them are through; what the adapters took for each. */
export async function signInAtRate(
  { signIn }: OneProcess,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly number[]> {
  const beganAt = performance.now();
  const arrivals = Array.from({ length: perSecond * seconds }, async (_, turn) => {
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(beganAt + (turn * 1000) / perSecond - performance.now(), 0)),
    );
    return signIn(turn);
  });
  return Promise.all(arrivals);
}

/** The value below which so large a share of them lies, with one decimal. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0) * 10) / 10;
}

/** For a line of figures: `p50 4.1 ms, p95 9.8 ms, p99 20.2 ms`. */
export function summary(values: readonly number[]): string {
  return [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${percentile(values, share)} ms`).join(', ');
}

export const megabytes = (bytes: number): number => Math.round((bytes / 1024 / 1024) * 10) / 10;
