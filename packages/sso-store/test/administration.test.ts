import { randomUUID } from 'node:crypto';
import { SsoError } from '@ipscape/sso-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createEncryptionKeyRing } from '../src/create-encryption-key-ring.js';
import { ACTOR, createScene, hashOf, ISSUER, openSession, type Scene } from './scene.js';
import { randomKey, type TestStore, testStores } from './test-stores.js';

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'no error',
    (error: unknown) => (SsoError.is(error) ? (error.details.reason ?? error.details.what ?? error.code) : error),
  );
}

describe.each(await testStores())('on $name', ({ open }) => {
  let opened: TestStore;
  let store: TestStore['store'];
  let query: TestStore['query'];
  let globex: Scene;

  beforeAll(async () => {
    opened = await open();
    ({ store, query } = opened);
    globex = await createScene(store);
  });
  afterAll(() => opened.close());

  const actions = async (tenantId: string) => (await store.listAuditEvents(tenantId)).map(({ action }) => action);

  describe('admin links', () => {
    async function createLink(tenantId: string, ttlSeconds = 900) {
      const key = { tenantId, tokenHash: hashOf(randomUUID()) };
      return { key, link: await store.createAdminLink({ ...key, ttlSeconds, actor: ACTOR }) };
    }

    it('T10: gives a link to exactly one of many callers, and the audit trail names it', async () => {
      const { tenant } = await createScene(store);
      const { key, link } = await createLink(tenant.id);
      const results = await Promise.all(Array.from({ length: 30 }, () => store.redeemAdminLink(key)));
      expect(results.filter(({ outcome }) => outcome === 'redeemed')).toEqual([{ outcome: 'redeemed', link }]);
      expect(results.filter(({ outcome }) => outcome === 'repeated')).toHaveLength(29);
      const tried = (await actions(tenant.id)).filter((action) => action.startsWith('admin-link'));
      expect(tried.filter((action) => action === 'admin-link-redeemed')).toHaveLength(1);
      expect(tried.filter((action) => action === 'admin-link-refused')).toHaveLength(29);
    });

    it('T10: expires by the clock of the database', async () => {
      const { key, link } = await createLink(globex.tenant.id, 900);
      const [row] = await query<{ seconds: number }>(
        'select extract(epoch from expires_at - created_at)::integer as seconds from admin_links where id = $1',
        [link.id],
      );
      expect(row?.seconds).toBe(900);
      await query('update admin_links set expires_at = now() where id = $1', [link.id]);
      expect(await store.redeemAdminLink(key)).toEqual({ outcome: 'expired' });
      expect(await store.redeemAdminLink(key)).toEqual({ outcome: 'expired' });
    });

    it('is unknown to another tenant, and stays usable', async () => {
      const { tenant } = await createScene(store);
      const { key } = await createLink(tenant.id);
      for (const tenantId of [globex.tenant.id, '', '%']) {
        expect(await store.redeemAdminLink({ ...key, tenantId })).toEqual({ outcome: 'unknown' });
      }
      expect(await store.redeemAdminLink({ ...key, tokenHash: '' })).toEqual({ outcome: 'unknown' });
      expect((await store.redeemAdminLink(key)).outcome).toBe('redeemed');
    });

    test.each([
      [{ tenantId: 'nobody' }, 'tenant'],
      [{ ttlSeconds: 0 }, 'ttl-invalid'],
      [{ ttlSeconds: -1 }, 'ttl-invalid'],
      [{ ttlSeconds: 1.5 }, 'ttl-invalid'],
      [{ ttlSeconds: Number.NaN }, 'ttl-invalid'],
    ])('refuses %j', async (change, reason) => {
      const link = { tenantId: globex.tenant.id, tokenHash: hashOf(randomUUID()), ttlSeconds: 900, actor: ACTOR };
      expect(await reasonOf(store.createAdminLink({ ...link, ...change }))).toBe(reason);
    });

    it('is deleted a month after it expired', async () => {
      const { link } = await createLink(globex.tenant.id);
      await query(`update admin_links set expires_at = now() - interval '29 days' where id = $1`, [link.id]);
      await store.deleteExpired(100);
      expect(await query('select 1 from admin_links where id = $1', [link.id])).toHaveLength(1);
      await query(`update admin_links set expires_at = now() - interval '30 days' where id = $1`, [link.id]);
      expect(await store.deleteExpired(100)).toBe(1);
    });
  });

  describe('sessions', () => {
    it('lists those that are alive, with nothing of the handle, and ends them by what is asked', async () => {
      const { tenant, user, newSession, addUser } = await createScene(store);
      const other = await addUser();
      const sessions = [
        newSession(),
        newSession({ product: 'cti' }),
        newSession({ userId: other.id, subject: 'other' }),
        newSession({ product: 'cti', userId: other.id, subject: 'other' }),
      ];
      for (const session of sessions) await openSession(store, session);
      const list = await store.listSessions(tenant.id);
      expect(list.total).toBe(4);
      expect(JSON.stringify(list)).not.toContain(sessions[0]?.handleHash);
      expect((await store.listSessions(tenant.id, { limit: 1 })).sessions).toHaveLength(1);
      expect((await store.listSessions(tenant.id, { userId: user.id, product: 'cti' })).total).toBe(1);
      expect((await store.listSessions(globex.tenant.id)).total).toBe(0);

      const [newest] = list.sessions;
      const key = { tenantId: tenant.id, actor: ACTOR };
      const foreign = { tenantId: globex.tenant.id, sessionId: newest?.id ?? '', actor: ACTOR };
      expect(await reasonOf(store.revokeSessions(foreign))).toBe('session');
      expect(await store.revokeSessions({ ...key, sessionId: newest?.id ?? '' })).toBe(1);
      expect(await reasonOf(store.revokeSessions({ ...key, sessionId: newest?.id ?? '' }))).toBe('session');
      expect(await store.revokeSessions({ ...key, userId: user.id, product: 'cti' })).toBe(1);
      expect(await store.revokeSessions(key)).toBe(2);
      expect(await store.revokeSessions(key)).toBe(0);
      expect(await reasonOf(store.revokeSessions({ tenantId: 'nobody', actor: ACTOR }))).toBe('tenant');
      expect((await store.listSessions(tenant.id)).total).toBe(0);
    });
  });

  describe('directory', () => {
    it('counts users, and finds those whom no address leads to unless they are linked', async () => {
      const { tenant, addUser, user } = await createScene(store);
      const odd = await addUser({ email: 'Zoë@acme.example', products: ['toolbar'] });
      const twin = await addUser({ email: user.email.toUpperCase() });
      const asleep = await addUser({ email: 'nobody' });
      await store.setUserStatus({ tenantId: tenant.id, userId: asleep.id, status: 'disabled', actor: ACTOR });
      const check = await store.checkDirectory(tenant.id, { issuer: ISSUER });
      expect(check).toMatchObject({
        users: 4,
        active: 3,
        disabled: 1,
        perProduct: { workspace: 2, cti: 2, toolbar: 1 },
      });
      expect(check.unmatchable).toEqual({ count: 1, examples: [{ id: odd.id, email: odd.email, name: odd.name }] });
      expect(check.colliding.examples.map(({ id }) => id).sort()).toEqual([user.id, twin.id].sort());

      for (const [subject, userId] of Object.entries({ odd: odd.id, twin: twin.id })) {
        await store.pinIdentity({ tenantId: tenant.id, issuer: ISSUER, subject, userId });
      }
      const linked = await store.checkDirectory(tenant.id, { issuer: ISSUER });
      expect([linked.unmatchable.count, linked.colliding.count]).toEqual([0, 1]);
      const elsewhere = await store.checkDirectory(tenant.id, { issuer: 'https://other.okta.com' });
      expect([elsewhere.unmatchable.count, elsewhere.colliding.count]).toEqual([1, 2]);
      expect(await store.checkDirectory('')).toMatchObject({ users: 0, unmatchable: { count: 0 } });
    });

    it('finds users by id, address, canonical address and properties', async () => {
      const { tenant, addUser } = await createScene(store);
      const alice = await addUser({ email: 'Alice@Acme.example', products: ['toolbar'] });
      const find = async (filter: Parameters<typeof store.findUsers>[1]) =>
        (await store.findUsers(tenant.id, filter)).users.map(({ id }) => id);
      for (const emailOrId of [alice.id, 'Alice@Acme.example', 'alice@acme.EXAMPLE']) {
        expect(await find({ emailOrId })).toEqual([alice.id]);
      }
      for (const emailOrId of ['', '%', 'alice', 'al_ce@acme.example']) expect(await find({ emailOrId })).toEqual([]);
      expect(await find({ product: 'toolbar' })).toEqual([alice.id]);
      expect(await find({ status: 'disabled' })).toEqual([]);
      expect(await store.findUsers(tenant.id, { role: 'agent', limit: 1 })).toMatchObject({ total: 2 });
    });
  });
});

describe.each(await testStores())('A6 encryption keys on $name', ({ open }) => {
  it('are moved in batches that can be stopped and begun again, and the old key is then not needed', async () => {
    const [oldKey, newKey] = [randomKey('old'), randomKey('new')];
    const opened = await open(createEncryptionKeyRing(oldKey));
    try {
      const scenes = [];
      for (let count = 0; count < 5; count++) scenes.push(await createScene(opened.store));
      const [first] = scenes;
      if (first === undefined) throw new Error('no scene');
      await opened.store.setNextClientSecret({ tenantId: first.tenant.id, clientSecret: 'next', actor: ACTOR });
      const rotating = await opened.withKeys(createEncryptionKeyRing(`${newKey},${oldKey}`));
      expect(await rotating.listEncryptionKeys()).toMatchObject([
        { id: 'new', configured: true, encrypts: true, secrets: 0 },
        { id: 'old', configured: true, encrypts: false, secrets: 6 },
      ]);

      const stopped = await rotating.reencryptClientSecrets({ after: null, limit: 4, actor: ACTOR });
      expect(stopped).toMatchObject({ reencrypted: 4, unreadable: [] });
      expect(stopped.next).not.toBeNull();
      expect(await rotating.reencryptClientSecrets({ after: null, limit: 4, actor: ACTOR })).toEqual({
        reencrypted: 2,
        unreadable: [],
        next: null,
      });
      expect(await rotating.reencryptClientSecrets({ after: null, limit: 4, actor: ACTOR })).toMatchObject({
        reencrypted: 0,
      });

      expect(await (await opened.withKeys(createEncryptionKeyRing(newKey))).listEncryptionKeys()).toMatchObject([
        { id: 'new', secrets: 6 },
        ...(opened.databaseUrl === null ? [] : [{ id: 'old', configured: false, secrets: 0 }]),
      ]);
      const newOnly = await opened.withKeys(createEncryptionKeyRing(newKey));
      for (const { tenant } of scenes) {
        const checks = await newOnly.checkClientSecrets(tenant.id);
        expect(checks.every(({ readable, keyId }) => readable && keyId === 'new')).toBe(true);
        const events = await newOnly.listAuditEvents(tenant.id);
        expect(events[0]).toMatchObject({ action: 'client-secrets-reencrypted', details: { keyId: 'new' } });
      }
      const transaction = first.newTransaction();
      await newOnly.saveTransaction(transaction);
      expect(await newOnly.claimTransaction({ ...transaction })).toMatchObject({ clientSecret: first.secret });
    } finally {
      await opened.close();
    }
  });

  it('leave a secret that no key opens as it is, and say which', async () => {
    const opened = await open(createEncryptionKeyRing(randomKey('lost')));
    try {
      const { tenant, revision } = await createScene(opened.store);
      const other = await opened.withKeys(createEncryptionKeyRing(randomKey('other')));
      expect(await other.checkClientSecrets(tenant.id)).toEqual([{ slot: 'current', keyId: 'lost', readable: false }]);
      const batch = await other.reencryptClientSecrets({ after: null, limit: 10, actor: ACTOR });
      const key = { tenantId: tenant.id, revisionId: revision.revisionId, slot: 'current' };
      expect(batch).toEqual({ reencrypted: 0, unreadable: [key], next: null });
      const walked = await other.reencryptClientSecrets({ after: null, limit: 1, actor: ACTOR });
      expect(walked.next).toEqual(key);
      expect(await opened.store.checkClientSecrets(tenant.id)).toMatchObject([{ readable: true }]);
      expect(await reasonOf(other.reencryptClientSecrets({ after: null, limit: 0, actor: ACTOR }))).toBe(
        'limit-invalid',
      );
    } finally {
      await opened.close();
    }
  });
});
