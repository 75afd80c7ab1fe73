import { PRODUCTS, type Product } from '@ipscape/sso-core';
import { createEncryptionKeyRing } from '@ipscape/sso-store';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { SOAK } from '../support/long-run.js';
import { heldMemory } from '../support/memory.js';
import { type PersonKey, type Rig, type RigTenant, sessionCookies, startRig, walkToCallback } from '../support/rig.js';
import { type AdapterProcess, startAdapterProcess } from '../support/start-adapter-process.js';

// The last one is a server where there is one; several processes need one.
const database = (await testStores()).at(-1);

const { signIns: SIGN_INS, processes: PROCESSES, seed: SEED } = SOAK;
const AT_ONCE = 10;
const COLLEAGUES = 8;
const TENANTS = 20;
const FURTHER_TENANTS = Array.from({ length: TENANTS - 2 }, (_, index) => `tenant-${index}`);
const PEOPLE_WHO_MAY: readonly PersonKey[] = [
  'admin',
  'agent',
  ...Array.from({ length: COLLEAGUES }, (_, index) => `colleague-${index}` as const),
];

interface Visit {
  /** Counted in {@link Rig.allTenants}. */
  readonly tenant: number;
  readonly product: Product;
  readonly person: PersonKey;
  readonly fault: 'none' | 'slow token' | 'failed token' | 'thin token' | 'new keys' | 'bad signature';
  readonly signsOut: boolean;
}

const visit: fc.Arbitrary<Visit> = fc.record({
  tenant: fc.nat(TENANTS - 1),
  product: fc.constantFrom(...PRODUCTS),
  person: fc.constantFrom(...PEOPLE_WHO_MAY),
  fault: fc.constantFrom(
    'none',
    'none',
    'none',
    'slow token',
    'failed token',
    'thin token',
    'new keys',
    'bad signature',
  ),
  signsOut: fc.boolean(),
});

describe('R20 many people of twenty tenants at once, with a provider that fails at random', () => {
  let rig: Rig;
  const ports: (number | undefined)[] = [undefined];
  const processes: AdapterProcess[] = [];
  beforeAll(async () => {
    if (database === undefined) throw new Error('No database.');
    const encryptionKeys = randomKey('test');
    const opened = await database.open(createEncryptionKeyRing(encryptionKeys));
    rig = await startRig(opened, {
      idpTimeoutMs: 2_000,
      furtherTenants: FURTHER_TENANTS,
      colleagues: COLLEAGUES,
    });
    ports.push((await rig.startSecondInstance()).port);
    for (let count = 0; count < PROCESSES && opened.databaseUrl !== null; count++) {
      const started = await startAdapterProcess({
        databaseUrl: opened.databaseUrl,
        encryptionKeys,
        publicPort: rig.port,
      });
      processes.push(started);
      ports.push(started.port);
    }
  });
  afterAll(async () => {
    for (const child of processes) await child.kill('SIGTERM');
    await rig?.stop();
  });

  test(`${SIGN_INS} sign-ins: every session is of whom the provider named`, {
    timeout: 60_000 + SIGN_INS * 300,
  }, async () => {
    const visits = fc.sample(visit, { seed: SEED, numRuns: SIGN_INS }).entries();
    const times: number[] = [];
    const outcomes = new Map<string, number>();
    let turn = 0;
    let heldBefore = 0;
    const domains = new Set(rig.allTenants.map(({ domain }) => domain));

    function tenantAt(index: number): RigTenant {
      const tenant = rig.allTenants[index];
      if (tenant === undefined) throw new Error('There are fewer tenants.');
      return tenant;
    }

    function breakProvider({ org: { faults } }: RigTenant, fault: Visit['fault']): void {
      faults.reset();
      if (fault === 'slow token') faults.token = { delayMs: 20 };
      if (fault === 'failed token') faults.token = { status: 500 };
      if (fault === 'thin token') faults.omitEmailFromIdToken = true;
      if (fault === 'bad signature') faults.idToken = { foreignKey: true };
    }

    async function go(person: Visit): Promise<void> {
      const browser = new HttpBrowser();
      browser.connectTo = ({ hostname }) => (domains.has(hostname) ? ports[turn++ % ports.length] : undefined);
      const tenant = tenantAt(person.tenant);
      breakProvider(tenant, person.fault);
      if (person.fault === 'new keys' && turn % 20 === 0) await tenant.org.rotateKeys();
      const { product } = person;
      const callback = await walkToCallback(rig, browser, { tenant, product, person: person.person });
      const startedAt = performance.now();
      const answer = await browser.ask(callback);
      times.push(performance.now() - startedAt);
      const code = answer.status === 303 ? 'signed-in' : String(answer.json().code);
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      const { origin } = tenant;
      const session = await browser.ask(`${origin}/${product}/session`);
      if (answer.status !== 303) {
        expect(sessionCookies(answer)).toEqual([]);
        expect(session.status).toBe(401);
        return;
      }
      expect(session.json()).toMatchObject({
        user: { id: `${tenant.name}-${person.person}` },
        tenant: { id: tenant.id },
        product,
      });
      // The same cookie is worth nothing elsewhere.
      const foreign = tenantAt((person.tenant + 1) % TENANTS).origin;
      const cookie = browser.cookieHeader(origin);
      const atOther = { headers: { cookie } };
      expect((await browser.ask(`${foreign}/${product}/session`, atOther)).status).toBe(401);
      if (person.signsOut) await browser.post(`${origin}/${product}/logout`);
    }

    const worker = async (): Promise<void> => {
      for (const [index, person] of visits) {
        await go(person);
        if (index === Math.floor(SIGN_INS / 5)) heldBefore = heldMemory();
        if (index % 200 === 0) {
          for (const { org } of rig.allTenants) org.clearRequests();
          rig.outgoing.length = 0;
          rig.logLines.length = 0;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));

    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(SIGN_INS);
    expect(outcomes.get('signed-in')).toBeGreaterThan(SIGN_INS / 3);
    const known = ['signed-in', 'idp-error', 'token-invalid', 'idp-unreachable', 'idp-timeout', 'idp-rate-limited'];
    expect([...outcomes.keys()].filter((code) => !known.includes(code))).toEqual([]);
    // The database’s word: every session is of the identity, the tenant and the user that belong together.
    const mixed = await rig.database.query(`
      select 1 from sessions s
      left join identities i on i.tenant_id = s.tenant_id and i.issuer = s.issuer and i.subject = s.subject
      where i.user_id is distinct from s.user_id`);
    expect(mixed).toEqual([]);
    const sorted = times.toSorted((a, b) => a - b);
    const percentile = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
    console.log(`Callbacks: p50 ${percentile(0.5)} ms, p95 ${percentile(0.95)} ms.`, Object.fromEntries(outcomes));
    if (SIGN_INS >= 5_000) {
      // The rig and the local Okta live in this process too, and remember people by design.
      const grown = (heldMemory() - heldBefore) / (SIGN_INS * 0.8);
      console.log(
        `Memory: ${Math.round(grown)} bytes a sign-in.`,
        await Promise.all(processes.map((child) => child.memory())),
      );
    }
  });
});
