import { SsoError, type SsoErrorCode } from '@ipscape/sso-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createEncryptionKeyRing } from '../src/create-encryption-key-ring.js';
import { ACTOR, createScene, hashOf, ISSUER, openSession, type Scene } from './scene.js';
import { randomKey, type TestStore, testStores } from './test-stores.js';

async function codeOf(promise: Promise<unknown>): Promise<SsoErrorCode | 'no error' | 'another error'> {
  return await promise.then(
    () => 'no error' as const,
    (error: unknown) => (SsoError.is(error) ? error.code : 'another error'),
  );
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => 'no error',
    (error: unknown) => (SsoError.is(error) ? (error.details.reason ?? error.details.what ?? error.code) : error),
  );
}

const NOBODY = ['', '%', '*', '_', 'null', 'undefined', ' ', "' or true --"];

describe.each(await testStores())('on $name', ({ open }) => {
  const oldKey = randomKey('old');
  let test_: TestStore;
  let store: TestStore['store'];
  let query: TestStore['query'];
  let acme: Scene;
  let globex: Scene;

  beforeAll(async () => {
    test_ = await open(createEncryptionKeyRing(oldKey));
    ({ store, query } = test_);
    acme = await createScene(store);
    globex = await createScene(store);
  });
  afterAll(() => test_.close());

  describe('findTenantSetup', () => {
    it('finds the tenant with its active connection and without a secret', async () => {
      const setup = await store.findTenantSetup(acme.tenant.domain);
      expect(setup?.tenant).toEqual(acme.tenant);
      expect(setup?.connection).toEqual({
        connectionId: acme.revision.connectionId,
        revisionId: acme.revision.revisionId,
        providerId: 'okta',
        issuer: ISSUER,
        clientId: 'client',
        config: { host: 'acme.okta.com' },
      });
    });

    test.each([...NOBODY, 'IPSCAPE.EXAMPLE', '\u212A.example'])('T15 finds nothing for %j', async (domain) => {
      expect(await store.findTenantSetup(domain)).toBeNull();
    });

    it('T14 compares the domain exactly', async () => {
      expect(await store.findTenantSetup(acme.tenant.domain.toUpperCase())).toBeNull();
      expect(await store.findTenantSetup(`${acme.tenant.domain}.`)).toBeNull();
      expect(await store.findTenantSetup(`www.${acme.tenant.domain}`)).toBeNull();
    });

    it('has no connection when it is disabled, the tenant not entitled, or there is only a draft', async () => {
      const { tenant, revision } = await createScene(store);
      const connection = async () => (await store.findTenantSetup(tenant.domain))?.connection;
      await store.setConnectionEnabled({ tenantId: tenant.id, enabled: false, actor: ACTOR });
      expect(await connection()).toBeNull();
      await store.setConnectionEnabled({ tenantId: tenant.id, enabled: true, actor: ACTOR });
      expect((await connection())?.revisionId).toBe(revision.revisionId);
      await store.setSsoEntitlement({ tenantId: tenant.id, entitled: false, actor: ACTOR });
      expect(await connection()).toBeNull();

      const fresh = await store.addTenant({ name: 'Fresh', domain: `fresh-${tenant.domain}`, actor: ACTOR });
      await store.setSsoEntitlement({ tenantId: fresh.id, entitled: true, actor: ACTOR });
      const draft = { tenantId: fresh.id, providerId: 'okta', issuer: ISSUER, clientId: 'c', config: {}, actor: ACTOR };
      await store.createDraft({ ...draft, clientSecret: { value: 's' } });
      expect((await store.findTenantSetup(fresh.domain))?.connection).toBeNull();
    });
  });

  describe('claimTransaction', () => {
    it('R9 gives one of 50 callers the transaction, its connection and the client secret', async () => {
      const transaction = acme.newTransaction();
      await store.saveTransaction(transaction);
      const key = { tenantId: acme.tenant.id, stateHash: transaction.stateHash };
      const claims = await Promise.all(Array.from({ length: 50 }, () => store.claimTransaction(key)));
      const won = claims.filter(({ outcome }) => outcome === 'claimed');
      expect(won).toHaveLength(1);
      expect(claims.filter(({ outcome }) => outcome === 'repeated')).toHaveLength(49);
      const { stateHash: _state, ttlSeconds: _ttl, ...bound } = transaction;
      expect(won[0]).toMatchObject({
        transaction: bound,
        connection: { revisionId: acme.revision.revisionId, providerId: 'okta' },
        clientSecret: acme.secret,
      });
    });

    test.each(NOBODY)('T15 knows nothing for the tenant or state %j', async (text) => {
      const { stateHash } = acme.newTransaction();
      expect(await store.claimTransaction({ tenantId: text, stateHash })).toEqual({ outcome: 'unknown' });
      expect(await store.claimTransaction({ tenantId: acme.tenant.id, stateHash: text })).toEqual({
        outcome: 'unknown',
      });
    });

    it('T1, T15 does not let another tenant claim or recognise it', async () => {
      const transaction = acme.newTransaction();
      await store.saveTransaction(transaction);
      const { stateHash } = transaction;
      expect(await store.claimTransaction({ tenantId: globex.tenant.id, stateHash })).toEqual({ outcome: 'unknown' });
      expect((await store.claimTransaction({ tenantId: acme.tenant.id, stateHash })).outcome).toBe('claimed');
    });

    it('P6 is too late after the expiry, and claimed all the same', async () => {
      const transaction = acme.newTransaction();
      await store.saveTransaction(transaction);
      const key = { tenantId: acme.tenant.id, stateHash: transaction.stateHash };
      await query(`update transactions set expires_at = now() where state_hash = $1`, [key.stateHash]);
      expect((await store.claimTransaction(key)).outcome).toBe('expired');
      expect((await store.claimTransaction(key)).outcome).toBe('repeated');
    });

    it('returns the revision that is in force now, not the one of the start', async () => {
      const scene = await createScene(store);
      const transaction = scene.newTransaction();
      await store.saveTransaction(transaction);
      const newer = await scene.activate({ issuer: 'https://other.okta.com' });
      const claim = await store.claimTransaction({ tenantId: scene.tenant.id, stateHash: transaction.stateHash });
      expect(claim).toMatchObject({
        outcome: 'claimed',
        transaction: { revisionId: scene.revision.revisionId },
        connection: { revisionId: newer.revisionId, issuer: 'https://other.okta.com' },
      });
    });

    it('returns no connection and no secret once the connection is disabled or the tenant not entitled', async () => {
      const scene = await createScene(store);
      const [first, second] = [scene.newTransaction(), scene.newTransaction()];
      await store.saveTransaction(first);
      await store.saveTransaction(second);
      const none = { outcome: 'claimed', connection: null, clientSecret: null };
      await store.setConnectionEnabled({ tenantId: scene.tenant.id, enabled: false, actor: ACTOR });
      expect(await store.claimTransaction({ tenantId: scene.tenant.id, stateHash: first.stateHash })).toMatchObject(
        none,
      );
      await store.setConnectionEnabled({ tenantId: scene.tenant.id, enabled: true, actor: ACTOR });
      await store.setSsoEntitlement({ tenantId: scene.tenant.id, entitled: false, actor: ACTOR });
      expect(await store.claimTransaction({ tenantId: scene.tenant.id, stateHash: second.stateHash })).toMatchObject(
        none,
      );
    });

    it('returns the draft under proof for the purpose authorise, until a newer draft replaces it', async () => {
      const { tenant, revision, newTransaction } = await createScene(store);
      const fields = {
        tenantId: tenant.id,
        providerId: 'okta',
        issuer: ISSUER,
        clientId: 'new',
        config: {},
        actor: ACTOR,
      };
      const draft = await store.createDraft({ ...fields, clientSecret: { value: 'new secret' } });
      const bound = { purpose: 'authorise', revisionId: draft.revisionId, clientId: 'new' } as const;
      const [first, second] = [newTransaction(bound), newTransaction(bound)];
      await store.saveTransaction(first);
      await store.saveTransaction(second);
      expect(await store.claimTransaction({ tenantId: tenant.id, stateHash: first.stateHash })).toMatchObject({
        connection: { revisionId: draft.revisionId, clientId: 'new' },
        clientSecret: 'new secret',
      });
      expect((await store.findTenantSetup(tenant.domain))?.connection?.revisionId).toBe(revision.revisionId);
      await store.createDraft({ ...fields, clientSecret: 'keep' });
      expect(await store.claimTransaction({ tenantId: tenant.id, stateHash: second.stateHash })).toMatchObject({
        outcome: 'claimed',
        connection: null,
        clientSecret: null,
      });
    });

    it('refuses a second transaction with the same state, and a revision of another tenant', async () => {
      const transaction = acme.newTransaction();
      await store.saveTransaction(transaction);
      expect(await codeOf(store.saveTransaction(transaction))).toBe('internal-error');
      const foreign = acme.newTransaction({ revisionId: globex.revision.revisionId });
      expect(await store.saveTransaction(foreign)).toBe('superseded');
      expect(await codeOf(store.saveTransaction({ ...foreign, purpose: 'authorise' }))).toBe('internal-error');
    });

    test.each<[string, (scene: Scene) => Promise<unknown>]>([
      ['that another has replaced', ({ activate }) => activate()],
      ['of another provider than the enabled one', ({ activate }) => activate({ providerId: 'other' })],
      [
        'of a disabled connection',
        ({ tenant }) => store.setConnectionEnabled({ tenantId: tenant.id, enabled: false, actor: ACTOR }),
      ],
      [
        'of a tenant that is not entitled any more',
        ({ tenant }) => store.setSsoEntitlement({ tenantId: tenant.id, entitled: false, actor: ACTOR }),
      ],
    ])('saves no sign-in with a revision %s', async (_name, change) => {
      const scene = await createScene(store);
      const transaction = scene.newTransaction();
      await change(scene);
      expect(await store.saveTransaction(transaction)).toBe('superseded');
      const key = { tenantId: scene.tenant.id, stateHash: transaction.stateHash };
      expect(await store.claimTransaction(key)).toEqual({ outcome: 'unknown' });
    });

    it('saves the proof of a revision that is not in force yet', async () => {
      const scene = await createScene(store);
      const { tenant } = scene;
      const draft = {
        tenantId: tenant.id,
        providerId: 'okta',
        issuer: ISSUER,
        clientId: 'c',
        config: {},
        actor: ACTOR,
      };
      const { revisionId } = await store.createDraft({ ...draft, clientSecret: { value: 's' } });
      for (const purpose of ['authorise', 'probe'] as const) {
        expect(await store.saveTransaction(scene.newTransaction({ revisionId, purpose }))).toBe('saved');
      }
      expect(await store.saveTransaction(scene.newTransaction({ revisionId }))).toBe('superseded');
    });
  });

  describe('A4, A5 secrets at rest', () => {
    const SWAPS = {
      'of another tenant': (a: Scene, b: Scene) => [a, b, 'current'] as const,
      'of its own next slot': (a: Scene) => [a, a, 'next'] as const,
    };

    test.each(Object.entries(SWAPS))('a ciphertext %s fails closed', async (_name, pick) => {
      const scene = await createScene(store);
      await store.setNextClientSecret({ tenantId: scene.tenant.id, clientSecret: 'next', actor: ACTOR });
      const [target, source, slot] = pick(scene, globex);
      await query(
        `update connection_secrets t set ciphertext = s.ciphertext from connection_secrets s
         where t.tenant_id = $1 and t.slot = 'current' and s.tenant_id = $2 and s.slot = $3`,
        [target.tenant.id, source.tenant.id, slot],
      );
      await expectUnreadable(scene);
    });

    it('a ciphertext of an older revision of the same connection fails closed', async () => {
      const scene = await createScene(store);
      const newer = await scene.activate();
      await query(
        `update connection_secrets t set ciphertext = s.ciphertext from connection_secrets s
         where t.tenant_id = $1 and t.revision_id = $2 and s.tenant_id = $1 and s.revision_id = $3`,
        [scene.tenant.id, newer.revisionId, scene.revision.revisionId],
      );
      await expectUnreadable(scene, newer.revisionId);
    });

    test.each(['', 'AAAA', 'not base64url!'])('the ciphertext %j fails closed', async (ciphertext) => {
      const scene = await createScene(store);
      await query('update connection_secrets set ciphertext = $2 where tenant_id = $1', [scene.tenant.id, ciphertext]);
      await expectUnreadable(scene);
    });

    async function expectUnreadable(scene: Scene, revisionId = scene.revision.revisionId): Promise<void> {
      const transaction = scene.newTransaction({ revisionId });
      await store.saveTransaction(transaction);
      const key = { tenantId: scene.tenant.id, stateHash: transaction.stateHash };
      expect(await codeOf(store.claimTransaction(key))).toBe('secret-unreadable');
      expect((await store.claimTransaction(key)).outcome).toBe('repeated');
    }

    it('A6 is readable after a rotation with the old key behind the new one, and not without it', async () => {
      const rotated = await test_.withKeys(createEncryptionKeyRing(`${randomKey('new')},${oldKey}`));
      const wrong = await test_.withKeys(createEncryptionKeyRing(randomKey('old')));
      const missing = await test_.withKeys(createEncryptionKeyRing(randomKey('new')));
      const claim = async (by: typeof store) => {
        const transaction = acme.newTransaction();
        await store.saveTransaction(transaction);
        return await by.claimTransaction({ tenantId: acme.tenant.id, stateHash: transaction.stateHash });
      };
      expect(await claim(rotated)).toMatchObject({ clientSecret: acme.secret });
      expect(await codeOf(claim(wrong))).toBe('secret-unreadable');
      expect(await codeOf(claim(missing))).toBe('secret-unreadable');
    });

    it('is in no table as it is, nor twice as the same bytes', async () => {
      const scene = await createScene(store);
      await scene.activate();
      const tables = await query<{ name: string }>(
        `select table_name as name from information_schema.tables where table_schema = 'public'`,
      );
      for (const { name } of tables) {
        const rows = await query(`select 1 from ${name} t where t::text like $1`, [`%${scene.secret}%`]);
        expect(rows, name).toEqual([]);
      }
      const sealed = await query<{ ciphertext: string; fingerprint: string }>(
        'select ciphertext, fingerprint from connection_secrets where tenant_id = $1',
        [scene.tenant.id],
      );
      expect(new Set(sealed.map(({ ciphertext }) => ciphertext)).size).toBe(2);
      expect(new Set(sealed.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    });
  });

  describe('findIdentity', () => {
    const LOOK_ALIKES = [
      '\u212Aate@acme.example', // Kelvin sign
      'k\u0131te@acme.example', // dotless i
      '\uFF4Bate@acme.example', // full-width k
      'kate\uFF20acme.example', // full-width @
      'kate@acme\u3002example',
      ' kate@acme.example',
      'kate@acme.example\n',
      'k\u00ADate@acme.example',
      '%@acme.example',
      'k_te@acme.example',
      '*',
      '%',
      '',
      '\uD800',
    ];

    it('finds the user by the canonical address only, until somebody is pinned', async () => {
      const scene = await createScene(store);
      const kate = await scene.addUser({ email: 'Kate@Acme.Example' });
      const key = { tenantId: scene.tenant.id, issuer: ISSUER, subject: 'kate', canonicalEmail: 'kate@acme.example' };
      expect(await store.findIdentity(key)).toEqual({
        pinned: null,
        candidates: [{ user: kate, linkedElsewhere: false }],
      });
      expect(await store.pinIdentity({ ...key, userId: kate.id })).toBe('pinned');
      expect(await store.findIdentity(key)).toEqual({ pinned: kate, candidates: [] });
      expect(await store.findIdentity({ ...key, canonicalEmail: null })).toEqual({ pinned: kate, candidates: [] });
      const other = { ...key, subject: 'other' };
      expect(await store.findIdentity(other)).toEqual({
        pinned: null,
        candidates: [{ user: kate, linkedElsewhere: true }],
      });
      expect(await store.findIdentity({ ...other, issuer: 'https://other.okta.com' })).toMatchObject({
        candidates: [{ linkedElsewhere: true }],
      });
      await store.setUserStatus({ tenantId: scene.tenant.id, userId: kate.id, status: 'disabled', actor: ACTOR });
      expect((await store.findIdentity(key)).pinned?.status).toBe('disabled');
    });

    test.each(LOOK_ALIKES)('E5 does not take %j for a user of the directory, in either direction', async (email) => {
      const scene = await createScene(store);
      await scene.addUser({ email: 'kate@acme.example' });
      await scene.addUser({ email: 'kite@acme.example' });
      const key = { tenantId: scene.tenant.id, issuer: ISSUER, subject: 's' };
      const none = { pinned: null, candidates: [] };
      expect(await store.findIdentity({ ...key, canonicalEmail: email })).toEqual(none);

      const mirrored = await createScene(store);
      await mirrored.addUser({ email });
      for (const canonicalEmail of ['kate@acme.example', 'kite@acme.example', null]) {
        expect(await store.findIdentity({ ...key, tenantId: mirrored.tenant.id, canonicalEmail })).toEqual(none);
      }
    });

    it('E8 reports every user whose address folds to the same', async () => {
      const scene = await createScene(store);
      await scene.addUser({ email: 'Bob@acme.example' });
      await scene.addUser({ email: 'bob@acme.example' });
      const match = await store.findIdentity({
        tenantId: scene.tenant.id,
        issuer: ISSUER,
        subject: 'bob',
        canonicalEmail: 'bob@acme.example',
      });
      expect(match.candidates).toHaveLength(2);
    });

    it('T4, T5 sees neither users nor identities of another tenant', async () => {
      const kate = await acme.addUser({ email: 'only-at-acme@acme.example' });
      const key = { issuer: ISSUER, subject: 'only-at-acme', canonicalEmail: 'only-at-acme@acme.example' };
      await store.pinIdentity({ ...key, tenantId: acme.tenant.id, userId: kate.id });
      for (const tenantId of [globex.tenant.id, ...NOBODY]) {
        expect(await store.findIdentity({ ...key, tenantId })).toEqual({ pinned: null, candidates: [] });
      }
      expect(await store.pinIdentity({ ...key, tenantId: globex.tenant.id, userId: kate.id })).toBe('conflict');
      await store.holdIdentity({ ...key, tenantId: globex.tenant.id, userId: kate.id });
      expect(await store.listHeldIdentities(globex.tenant.id)).toEqual([]);
    });

    it('T4, P19 compares issuer and subject byte for byte', async () => {
      const kate = await acme.addUser();
      const key = { tenantId: acme.tenant.id, issuer: ISSUER, subject: 'CaseSensitive', canonicalEmail: null };
      await store.pinIdentity({ ...key, userId: kate.id });
      for (const subject of ['casesensitive', 'CaseSensitive ', '%', 'CaseSensitiv_']) {
        expect((await store.findIdentity({ ...key, subject })).pinned).toBeNull();
      }
      expect((await store.findIdentity({ ...key, issuer: `${ISSUER}/` })).pinned).toBeNull();
    });

    test.each(['\uD800', 'a\0b'])(
      'refuses the subject %j, which the database would write as another',
      async (subject) => {
        const key = { tenantId: acme.tenant.id, issuer: ISSUER, subject };
        expect(await codeOf(store.findIdentity({ ...key, canonicalEmail: null }))).toBe('token-invalid');
        expect(await codeOf(store.pinIdentity({ ...key, userId: acme.user.id }))).toBe('token-invalid');
        expect(await codeOf(store.holdIdentity({ ...key, userId: acme.user.id }))).toBe('token-invalid');
      },
    );
  });

  describe('pinIdentity', () => {
    it('T4 pins one of 50 identities of an issuer to a user', async () => {
      const scene = await createScene(store);
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          store.pinIdentity({ tenantId: scene.tenant.id, issuer: ISSUER, subject: `s${n}`, userId: scene.user.id }),
        ),
      );
      expect(results.filter((result) => result === 'pinned')).toHaveLength(1);
      expect(await store.listIdentities(scene.tenant.id)).toHaveLength(1);
    });

    it('T4, E13 pins an identity to one of 50 users', async () => {
      const scene = await createScene(store);
      const users = await Promise.all(Array.from({ length: 50 }, () => scene.addUser()));
      const results = await Promise.all(
        users.map(({ id: userId }) =>
          store.pinIdentity({ tenantId: scene.tenant.id, issuer: ISSUER, subject: 'one', userId }),
        ),
      );
      expect(results.filter((result) => result === 'pinned')).toHaveLength(1);
      const [identity, ...others] = await store.listIdentities(scene.tenant.id);
      expect(others).toEqual([]);
      expect(identity?.userId).toBe(users[results.indexOf('pinned')]?.id);
    });

    it('T4 keeps the same subject of two issuers and of two tenants apart', async () => {
      const [scene, other] = [await createScene(store), await createScene(store)];
      const second = await scene.addUser();
      const key = { tenantId: scene.tenant.id, issuer: ISSUER, subject: 's' };
      expect(await store.pinIdentity({ ...key, userId: scene.user.id })).toBe('pinned');
      expect(await store.pinIdentity({ ...key, userId: scene.user.id })).toBe('conflict');
      expect(await store.pinIdentity({ ...key, userId: second.id })).toBe('conflict');
      expect(await store.pinIdentity({ ...key, issuer: 'https://b.okta.com', userId: second.id })).toBe('pinned');
      expect(await store.pinIdentity({ ...key, tenantId: other.tenant.id, userId: other.user.id })).toBe('pinned');
    });
  });

  describe('held, approved and released identities', () => {
    it('repeats a hold without a second row', async () => {
      const { tenant, user } = await createScene(store);
      const key = { tenantId: tenant.id, issuer: ISSUER, subject: 'new', userId: user.id };
      await Promise.all(Array.from({ length: 10 }, () => store.holdIdentity(key)));
      const [held, ...others] = await store.listHeldIdentities(tenant.id);
      expect(others).toEqual([]);
      expect(held).toMatchObject({ issuer: ISSUER, subject: 'new', userId: user.id });
    });

    it('E12 moves the link when an administrator approves, and ends the old identity’s sessions', async () => {
      const { tenant, user, newSession } = await createScene(store);
      const key = { tenantId: tenant.id, issuer: ISSUER, userId: user.id };
      await store.pinIdentity({ ...key, subject: 'old' });
      const session = newSession({ subject: 'old' });
      await openSession(store, session);
      await store.holdIdentity({ ...key, subject: 'new' });
      await store.approveHeldIdentity({ ...key, subject: 'new', actor: ACTOR });
      expect(await store.listIdentities(tenant.id)).toMatchObject([{ subject: 'new', userId: user.id }]);
      expect(await store.listHeldIdentities(tenant.id)).toEqual([]);
      expect(await store.findSession(session)).toBeNull();
      expect(await reasonOf(store.approveHeldIdentity({ ...key, subject: 'new', actor: ACTOR }))).toBe('held-identity');
    });

    it('does not take an identity away from somebody by approving it for another', async () => {
      const { tenant, user, addUser } = await createScene(store);
      const other = await addUser();
      const key = { tenantId: tenant.id, issuer: ISSUER, subject: 's' };
      await store.holdIdentity({ ...key, userId: other.id });
      await store.pinIdentity({ ...key, userId: user.id });
      const approval = store.approveHeldIdentity({ ...key, userId: other.id, actor: ACTOR });
      expect(await reasonOf(approval)).toBe('identity-linked');
      expect(await store.listIdentities(tenant.id)).toMatchObject([{ userId: user.id }]);
    });

    it('releases only within the tenant, and ends the identity’s sessions', async () => {
      const { tenant, user, newSession } = await createScene(store);
      const key = { tenantId: tenant.id, issuer: ISSUER, subject: 's', actor: ACTOR };
      await store.pinIdentity({ ...key, userId: user.id });
      const session = newSession({ subject: 's' });
      await openSession(store, session);
      expect(await codeOf(store.releaseIdentity({ ...key, tenantId: globex.tenant.id }))).toBe('not-found');
      expect(await store.findSession(session)).not.toBeNull();
      await store.releaseIdentity(key);
      expect(await store.findSession(session)).toBeNull();
      expect(await store.listIdentities(tenant.id)).toEqual([]);
    });
  });

  describe('sessions', () => {
    it('opens, logs and dates the identity in one go', async () => {
      const { tenant, user, newSession } = await createScene(store);
      await store.pinIdentity({ tenantId: tenant.id, issuer: ISSUER, subject: 'subject', userId: user.id });
      const session = newSession({ authTimeSeconds: 1_700_000_000 });
      await openSession(store, session);
      const view = await store.findSession(session);
      expect(view).toMatchObject({
        tenant: { id: tenant.id, domain: tenant.domain },
        product: 'workspace',
        user: { id: user.id, email: user.email, name: user.name, role: 'agent' },
        authTime: new Date(1_700_000_000_000),
        transactionId: session.transactionId,
      });
      expect(await store.listSignInLog(tenant.id)).toMatchObject([
        { reference: session.reference, stage: 'session', code: 'signed-in', reason: null, userId: user.id },
      ]);
      expect((await store.listIdentities(tenant.id))[0]?.lastSignInAt).toBeInstanceOf(Date);
    });

    it('is not opened for a disabled user or a user of another tenant, and nothing is logged', async () => {
      const { tenant, user, newSession } = await createScene(store);
      await store.setUserStatus({ tenantId: tenant.id, userId: user.id, status: 'disabled', actor: ACTOR });
      const sessions = [newSession(), newSession({ userId: acme.user.id }), newSession({ userId: '%' })];
      for (const session of [...sessions, newSession({ tenantId: '' }), newSession({ tenantId: acme.tenant.id })]) {
        expect(await codeOf(openSession(store, session))).toBe('user-inactive');
        expect(await store.findSession(session)).toBeNull();
      }
      expect(await store.listSignInLog(tenant.id)).toEqual([]);
    });

    it('T7 is found by its own tenant, product and handle only', async () => {
      const session = acme.newSession();
      await openSession(store, session);
      expect(await store.findSession(session)).not.toBeNull();
      expect(await store.findSession({ ...session, tenantId: globex.tenant.id })).toBeNull();
      expect(await store.findSession({ ...session, product: 'cti' })).toBeNull();
      for (const text of NOBODY) {
        expect(await store.findSession({ ...session, tenantId: text })).toBeNull();
        expect(await store.findSession({ ...session, handleHash: text })).toBeNull();
        expect(await store.endSession({ ...session, tenantId: text })).toBe(false);
      }
      expect(await store.endSession({ ...session, product: 'cti' })).toBe(false);
      expect(await store.findSession(session)).not.toBeNull();
    });

    const ENDINGS: Record<string, string> = {
      'at the idle limit': 'idle_expires_at = now()',
      'at the absolute limit': 'idle_expires_at = now(), absolute_expires_at = now()',
      'when it was ended': 'ended_at = now()',
    };
    test.each(Object.entries(ENDINGS))('S5 is gone %s, and no touch revives it', async (_name, change) => {
      const session = acme.newSession();
      await openSession(store, session);
      await query(`update sessions set ${change} where handle_hash = $1`, [session.handleHash]);
      expect(await store.findSession(session)).toBeNull();
      await store.touchSession(session);
      expect(await store.findSession(session)).toBeNull();
      expect(await store.endSession(session)).toBe(false);
    });

    it('S5 lives a second before its idle limit', async () => {
      const session = acme.newSession();
      await openSession(store, session);
      const almost = `update sessions set idle_expires_at = now() + interval '1 minute' where handle_hash = $1`;
      await query(almost, [session.handleHash]);
      expect(await store.findSession(session)).not.toBeNull();
    });

    it('S5 is touched up to the absolute limit and never past it', async () => {
      const session = acme.newSession({ idleSeconds: 3600, absoluteSeconds: 7200 });
      await openSession(store, session);
      const absolute = `update sessions set absolute_expires_at = now() + interval '10 minutes',
        idle_expires_at = now() + interval '1 minute' where handle_hash = $1 returning absolute_expires_at as at`;
      const [row] = await query<{ at: Date }>(absolute, [session.handleHash]);
      await store.touchSession(session);
      expect((await store.findSession(session))?.expiresAt).toEqual(row?.at);
    });

    it('moves its idle limit when touched', async () => {
      const session = acme.newSession();
      await openSession(store, session);
      const before = await store.findSession(session);
      await query(`update sessions set idle_expires_at = now() + interval '1 minute' where handle_hash = $1`, [
        session.handleHash,
      ]);
      await store.touchSession({ ...session, tenantId: globex.tenant.id });
      expect((await store.findSession(session))?.expiresAt.getTime()).toBeLessThan(Number(before?.expiresAt));
      await store.touchSession(session);
      expect((await store.findSession(session))?.expiresAt.getTime()).toBeGreaterThanOrEqual(Number(before?.expiresAt));
    });

    it('starts with the absolute limit when that is the shorter one', async () => {
      const session = acme.newSession({ idleSeconds: 3600, absoluteSeconds: 60 });
      await openSession(store, session);
      const view = await store.findSession(session);
      expect(Number(view?.expiresAt) - Number(view?.authTime)).toBe(60_000);
    });

    it('ends once', async () => {
      const session = acme.newSession();
      await openSession(store, session);
      const ends = await Promise.all(Array.from({ length: 10 }, () => store.endSession(session)));
      expect(ends.filter(Boolean)).toHaveLength(1);
      expect(await store.findSession(session)).toBeNull();
    });

    const KILLERS: Record<string, (scene: Scene) => Promise<void>> = {
      'the user is disabled': ({ tenant, user }) =>
        store.setUserStatus({ tenantId: tenant.id, userId: user.id, status: 'disabled', actor: ACTOR }),
      'the product is taken away': ({ tenant, user }) =>
        store.setUserProducts({ tenantId: tenant.id, userId: user.id, products: ['cti'], actor: ACTOR }),
      'the connection is disabled': ({ tenant }) =>
        store.setConnectionEnabled({ tenantId: tenant.id, enabled: false, actor: ACTOR }),
      'another connection takes its place': async (scene) => void (await scene.activate({ providerId: 'another' })),
      'the tenant loses its entitlement': ({ tenant }) =>
        store.setSsoEntitlement({ tenantId: tenant.id, entitled: false, actor: ACTOR }),
    };
    test.each(Object.entries(KILLERS))('S8 dies when %s', async (_name, kill) => {
      const scene = await createScene(store);
      const session = scene.newSession();
      const untouched = acme.newSession();
      await openSession(store, session);
      await openSession(store, untouched);
      await kill(scene);
      expect(await store.findSession(session)).toBeNull();
      expect(await store.findSession(untouched)).not.toBeNull();
    });

    const CONDITIONS = [
      `update users set status = 'disabled' where tenant_id = $1`,
      `update users set products = '{cti,toolbar}' where tenant_id = $1`,
      'update tenants set sso_entitled = false where id = $1',
      'update connections set enabled = false where tenant_id = $1',
    ];
    test.each(CONDITIONS)('S8 is found no more after %s alone', async (statement) => {
      const scene = await createScene(store);
      const session = scene.newSession();
      await openSession(store, session);
      await query(statement, [scene.tenant.id]);
      expect(await store.findSession(session)).toBeNull();
    });

    it('S8 stays dead when a disabled user, connection or entitlement comes back', async () => {
      const scene = await createScene(store);
      const tenantId = scene.tenant.id;
      const cycles: readonly ((on: boolean) => Promise<void>)[] = [
        (on) =>
          store.setUserStatus({ tenantId, userId: scene.user.id, status: on ? 'active' : 'disabled', actor: ACTOR }),
        (enabled) => store.setConnectionEnabled({ tenantId, enabled, actor: ACTOR }),
        (entitled) => store.setSsoEntitlement({ tenantId, entitled, actor: ACTOR }),
      ];
      for (const cycle of cycles) {
        const session = scene.newSession();
        await openSession(store, session);
        expect(await store.findSession(session)).not.toBeNull();
        await cycle(false);
        await cycle(true);
        expect(await store.findSession(session)).toBeNull();
      }
    });

    it('survives a new revision of its own connection', async () => {
      const scene = await createScene(store);
      const session = scene.newSession();
      await openSession(store, session);
      await scene.activate();
      expect(await store.findSession(session)).not.toBeNull();
    });
  });

  describe('connections', () => {
    const fields = { providerId: 'okta', issuer: ISSUER, clientId: 'client', config: { host: 'h' }, actor: ACTOR };

    it('goes from draft through authorised to active, and shows fingerprints only', async () => {
      const { tenant, revision, secret } = await createScene(store);
      const draft = await store.createDraft({ ...fields, tenantId: tenant.id, clientSecret: 'keep' });
      expect(draft).toMatchObject({ number: 2, state: 'draft', secret: { fingerprint: revision.secret?.fingerprint } });
      const overview = await store.findConnection(tenant.id);
      expect(overview).toMatchObject({ enabled: true, active: { revisionId: revision.revisionId }, pending: draft });
      expect(JSON.stringify(overview)).not.toContain(secret);
      expect(revision.secret?.fingerprint).toMatch(/^[0-9a-f]{8}$/);
      const key = { tenantId: tenant.id, revisionId: draft.revisionId, actor: ACTOR };
      expect(await reasonOf(store.activateRevision(key))).toBe('revision-draft');
      await store.markAuthorised(key);
      await store.markAuthorised(key);
      await store.activateRevision(key);
      expect(await reasonOf(store.activateRevision(key))).toBe('revision-active');
      expect((await store.listRevisions(tenant.id)).map(({ state }) => state)).toEqual(['active', 'superseded']);
      const old = { ...key, revisionId: revision.revisionId };
      expect(await reasonOf(store.activateRevision(old))).toBe('revision-superseded');
      await store.restoreRevision(old);
      expect((await store.findConnection(tenant.id))?.active?.revisionId).toBe(revision.revisionId);
    });

    it('voids an authorised draft when it is edited', async () => {
      const { tenant } = await createScene(store);
      const first = await store.createDraft({ ...fields, tenantId: tenant.id, clientSecret: 'keep' });
      const key = { tenantId: tenant.id, revisionId: first.revisionId, actor: ACTOR };
      await store.markAuthorised(key);
      await store.createDraft({ ...fields, tenantId: tenant.id, clientSecret: 'keep' });
      expect(await reasonOf(store.activateRevision(key))).toBe('revision-superseded');
      expect(await reasonOf(store.restoreRevision(key))).toBe('revision-never-active');
      expect(await reasonOf(store.markAuthorised(key))).toBe('revision-superseded');
    });

    test.each([{ issuer: 'https://evil.example' }, { clientId: 'other' }, { providerId: 'other' }])(
      'A3 does not keep the secret for %j',
      async (change) => {
        const draft = { ...fields, tenantId: acme.tenant.id, clientSecret: 'keep' as const, ...change };
        expect(await reasonOf(store.createDraft(draft))).toBe('client-secret-required');
      },
    );

    it('refuses an empty secret, a secret in the settings, and an unknown tenant', async () => {
      const draft = { ...fields, tenantId: acme.tenant.id };
      const inConfig = { ...draft, config: { host: 'oops' }, clientSecret: { value: 'oops' } };
      expect(await reasonOf(store.createDraft({ ...draft, clientSecret: { value: '' } }))).toBe('client-secret-empty');
      expect(await reasonOf(store.createDraft(inConfig))).toBe('client-secret-in-config');
      for (const tenantId of NOBODY) {
        expect(await codeOf(store.createDraft({ ...draft, tenantId, clientSecret: { value: 's' } }))).toBe('not-found');
      }
    });

    it('does not let one tenant touch a revision of another', async () => {
      const { revisionId } = await store.createDraft({ ...fields, tenantId: acme.tenant.id, clientSecret: 'keep' });
      const key = { tenantId: globex.tenant.id, revisionId, actor: ACTOR };
      expect(await store.findRevision(globex.tenant.id, revisionId)).toBeNull();
      expect(await codeOf(store.markAuthorised(key))).toBe('not-found');
      expect(await codeOf(store.activateRevision(key))).toBe('not-found');
      expect(await codeOf(store.restoreRevision(key))).toBe('not-found');
      expect((await store.findRevision(acme.tenant.id, revisionId))?.state).toBe('draft');
    });

    it('leaves one active revision and one enabled connection whatever is activated at once', async () => {
      const { tenant } = await createScene(store);
      const keys = await Promise.all(
        ['one', 'two', 'three', 'four'].map(async (providerId) => {
          const draft = { ...fields, providerId, tenantId: tenant.id, clientSecret: { value: 's' } };
          const { revisionId } = await store.createDraft(draft);
          const key = { tenantId: tenant.id, revisionId, actor: ACTOR };
          await store.markAuthorised(key);
          return key;
        }),
      );
      await Promise.all(keys.map((key) => store.activateRevision(key)));
      const count = 'select count(*)::int as n from connections where tenant_id = $1 and enabled';
      expect(await query(count, [tenant.id])).toEqual([{ n: 1 }]);
      expect((await store.findTenantSetup(tenant.domain))?.connection).not.toBeNull();
    });

    it('numbers parallel drafts one by one', async () => {
      const { tenant } = await createScene(store);
      const drafts = Array.from({ length: 8 }, () =>
        store.createDraft({ ...fields, tenantId: tenant.id, clientSecret: 'keep' }),
      );
      const numbers = (await Promise.all(drafts)).map(({ number }) => number);
      expect(numbers.sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('replaces a secret, and promotes the next one', async () => {
      const { tenant, revision, newTransaction } = await createScene(store);
      const tenantId = tenant.id;
      const secretNow = async () => {
        const transaction = newTransaction();
        await store.saveTransaction(transaction);
        const claim = await store.claimTransaction({ tenantId, stateHash: transaction.stateHash });
        return claim.outcome === 'claimed' ? claim.clientSecret : null;
      };
      expect(await reasonOf(store.promoteNextClientSecret({ tenantId, actor: ACTOR }))).toBe('next-client-secret');
      await store.replaceClientSecret({ tenantId, clientSecret: 'second', actor: ACTOR });
      expect(await secretNow()).toBe('second');
      await store.setNextClientSecret({ tenantId, clientSecret: 'third', actor: ACTOR });
      expect(await secretNow()).toBe('second');
      expect((await store.findConnection(tenantId))?.active?.nextSecret?.fingerprint).toMatch(/^[0-9a-f]{8}$/);
      await store.promoteNextClientSecret({ tenantId, actor: ACTOR });
      expect(await secretNow()).toBe('third');
      const active = (await store.findConnection(tenantId))?.active;
      expect(active).toMatchObject({ revisionId: revision.revisionId, nextSecret: null });
      const events = JSON.stringify(await store.listAuditEvents(tenantId));
      for (const secret of ['second', 'third']) expect(events).not.toContain(secret);
    });

    test.each(NOBODY)('T15 finds nothing for the tenant %j', async (tenantId) => {
      expect(await store.findTenant(tenantId)).toBeNull();
      expect(await store.findConnection(tenantId)).toBeNull();
      for (const list of [
        store.listUsers(tenantId),
        store.listRevisions(tenantId),
        store.listSignInLog(tenantId),
        store.listAuditEvents(tenantId),
        store.listIdentities(tenantId),
        store.listHeldIdentities(tenantId),
      ]) {
        expect(await list).toEqual([]);
      }
      const change = { tenantId, actor: ACTOR };
      expect(await codeOf(store.setSsoEntitlement({ ...change, entitled: true }))).toBe('not-found');
      expect(await codeOf(store.setConnectionEnabled({ ...change, enabled: false }))).toBe('not-found');
      expect(await codeOf(store.replaceClientSecret({ ...change, clientSecret: 's' }))).toBe('not-found');
      const user = { ...change, userId: acme.user.id };
      expect(await codeOf(store.setUserStatus({ ...user, status: 'disabled' }))).toBe('not-found');
      expect(await codeOf(store.setUserProducts({ ...user, products: [] }))).toBe('not-found');
    });
  });

  describe('directory', () => {
    const INVALID = [
      '',
      'localhost',
      'a..b',
      '-a.b',
      'a.b:443',
      'a b.c',
      '*.acme.example',
      '\u212A.example',
      'a.b\n',
      'a.b.',
    ];
    test.each(INVALID)('refuses the domain %j', async (domain) => {
      expect(await reasonOf(store.addTenant({ name: 'T', domain, actor: ACTOR }))).toBe('domain-invalid');
    });

    it('refuses a taken domain in any case and a taken id, and adds nothing then', async () => {
      const count = (await store.listTenants()).length;
      const taken = { name: 'T', domain: acme.tenant.domain.toUpperCase(), actor: ACTOR };
      expect(await reasonOf(store.addTenant(taken))).toBe('domain-taken');
      const same = { id: acme.tenant.id, name: 'T', domain: 'free.ipscape.example', actor: ACTOR };
      expect(await reasonOf(store.addTenant(same))).toBe('tenant-exists');
      expect(await reasonOf(acme.addUser({ id: acme.user.id }))).toBe('user-exists');
      expect(await store.listTenants()).toHaveLength(count);
    });

    it('keeps the spelling of an address and takes one that cannot be matched', async () => {
      const { tenant, addUser } = await createScene(store);
      await addUser({ email: 'Zoë@acme.example' });
      await addUser({ email: 'A.B@Acme.Example' });
      expect((await store.listUsers(tenant.id)).map(({ email }) => email)).toEqual(
        expect.arrayContaining(['Zoë@acme.example', 'A.B@Acme.Example']),
      );
    });

    it('changes only the one user of the one tenant', async () => {
      const [one, other] = [await createScene(store), await createScene(store)];
      await other.addUser({ id: one.user.id });
      await store.setUserStatus({ tenantId: one.tenant.id, userId: one.user.id, status: 'disabled', actor: ACTOR });
      expect((await store.listUsers(other.tenant.id)).every(({ status }) => status === 'active')).toBe(true);
      const { user } = other;
      const foreign = { tenantId: one.tenant.id, userId: user.id, actor: ACTOR };
      expect(await codeOf(store.setUserStatus({ ...foreign, status: 'disabled' }))).toBe('not-found');
    });
  });

  describe('logs', () => {
    it('lists failures and successes of one tenant, newest first', async () => {
      const { tenant, user, newSession } = await createScene(store);
      const failure = {
        tenantId: tenant.id,
        product: 'cti',
        purpose: 'sign-in',
        stage: 'match',
        userId: null,
      } as const;
      await store.recordFailedSignIn({ ...failure, reference: 'r1', code: 'user-not-found', reason: null });
      await store.recordFailedSignIn({
        ...failure,
        reference: 'r2',
        code: 'user-inactive',
        reason: 'x',
        userId: user.id,
      });
      await openSession(store, newSession({ reference: 'r3' }));
      const lines = await store.listSignInLog(tenant.id);
      expect(lines.map(({ reference, code }) => [reference, code])).toEqual([
        ['r3', 'signed-in'],
        ['r2', 'user-inactive'],
        ['r1', 'user-not-found'],
      ]);
      expect(await store.listSignInLog(tenant.id, { limit: 1 })).toEqual(lines.slice(0, 1));
      expect(await store.listSignInLog(tenant.id, { reference: 'r1' })).toEqual(lines.slice(2));
      expect(await store.listSignInLog(globex.tenant.id, { reference: 'r1' })).toEqual([]);
    });

    it('writes an audit event with every change, and none for a refused one', async () => {
      const { tenant, user, revision } = await createScene(store);
      await store.pinIdentity({ tenantId: tenant.id, issuer: ISSUER, subject: 's', userId: user.id });
      const key = { tenantId: tenant.id, revisionId: revision.revisionId, actor: ACTOR };
      await codeOf(store.activateRevision(key));
      const events = await store.listAuditEvents(tenant.id);
      expect(events.map(({ action, actor }) => `${action} by ${actor}`).reverse()).toEqual([
        'tenant-added by test',
        'sso-entitlement-changed by test',
        'user-added by test',
        'draft-created by test',
        'revision-authorised by test',
        'revision-activated by test',
        'identity-pinned by sign-in',
      ]);
    });

    test.each(["update audit_events set actor = 'x'", 'delete from audit_events', 'truncate audit_events'])(
      'A14 the database refuses %s',
      async (statement) => {
        await expect(query(statement)).rejects.toThrow('append-only');
      },
    );
  });

  describe('deleteExpired', () => {
    it('R17 deletes what is past its time in batches and nothing else', async () => {
      await store.deleteExpired(1000);
      const { tenant, newTransaction, newSession } = await createScene(store);
      const transactions = Array.from({ length: 5 }, () => newTransaction());
      const sessions = Array.from({ length: 5 }, () => newSession());
      for (const transaction of transactions) await store.saveTransaction(transaction);
      for (const session of sessions) await openSession(store, session);
      const states = transactions.slice(1).map(({ stateHash }) => stateHash);
      const handles = sessions.slice(1).map(({ handleHash }) => handleHash);
      await query('update transactions set expires_at = now() where state_hash = any($1)', [states]);
      await query(`update sessions set ended_at = now() where handle_hash = any($1)`, [handles.slice(0, 2)]);
      await query(
        `update sessions set idle_expires_at = now(), absolute_expires_at = now() where handle_hash = any($1)`,
        [handles.slice(2)],
      );
      await query(
        `update sign_in_log set occurred_at = now() - interval '30 days' where tenant_id = $1 and reference <> $2`,
        [tenant.id, sessions[0]?.reference],
      );
      expect(await store.deleteExpired(0)).toBe(0);
      expect(await store.deleteExpired(3)).toBe(9);
      expect(await store.deleteExpired(3)).toBe(3);
      expect(await store.deleteExpired(3)).toBe(0);
      expect(await store.findSession(sessions[0] ?? newSession())).not.toBeNull();
      expect(await store.listSignInLog(tenant.id)).toHaveLength(1);
      const [kept, gone] = transactions;
      const claim = (stateHash = hashOf('')) => store.claimTransaction({ tenantId: tenant.id, stateHash });
      expect((await claim(kept?.stateHash)).outcome).toBe('claimed');
      expect((await claim(gone?.stateHash)).outcome).toBe('unknown');
    });
  });

  it('answers a ping', async () => {
    await expect(store.ping()).resolves.toBeUndefined();
  });

  it('O8 names constraint and code of a failure, and no value or statement', async () => {
    const { id: userId } = await acme.addUser();
    const session = acme.newSession({ userId, handleHash: hashOf('twice'), subject: 'CANARY' });
    await openSession(store, session);
    const error: unknown = await openSession(store, session).catch((reason: unknown) => reason);
    expect(SsoError.is(error) && error.code).toBe('internal-error');
    const cause: unknown = error instanceof Error ? error.cause : null;
    expect(cause).toMatchObject({ message: expect.stringContaining('23505') });
    const everything = JSON.stringify(cause, Object.getOwnPropertyNames(cause));
    for (const part of ['CANARY', hashOf('twice'), 'insert']) expect(everything).not.toContain(part);
  });
});
