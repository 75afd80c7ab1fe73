import { randomUUID } from 'node:crypto';
import { PRODUCT_TOKEN_KEY_LEAD_SECONDS, SsoError } from '@ipscape/sso-core';
import { calculateJwkThumbprint, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createEncryptionKeyRing } from '../src/create-encryption-key-ring.js';
import { openSsoStore } from '../src/open-sso-store.js';
import { ACTOR, createScene, type Scene } from './scene.js';
import { randomKey, type TestStore, testStores } from './test-stores.js';

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'no error',
    (error: unknown) => (SsoError.is(error) ? `${error.code} ${error.details.reason ?? error.details.what}` : error),
  );
}

describe.each(await testStores())('keys of product tokens, on $name', ({ open }) => {
  const ring = createEncryptionKeyRing(randomKey('test'));
  let opened: TestStore;
  let store: TestStore['store'];
  let scene: Scene;
  let tenantId: string;

  beforeAll(async () => {
    opened = await open(ring);
    ({ store } = opened);
  });
  afterAll(() => opened.close());

  /** A tenant without keys; each test has its own. */
  async function newTenant(): Promise<string> {
    scene = await createScene(store);
    tenantId = scene.tenant.id;
    return tenantId;
  }

  const rows = (id = tenantId) =>
    opened.query<{ id: string; ciphertext: string; key_id: string }>(
      'select * from signing_keys where tenant_id = $1 order by signs_from',
      [id],
    );
  /** As if time had passed for the tenant's keys. */
  const pass = (interval: string) =>
    opened.query(
      `update signing_keys set signs_from = signs_from - $2::interval, signs_until = signs_until - $2::interval
       where tenant_id = $1`,
      [tenantId, interval],
    );
  const states = async () => (await store.listSigningKeys(tenantId)).map(({ kid, state }) => [kid, state]);
  const signingKid = async () => (await store.findSigningKey(tenantId))?.kid;
  const publishedKids = async () => (await store.listPublishedKeys(tenantId)).map(({ kid }) => kid);

  it('are made when one is first needed, by whichever method', async () => {
    await newTenant();
    const published = await store.listPublishedKeys(tenantId);
    expect(published).toHaveLength(1);
    expect(await signingKid()).toBe(published[0]?.kid);
    await newTenant();
    const kid = await signingKid();
    expect(await publishedKids()).toEqual([kid]);
  });

  it('tell public members only, under the key’s own thumbprint', async () => {
    await newTenant();
    const [key] = await store.listPublishedKeys(tenantId);
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(key).toMatchObject({ alg: 'ES256', use: 'sig', kty: 'EC', crv: 'P-256' });
    expect(await calculateJwkThumbprint({ ...key } as never)).toBe(key?.kid);
    const signing = await store.findSigningKey(tenantId);
    const jwk = JSON.parse(signing?.privateJwk ?? '') as Record<string, string>;
    expect([jwk.x, jwk.y]).toEqual([key?.x, key?.y]);
    await expect(importJWK(jwk, 'ES256')).resolves.toBeDefined();
  });

  it('are of one tenant each', async () => {
    const [acme, globex] = [await newTenant(), await newTenant()];
    const [ours, theirs] = [await store.listPublishedKeys(acme), await store.listPublishedKeys(globex)];
    expect(ours).toHaveLength(1);
    expect(theirs).toHaveLength(1);
    expect(ours[0]?.x).not.toBe(theirs[0]?.x);
  });

  test.each(['', '%', '*', 'null', "' or true --", randomUUID()])('are not made for the tenant %j', async (id) => {
    expect(await store.findSigningKey(id)).toBeNull();
    expect(await store.listPublishedKeys(id)).toEqual([]);
    expect(await opened.query('select id from signing_keys where tenant_id = $1', [id])).toEqual([]);
  });

  describe('rotation', () => {
    it('publishes a successor a day before it signs, and the predecessor until its last token is over', async () => {
      await newTenant();
      const first = await signingKid();
      await pass('29 days 23 hours');
      expect(await publishedKids()).toEqual([first]);
      await pass('1 hour');
      const [second] = await publishedKids();
      expect(second).not.toBe(first);
      expect(await states()).toEqual([
        [second, 'next'],
        [first, 'current'],
      ]);
      expect(await signingKid()).toBe(first);

      await pass(`${PRODUCT_TOKEN_KEY_LEAD_SECONDS - 60} seconds`);
      expect(await signingKid()).toBe(first);
      await pass('60 seconds');
      expect(await signingKid()).toBe(second);
      expect(await states()).toEqual([
        [second, 'current'],
        [first, 'retired'],
      ]);
      expect(await publishedKids()).toEqual([second, first]);
      await pass('14 minutes');
      expect(await publishedKids()).toEqual([second, first]);
      await pass('2 minutes');
      expect(await publishedKids()).toEqual([second]);
      expect(await store.deleteExpired(1000)).toBeGreaterThan(0);
      expect((await rows()).map(({ id }) => id)).toEqual([second]);
    });

    it('never skips the publication, however long nobody asked', async () => {
      await newTenant();
      const first = await signingKid();
      await pass('400 days');
      expect(await signingKid()).toBe(first);
      expect((await states()).map(([, state]) => state)).toEqual(['next', 'current']);
    });

    it('A6 makes one key for fifty callers on two stores, the first time and each time after', async () => {
      await newTenant();
      const other = await opened.withKeys(ring);
      for (let round = 0; round < 3; round++) {
        const made = await Promise.all(
          Array.from({ length: 50 }, (_, call) => (call % 2 === 0 ? store : other).listPublishedKeys(tenantId)),
        );
        expect(new Set(made.map((keys) => keys[0]?.kid)).size).toBe(1);
        expect(await rows()).toHaveLength(round + 1);
        await opened.query(
          `update signing_keys set signs_from = now() - interval '31 days' where tenant_id = $1 and signs_until is null`,
          [tenantId],
        );
      }
      const events = (await store.listAuditEvents(tenantId)).filter(({ action }) => action === 'signing-key-created');
      expect(events).toHaveLength(3);
      expect(events[0]).toMatchObject({ actor: 'system:key-rotation', details: { revoked: 0 } });
    });

    it('admits no second key without an end, whatever writes it', async () => {
      await newTenant();
      await signingKid();
      const copy = opened.query(
        `insert into signing_keys (tenant_id, id, public_jwk, ciphertext, key_id, signs_from)
         select tenant_id, 'copy', public_jwk, ciphertext, key_id, signs_from from signing_keys where tenant_id = $1`,
        [tenantId],
      );
      await expect(copy).rejects.toThrow(/signing_keys_open/);
    });

    it('planned by an operator takes nothing away, and is not begun twice', async () => {
      await newTenant();
      const first = await signingKid();
      for (let time = 0; time < 3; time++) {
        await store.rotateSigningKeys({ tenantId, urgency: 'planned', actor: ACTOR });
      }
      expect((await states()).map(([, state]) => state)).toEqual(['next', 'current']);
      expect(await signingKid()).toBe(first);
    });

    it('at once leaves nothing of the old keys', async () => {
      await newTenant();
      const first = await signingKid();
      await store.rotateSigningKeys({ tenantId, urgency: 'planned', actor: ACTOR });
      await store.rotateSigningKeys({ tenantId, urgency: 'at-once', actor: ACTOR });
      const second = await signingKid();
      expect(second).not.toBe(first);
      expect(await publishedKids()).toEqual([second]);
      const [event] = await store.listAuditEvents(tenantId);
      expect(event).toMatchObject({
        action: 'signing-key-created',
        actor: ACTOR,
        subject: second,
        details: { revoked: 2 },
      });
    });

    it('gives a tenant without keys its first one, and no key to an unknown tenant', async () => {
      await newTenant();
      await store.rotateSigningKeys({ tenantId, urgency: 'planned', actor: ACTOR });
      expect((await states()).map(([, state]) => state)).toEqual(['current']);
      const unknown = store.rotateSigningKeys({ tenantId: randomUUID(), urgency: 'at-once', actor: ACTOR });
      expect(await codeOf(unknown)).toBe('not-found tenant');
    });

    it('of one tenant changes nothing for another', async () => {
      const acme = await newTenant();
      const kid = await signingKid();
      await newTenant();
      await signingKid();
      await store.rotateSigningKeys({ tenantId, urgency: 'at-once', actor: ACTOR });
      expect((await store.findSigningKey(acme))?.kid).toBe(kid);
    });
  });

  describe('at rest', () => {
    it('A4 are encrypted, and differ at every sealing', async () => {
      await newTenant();
      const signing = await store.findSigningKey(tenantId);
      const { d = '' } = JSON.parse(signing?.privateJwk ?? '{}') as { d?: string };
      expect(d).toHaveLength(43);
      const [row] = await opened.query<{ row: string }>(
        'select k::text as row from signing_keys k where tenant_id = $1',
        [tenantId],
      );
      expect(row?.row).not.toContain(d);
      expect(row?.row).not.toContain('"d"');
    });

    test.each(['tenant', 'key id', 'ciphertext'])('A5 do not open with another %s', async (moved) => {
      const acme = await newTenant();
      await signingKid();
      const globex = await newTenant();
      await signingKid();
      if (moved === 'key id') await opened.query("update signing_keys set id = 'other' where tenant_id = $1", [acme]);
      else if (moved === 'ciphertext')
        await opened.query(
          `update signing_keys k set ciphertext = o.ciphertext from signing_keys o
           where k.tenant_id = $1 and o.tenant_id = $2`,
          [acme, globex],
        );
      else {
        await opened.query('delete from signing_keys where tenant_id = $1', [acme]);
        await opened.query('update signing_keys set tenant_id = $1 where tenant_id = $2', [acme, globex]);
      }
      expect(await codeOf(store.findSigningKey(acme))).toBe('secret-unreadable not-authentic');
      // What verifies is not secret, and goes on verifying.
      expect(await store.listPublishedKeys(acme)).toHaveLength(1);
    });

    it('A6 are moved to a new encryption key in batches, and the old one is then not needed', async () => {
      const [oldKey, newKey] = [randomKey('old'), randomKey('new')];
      const own = await open(createEncryptionKeyRing(oldKey));
      try {
        const tenants: string[] = [];
        const kids = new Map<string, string | undefined>();
        for (let count = 0; count < 3; count++) {
          const { tenant } = await createScene(own.store);
          tenants.push(tenant.id);
          kids.set(tenant.id, (await own.store.findSigningKey(tenant.id))?.kid);
        }
        const rotating = await own.withKeys(createEncryptionKeyRing(`${newKey},${oldKey}`));
        expect((await rotating.listEncryptionKeys()).find(({ id }) => id === 'old')).toMatchObject({ secrets: 6 });
        const stopped = await rotating.reencryptSigningKeys({ after: null, limit: 2, actor: ACTOR });
        expect(stopped).toMatchObject({ reencrypted: 2, unreadable: [] });
        expect(stopped.next).not.toBeNull();
        const rest = { reencrypted: 1, unreadable: [], next: null };
        expect(await rotating.reencryptSigningKeys({ after: null, limit: 2, actor: ACTOR })).toEqual(rest);
        expect(await rotating.reencryptSigningKeys({ after: null, limit: 2, actor: ACTOR })).toMatchObject({
          reencrypted: 0,
        });
        const newOnly = await own.withKeys(createEncryptionKeyRing(newKey));
        for (const id of tenants) {
          expect((await newOnly.findSigningKey(id))?.kid).toBe(kids.get(id));
          const [event] = await newOnly.listAuditEvents(id);
          expect(event).toMatchObject({ action: 'signing-keys-reencrypted', details: { keyId: 'new', keys: 1 } });
        }
      } finally {
        await own.close();
      }
    });

    it('A6 of a lost encryption key are named, left alone, and replaced by a rotation at once', async () => {
      const own = await open(createEncryptionKeyRing(randomKey('lost')));
      try {
        const { tenant } = await createScene(own.store);
        const lost = await own.store.findSigningKey(tenant.id);
        const other = await own.withKeys(createEncryptionKeyRing(randomKey('other')));
        expect(await codeOf(other.findSigningKey(tenant.id))).toBe('secret-unreadable key-missing');
        expect(await other.reencryptSigningKeys({ after: null, limit: 10, actor: ACTOR })).toEqual({
          reencrypted: 0,
          unreadable: [{ tenantId: tenant.id, kid: lost?.kid }],
          next: null,
        });
        const walked = await other.reencryptSigningKeys({ after: null, limit: 1, actor: ACTOR });
        expect(walked.next).toEqual({ tenantId: tenant.id, kid: lost?.kid });
        expect((await own.store.findSigningKey(tenant.id))?.kid).toBe(lost?.kid);
        await other.rotateSigningKeys({ tenantId: tenant.id, urgency: 'at-once', actor: ACTOR });
        expect((await other.findSigningKey(tenant.id))?.kid).not.toBe(lost?.kid);
        const wrong = other.reencryptSigningKeys({ after: null, limit: 0, actor: ACTOR });
        expect(await codeOf(wrong)).toBe('request-invalid limit-invalid');
      } finally {
        await own.close();
      }
    });

    it('A6 of a missing encryption key stop the start with its name', async () => {
      const own = await open(createEncryptionKeyRing(randomKey('first')));
      try {
        const { tenant } = await createScene(own.store);
        await own.store.findSigningKey(tenant.id);
        await own.query('delete from connection_secrets');
        if (own.databaseUrl === null) return;
        const start = openSsoStore({
          databaseUrl: own.databaseUrl,
          encryptionKeys: createEncryptionKeyRing(randomKey('second')),
        });
        await expect(start).rejects.toThrow(/"first" is missing/);
      } finally {
        await own.close();
      }
    });
  });
});
