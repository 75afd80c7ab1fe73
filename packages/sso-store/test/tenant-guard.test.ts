import { SsoError } from '@ipscape/sso-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTOR, createScene, hashOf, ISSUER, type Scene } from './scene.js';
import { type TestStore, testStores } from './test-stores.js';

const WRONG_TENANTS = [null, undefined, '', '%', '*', '_', "' or true --", 'a-neighbour'];

/**
 * Of no tenant, or of all on purpose: for the process that runs, for the Service Desk, and to tell a tenant that its
 * session came to another's host.
 */
const OF_ALL_TENANTS = [
  'addTenant',
  'close',
  'countEncryptionKeys',
  'deleteExpired',
  'listTenants',
  'ping',
  'recordForeignSession',
  'withClientAddress',
];

describe.each(await testStores())('T15, T12 every method of the store, on $name', ({ open }) => {
  let opened: TestStore;
  let scene: Scene;
  let facts: Readonly<Record<string, unknown>>;
  beforeAll(async () => {
    opened = await open();
    const { store } = opened;
    scene = await createScene(store);
    await store.addTenant({ id: 'a-neighbour', name: 'N', domain: 'neighbour.example', actor: ACTOR });
    const { tenant, user } = scene;
    const session = scene.newSession();
    const transaction = scene.newTransaction();
    await store.saveTransaction(transaction);
    await store.pinIdentity(session);
    await store.openSession(session);
    const found = await store.findSession(session);
    await store.holdIdentity({ ...session, subject: 'held' });
    const handoffId = hashOf('handoff');
    const handoff = {
      tenantId: tenant.id,
      handoffId,
      verifierHash: hashOf('verifier'),
      userAgentHash: hashOf('agent'),
    };
    await store.createHandoff({ ...handoff, number: '47', query: '', ttlSeconds: 300 });
    const actor = { userId: user.id, email: user.email, sessionId: found?.id ?? '' };
    const rounds = [{ route: 'cti' as const, redirectUri: 'https://x.example/cti/login' }];
    const draft = await store.createDraft({
      tenantId: tenant.id,
      providerId: 'okta',
      issuer: ISSUER,
      clientId: 'client',
      config: {},
      clientSecret: { value: scene.secret },
      actor: ACTOR,
    });
    const { authorisationId } = await store.createAuthorisation({
      tenantId: tenant.id,
      revisionId: draft.revisionId,
      actor,
      rounds,
    });
    // Everything true that a caller could know of that tenant, under every name that a method takes it by.
    facts = {
      ...session,
      ...transaction,
      ...handoff,
      id: user.id,
      ids: [user.id],
      sessionId: found?.id,
      keptSessionId: null,
      authorisationId,
      route: 'cti',
      actor: ACTOR,
      rounds,
      canonicalEmail: user.email,
      email: user.email,
      status: 'disabled',
      enabled: false,
      entitled: false,
      products: [],
      origins: ['https://evil.example'],
      seen: [],
      clientSecret: 'stolen',
      limit: 10,
      maxPolls: 10,
      redeemWithinSeconds: 60,
      code: 'internal-error',
      stage: 'callback',
      purpose: 'sign-in',
      tokenHash: hashOf('link'),
      claims: [],
      matchedUserId: user.id,
    };
  });
  afterAll(() => opened?.close());

  /** Every row of every table, in whatever tenant. */
  async function everything(): Promise<Readonly<Record<string, string>>> {
    const tables = await opened.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
    );
    const rows: Record<string, string> = {};
    for (const { name } of tables) {
      const [row] = await opened.query<{ all: string | null }>(
        `select string_agg(t::text, '|' order by t::text) as all from ${name} t where to_jsonb(t)->>'tenant_id' = $1`,
        [scene.tenant.id],
      );
      rows[name] = row?.all ?? '';
    }
    return rows;
  }

  test.each(WRONG_TENANTS)(
    'finds and changes nothing of a tenant for the tenant %j, whatever else is true',
    async (tenantId) => {
      const before = await everything();
      const { tenant, user, revision, secret } = scene;
      const told = [tenant.id, user.id, user.email, revision.revisionId, secret, scene.newSession().connectionId];
      const methods = Object.entries(opened.store).filter(
        (entry): entry is [string, (...given: unknown[]) => Promise<unknown>] =>
          typeof entry[1] === 'function' && !OF_ALL_TENANTS.includes(entry[0]),
      );
      expect(methods.length).toBeGreaterThan(60);
      for (const [name, method] of methods) {
        for (const given of [
          [tenantId],
          [tenantId, revision.revisionId],
          [{ ...facts, tenantId }],
          [
            { ...facts, tenantId },
            { ...facts, tenantId },
          ],
        ]) {
          const outcome = await method(...given).catch((error: unknown) => error);
          // A wrong call is refused in some way or other; what it may not do is tell.
          const text = outcome instanceof Error ? (SsoError.is(outcome) ? outcome.code : '') : JSON.stringify(outcome);
          expect([name, told.filter((value) => (text ?? '').includes(value))]).toEqual([name, []]);
        }
      }
      expect(await everything()).toEqual(before);
      expect(
        (
          await opened.store.findSession({
            tenantId: tenant.id,
            product: 'workspace',
            handleHash: String(facts.handleHash),
          })
        )?.user.id,
      ).toBe(user.id);
    },
  );

  test('the same facts with the right tenant find what there is', async () => {
    const { store } = opened;
    const tenantId = scene.tenant.id;
    const key = { ...facts, tenantId } as never;
    expect(await store.findSession(key)).not.toBeNull();
    expect((await store.findIdentity(key)).pinned?.id).toBe(scene.user.id);
    expect((await store.pollHandoff(key)) ?? null).not.toBeNull();
    expect(await store.findAuthorisation(key)).not.toBeNull();
    expect(await store.findRevision(tenantId, scene.revision.revisionId)).not.toBeNull();
    expect((await store.claimTransaction(key)).outcome).toBe('claimed');
    expect(ISSUER).toBe(facts.issuer);
  });
});
