import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { createScene, type Scene } from '../../../packages/sso-store/test/scene.js';
import { type TestStore, testStores } from '../../../packages/sso-store/test/test-stores.js';
import type { AdminDeps } from '../src/admin-deps.js';
import { createTestDeps, run } from './captured-io.js';

describe.each(await testStores())('single sign-on as the only way in, on $name', ({ open }) => {
  let opened: TestStore;
  let deps: AdminDeps;
  let scene: Scene;

  beforeAll(async () => {
    opened = await open();
    deps = createTestDeps(opened.store);
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    scene = await createScene(opened.store);
  });

  const admin = (...argv: string[]) => run(deps, [...argv, '--tenant', scene.tenant.domain]);
  const lastEvent = async () => (await opened.store.listAuditEvents(scene.tenant.id, { limit: 1 }))[0];

  async function enforce(): Promise<void> {
    const { store } = opened;
    const { id: tenantId } = scene.tenant;
    const boss = await scene.addUser({ products: ['workspace'] });
    await opened.query(`update users set role = 'administrator' where id = $1`, [boss.id]);
    const tokenHash = createHash('sha256').update(randomBytes(8)).digest('base64url');
    await store.createAdminLink({ tenantId, tokenHash, ttlSeconds: 900, actor: 'desk' });
    await store.redeemAdminLink({ tenantId, tokenHash });
    await store.checkDirectoryCoverage({ tenantId, actor: boss.id });
    const actor = { userId: boss.id, email: boss.email, sessionId: 'session' };
    const { revisionId } = scene.revision;
    expect((await store.enforceSso({ tenantId, actor, revisionId })).outcome).toBe('enforced');
  }

  it('A15: is shown, and lifted by the Service Desk, which is audited', async () => {
    expect((await admin('tenant', 'show')).out).toMatch(/^Enforced +no, other ways/m);
    await enforce();
    const shown = await admin('tenant', 'show');
    expect(shown.out).toMatch(/^Enforced +since .+: single sign-on is the only way in$/m);
    expect(shown.out).toMatch(/^Coverage +2 of 2 on /m);
    const json = await run(deps, ['tenant', 'show', '--tenant', scene.tenant.id, '--json']);
    expect(json.json()).toMatchObject({
      tenant: { ssoEnforced: true },
      enforcement: { enforced: { at: expect.any(String) }, coverage: { users: 2, covered: 2 } },
    });
    expect((await admin('doctor')).out).toContain('Single sign-on is the only way in since');
    const lifted = await admin('tenant', 'sso', 'unenforce', '--actor', 'jane.doe');
    expect(lifted).toMatchObject({ exitCode: 0, err: '' });
    expect(await lastEvent()).toMatchObject({ action: 'sso-enforcement-lifted', actor: 'jane.doe' });
    expect((await admin('doctor')).out).toContain('Other ways to sign in are allowed.');
    expect((await admin('tenant', 'sso', 'unenforce')).out).toContain('nothing was changed');
  });

  it('is lifted while the provider is down and the connection is broken', async () => {
    await enforce();
    await opened.query('delete from connection_secrets where tenant_id = $1', [scene.tenant.id]);
    expect((await admin('tenant', 'sso', 'unenforce')).exitCode).toBe(0);
    expect((await opened.store.findTenant(scene.tenant.id))?.ssoEnforced).toBe(false);
  });

  test.each([
    ['connection', 'disable'],
    ['tenant', 'sso', 'disable'],
  ])('A15: %s %s is refused, and says what to do first', async (...words) => {
    await enforce();
    const refused = await admin(...words);
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain('tenant sso unenforce');
    expect(await lastEvent()).toMatchObject({ action: 'change-refused', actor: 'service-desk:tester' });
    await admin('tenant', 'sso', 'unenforce');
    expect((await admin(...words)).exitCode).toBe(0);
  });

  it('names users whom it locks out', async () => {
    await scene.addUser({ email: 'no address' });
    await enforce();
    const examined = await admin('doctor');
    expect(examined.out).toContain('found 1 active user who cannot sign in');
    expect(examined.out).toContain('tenant sso unenforce');
  });

  it('is of one tenant', async () => {
    await enforce();
    const other = await createScene(opened.store);
    await run(deps, ['tenant', 'sso', 'unenforce', '--tenant', other.tenant.domain]);
    expect((await opened.store.findEnforcement(scene.tenant.id)).enforced).not.toBeNull();
    expect((await opened.store.findEnforcement(other.tenant.id)).enforced).toBeNull();
    expect((await run(deps, ['tenant', 'sso', 'unenforce', '--tenant', 'nobody.example'])).exitCode).toBe(1);
  });
});
