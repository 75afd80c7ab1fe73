import { randomUUID } from 'node:crypto';
import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ACTOR, createScene, hashOf, ISSUER, openSession, type Scene } from '../../../packages/sso-store/test/scene.js';
import { randomKey, type TestStore, testStores } from '../../../packages/sso-store/test/test-stores.js';
import type { AdminDeps } from '../src/admin-deps.js';
import { absentProvider, createTestDeps, run } from './captured-io.js';

describe.each(await testStores())('on $name', ({ open }) => {
  const oldKey = randomKey('old');
  let opened: TestStore;
  let deps: AdminDeps;
  let scene: Scene;
  let domain: string;

  beforeAll(async () => {
    opened = await open(createEncryptionKeyRing(oldKey));
    deps = createTestDeps(opened.store);
    scene = await createScene(opened.store);
    domain = scene.tenant.domain;
  });
  afterAll(() => opened.close());

  const admin = (...argv: string[]) => run(deps, argv);
  async function jsonOf(...argv: string[]) {
    const ran = await run(deps, [...argv, '--json']);
    expect(ran.err).toBe('');
    return ran.json();
  }
  const lastEvent = async (tenantId: string) => (await opened.store.listAuditEvents(tenantId, { limit: 1 }))[0];

  describe('tenant', () => {
    it('is added, listed, shown, entitled and not, each with who did it', async () => {
      const name = `${randomUUID()}.ipscape.example`;
      const added = await admin('tenant', 'add', name.toUpperCase(), '--name', 'New "Co"', '--id', name);
      expect(added).toMatchObject({ exitCode: 0, err: '' });
      expect(added.out).toContain(`tenant sso enable --tenant ${name}`);
      expect(await lastEvent(name)).toMatchObject({ action: 'tenant-added', actor: 'service-desk:tester' });
      expect((await admin('tenant', 'list')).out).toContain(name);

      await admin('tenant', 'sso', 'enable', '--tenant', name, '--actor', 'jane.doe');
      expect(await lastEvent(name)).toMatchObject({ action: 'sso-entitlement-changed', actor: 'jane.doe' });
      expect(await jsonOf('tenant', 'show', '--tenant', name.toUpperCase())).toMatchObject({
        tenant: { id: name, ssoEntitled: true },
        connection: null,
        redirectUris: [
          `https://${name}/workspace/security/sso-oauth-callback`,
          expect.any(String),
          expect.any(String),
          expect.any(String),
        ],
      });
      expect((await admin('tenant', 'legacy-http', 'on', '--tenant', name)).out).toContain(`http://${name}/workspace`);
      expect((await admin('tenant', 'legacy-http', 'off', '--tenant', name)).out).not.toContain('http://');
      await admin('tenant', 'sso', 'disable', '--tenant', name);
      expect((await admin('tenant', 'show', '--tenant', name)).out).toMatch(/^SSO +off$/m);
    });

    test.each([
      ['no domain', 'not a host name'],
      ['localhost', 'not a host name'],
      ['https://a.b', 'not a host name'],
    ])('%s is refused as a domain', async (typed, message) => {
      const { exitCode, err } = await admin('tenant', 'add', typed, '--name', 'X');
      expect(exitCode).toBe(1);
      expect(err).toContain(message);
    });

    it('is refused with a taken domain, and an unknown one gets the nearest named', async () => {
      expect((await admin('tenant', 'add', domain, '--name', 'X')).err).toContain('Another tenant has the domain');
      const missing = await admin('tenant', 'show', '--tenant', domain.replace('.ipscape', '.ipscpae'));
      expect(missing.exitCode).toBe(1);
      expect(missing.err).toContain(`Did you mean "${domain}"?`);
      for (const typed of ['%', "' or true --", `${domain}.`]) {
        expect((await admin('tenant', 'show', '--tenant', typed)).exitCode).toBe(1);
      }
    });
  });

  describe('user', () => {
    it('is added, found, disabled with its sessions, and enabled', async () => {
      const email = `Jane-${randomUUID()}@acme.example`;
      const argv = ['user', 'add', email, '--tenant', domain, '--name', 'Jane', '--products', 'toolbar;cti'];
      expect((await admin(...argv)).out).toContain(`Added ${email}`);
      const { users } = await jsonOf('user', 'list', '--tenant', domain, '--user', email.toLowerCase());
      expect(users).toMatchObject([{ email, role: 'agent', products: ['cti', 'toolbar'] }]);
      expect((await admin(...argv)).out).toContain('Others have the same address');
      const twice = await admin('user', 'disable', email, '--tenant', domain);
      expect(twice).toMatchObject({ exitCode: 1 });
      expect(twice.err).toContain('Name one by its id');

      const { user } = scene;
      await openSession(opened.store, scene.newSession());
      expect((await admin('user', 'disable', user.email.toUpperCase(), '--tenant', domain)).exitCode).toBe(0);
      expect(await jsonOf('session', 'list', '--tenant', domain)).toEqual({ sessions: [], total: 0 });
      expect((await admin('user', 'enable', user.id, '--tenant', domain)).exitCode).toBe(0);
      expect(await lastEvent(scene.tenant.id)).toMatchObject({ action: 'user-status-changed', subject: user.id });
    });

    test.each([
      [['user', 'add', 'nobody', '--name', 'X'], 2, 'not an e-mail address'],
      [['user', 'add', 'a@b.example', '--name', 'X', '--products', 'ctl'], 2, 'Did you mean "cti"?'],
      [['user', 'disable', 'nobody@acme.example'], 1, 'has no user'],
      [['user', 'disable', '%'], 1, 'has no user'],
    ] as const)('%j is refused', async (argv, exitCode, message) => {
      const ran = await admin(...argv, '--tenant', domain);
      expect(ran.exitCode).toBe(exitCode);
      expect(ran.err).toContain(message);
    });

    it('is cut at the limit, which is said', async () => {
      const { out } = await admin('user', 'list', '--tenant', domain, '--limit', '1');
      expect(out).toMatch(/1 of \d+ users; --limit \d+ shows all/);
      for (const limit of ['0', '-1', '1e3', 'x', '1000001', '1.5']) {
        expect((await admin('user', 'list', '--tenant', domain, `--limit=${limit}`)).exitCode).toBe(2);
      }
    });

    it('E15 cannot do anything to the terminal by its name', async () => {
      await opened.store.addUser({
        tenantId: scene.tenant.id,
        email: 'x@acme.example',
        name: '\u001b[2Jgone\n',
        role: 'agent',
        products: [],
        actor: 'test',
      });
      const { out } = await admin('user', 'list', '--tenant', domain);
      expect(out).toContain('\\u{1b}[2Jgone\\u{a}');
      expect(out).not.toContain('\u001b');
    });
  });

  describe('identity', () => {
    it('is listed, released and approved by the user whose it is', async () => {
      const own = await createScene(opened.store);
      const { tenant, user } = own;
      const key = { tenantId: tenant.id, issuer: ISSUER, userId: user.id };
      await opened.store.pinIdentity({ ...key, subject: 'former' });
      await opened.store.holdIdentity({ ...key, subject: 'new-1' });
      await opened.store.holdIdentity({ ...key, subject: 'new-2' });
      expect(await jsonOf('identity', 'list', '--tenant', tenant.domain)).toMatchObject({
        identities: [{ subject: 'former', email: user.email }],
        held: [{ email: user.email }, { email: user.email }],
      });
      const unclear = await admin('identity', 'approve', user.email, '--tenant', tenant.domain);
      expect(unclear.err).toContain('--subject new-1');
      const wrong = await admin('identity', 'approve', user.email, '--tenant', tenant.domain, '--subject', 'former');
      expect(wrong).toMatchObject({ exitCode: 1 });
      const argv = ['identity', 'approve', user.email, '--tenant', tenant.domain, '--subject', 'new-2'];
      expect((await admin(...argv)).exitCode).toBe(0);
      expect((await opened.store.listIdentities(tenant.id)).map(({ subject }) => subject)).toEqual(['new-2']);
      expect((await admin('identity', 'release', user.id, '--tenant', tenant.domain)).exitCode).toBe(0);
      expect((await admin('identity', 'release', user.id, '--tenant', tenant.domain)).err).toContain('is linked to no');
      expect(await lastEvent(tenant.id)).toMatchObject({ action: 'identity-released', actor: 'service-desk:tester' });
    });
  });

  describe('connection', () => {
    it('is shown without a secret, disabled, enabled and rolled back', async () => {
      const own = await createScene(opened.store);
      const tenant = ['--tenant', own.tenant.domain];
      expect((await admin('connection', 'rollback', ...tenant)).err).toContain('no former revision');
      await own.activate();
      await own.activate();
      const shown = await admin('connection', 'show', ...tenant);
      expect(shown.out).toContain(ISSUER);
      expect((await admin('connection', 'rollback', ...tenant)).out).toContain('Revision 2');
      expect((await admin('connection', 'rollback', ...tenant, '--to', '1')).out).toContain('Revision 1');
      for (const [to, exitCode] of [
        ['1', 1],
        ['9', 1],
        ['0', 2],
        ['x', 2],
      ] as const) {
        expect((await admin('connection', 'rollback', ...tenant, '--to', to)).exitCode, to).toBe(exitCode);
      }
      await openSession(opened.store, own.newSession());
      expect((await admin('connection', 'disable', ...tenant)).exitCode).toBe(0);
      expect((await opened.store.listSessions(own.tenant.id)).total).toBe(0);
      expect((await admin('connection', 'enable', ...tenant)).exitCode).toBe(0);
      expect(await lastEvent(own.tenant.id)).toMatchObject({ action: 'connection-enabled' });
    });
  });

  describe('admin-link create', () => {
    it('prints a link that opens once; only the hash of its token is kept', async () => {
      const answer = await jsonOf('admin-link', 'create', '--tenant', domain);
      const url = new URL(String(answer.url));
      expect(url.origin).toBe(`https://${domain}`);
      const token = url.pathname.replace('/workspace/admin-link/', '');
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      const minutes = (new Date(String(answer.expiresAt)).getTime() - Date.now()) / 60_000;
      expect(minutes).toBeGreaterThan(14);
      expect(minutes).toBeLessThanOrEqual(15.1);
      const rows = await opened.query('select row_to_json(l)::text as row from admin_links l');
      expect(JSON.stringify(rows)).not.toContain(token);
      expect(JSON.stringify(await opened.store.listAuditEvents(scene.tenant.id))).not.toContain(token);
      const tokenHash = hashOf(token);
      const key = { tenantId: scene.tenant.id, tokenHash };
      expect((await opened.store.redeemAdminLink(key)).outcome).toBe('redeemed');
      expect((await opened.store.redeemAdminLink(key)).outcome).toBe('repeated');
    });

    it('leads to the local stack for a .localhost tenant outside production, and needs the entitlement', async () => {
      const name = `t-${randomUUID()}.localhost`;
      await admin('tenant', 'add', name, '--name', 'Local');
      const refused = await admin('admin-link', 'create', '--tenant', name);
      expect(refused).toMatchObject({ exitCode: 1, out: '' });
      expect(refused.err).toContain(`tenant sso enable --tenant ${name}`);
      await admin('tenant', 'sso', 'enable', '--tenant', name);
      const local = { ...deps, localPort: 3000 };
      expect((await run(local, ['admin-link', 'create', '--tenant', name])).out).toContain(
        `http://${name}:3000/workspace/`,
      );
      expect((await admin('admin-link', 'create', '--tenant', name)).out).toContain(`https://${name}/workspace/`);
    });
  });

  describe('session revoke', () => {
    it('ends what is asked for and nothing else', async () => {
      const own = await createScene(opened.store);
      const tenant = ['--tenant', own.tenant.domain];
      for (const product of ['workspace', 'cti', 'cti'] as const) {
        await openSession(opened.store, own.newSession({ product }));
      }
      expect((await admin('session', 'revoke', ...tenant)).exitCode).toBe(2);
      expect((await admin('session', 'revoke', ...tenant, '--all', '--product', 'cti')).exitCode).toBe(2);
      expect((await admin('session', 'revoke', ...tenant, '--session', 'x', '--product', 'cti')).exitCode).toBe(2);
      expect((await admin('session', 'revoke', ...tenant, '--session', 'x')).exitCode).toBe(1);
      expect((await admin('session', 'revoke', ...tenant, '--product', 'cti')).out).toBe('Ended 2 sessions.\n');
      const { sessions } = await opened.store.listSessions(own.tenant.id);
      expect((await admin('session', 'revoke', ...tenant, '--session', sessions[0]?.id ?? '')).out).toBe(
        'Ended 1 session.\n',
      );
      expect((await admin('session', 'revoke', ...tenant, '--all')).out).toBe('Ended 0 sessions.\n');
      expect((await admin('session', 'list', ...tenant)).out).toBe('Nobody is signed in.\n');
    });

    it('says which sessions wait for a call, and ends those as well if told', async () => {
      const own = await createScene(opened.store);
      const tenant = ['--tenant', own.tenant.domain];
      const tenantId = own.tenant.id;
      await opened.store.setSessionPolicy({ tenantId, revocationWaitsForCalls: true, actor: ACTOR });
      const onCall = own.newSession({ product: 'cti' });
      for (const session of [onCall, own.newSession({ product: 'cti' })]) await openSession(opened.store, session);
      await opened.store.reportCall(onCall, { report: 'started', leaseSeconds: 180, deferralSeconds: 7200 });
      const before = (await admin('session', 'list', ...tenant)).out;
      expect(before).toMatch(/ENDS WHEN IDLE +ENDS AT THE LATEST +CALL +ID\n/);
      expect(before.match(/ since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ /g)).toHaveLength(1);
      const answer = (await admin('session', 'revoke', ...tenant, '--all')).out;
      expect(answer).toBe(
        'Ended 2 sessions.\n1 revoked session of the tenant waits for the end of a call, as the tenant chose. --at-once ends it now.\n',
      );
      const { sessions } = (await jsonOf('session', 'list', ...tenant)) as { sessions: Record<string, unknown>[] };
      expect(sessions).toMatchObject([{ deferral: { reason: 'revocation' }, call: { startedAt: expect.any(String) } }]);
      expect((await admin('session', 'list', ...tenant)).out).toContain('  with the call (revoked)  ');
      expect(await jsonOf('session', 'revoke', ...tenant, '--all', '--at-once')).toMatchObject({ waiting: 0 });
      expect((await admin('session', 'list', ...tenant)).out).toBe('Nobody is signed in.\n');
    });
  });

  describe('audit tail', () => {
    it('shows the last events, oldest first', async () => {
      const { events } = await jsonOf('audit', 'tail', '--tenant', domain, '--limit', '2');
      const newest = await opened.store.listAuditEvents(scene.tenant.id, { limit: 2 });
      expect(events).toEqual(JSON.parse(JSON.stringify(newest.toReversed())));
      expect((await admin('audit', 'tail', '--tenant', domain)).out).toContain('tenant-added');
    });

    it('follows new events, each once, until it is interrupted', async () => {
      const own = await createScene(opened.store);
      const stop = new AbortController();
      const seen: { action: string }[] = [];
      const printed = Promise.withResolvers<void>();
      const following = run(deps, ['audit', 'tail', '--follow', '--json', '--limit', '1', '--tenant', own.tenant.id], {
        signal: stop.signal,
        async out(text) {
          seen.push(JSON.parse(text));
          if (seen.length === 1) await opened.store.revokeSessions({ tenantId: own.tenant.id, actor: 'test' });
          if (seen.length === 2) printed.resolve();
        },
      });
      await printed.promise;
      stop.abort();
      expect((await following).exitCode).toBe(0);
      expect(seen.map(({ action }) => action)).toEqual(['revision-activated', 'sessions-revoked']);
    });
  });

  describe('keys', () => {
    it('show which key is needed, and rotate moves every secret to the first', async () => {
      const rotatedDeps = createTestDeps(
        await opened.withKeys(createEncryptionKeyRing(`${randomKey('new')},${oldKey}`)),
      );
      const status = await run(rotatedDeps, ['keys', 'status']);
      expect(status.out).toMatch(/^new +encrypts +0 /m);
      const rotated = await run(rotatedDeps, ['keys', 'rotate', '--batch', '2']);
      expect(rotated.exitCode).toBe(0);
      expect(rotated.out).toMatch(/Encrypted \d+ secrets anew with the key "new"/);
      expect(rotated.out).toContain('The key "old" is not needed any more');
      expect((await run(rotatedDeps, ['keys', 'rotate'])).out).toContain('Encrypted 0 secrets');
      // The same without the key that is needed now.
      expect((await admin('keys', 'status')).exitCode).toBe(1);
      const lost = await admin('keys', 'rotate');
      expect(lost.exitCode).toBe(1);
      expect(lost.out).toContain('No configured key opens the current secret');
      expect((await admin('doctor', '--tenant', domain)).out).toMatch(/PROBLEM +The client secret cannot be decrypted/);
      expect((await run(rotatedDeps, ['doctor', '--tenant', domain])).out).not.toContain('cannot be decrypted');
    });

    it('A6 rotate moves signing keys as well, and replaces them when it is told to', async () => {
      const own = await createScene(opened.store);
      const tenant = ['--tenant', own.tenant.domain];
      const statesOf = async (deps: AdminDeps) => {
        const { signingKeys } = (await run(deps, ['keys', 'status', ...tenant, '--json'])).json() as {
          signingKeys: { kid: string; state: string; keyId: string }[];
        };
        return signingKeys.map(({ state, keyId }) => `${state} ${keyId}`);
      };
      const { store } = opened;
      const ownDeps = createTestDeps(store);
      expect((await run(ownDeps, ['keys', 'status', ...tenant])).out).toContain('has no signing keys yet');
      const first = await store.findSigningKey(own.tenant.id);
      const ring = createEncryptionKeyRing(`${randomKey('newer')},${oldKey}`);
      const newerStore = await opened.withKeys(ring);
      const newer = createTestDeps(newerStore);
      expect(await statesOf(newer)).toEqual(['current old']);
      const planned = await run(newer, ['keys', 'rotate', '--signing-keys', 'planned', ...tenant]);
      expect(planned.out).toContain('Replaced the signing keys of 1 tenant: the new ones sign in 25 hours.');
      expect(await statesOf(newer)).toEqual(['next newer', 'current newer']);
      expect((await newerStore.findSigningKey(own.tenant.id))?.kid).toBe(first?.kid);

      // With the key lost, only a replacement helps.
      const lostStore = await opened.withKeys(createEncryptionKeyRing(randomKey('newest')));
      const lost = createTestDeps(lostStore);
      expect((await run(lost, ['keys', 'rotate'])).out).toMatch(
        new RegExp(`No configured key opens the signing key ${first?.kid}, tenant ${own.tenant.id}: run "keys rotate`),
      );
      const atOnce = await run(lost, ['keys', 'rotate', '--signing-keys', 'at-once', ...tenant]);
      expect(atOnce.out).toContain('the new ones sign now.');
      expect(atOnce.out).not.toContain('opens the signing key');
      expect(await statesOf(lost)).toEqual(['current newest']);
      expect((await lostStore.findSigningKey(own.tenant.id))?.kid).not.toBe(first?.kid);
    });
  });

  describe('doctor', () => {
    const findingsOf = async (own: Scene, change: Partial<AdminDeps> = {}) => {
      const ran = await run(createTestDeps(opened.store, change), ['doctor', '--tenant', own.tenant.id, '--json']);
      const { findings, healthy } = ran.json() as {
        findings: { check: string; level: string; message: string; advice: string | null }[];
        healthy: boolean;
      };
      expect(ran.exitCode).toBe(healthy ? 0 : 1);
      for (const { level, advice } of findings) if (level === 'problem') expect(advice).not.toBeNull();
      return {
        problems: findings.filter(({ level }) => level === 'problem').map(({ check }) => check),
        notes: findings.filter(({ level }) => level === 'note').map(({ check }) => check),
        findings,
      };
    };

    it('finds nothing at a tenant where everybody can sign in', async () => {
      const own = await createScene(opened.store);
      expect((await findingsOf(own)).problems).toEqual([]);
      expect((await admin('doctor', '--tenant', own.tenant.domain)).out).toContain('Nothing would stop the users');
    });

    const CAUSES: readonly (readonly [name: string, check: string, cause: (own: Scene) => Promise<unknown>])[] = [
      [
        'the tenant is not entitled',
        'entitlement',
        ({ tenant }) => opened.store.setSsoEntitlement({ tenantId: tenant.id, entitled: false, actor: 'test' }),
      ],
      [
        'the connection is disabled',
        'connection',
        ({ tenant }) => opened.store.setConnectionEnabled({ tenantId: tenant.id, enabled: false, actor: 'test' }),
      ],
      [
        'the secret was altered',
        'client-secret',
        ({ tenant }) =>
          opened.query(`update connection_secrets set ciphertext = 'AAAA' where tenant_id = $1`, [tenant.id]),
      ],
      [
        'the secret is gone',
        'client-secret',
        ({ tenant }) => opened.query('delete from connection_secrets where tenant_id = $1', [tenant.id]),
      ],
      ['an address cannot be matched', 'email-unmatchable', ({ addUser }) => addUser({ email: 'Zoë@acme.example' })],
      ['addresses collide', 'email-collides', ({ addUser, user }) => addUser({ email: user.email.toUpperCase() })],
      [
        'everybody is disabled',
        'users',
        ({ tenant, user }) =>
          opened.store.setUserStatus({ tenantId: tenant.id, userId: user.id, status: 'disabled', actor: 'test' }),
      ],
      [
        'an identity waits',
        'identity-held',
        ({ tenant, user }) =>
          opened.store.holdIdentity({ tenantId: tenant.id, issuer: ISSUER, subject: 's', userId: user.id }),
      ],
    ];
    test.each(CAUSES)('finds that %s', async (_name, check, cause) => {
      const own = await createScene(opened.store);
      await cause(own);
      expect((await findingsOf(own)).problems).toEqual([check]);
    });

    test.each([
      ['is away', absentProvider, 'could not be reached'],
      [
        'calls itself otherwise',
        async () =>
          Response.json({
            issuer: 'https://login.acme.example',
            authorization_endpoint: 'https://login.acme.example/a',
            token_endpoint: 'https://login.acme.example/t',
            jwks_uri: 'https://login.acme.example/k',
          }),
        'another issuer',
      ],
      ['answers a page', async () => new Response('<html>'), 'not a valid OpenID Connect response'],
    ])('finds that the provider %s', async (_name, fetch, message) => {
      const own = await createScene(opened.store);
      const { problems, findings } = await findingsOf(own, { createFetch: () => fetch });
      expect(problems).toEqual(['discovery']);
      expect(findings.find(({ check }) => check === 'discovery')?.message).toContain(message);
    });

    it('reaches .localhost only for a tenant of this machine', async () => {
      const asked: boolean[] = [];
      const createFetch: AdminDeps['createFetch'] = ({ local }) => {
        asked.push(local);
        return absentProvider;
      };
      await findingsOf(await createScene(opened.store), { createFetch, localPort: 3000 });
      expect(asked).toEqual([false]);
    });

    it('notes what does not stop anybody', async () => {
      const own = await createScene(opened.store);
      await opened.store.recordFailedSignIn({
        tenantId: own.tenant.id,
        reference: 'r',
        product: 'cti',
        purpose: 'sign-in',
        stage: 'match',
        code: 'user-not-found',
        reason: null,
        userId: null,
      });
      const { notes, problems } = await findingsOf(own, { resolves: async () => false });
      expect(problems).toEqual([]);
      expect(notes).toEqual(['domain', 'products', 'recent-sign-ins']);
    });

    it('finds a tenant without anything', async () => {
      const name = `${randomUUID()}.ipscape.example`;
      await admin('tenant', 'add', name, '--name', 'Empty');
      const { out, exitCode } = await admin('doctor', '--tenant', name);
      expect(exitCode).toBe(1);
      expect(out).toContain('3 problems would stop users');
    });
  });

  it('A1 never prints a client secret, by any command and in any form', async () => {
    const own = await createScene(opened.store);
    await opened.store.setNextClientSecret({
      tenantId: own.tenant.id,
      clientSecret: `next-${own.secret}`,
      actor: 'test',
    });
    const rows = await opened.query<{ ciphertext: string }>(
      'select ciphertext from connection_secrets where tenant_id = $1',
      [own.tenant.id],
    );
    const tenant = ['--tenant', own.tenant.domain];
    const lines = [
      ['tenant', 'list'],
      ['tenant', 'show', ...tenant],
      ['user', 'list', ...tenant],
      ['identity', 'list', ...tenant],
      ['connection', 'show', ...tenant],
      ['keys', 'status'],
      ['keys', 'rotate'],
      ['session', 'list', ...tenant],
      ['audit', 'tail', ...tenant],
      ['doctor', ...tenant],
      ['connection', 'disable', ...tenant],
    ];
    const canaries = [own.secret, ...rows.map(({ ciphertext }) => ciphertext)].flatMap((text) => [
      text,
      encodeURIComponent(text),
      Buffer.from(text).toString('base64').slice(0, 40),
    ]);
    for (const line of lines.flatMap((argv) => [argv, [...argv, '--json']])) {
      const { out, err } = await admin(...line);
      for (const canary of canaries) expect(out + err, line.join(' ')).not.toContain(canary);
    }
  });

  it('says that the database is away, with exit code 3', async () => {
    const away = await open();
    await away.close();
    const { exitCode, err, out } = await run(createTestDeps(away.store), ['tenant', 'list']);
    expect([exitCode, out]).toEqual([3, '']);
    expect(err).toContain('Check that the server runs');
  });
});
