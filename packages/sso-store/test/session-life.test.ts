import { CALL_DEFERRAL_SECONDS, CALL_LEASE_SECONDS, type CallReport, type NewSession } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { ACTOR, createScene, openSession, type Scene } from './scene.js';
import { type TestStore, testStores } from './test-stores.js';

const HOUR = 3600;
const CAP = CALL_DEFERRAL_SECONDS.toolbar;
const CALL = { leaseSeconds: CALL_LEASE_SECONDS, deferralSeconds: CAP };

describe.each(await testStores())('the life of a session, on $name', ({ open }) => {
  let database: TestStore;
  let store: TestStore['store'];
  let scene: Scene;
  let session: NewSession;

  beforeAll(async () => {
    database = await open();
    store = database.store;
  });
  afterAll(() => database?.close());
  beforeEach(async () => {
    scene = await createScene(store);
    const user = await scene.addUser({ products: ['toolbar', 'cti', 'workspace'] });
    session = scene.newSession({
      userId: user.id,
      product: 'toolbar',
      idleSeconds: 4 * HOUR,
      absoluteSeconds: 13 * HOUR,
    });
    await openSession(store, session);
  });

  /** The time of the session's row passes, which is the same as the database's clock going on. */
  async function pass(seconds: number): Promise<void> {
    const times = ['created_at', 'idle_expires_at', 'absolute_expires_at', 'call_started_at', 'call_expires_at']
      .concat(['end_deferred_at', 'revoked_at'])
      .map((column) => `${column} = ${column} - make_interval(secs => $2)`);
    await database.query(`update sessions set ${times.join(', ')} where handle_hash = $1`, [
      session.handleHash,
      seconds,
    ]);
  }
  const report = (call: CallReport, change = {}) => store.reportCall(session, { report: call, ...CALL, ...change });
  const find = () => store.findSession(session);
  /** A call of so many seconds, reported once a minute. */
  async function onCall(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 60) {
      await pass(60);
      await report('continuing');
    }
  }
  async function deferrals(): Promise<unknown[]> {
    const events = await store.listAuditEvents(scene.tenant.id);
    return events
      .filter(({ action }) => action === 'session-end-deferred' || action === 'deferred-session-ended')
      .map(({ action, details }) => [action, details.reason])
      .reverse();
  }
  const chooseWaiting = (revocationWaitsForCalls = true) =>
    store.setSessionPolicy({ tenantId: scene.tenant.id, revocationWaitsForCalls, actor: ACTOR });
  const revoke = (atOnce?: boolean) =>
    store.revokeSessions({ tenantId: scene.tenant.id, actor: ACTOR, ...(atOnce === undefined ? {} : { atOnce }) });

  describe('without a call', () => {
    it('S5 lasts a shift of twelve hours in use, and ends at the absolute limit however busy', async () => {
      for (let quarter = 0; quarter < 12 * 4; quarter++) {
        await pass(HOUR / 4);
        expect(await store.touchSession(session)).toEqual((await find())?.expiresAt);
      }
      await pass(HOUR - 5);
      await store.touchSession(session);
      expect(await find()).not.toBeNull();
      await pass(6);
      expect(await store.touchSession(session)).toBeNull();
      expect(await find()).toBeNull();
      expect(await deferrals()).toEqual([]);
    });

    it('S5 ends for idleness a second after the limit and not before', async () => {
      await pass(4 * HOUR - 5);
      expect(await find()).not.toBeNull();
      await pass(6);
      expect(await find()).toBeNull();
      expect(await store.touchSession(session)).toBeNull();
      expect(await report('started')).toBe(false);
      expect(await find()).toBeNull();
      expect(await deferrals()).toEqual([]);
    });

    it('says by the database’s clock when it was read, and when which limit comes', async () => {
      const view = await find();
      const { readAt, idleExpiresAt, absoluteExpiresAt, call, deferral } = view?.life ?? expect.fail();
      expect(Math.round((Number(idleExpiresAt) - Number(readAt)) / 1000)).toBe(4 * HOUR);
      expect(Number(absoluteExpiresAt) - Number(idleExpiresAt)).toBe(9 * HOUR * 1000);
      expect([view?.expiresAt, call, deferral]).toEqual([idleExpiresAt, null, null]);
    });
  });

  describe('during a call', () => {
    it('counts every report as activity', async () => {
      await pass(4 * HOUR - 10);
      expect(await report('started')).toBe(true);
      await pass(CALL_LEASE_SECONDS + 60);
      expect(await find()).toMatchObject({ life: { call: null, deferral: null } });
      await pass(3 * HOUR);
      expect(await find()).not.toBeNull();
    });

    it('keeps when the call began, and says by when it must be reported again', async () => {
      await report('started');
      const started = (await find())?.life.call?.startedAt;
      await onCall(120);
      await report('started');
      const { call, readAt } = (await find())?.life ?? expect.fail();
      expect(Number(started) - Number(call?.startedAt)).toBe(120_000);
      expect(Math.round((Number(call?.reportBefore) - Number(readAt)) / 1000)).toBe(CALL_LEASE_SECONDS);
      await report('ended');
      expect((await find())?.life.call).toBeNull();
    });

    it('S5 an ordinary end waits for the call’s end', async () => {
      await store.touchSession(session);
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 30);
      await report('started');
      await onCall(10 * 60);
      const view = await find();
      expect(view?.life.deferral?.reason).toBe('absolute-limit');
      expect(view?.expiresAt).toEqual(view?.life.call?.reportBefore);
      const cap = Number(view?.life.deferral?.until) - Number(view?.life.absoluteExpiresAt);
      expect(cap).toBe(CAP * 1000);
      // Being looked at and touched changes nothing about the end.
      expect(await store.touchSession(session)).toBeNull();
      expect(await report('ended')).toBe(true);
      expect(await find()).toBeNull();
      expect(await report('continuing')).toBe(false);
      expect(await find()).toBeNull();
      expect(await deferrals()).toEqual([
        ['session-end-deferred', 'absolute-limit'],
        ['deferred-session-ended', 'absolute-limit'],
      ]);
    });

    it('S5 the cap ends a call that never ends', async () => {
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 60);
      await report('started');
      await onCall(60);
      await database.query(
        `update sessions set idle_expires_at = now() - make_interval(secs => $2 - 61),
           absolute_expires_at = now() - make_interval(secs => $2 - 61) where handle_hash = $1`,
        [session.handleHash, CAP],
      );
      expect(await report('continuing')).toBe(true);
      const { call, deferral } = (await find())?.life ?? expect.fail();
      expect(call?.reportBefore).toEqual(deferral?.until);
      await pass(62);
      expect(await report('continuing')).toBe(false);
      expect(await report('started')).toBe(false);
      expect(await find()).toBeNull();
      expect(await deferrals()).toEqual([['session-end-deferred', 'absolute-limit']]);
    });

    it('S5 a tab that crashed keeps the session for the lease and no longer', async () => {
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 10);
      await report('started');
      await pass(CALL_LEASE_SECONDS - 5);
      expect(await find()).not.toBeNull();
      await pass(6);
      expect(await find()).toBeNull();
      expect(await report('continuing')).toBe(false);
      // From the report that put the end off: nothing has to happen later for it to be on record.
      expect(await deferrals()).toEqual([['session-end-deferred', 'absolute-limit']]);
    });

    it('audits a deferral once, whoever reports at the same time', async () => {
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 30);
      const all = await Promise.all(Array.from({ length: 8 }, () => report('continuing')));
      expect(all).toEqual(all.map(() => true));
      await onCall(180);
      expect(await deferrals()).toEqual([['session-end-deferred', 'absolute-limit']]);
      const [event] = await store.listAuditEvents(scene.tenant.id, { limit: 1 });
      expect(event).toMatchObject({
        actor: session.userId,
        details: { product: 'toolbar', until: expect.any(String) },
      });
    });

    it('R18 however often a call begins and ends just before the end, one deferral is on record', async () => {
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 100);
      for (let call = 0; call < 3; call++) {
        await report('started');
        await report('ended');
        expect(await find()).not.toBeNull();
      }
      await report('started');
      expect(await deferrals()).toEqual([['session-end-deferred', 'absolute-limit']]);
    });

    it('far from the end nothing is put off or audited', async () => {
      await report('started');
      await onCall(180);
      await report('ended');
      expect(await find()).not.toBeNull();
      expect(await deferrals()).toEqual([]);
    });

    it('without time to wait the session ends at its limit', async () => {
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 30);
      await report('started', { deferralSeconds: 0 });
      await pass(31);
      expect(await find()).toBeNull();
      expect(await deferrals()).toEqual([]);
    });

    it('belongs to one tenant, product and session', async () => {
      const other = await createScene(store);
      for (const key of [
        { ...session, tenantId: other.tenant.id },
        { ...session, tenantId: '' },
        { ...session, product: 'cti' as const },
        { ...session, handleHash: '%' },
      ]) {
        expect(await store.reportCall(key, { report: 'started', ...CALL })).toBe(false);
      }
      expect((await find())?.life.call).toBeNull();
    });

    it('is not deleted with the outlived ones', async () => {
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 30);
      await report('started');
      await onCall(120);
      await store.deleteExpired(1000);
      expect(await find()).not.toBeNull();
      await report('ended');
      await store.deleteExpired(1000);
      const left = await database.query('select id from sessions where handle_hash = $1', [session.handleHash]);
      expect(left).toEqual([]);
    });

    it('is listed and can be revoked by its id past the absolute limit', async () => {
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 30);
      await report('started');
      await onCall(120);
      const { sessions, total } = await store.listSessions(scene.tenant.id);
      expect(total).toBe(1);
      const id = sessions[0]?.id ?? '';
      expect(await store.revokeSessions({ tenantId: scene.tenant.id, sessionId: id, actor: ACTOR })).toBe(1);
      expect(await find()).toBeNull();
    });
  });

  const REVOCATIONS: Record<string, () => Promise<unknown>> = {
    'an administrator revokes': () => revoke(),
    'the user is disabled': () =>
      store.setUserStatus({ tenantId: scene.tenant.id, userId: session.userId, status: 'disabled', actor: ACTOR }),
    'the product is taken away': () =>
      store.setUserProducts({
        tenantId: scene.tenant.id,
        userId: session.userId,
        products: ['workspace'],
        actor: ACTOR,
      }),
    'the connection is disabled': () =>
      store.setConnectionEnabled({ tenantId: scene.tenant.id, enabled: false, actor: ACTOR }),
    'the user is disabled by an import': async () => {
      const user = {
        id: session.userId,
        email: 'import@acme.example',
        name: 'Alice',
        role: 'agent' as const,
        products: ['toolbar' as const],
        status: 'disabled' as const,
      };
      await store.importUsers({
        tenantId: scene.tenant.id,
        actor: ACTOR,
        batches: (async function* () {
          yield [{ line: 1, user }];
        })(),
        report: () => {},
      });
    },
  };

  describe.each(Object.entries(REVOCATIONS))('revoked during a call because %s', (_name, cause) => {
    test('S8 ends at once', async () => {
      await report('started');
      await cause();
      expect(await find()).toBeNull();
      expect(await report('continuing')).toBe(false);
      expect(await deferrals()).toEqual([]);
    });

    test('S8 ends with the call where the tenant chose so', async () => {
      await chooseWaiting();
      await report('started');
      await cause();
      expect((await find())?.life.deferral?.reason).toBe('revocation');
      expect(await store.touchSession(session)).toBeNull();
      await onCall(180);
      expect(await find()).not.toBeNull();
      expect(await report('ended')).toBe(true);
      expect(await find()).toBeNull();
      expect(await deferrals()).toEqual([
        ['session-end-deferred', 'revocation'],
        ['deferred-session-ended', 'revocation'],
      ]);
    });
  });

  describe('while a sign-in is under way', () => {
    async function signInUnderWay(): Promise<NewSession> {
      const stateHash = scene.newSession().handleHash;
      await store.saveTransaction(scene.newTransaction({ stateHash, product: 'toolbar' }));
      const claim = await store.claimTransaction({ tenantId: scene.tenant.id, stateHash });
      if (claim.outcome !== 'claimed') expect.fail();
      return scene.newSession({ ...session, transactionId: claim.transaction.id, handleHash: `${stateHash}.` });
    }
    const OVERTAKING: Record<string, () => Promise<unknown>> = {
      'the user’s sessions are revoked': () =>
        store.revokeSessions({ tenantId: scene.tenant.id, userId: session.userId, actor: ACTOR }),
      'everybody’s sessions are revoked': () => revoke(),
      'everybody’s sessions of a product are revoked': () =>
        store.revokeSessions({ tenantId: scene.tenant.id, product: 'toolbar', actor: ACTOR }),
      'the user signs out everywhere': () => store.signOutEverywhere(session),
      'the user is disabled for a moment': async () => {
        const user = { tenantId: scene.tenant.id, userId: session.userId, actor: ACTOR };
        await store.setUserStatus({ ...user, status: 'disabled' });
        await store.setUserStatus({ ...user, status: 'active' });
      },
      'single sign-on is taken away for a moment': async () => {
        await store.setSsoEntitlement({ tenantId: scene.tenant.id, entitled: false, actor: ACTOR });
        await store.setSsoEntitlement({ tenantId: scene.tenant.id, entitled: true, actor: ACTOR });
      },
    };
    test.each(Object.entries(OVERTAKING))('S8 it opens nothing when %s', async (_name, overtake) => {
      const underWay = await signInUnderWay();
      await overtake();
      await expect(store.openSession(underWay)).rejects.toMatchObject({
        code: 'transaction-expired',
        details: { reason: 'signed-out-meanwhile' },
      });
      expect((await store.listSessions(scene.tenant.id)).total).toBe(0);
      await store.openSession(await signInUnderWay());
    });

    test('S8 at the very moment, whoever comes first: no session is left', async () => {
      for (let round = 0; round < 8; round++) {
        const underWay = await signInUnderWay();
        const opening = store.openSession(underWay).catch((error: unknown) => error);
        await Promise.all([opening, revoke()]);
        expect((await store.listSessions(scene.tenant.id)).total).toBe(0);
      }
    });

    test('ending one session, or somebody else’s, does not disturb it', async () => {
      const underWay = await signInUnderWay();
      const sessionId = (await find())?.id ?? expect.fail();
      await store.revokeSessions({ tenantId: scene.tenant.id, sessionId, actor: ACTOR });
      await store.revokeSessions({ tenantId: scene.tenant.id, userId: scene.user.id, actor: ACTOR });
      const other = await createScene(store);
      await store.revokeSessions({ tenantId: other.tenant.id, actor: ACTOR });
      await store.openSession(underWay);
      expect(await store.findSession(underWay)).not.toBeNull();
    });
  });

  describe('where revocations wait for calls', () => {
    beforeEach(() => chooseWaiting());

    test('S8 the cap counts from the revocation', async () => {
      await report('started');
      await revoke();
      const { deferral, readAt } = (await find())?.life ?? expect.fail();
      expect(Math.abs(Number(deferral?.until) - Number(readAt) - CAP * 1000)).toBeLessThan(5_000);
      await pass(60);
      await report('continuing');
      await database.query(
        `update sessions set idle_expires_at = now() - make_interval(secs => $2 + 1), absolute_expires_at = now() - make_interval(secs => $2 + 1),
           call_expires_at = now() - interval '1 second' where handle_hash = $1`,
        [session.handleHash, CAP],
      );
      expect(await report('continuing')).toBe(false);
      expect(await find()).toBeNull();
    });

    test('S8 a session that waits for its ordinary end gets no more time, and both deferrals are on record', async () => {
      await database.query(`update sessions set idle_expires_at = absolute_expires_at where handle_hash = $1`, [
        session.handleHash,
      ]);
      await pass(13 * HOUR - 30);
      await report('started');
      await onCall(120);
      const until = (await find())?.life.deferral?.until;
      await revoke();
      expect((await find())?.life.deferral).toEqual({ reason: 'revocation', until });
      expect(await deferrals()).toEqual([
        ['session-end-deferred', 'absolute-limit'],
        ['session-end-deferred', 'revocation'],
      ]);
    });

    test('S8 revoking again changes nothing but does not end it either; at once does', async () => {
      await report('started');
      expect(await revoke()).toBe(1);
      await revoke();
      expect(await find()).not.toBeNull();
      expect(await deferrals()).toHaveLength(1);
      await revoke(true);
      expect(await find()).toBeNull();
    });

    test('S8 a session without a call ends at once, and so does one whose lease has lapsed', async () => {
      await report('started');
      await pass(CALL_LEASE_SECONDS + 1);
      await revoke();
      expect(await find()).toBeNull();
      expect(await deferrals()).toEqual([]);
    });

    test('S8 nobody’s call keeps a revoked Workspace session', async () => {
      const workspace = scene.newSession({
        ...session,
        product: 'workspace',
        handleHash: scene.newSession().handleHash,
      });
      await store.openSession(workspace);
      await store.reportCall(workspace, { report: 'started', leaseSeconds: CALL_LEASE_SECONDS, deferralSeconds: 0 });
      await revoke();
      expect(await store.findSession(workspace)).toBeNull();
      expect(await deferrals()).toEqual([]);
    });

    test('S8 signing out ends it at once', async () => {
      await report('started');
      expect(await store.endSession(session)).toBe(true);
      expect(await find()).toBeNull();
    });

    test('S8 what the Service Desk takes away ends at once', async () => {
      await report('started');
      await store.setSsoEntitlement({ tenantId: scene.tenant.id, entitled: false, actor: ACTOR });
      expect(await find()).toBeNull();
      await store.setSsoEntitlement({ tenantId: scene.tenant.id, entitled: true, actor: ACTOR });
      expect(await find()).toBeNull();
    });

    test('S8 undoing what caused it does not bring the session back after the call', async () => {
      await report('started');
      const { tenantId, userId } = session;
      await store.setUserStatus({ tenantId, userId, status: 'disabled', actor: ACTOR });
      await store.setUserStatus({ tenantId, userId, status: 'active', actor: ACTOR });
      await report('ended');
      expect(await find()).toBeNull();
    });

    test('S8 choosing otherwise ends what waits, and is audited once', async () => {
      await report('started');
      await revoke();
      await chooseWaiting(false);
      await chooseWaiting(false);
      expect(await find()).toBeNull();
      const events = await store.listAuditEvents(scene.tenant.id);
      expect(
        events.filter(({ action }) => action === 'revocation-waits-for-calls-changed').map(({ details }) => details),
      ).toEqual([{ revocationWaitsForCalls: false }, { revocationWaitsForCalls: true }]);
      expect(await store.findSessionPolicy(scene.tenant.id)).toEqual({ revocationWaitsForCalls: false });
    });

    test('one tenant’s choice is not another’s', async () => {
      const other = await createScene(store);
      const theirs = other.newSession({ product: 'cti', idleSeconds: HOUR });
      await openSession(store, theirs);
      await store.reportCall(theirs, { report: 'started', ...CALL });
      await store.revokeSessions({ tenantId: other.tenant.id, actor: ACTOR });
      expect(await store.findSession(theirs)).toBeNull();
      expect(await store.findSessionPolicy('nobody')).toBeNull();
      await expect(
        store.setSessionPolicy({ tenantId: 'nobody', revocationWaitsForCalls: true, actor: ACTOR }),
      ).rejects.toMatchObject({ code: 'not-found' });
    });
  });

  describe('renewed', () => {
    const next = (change: Partial<NewSession> = {}): NewSession =>
      scene.newSession({ ...session, handleHash: scene.newSession().handleHash, reference: 'renewed', ...change });

    it('S1 S14 opens a session with limits of its own, and the one before is dead', async () => {
      await pass(3 * HOUR);
      const renewed = next();
      expect(await store.renewSession(renewed, session)).toBe('renewed');
      expect(await find()).toBeNull();
      const { life } = (await store.findSession(renewed)) ?? expect.fail();
      expect(Math.round((Number(life.absoluteExpiresAt) - Number(life.readAt)) / 1000)).toBe(13 * HOUR);
      const [line] = await store.listSignInLog(scene.tenant.id, { reference: 'renewed' });
      expect(line).toMatchObject({ purpose: 'renew', code: 'signed-in', userId: session.userId });
    });

    test('S8 at the very moment when everybody is signed out, whoever comes first: no session is left', async () => {
      for (let round = 0; round < 4; round++) {
        const sessions = await Promise.all(
          Array.from({ length: 12 }, async () => {
            const { id } = await scene.addUser({ products: ['toolbar'] });
            const previous = scene.newSession({ userId: id, subject: id, product: 'toolbar' });
            await openSession(store, previous);
            return previous;
          }),
        );
        const renewals = sessions.map((previous) =>
          store.renewSession(next({ userId: previous.userId, subject: previous.subject }), previous),
        );
        await Promise.all([...renewals.slice(0, 6), revoke(), ...renewals.slice(6)]);
        expect((await store.listSessions(scene.tenant.id)).total).toBe(0);
      }
    });

    it('of many at once renews one', async () => {
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => store.renewSession(next(), session)));
      expect(outcomes.filter((outcome) => outcome === 'renewed')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'no-session')).toHaveLength(5);
      expect((await store.listSessions(scene.tenant.id)).total).toBe(1);
    });

    const REFUSALS: Record<string, readonly [string, () => Promise<unknown>]> = {
      'it ended': ['no-session', () => store.endSession(session)],
      'it idled out': ['no-session', () => pass(4 * HOUR + 1)],
      'it was revoked': ['no-session', () => revoke()],
      'it was revoked and waits for a call': [
        'no-session',
        async () => {
          await chooseWaiting();
          await report('started');
          await revoke();
          expect(await find()).not.toBeNull();
        },
      ],
      'the user is disabled': ['no-session', REVOCATIONS['the user is disabled'] ?? expect.fail],
      'the product is taken away': ['no-session', REVOCATIONS['the product is taken away'] ?? expect.fail],
    };
    test.each(Object.entries(REFUSALS))('S14 not when %s', async (_name, [outcome, cause]) => {
      await cause();
      expect(await store.renewSession(next(), session)).toBe(outcome);
      const { sessions } = await store.listSessions(scene.tenant.id);
      expect(sessions.filter(({ absoluteExpiresAt }) => Number(absoluteExpiresAt) > Date.now() + HOUR)).toEqual([]);
    });

    it('S14 not for another user, product or tenant', async () => {
      const other = await createScene(store);
      const renewals = [
        store.renewSession(next({ userId: scene.user.id }), session),
        store.renewSession(next({ product: 'cti' }), session),
        store.renewSession(next(), { ...session, product: 'cti' }),
        store.renewSession(next({ tenantId: other.tenant.id, userId: other.user.id }), session),
        store.renewSession(next(), { ...session, tenantId: other.tenant.id }),
      ];
      expect(await Promise.all(renewals)).toEqual([
        'other-user',
        'no-session',
        'no-session',
        'other-user',
        'no-session',
      ]);
      expect(await find()).not.toBeNull();
      expect((await store.listSessions(scene.tenant.id)).total).toBe(1);
    });
  });
});
