import { randomUUID } from 'node:crypto';
import { type Product, SsoError } from '@ipscape/sso-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEncryptionKeyRing } from '../src/create-encryption-key-ring.js';
import { ACTOR, createScene, hashOf, ISSUER, openSession, type Scene } from './scene.js';
import { randomKey, type TestStore, testStores } from './test-stores.js';

describe.each(await testStores())('on $name', ({ open }) => {
  let opened: TestStore;
  let store: TestStore['store'];
  let query: TestStore['query'];

  beforeAll(async () => {
    opened = await open();
    ({ store, query } = opened);
  });
  afterAll(() => opened.close());

  async function addNamed({ tenant }: Scene, name: string, products: readonly Product[] = ['cti']): Promise<string> {
    const email = `${randomUUID()}@acme.example`;
    return (await store.addUser({ tenantId: tenant.id, email, name, role: 'agent', products, actor: ACTOR })).id;
  }

  describe('who has signed in', () => {
    test('lists active users by name whatever their capital letters, page by page, each once', async () => {
      const scene = await createScene(store);
      const names = ['bob', 'Anna', 'anna', 'Zoë', 'álvaro', 'Carl', 'carl', 'ANNA'];
      for (const name of names) await addNamed(scene, name);
      const disabled = await addNamed(scene, 'Dora');
      await store.setUserStatus({ tenantId: scene.tenant.id, userId: disabled, status: 'disabled', actor: ACTOR });
      const all = (await store.listSignInStatus(scene.tenant.id)).users.map(({ userId }) => userId);
      expect(all).toHaveLength(names.length + 1);
      const paged: string[] = [];
      let pages = 0;
      for (let after: string | null = ''; after !== null; pages++) {
        const page = await store.listSignInStatus(scene.tenant.id, { limit: 2, ...(after === '' ? {} : { after }) });
        paged.push(...page.users.map(({ userId }) => userId));
        after = page.next;
      }
      expect(paged).toEqual(all);
      expect(pages).toBe(5);
      const shown = (await store.listSignInStatus(scene.tenant.id)).users.map(({ name }) => name.toLowerCase());
      expect(shown.slice(0, 4)).toEqual(['alice', 'anna', 'anna', 'anna']);
    });

    test('a page that is exactly full is the last one', async () => {
      const scene = await createScene(store);
      await addNamed(scene, 'Zed');
      expect((await store.listSignInStatus(scene.tenant.id, { limit: 2 })).next).toBeNull();
      expect((await store.listSignInStatus(scene.tenant.id, { limit: 1 })).next).not.toBeNull();
    });

    test('tells for each product who has signed in and who has not', async () => {
      const scene = await createScene(store);
      const { tenant, user } = scene;
      const other = await addNamed(scene, 'Other', ['cti']);
      await openSession(store, scene.newSession({ product: 'cti' }));
      const find = async (filter: NonNullable<Parameters<typeof store.listSignInStatus>[1]>) =>
        (await store.listSignInStatus(tenant.id, filter)).users.map(({ userId }) => userId);
      expect(await find({ product: 'cti', state: 'signed-in' })).toEqual([user.id]);
      expect(await find({ product: 'cti', state: 'not-signed-in' })).toEqual([other]);
      expect(await find({ product: 'workspace', state: 'not-signed-in' })).toEqual([user.id]);
      expect(await find({ product: 'toolbar' })).toEqual([]);
      expect(await find({ state: 'signed-in' })).toEqual([user.id]);
      expect(await find({ state: 'not-signed-in' })).toEqual([other]);
      const [line] = (await store.listSignInStatus(tenant.id, { state: 'signed-in' })).users;
      expect(line?.products).toEqual([
        { product: 'workspace', lastSignedInAt: null },
        { product: 'cti', lastSignedInAt: expect.any(Date) },
      ]);
      const check = await store.checkDirectory(tenant.id);
      expect(check.signedIn).toEqual({ workspace: 0, cti: 1, toolbar: 0 });
    });

    test('remembers a sign-in when the log has forgotten it, and a refusal is none', async () => {
      const scene = await createScene(store);
      const { tenant, user } = scene;
      const failed = { tenantId: tenant.id, reference: 'r', purpose: 'sign-in', stage: 'match', reason: null } as const;
      await store.recordFailedSignIn({ ...failed, product: 'cti', code: 'user-inactive', userId: user.id });
      await openSession(store, scene.newSession({ product: 'workspace' }));
      await query("update sign_in_log set occurred_at = now() - interval '31 days' where tenant_id = $1", [tenant.id]);
      await store.deleteExpired(10_000);
      expect(await store.listSignInLog(tenant.id)).toEqual([]);
      const { users } = await store.listSignInStatus(tenant.id, { state: 'signed-in' });
      expect(users[0]?.products.map(({ lastSignedInAt }) => lastSignedInAt !== null)).toEqual([true, false]);
    });

    test.each([
      ['ali', 1],
      ['ALI acme', 1],
      ['alice nobody', 0],
      ['%', 0],
      ['_', 0],
      ["'", 0],
      ['\\', 0],
      ['  ', 1],
    ])('the search %j finds %i', async (search, count) => {
      const { tenant } = await createScene(store);
      expect((await store.listSignInStatus(tenant.id, { search })).users).toHaveLength(count);
    });

    test('shows nobody of another tenant, not even after one of its users', async () => {
      const [one, two] = [await createScene(store), await createScene(store)];
      await openSession(store, two.newSession({ product: 'cti' }));
      expect((await store.listSignInStatus(one.tenant.id, { state: 'signed-in' })).users).toEqual([]);
      expect((await store.listSignInStatus(one.tenant.id, { after: two.user.id })).users).toEqual([]);
      expect((await store.listSignInStatus('')).users).toEqual([]);
    });

    test('reads an index and not 100,000 users, wherever the page is', async () => {
      const { tenant } = await createScene(store);
      await query(
        `insert into users (tenant_id, id, email, name, role, products)
         select $1, 'u' || n, 'person' || n || '@acme.example', 'Person ' || md5(n::text), 'agent', '{cti,toolbar}'
         from generate_series(1, 100000) n`,
        [tenant.id],
      );
      await query(`insert into product_sign_ins select $1, 'u' || n, 'cti', now() from generate_series(1, 99000) n`, [
        tenant.id,
      ]);
      await query('analyze users');
      await query('analyze product_sign_ins');
      const explain = async (where: string) => {
        const rows = await query<{ 'QUERY PLAN': string }>(
          `explain select u.id from users u where u.tenant_id = '${tenant.id}' and u.status = 'active' ${where}
           order by lower(u.name) collate "C", u.id limit 51`,
        );
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      };
      expect(await explain('')).toContain('users_listed');
      const after = `and (lower(u.name) collate "C", u.id) > (select lower(a.name) collate "C", a.id from users a
        where a.tenant_id = '${tenant.id}' and a.id = 'u50000')`;
      const plan = await explain(after);
      expect(plan).toContain('users_listed');
      expect(plan).toMatch(/Index Cond: .*ROW\(/);
      // Far from any machine's noise, near enough to notice a query that reads everything once for each user.
      const startedAt = performance.now();
      for (const filter of [
        {},
        { after: 'u50000' },
        { product: 'cti', state: 'not-signed-in' },
        { product: 'cti', state: 'signed-in', after: 'u70000' },
        { product: 'toolbar', state: 'not-signed-in' },
        { state: 'not-signed-in' },
        { search: 'person99999@' },
      ] as const) {
        expect((await store.listSignInStatus(tenant.id, filter)).users.length).toBeGreaterThan(0);
      }
      expect((await store.checkDirectory(tenant.id)).signedIn.cti).toBe(99_000);
      expect(performance.now() - startedAt).toBeLessThan(20_000);
    });
  });

  test('the sign-in log pages by line and filters in the database', async () => {
    const { tenant, user, newSession } = await createScene(store);
    for (let n = 0; n < 5; n++) await openSession(store, newSession({ product: n % 2 ? 'cti' : 'workspace' }));
    const entry = {
      tenantId: tenant.id,
      reference: 'AAAA-BBBB',
      purpose: 'sign-in',
      stage: 'match',
      reason: null,
    } as const;
    await store.recordFailedSignIn({ ...entry, product: 'cti', code: 'user-not-found', userId: null });
    const all = await store.listSignInLog(tenant.id);
    expect(all).toHaveLength(6);
    const first = await store.listSignInLog(tenant.id, { limit: 4 });
    const second = await store.listSignInLog(tenant.id, { limit: 4, before: first.at(-1)?.id ?? '' });
    expect([...first, ...second]).toEqual(all);
    const count = async (filter: Parameters<typeof store.listSignInLog>[1]) =>
      (await store.listSignInLog(tenant.id, filter)).length;
    expect(await count({ result: 'failed' })).toBe(1);
    expect(await count({ result: 'signed-in', product: 'cti' })).toBe(2);
    expect(await count({ userId: user.id })).toBe(5);
    expect(await count({ userId: '' })).toBe(0);
    expect(await count({ reference: 'AAAA-BBBB', code: 'user-not-found' })).toBe(1);
    const last = all[0]?.occurredAt ?? new Date(0);
    expect(await count({ from: new Date(last.getTime() + 1) })).toBe(0);
    expect(await count({ to: new Date(last.getTime() - 60_000) })).toBe(0);
    expect(await count({ from: new Date(last.getTime() - 60_000), to: new Date(last.getTime() + 1_000) })).toBe(6);
    const other = await createScene(store);
    expect(await store.listSignInLog(other.tenant.id, { reference: 'AAAA-BBBB' })).toEqual([]);
  });

  describe('idempotency keys', () => {
    const input = ({ tenant }: Scene, change: Record<string, string> = {}) => ({
      tenantId: tenant.id,
      actor: 'admin',
      key: 'key',
      request: 'request',
      ...change,
    });

    test('A12: exactly one of many callers carries a request out', async () => {
      const scene = await createScene(store);
      const claims = await Promise.all(Array.from({ length: 30 }, () => store.claimIdempotencyKey(input(scene))));
      expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
      expect(claims.filter(({ outcome }) => outcome === 'running')).toHaveLength(29);
    });

    test('A12: the answer is for the same request alone; a released key is free', async () => {
      const scene = await createScene(store);
      const claim = await store.claimIdempotencyKey(input(scene));
      if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
      const claimed = { ...input(scene), claimId: claim.claimId };
      await store.keepIdempotentAnswer({ ...claimed, answer: 'canary-answer' });
      expect(await store.claimIdempotencyKey(input(scene))).toEqual({ outcome: 'answered', answer: 'canary-answer' });
      expect(await store.claimIdempotencyKey(input(scene, { request: 'other' }))).toEqual({ outcome: 'different' });
      for (const change of [{ actor: 'other' }, { key: 'other' }]) {
        expect((await store.claimIdempotencyKey(input(scene, change))).outcome).toBe('claimed');
      }
      // An answer that was kept is not released by a late caller.
      await store.releaseIdempotencyKey(claimed);
      expect((await store.claimIdempotencyKey(input(scene))).outcome).toBe('answered');
    });

    test('A4, A5: request and answer are sealed to their key, and rows that were swapped answer nothing', async () => {
      const scene = await createScene(store);
      for (const key of ['one', 'two']) {
        const claim = await store.claimIdempotencyKey(input(scene, { key, request: 'canary-request' }));
        if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
        const claimed = { ...input(scene, { key, request: 'canary-request' }), claimId: claim.claimId };
        await store.keepIdempotentAnswer({ ...claimed, answer: `canary-${key}` });
      }
      const rows = await query('select * from idempotency_keys where tenant_id = $1', [scene.tenant.id]);
      for (const text of ['canary', hashOf('canary-request')]) expect(JSON.stringify(rows)).not.toContain(text);
      await query(
        `update idempotency_keys k set answer_ciphertext = o.answer_ciphertext from idempotency_keys o
         where k.tenant_id = $1 and o.tenant_id = $1 and k.id <> o.id`,
        [scene.tenant.id],
      );
      const swapped = await store.claimIdempotencyKey(input(scene, { key: 'one', request: 'canary-request' }));
      expect(swapped).toEqual({ outcome: 'different' });
    });

    test('a key whose carrier died is free after two minutes, and the dead one keeps no answer', async () => {
      const scene = await createScene(store);
      const dead = await store.claimIdempotencyKey(input(scene));
      if (dead.outcome !== 'claimed') throw new Error(dead.outcome);
      await query("update idempotency_keys set claimed_until = now() - interval '1 second' where tenant_id = $1", [
        scene.tenant.id,
      ]);
      expect((await store.claimIdempotencyKey(input(scene))).outcome).toBe('claimed');
      await store.keepIdempotentAnswer({ ...input(scene), claimId: dead.claimId, answer: 'late' });
      expect((await store.claimIdempotencyKey(input(scene))).outcome).toBe('running');
    });

    test.each(['', 'unknown'])('the tenant %j has no keys', async (tenantId) => {
      const scene = await createScene(store);
      expect((await store.claimIdempotencyKey(input(scene, { tenantId }))).outcome).toBe('running');
    });
  });

  test('deletes spent settings sessions, kept answers and old proofs, but no proof that something rests on', async () => {
    const { tenant, revision } = await createScene(store);
    const tenantId = tenant.id;
    const actor = { userId: 'admin', email: '', sessionId: 's' };
    const begin = async (revisionId: string) =>
      (
        await store.createAuthorisation({
          ...{ tenantId, revisionId, actor },
          rounds: [{ route: 'cti', redirectUri: 'https://acme.example/cti/login' }],
        })
      ).authorisationId;
    const draft = async () => {
      const settings = { tenantId, providerId: 'okta', issuer: ISSUER, clientId: 'client', config: {}, actor: ACTOR };
      return (await store.createDraft({ ...settings, clientSecret: 'keep' })).revisionId;
    };
    const superseded = await begin(await draft());
    const shown = await draft();
    const [first, newest] = [await begin(shown), await begin(shown)];
    await query("update authorisations set started_at = now() - interval '31 days' where id = any($1)", [
      [superseded, first, newest],
    ]);
    await query("update authorisations set started_at = started_at + interval '1 second' where id = $1", [newest]);
    for (const ttlSeconds of [0, 3_600]) {
      await store.openSettingsSession({
        tenantId,
        actor: 'admin',
        handleHash: hashOf(`${tenantId}${ttlSeconds}`),
        ttlSeconds,
      });
    }
    for (const key of ['old', 'new']) await store.claimIdempotencyKey({ tenantId, actor: 'a', key, request: 'r' });
    await query(
      'update idempotency_keys set expires_at = now() where tenant_id = $1 and id = (select min(id) from idempotency_keys where tenant_id = $1)',
      [tenantId],
    );
    expect(await store.deleteExpired(0)).toBe(0);
    while ((await store.deleteExpired(1)) > 0);
    const left = async (table: string) =>
      (await query<{ id: string }>(`select id from ${table} where tenant_id = $1`, [tenantId])).map(({ id }) => id);
    expect(await left('authorisations')).toEqual([newest]);
    expect(
      await query('select 1 from authorisation_rounds where authorisation_id = any($1)', [[superseded, first]]),
    ).toEqual([]);
    expect(await left('settings_sessions')).toHaveLength(1);
    expect(await left('idempotency_keys')).toHaveLength(1);
    expect((await store.findLatestAuthorisation(tenantId, shown))?.authorisationId).toBe(newest);
    expect((await store.findConnection(tenantId))?.active?.revisionId).toBe(revision.revisionId);
  });

  describe('A14: the audit trail', () => {
    test.each([
      'update audit_events set actor = $1',
      'delete from audit_events where tenant_id <> $1',
      "update audit_events set details = '{}' where tenant_id = $1",
      'truncate audit_events',
      'insert into audit_events (tenant_id, actor, action) values ($1, $2, $2) on conflict (tenant_id, id) do update set actor = $2',
    ])('cannot be changed by the role of the application: %s', async (statement) => {
      const { tenant } = await createScene(store);
      const before = await store.listAuditEvents(tenant.id);
      const values = [tenant.id, 'x'].slice(0, new Set(statement.match(/\$\d/g) ?? []).size);
      await expect(query(statement, values)).rejects.toThrow('append-only');
      expect(await store.listAuditEvents(tenant.id)).toEqual(before);
      expect(before.length).toBeGreaterThan(0);
    });

    test('names who, when, what and which fields; a secret is a fact without a value', async () => {
      const { tenant, secret, activate } = await createScene(store);
      await activate();
      await store.recordRefusal({
        tenantId: tenant.id,
        actor: 'mallory',
        attempted: 'save',
        reason: 'revision-not-authorised',
      });
      const events = await store.listAuditEvents(tenant.id);
      expect(JSON.stringify(events)).not.toContain(secret);
      expect(events[0]).toMatchObject({
        actor: 'mallory',
        action: 'change-refused',
        details: { attempted: 'save', reason: 'revision-not-authorised' },
        occurredAt: expect.any(Date),
      });
      expect(events.find(({ action }) => action === 'draft-created')).toMatchObject({
        actor: ACTOR,
        details: { fields: ['host'], clientSecret: 'replaced', fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/) },
      });
    });
  });

  test('A4: neither the tables nor two copies of one secret tell it', async () => {
    const { tenant, secret, activate } = await createScene(store);
    await activate();
    const tables = await query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    );
    const dump: string[] = [];
    for (const { name } of tables) dump.push(JSON.stringify(await query(`select t::text as row from "${name}" t`)));
    const text = dump.join('\n');
    const bytes = Buffer.from(secret);
    for (const form of [
      secret,
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      encodeURIComponent(secret),
    ]) {
      expect(text).not.toContain(form.replace(/=+$/, ''));
    }
    const sealed = await query<{ ciphertext: string }>(
      'select ciphertext from connection_secrets where tenant_id = $1',
      [tenant.id],
    );
    expect(sealed).toHaveLength(2);
    expect(new Set(sealed.map(({ ciphertext }) => ciphertext)).size).toBe(2);
    expect(new Set(sealed.map(({ ciphertext }) => ciphertext.slice(0, 16))).size).toBe(2);
  });

  test('A5: a secret moved to another tenant, revision or slot does not open, and never as another’s', async () => {
    const [one, two] = [await createScene(store), await createScene(store)];
    const claim = async (scene: Scene) => {
      const transaction = scene.newTransaction();
      await store.saveTransaction(transaction);
      return store.claimTransaction({ tenantId: scene.tenant.id, stateHash: transaction.stateHash });
    };
    expect(await claim(one)).toMatchObject({ outcome: 'claimed', clientSecret: one.secret });
    await query(
      `update connection_secrets k set ciphertext = o.ciphertext, key_id = o.key_id from connection_secrets o
       where k.tenant_id = $1 and o.tenant_id = $2`,
      [one.tenant.id, two.tenant.id],
    );
    await expect(claim(one)).rejects.toMatchObject({ code: 'secret-unreadable' });
    expect(await claim(two)).toMatchObject({ clientSecret: two.secret });
    await store.setNextClientSecret({ tenantId: two.tenant.id, clientSecret: 'the-next-secret', actor: ACTOR });
    await query(
      `update connection_secrets k set ciphertext = o.ciphertext from connection_secrets o
       where k.tenant_id = $1 and o.tenant_id = $1 and k.slot = 'current' and o.slot = 'next'`,
      [two.tenant.id],
    );
    await expect(claim(two)).rejects.toMatchObject({ code: 'secret-unreadable' });
    expect(await store.checkClientSecrets(two.tenant.id)).toMatchObject([
      { slot: 'current', readable: false },
      { slot: 'next', readable: true },
    ]);
  });
});

describe.each(await testStores())('A6: keys that rotate, on $name', ({ open }) => {
  test('sign-ins go on while every secret is encrypted anew, and the job begins again where it was stopped', async () => {
    const [oldKey, newKey] = [randomKey('old'), randomKey('new')];
    const opened = await open(createEncryptionKeyRing(oldKey));
    try {
      const scenes = await Promise.all(Array.from({ length: 6 }, () => createScene(opened.store)));
      const both = await opened.withKeys(createEncryptionKeyRing(`${newKey},${oldKey}`));
      const signIn = async (store: TestStore['store'], scene: Scene) => {
        const transaction = scene.newTransaction({ stateHash: hashOf(randomUUID()) });
        await store.saveTransaction(transaction);
        const claim = await store.claimTransaction({ tenantId: scene.tenant.id, stateHash: transaction.stateHash });
        return claim.outcome === 'claimed' && claim.clientSecret === scene.secret;
      };
      const [first, ...signIns] = await Promise.all([
        both.reencryptClientSecrets({ after: null, limit: 2, actor: ACTOR }),
        ...Array.from({ length: 30 }, (_, n) => signIn(both, scenes[n % 6] as Scene)),
      ]);
      expect(signIns).toEqual(Array.from({ length: 30 }, () => true));
      expect(first).toMatchObject({ reencrypted: 2, unreadable: [] });
      // Stopped here. Begun again from the start: what is done is not done twice.
      const rest = await both.reencryptClientSecrets({ after: null, limit: 100, actor: ACTOR });
      expect(rest).toMatchObject({ reencrypted: 4, next: null });
      const alone = await opened.withKeys(createEncryptionKeyRing(newKey));
      for (const scene of scenes) expect(await signIn(alone, scene)).toBe(true);
      const gone = await opened.withKeys(createEncryptionKeyRing(randomKey('other')));
      const failure = await signIn(gone, scenes[0] as Scene).catch((error: unknown) => error);
      expect(SsoError.is(failure) && failure.code).toBe('secret-unreadable');
    } finally {
      await opened.close();
    }
  });

  test.each([
    ['16 bytes', `short:${Buffer.alloc(16).toString('base64url')}`],
    ['no bytes', 'empty:'],
    ['no id', Buffer.alloc(32, 1).toString('base64url')],
    ['other letters', `odd:${'!'.repeat(43)}`],
    ['nothing', ''],
  ])('a key of %s stops the start, and is not repeated', (_name, text) => {
    let message = '';
    try {
      createEncryptionKeyRing(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/must be written as id:key/);
    const material = text.split(':').at(-1) ?? '';
    if (material.length > 8) expect(message).not.toContain(material);
  });
});
