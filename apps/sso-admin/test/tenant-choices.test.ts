import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createScene, type Scene } from '../../../packages/sso-store/test/scene.js';
import { type TestStore, testStores } from '../../../packages/sso-store/test/test-stores.js';
import { createTestDeps, run } from './captured-io.js';

const SALESFORCE = ['https://acme.lightning.force.com', 'https://acme.my.salesforce.com'];

describe.each(await testStores())('what a tenant chooses beside its connection, on $name', ({ open }) => {
  let opened: TestStore;
  let scene: Scene;

  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    scene = await createScene(opened.store);
  });

  const tenant = (...argv: string[]) =>
    run(createTestDeps(opened.store), ['tenant', ...argv, '--tenant', scene.tenant.domain]);
  const inForce = () => opened.store.findFrameOrigins(scene.tenant.id);
  const lastEvent = async () => (await opened.store.listAuditEvents(scene.tenant.id, { limit: 1 }))[0];

  test('I9 CRM pages are added by origin and by instance, listed, shown and removed, each with who did it', async () => {
    expect((await tenant('frame-origins', 'list')).out).toContain('No page may show the CTI Adaptor');
    expect((await tenant('show')).out).toMatch(/^CRM pages +none may show the CTI Adaptor$/m);
    const added = await tenant('frame-origins', 'add-crm', 'acme', '--crm', 'salesforce', '--actor', 'jane.doe');
    expect(added).toMatchObject({ exitCode: 0, err: '' });
    expect(await lastEvent()).toMatchObject({
      action: 'frame-origins-changed',
      actor: 'jane.doe',
      details: { added: SALESFORCE, removed: [] },
    });
    const own = 'https://crm.acme.example:8443';
    expect((await tenant('frame-origins', 'add', 'HTTPS://CRM.acme.example:8443', '--json')).json()).toEqual({
      tenantId: scene.tenant.id,
      origins: [...SALESFORCE, own],
      added: [own],
      removed: [],
    });
    expect((await tenant('frame-origins', 'add', own)).out).toContain('Nothing was changed');
    await tenant('frame-origins', 'remove', SALESFORCE[1] ?? '');
    expect(await inForce()).toEqual([SALESFORCE[0], own]);
    expect((await tenant('frame-origins', 'list', '--json')).json()).toMatchObject({ origins: [SALESFORCE[0], own] });
    expect((await tenant('show', '--json')).json()).toMatchObject({ frameOrigins: [SALESFORCE[0], own] });
  });

  test.each<[argv: string, exitCode: number, says: string]>([
    ['add https://*.force.com', 1, 'asterisk'],
    ['add http://crm.acme.example', 1, 'Perhaps you mean https://crm.acme.example'],
    ['add https://crm.acme.example/page', 1, 'Perhaps you mean https://crm.acme.example'],
    ["add https://crm.acme.example;script-src'self'", 1, 'semicolon'],
    ['add http://crm.localhost', 1, '.localhost'],
    ['remove https://crm.acme.exmaple', 1, 'Did you mean "https://crm.acme.example"?'],
    ['add-crm acme --crm dynamics', 2, 'acme.crm6'],
    ['add-crm acme--uat --crm salesforce', 2, 'acme--uat.sandbox'],
    ['add-crm *.acme --crm zendesk', 2, 'Subdomain'],
    ['add-crm acme --crm hubspot', 2, 'Choose one of salesforce'],
  ])('I9 frame-origins %s is refused, and nothing is changed', async (argv, exitCode, says) => {
    await tenant('frame-origins', 'add', 'https://crm.acme.example');
    const refused = await tenant('frame-origins', ...argv.split(' '));
    expect([refused.exitCode, refused.out]).toEqual([exitCode, '']);
    expect(refused.err).toContain(says);
    expect(await inForce()).toEqual(['https://crm.acme.example']);
  });

  test('I9 the number of CRM pages is bounded', async () => {
    const origins = Array.from({ length: 20 }, (_, index) => `https://crm${index}.acme.example`);
    await opened.store.setFrameOrigins({ tenantId: scene.tenant.id, actor: 'test', origins, seen: [] });
    const refused = await tenant('frame-origins', 'add', 'https://one-more.acme.example', '--json');
    expect(JSON.parse(refused.err)).toMatchObject({ error: { code: 'origin-too-many', exitCode: 1 } });
    expect(await inForce()).toEqual(origins);
  });

  test('whether a revocation waits for a call is chosen, shown and audited', async () => {
    expect((await tenant('show')).out).toMatch(/^Revocation +ends a session at once/m);
    expect((await tenant('revocation-waits', 'on', '--actor', 'jane.doe')).exitCode).toBe(0);
    expect(await lastEvent()).toMatchObject({
      action: 'revocation-waits-for-calls-changed',
      actor: 'jane.doe',
      details: { revocationWaitsForCalls: true },
    });
    expect((await tenant('show', '--json')).json()).toMatchObject({ revocationWaitsForCalls: true });
    expect((await tenant('revocation-waits', 'off', '--json')).json()).toEqual({
      tenantId: scene.tenant.id,
      revocationWaitsForCalls: false,
    });
    expect(await opened.store.findSessionPolicy(scene.tenant.id)).toEqual({ revocationWaitsForCalls: false });
    const other = await createScene(opened.store);
    expect(await opened.store.findSessionPolicy(other.tenant.id)).toEqual({ revocationWaitsForCalls: false });
  });
});
