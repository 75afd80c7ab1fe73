import { SsoError } from '@ipscape/sso-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTOR, createScene, type Scene } from './scene.js';
import { type TestStore, testStores } from './test-stores.js';

const LIGHTNING = 'https://acme.lightning.force.com';
const CLASSIC = 'https://acme.my.salesforce.com';

describe.each(await testStores())('I8, I9 origins of CRM pages on $name', ({ open }) => {
  let opened: TestStore;
  let store: TestStore['store'];
  let query: TestStore['query'];
  let scene: Scene;

  beforeAll(async () => {
    opened = await open();
    ({ store, query } = opened);
    scene = await createScene(store);
  });
  afterAll(() => opened.close());

  const set = ({ tenant }: Scene, origins: readonly string[], seen: readonly string[]) =>
    store.setFrameOrigins({ tenantId: tenant.id, actor: ACTOR, origins, seen });
  const inForce = async ({ tenant }: Scene) => (await store.findTenantSetup(tenant.domain))?.tenant.frameOrigins;
  const audited = async ({ tenant }: Scene) =>
    (await store.listAuditEvents(tenant.id))
      .filter(({ action }) => action === 'frame-origins-changed' || action === 'change-refused')
      .map(({ action, actor, details }) => ({ action, actor, details }));

  test('a new tenant has none, so nobody may frame it', async () => {
    expect(await inForce(scene)).toEqual([]);
    expect(scene.tenant.frameOrigins).toEqual([]);
  });

  test('are the tenant’s own, in their order, wherever a tenant is read', async () => {
    const [acme, globex] = [await createScene(store), await createScene(store)];
    expect(await set(acme, [LIGHTNING, CLASSIC], [])).toEqual({
      outcome: 'changed',
      added: [LIGHTNING, CLASSIC],
      removed: [],
    });
    expect(await inForce(acme)).toEqual([LIGHTNING, CLASSIC]);
    expect((await store.findTenant(acme.tenant.id))?.frameOrigins).toEqual([LIGHTNING, CLASSIC]);
    const listed = (await store.listTenants()).find(({ id }) => id === acme.tenant.id);
    expect(listed?.frameOrigins).toEqual([LIGHTNING, CLASSIC]);
    expect(await inForce(globex)).toEqual([]);
    expect(await set(acme, [CLASSIC], [LIGHTNING, CLASSIC])).toEqual({
      outcome: 'changed',
      added: [],
      removed: [LIGHTNING],
    });
    expect(await audited(acme)).toEqual([
      { action: 'frame-origins-changed', actor: ACTOR, details: { added: [], removed: [LIGHTNING] } },
      { action: 'frame-origins-changed', actor: ACTOR, details: { added: [LIGHTNING, CLASSIC], removed: [] } },
    ]);
  });

  test('what somebody else changed in the meantime stays, and the refusal is audited', async () => {
    const acme = await createScene(store);
    await set(acme, [LIGHTNING], []);
    expect(await set(acme, [CLASSIC], [])).toEqual({ outcome: 'conflict', current: [LIGHTNING] });
    expect(await inForce(acme)).toEqual([LIGHTNING]);
    expect((await audited(acme))[0]).toMatchObject({
      action: 'change-refused',
      details: { attempted: 'frame-origins', reason: 'revision-conflict' },
    });
  });

  test('of twenty changes at once from the same state one wins', async () => {
    const acme = await createScene(store);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => set(acme, [`https://crm${index}.acme.example`], [])),
    );
    expect(results.filter(({ outcome }) => outcome === 'changed')).toHaveLength(1);
    expect(await inForce(acme)).toHaveLength(1);
  });

  test('what is so already is no change, whatever was seen', async () => {
    const acme = await createScene(store);
    await set(acme, [LIGHTNING], []);
    expect(await set(acme, [LIGHTNING], [])).toEqual({ outcome: 'unchanged' });
    expect(await audited(acme)).toHaveLength(1);
  });

  test.each(['', '%', 'nobody', "' or true --"])('an unknown tenant %j is not found', async (tenantId) => {
    const change = { tenantId, actor: ACTOR, origins: [LIGHTNING], seen: [] };
    await expect(store.setFrameOrigins(change)).rejects.toSatisfy(
      (error) => SsoError.is(error) && error.code === 'not-found',
    );
  });

  test.each([
    "https://a.example;script-src 'unsafe-inline'",
    'https://a.example,https://b.example',
    'https://a.example\r\nset-cookie: a=b',
    'https://*.example',
    'https://a.example https://b.example',
    'https://A.example',
    'https://bücher.example',
    "'self'",
  ])('the database itself keeps %j out', async (origin) => {
    const change = 'update tenants set frame_origins = array[$2] where id = $1';
    await expect(query(change, [scene.tenant.id, origin])).rejects.toThrow(/check/);
  });

  test('the database itself keeps more than twenty out, and nothing', async () => {
    const many = `update tenants set frame_origins = array_fill('https://a.example'::text, array[21]) where id = $1`;
    await expect(query(many, [scene.tenant.id])).rejects.toThrow(/check/);
    const nothing = 'update tenants set frame_origins = array[null]::text[] where id = $1';
    await expect(query(nothing, [scene.tenant.id])).rejects.toThrow(/check/);
  });
});
