import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { ImportedUser, ImportFinding } from '../src/administration/user-import.js';
import { ACTOR, createScene, openSession, type Scene } from './scene.js';
import { type TestStore, testStores } from './test-stores.js';

const ALICE: ImportedUser = {
  id: null,
  email: 'alice@acme.example',
  name: 'Alice',
  role: 'agent',
  products: ['cti', 'toolbar'],
  status: null,
};

describe.each(await testStores())('importUsers on $name', ({ open }) => {
  let opened: TestStore;
  let store: TestStore['store'];
  let scene: Scene;

  beforeAll(async () => {
    opened = await open();
    store = opened.store;
  });
  afterAll(() => opened.close());

  async function* batchesOf(users: readonly (Partial<ImportedUser> | null)[]) {
    const lines = users.map((user, index) => ({
      line: index + 2,
      user: user === null ? null : { ...ALICE, ...user },
    }));
    for (let from = 0; from < lines.length; from += 2) yield lines.slice(from, from + 2);
  }

  async function importing(users: readonly (Partial<ImportedUser> | null)[], dryRun = false) {
    const findings: ImportFinding[] = [];
    const result = await store.importUsers({
      tenantId: scene.tenant.id,
      batches: batchesOf(users),
      report: (finding) => void findings.push(finding),
      dryRun,
      actor: ACTOR,
    });
    return { result, findings };
  }
  const directory = () => store.listUsers(scene.tenant.id);

  it('adds, changes and leaves alone, and changes nothing more when it is repeated', async () => {
    scene = await createScene(store);
    const stored = { ...scene.user, id: null, status: null };
    const file = [
      {},
      { email: 'bob@acme.example', status: 'disabled' as const },
      { ...stored, role: 'supervisor' as const },
    ];
    const { result, findings } = await importing(file);
    expect(result).toEqual({ outcome: 'imported', lines: 3, added: 2, updated: 1, unchanged: 0, disabled: 0 });
    expect(findings).toEqual([]);
    const users = await directory();
    expect(users).toHaveLength(3);
    expect(users.find(({ id }) => id === scene.user.id)?.role).toBe('supervisor');
    expect(users.find(({ email }) => email === 'bob@acme.example')?.status).toBe('disabled');
    expect((await importing(file)).result).toMatchObject({ added: 0, updated: 0, unchanged: 3 });
    expect(await directory()).toEqual(users);
    const [newest] = await store.listAuditEvents(scene.tenant.id);
    expect(newest).toMatchObject({ action: 'users-imported', actor: ACTOR, details: { lines: 3, unchanged: 3 } });
  });

  it('takes products as a set, keeps a status that the file does not name, and ends sessions of the disabled', async () => {
    scene = await createScene(store);
    const { user, tenant, newSession } = scene;
    await openSession(store, newSession());
    const line = { email: user.email, name: user.name, role: user.role, products: ['cti', 'workspace'] as const };
    expect((await importing([line])).result.unchanged).toBe(1);
    expect((await store.listSessions(tenant.id)).total).toBe(1);
    expect((await importing([{ ...line, status: 'disabled' }])).result).toMatchObject({ updated: 1, disabled: 1 });
    expect((await store.listSessions(tenant.id)).total).toBe(0);
    expect((await importing([line])).result.unchanged).toBe(1);
    expect((await importing([{ ...line, status: 'active' }])).result).toMatchObject({ updated: 1, disabled: 0 });
    expect((await store.listSessions(tenant.id)).total).toBe(0);
  });

  it('changes an address by id and makes it the one that is matched', async () => {
    scene = await createScene(store);
    const { id } = scene.user;
    await importing([{ id, email: 'New@Acme.example' }]);
    expect((await store.findUsers(scene.tenant.id, { emailOrId: 'new@acme.example' })).users[0]?.id).toBe(id);
    await importing([{ id: 'chosen', email: 'c@acme.example' }]);
    expect((await store.findUsers(scene.tenant.id, { emailOrId: 'chosen' })).total).toBe(1);
  });

  const problems: [string, (Partial<ImportedUser> | null)[], ImportFinding[]][] = [
    ['an address twice', [{}, { name: 'B' }], [{ line: 3, finding: 'email-repeated', otherLine: 2 }]],
    [
      'an address thrice, told for each line',
      [{}, {}, { email: 'x@acme.example' }, {}],
      [
        { line: 3, finding: 'email-repeated', otherLine: 2 },
        { line: 5, finding: 'email-repeated', otherLine: 2 },
      ],
    ],
    ['an address with and without an id', [{ id: 'a' }, {}], [{ line: 3, finding: 'email-repeated', otherLine: 2 }]],
    ['an address without and with an id', [{}, { id: 'a' }], [{ line: 3, finding: 'email-repeated', otherLine: 2 }]],
    [
      'an id twice',
      [{ id: 'a' }, { id: 'a', email: 'b@acme.example' }],
      [{ line: 3, finding: 'user-repeated', otherLine: 2 }],
    ],
    [
      'a user by id and by address',
      [{ id: 'known', email: 'n@acme.example' }, { email: 'known@acme.example' }],
      [{ line: 3, finding: 'user-repeated', otherLine: 2 }],
    ],
    [
      'an address of two users without an id',
      [{ email: 'twins@acme.example' }],
      [{ line: 2, finding: 'email-ambiguous', otherLine: null }],
    ],
    ['a line that its reader refused', [{}, null, { email: 'b@acme.example' }], []],
  ];

  test.each(problems)('refuses %s and changes nothing', async (_name, file, expected) => {
    scene = await createScene(store);
    await scene.addUser({ id: 'known', email: 'known@acme.example' });
    await scene.addUser({ email: 'twins@acme.example' });
    await scene.addUser({ email: 'twins@acme.example' });
    const [before, events] = [await directory(), await store.listAuditEvents(scene.tenant.id)];
    const { result, findings } = await importing([...file, { email: 'last@acme.example' }]);
    expect(result.outcome).toBe('refused');
    expect(findings).toEqual(expected);
    expect(await directory()).toEqual(before);
    expect(await store.listAuditEvents(scene.tenant.id)).toEqual(events);
  });

  it('E8, E9 warns of addresses that lead to nobody or to several, and imports them', async () => {
    scene = await createScene(store);
    await scene.addUser({ email: 'ALICE@acme.example' });
    const file = [{}, { email: 'bob@acme.example' }, { email: 'Zoë@acme.example' }, { email: 'Bob@acme.example' }];
    const { result, findings } = await importing(file);
    expect(result).toMatchObject({ outcome: 'imported', added: 4 });
    expect(findings.map(({ line, finding }) => [line, finding])).toEqual([
      [2, 'email-collides'],
      [3, 'email-collides'],
      [4, 'email-unmatchable'],
      [5, 'email-collides'],
    ]);
    expect((await importing(file)).result).toMatchObject({ unchanged: 4 });
  });

  it('checks everything and changes nothing in a dry run', async () => {
    scene = await createScene(store);
    const before = await directory();
    expect((await importing([{}], true)).result).toMatchObject({ outcome: 'checked', added: 1 });
    expect(await directory()).toEqual(before);
  });

  it('undoes everything when the file fails half way, and for an unknown tenant', async () => {
    scene = await createScene(store);
    const before = await directory();
    async function* broken() {
      yield* batchesOf([{}, { email: 'b@acme.example' }]);
      throw new Error('the disk is gone');
    }
    const input = { report: () => {}, actor: ACTOR };
    await expect(store.importUsers({ ...input, tenantId: scene.tenant.id, batches: broken() })).rejects.toThrow();
    expect(await directory()).toEqual(before);
    const unknown = store.importUsers({ ...input, tenantId: 'nobody', batches: batchesOf([{}]) });
    await expect(unknown).rejects.toMatchObject({ code: 'not-found' });
    expect((await importing([])).result).toMatchObject({ outcome: 'imported', lines: 0 });
  });

  it('T12 touches no user of another tenant with the same id or address', async () => {
    const other = await createScene(store);
    scene = await createScene(store);
    await importing([{ id: other.user.id, email: other.user.email, name: 'Mallory' }]);
    const [user] = await store.listUsers(other.tenant.id);
    expect(user).toEqual(other.user);
  });

  it('takes a file of many statements', async () => {
    scene = await createScene(store);
    async function* many(name: string) {
      for (let from = 0; from < 25_000; from += 1_000) {
        yield Array.from({ length: 1_000 }, (_, index) => ({
          line: from + index + 2,
          user: { ...ALICE, name, email: `u${from + index}@acme.example` },
        }));
      }
    }
    const input = { tenantId: scene.tenant.id, report: () => {}, actor: ACTOR };
    expect(await store.importUsers({ ...input, batches: many('A') })).toMatchObject({ added: 25_000 });
    expect(await store.importUsers({ ...input, batches: many('B') })).toMatchObject({ updated: 25_000, added: 0 });
  });
});
