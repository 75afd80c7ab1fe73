import type { NewSession } from '@ipscape/sso-core';
import { SsoError } from '@ipscape/sso-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SsoStore } from '../src/assemble-store.js';
import { ACTOR, createScene, ISSUER, type Scene } from './scene.js';
import { type TestStore, testStores } from './test-stores.js';

const OTHER_ISSUER = 'https://other.okta.com';

/** What takes a session's ground away, and what a start of one is told afterwards. */
const CHANGES: Readonly<
  Record<string, { readonly code: string; readonly apply: (store: SsoStore, scene: Scene) => Promise<unknown> }>
> = {
  'the user is disabled': {
    code: 'user-inactive',
    apply: (store, { tenant, user }) =>
      store.setUserStatus({ tenantId: tenant.id, userId: user.id, status: 'disabled', actor: ACTOR }),
  },
  'the product is taken away': {
    code: 'product-not-permitted',
    apply: (store, { tenant, user }) =>
      store.setUserProducts({ tenantId: tenant.id, userId: user.id, products: ['cti'], actor: ACTOR }),
  },
  'the identity is released': {
    code: 'connection-changed',
    apply: (store, { tenant }) =>
      store.releaseIdentity({ tenantId: tenant.id, issuer: ISSUER, subject: 'subject', actor: ACTOR }),
  },
  'single sign-on is disabled': {
    code: 'connection-changed',
    apply: (store, { tenant }) => store.setConnectionEnabled({ tenantId: tenant.id, enabled: false, actor: ACTOR }),
  },
  'another issuer is put into force': {
    code: 'connection-changed',
    apply: (_store, scene) => scene.activate({ issuer: OTHER_ISSUER }),
  },
};

/** As if it had never happened, so that a session that slipped through would be alive. */
async function undo(store: SsoStore, scene: Scene): Promise<void> {
  const { tenant, user } = scene;
  const key = { tenantId: tenant.id, userId: user.id, actor: ACTOR };
  await store.setUserStatus({ ...key, status: 'active' });
  await store.setUserProducts({ ...key, products: ['workspace', 'cti'] });
  await store.setConnectionEnabled({ ...key, enabled: true });
  const connection = await store.findConnection(tenant.id);
  if (connection?.active?.issuer !== ISSUER) await scene.activate();
  await store.pinIdentity({ ...key, issuer: ISSUER, subject: 'subject' });
}

const codeOf = (error: unknown): unknown => (SsoError.is(error) ? error.code : error);
const outcomeOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'opened', codeOf);

describe.each(await testStores())('what a session rests on, on $name', ({ open }) => {
  let opened: TestStore;
  let store: SsoStore;
  beforeAll(async () => {
    opened = await open();
    ({ store } = opened);
  });
  afterAll(() => opened?.close());

  async function pinnedScene(): Promise<Scene> {
    const scene = await createScene(store);
    await store.pinIdentity({ tenantId: scene.tenant.id, issuer: ISSUER, subject: 'subject', userId: scene.user.id });
    return scene;
  }

  test.each(Object.entries(CHANGES))('R22 none is opened after %s', async (_name, { code, apply }) => {
    const scene = await pinnedScene();
    await apply(store, scene);
    const session = scene.newSession();
    expect(await outcomeOf(store.openSession(session))).toBe(code);
    await undo(store, scene);
    expect(await store.findSession(session)).toBeNull();
    expect(await store.listSignInLog(scene.tenant.id)).toEqual([]);
  });

  test.each<[string, (scene: Scene) => Partial<NewSession>]>([
    ['of another subject', () => ({ subject: 'another' })],
    ['of the subject in other letters', () => ({ subject: 'Subject' })],
    ['of another issuer', () => ({ issuer: OTHER_ISSUER })],
    ['of another connection', () => ({ connectionId: 'another' })],
  ])('T4, R22 none is opened for an identity %s', async (_name, change) => {
    const scene = await pinnedScene();
    expect(await outcomeOf(store.openSession(scene.newSession(change(scene))))).toBe('connection-changed');
  });

  test('T4, R22 none is opened for an identity that is another user’s', async () => {
    const scene = await pinnedScene();
    const { id: userId } = await scene.addUser();
    expect(await outcomeOf(store.openSession(scene.newSession({ userId })))).toBe('connection-changed');
  });

  describe.each(Object.entries(CHANGES))('R22 %s', (_name, { code, apply }) => {
    test('at the moment of a sign-in: there is no session, whichever was first', async () => {
      const scene = await pinnedScene();
      for (let round = 0; round < 12; round++) {
        const sessions = [scene.newSession(), scene.newSession({ product: 'workspace' })];
        const [outcomes] = await Promise.all([
          Promise.all(sessions.map((session) => outcomeOf(store.openSession(session)))),
          apply(store, scene),
        ]);
        expect(outcomes.filter((outcome) => outcome !== 'opened' && outcome !== code)).toEqual([]);
        await undo(store, scene);
        for (const session of sessions) expect(await store.findSession(session)).toBeNull();
      }
    });

    test('at the moment of a renewal: there is no session, neither the old one nor the new one', async () => {
      const scene = await pinnedScene();
      for (let round = 0; round < 12; round++) {
        const previous = scene.newSession();
        await store.openSession(previous);
        const next = scene.newSession();
        const [outcome] = await Promise.all([store.renewSession(next, previous), apply(store, scene)]);
        expect(['renewed', 'no-session']).toContain(outcome);
        await undo(store, scene);
        for (const session of [previous, next]) expect(await store.findSession(session)).toBeNull();
      }
    });
  });

  test('R22 many sign-ins and renewals of one user at once all succeed', async () => {
    const scene = await pinnedScene();
    const sessions = Array.from({ length: 30 }, (_, index) =>
      scene.newSession({ product: index % 2 ? 'cti' : 'workspace' }),
    );
    expect(new Set(await Promise.all(sessions.map((session) => outcomeOf(store.openSession(session)))))).toEqual(
      new Set(['opened']),
    );
    const renewals = sessions.map((session) =>
      store.renewSession(scene.newSession({ product: session.product }), session),
    );
    expect(new Set(await Promise.all(renewals))).toEqual(new Set(['renewed']));
  });

  describe('T6 another issuer in force', () => {
    test('ends the sessions that the old one’s word opened, in all products, and for good', async () => {
      const scene = await pinnedScene();
      const sessions = [scene.newSession(), scene.newSession({ product: 'cti' })];
      for (const session of sessions) await store.openSession(session);
      const neighbour = await pinnedScene();
      const foreign = neighbour.newSession();
      await store.openSession(foreign);
      await scene.activate({ issuer: OTHER_ISSUER });
      for (const session of sessions) expect(await store.findSession(session)).toBeNull();
      await scene.activate();
      for (const session of sessions) expect(await store.findSession(session)).toBeNull();
      expect(await store.findSession(foreign)).not.toBeNull();
    });

    test('again after a step back, which ends what the new one opened', async () => {
      const scene = await pinnedScene();
      const { tenant, user, revision } = scene;
      await scene.activate({ issuer: OTHER_ISSUER });
      await store.pinIdentity({ tenantId: tenant.id, issuer: OTHER_ISSUER, subject: 'new', userId: user.id });
      const session = scene.newSession({ issuer: OTHER_ISSUER, subject: 'new' });
      await store.openSession(session);
      await store.restoreRevision({ tenantId: tenant.id, revisionId: revision.revisionId, actor: ACTOR });
      expect(await store.findSession(session)).toBeNull();
    });

    test('a new secret or client of the same issuer ends none', async () => {
      const scene = await pinnedScene();
      const session = scene.newSession();
      await store.openSession(session);
      await scene.activate();
      expect(await store.findSession(session)).not.toBeNull();
    });

    test('the one session that made the change goes on, and no other', async () => {
      const scene = await pinnedScene();
      const { tenant } = scene;
      const [own, other] = [scene.newSession(), scene.newSession()];
      for (const session of [own, other]) await store.openSession(session);
      const keptSessionId = (await store.findSession(own))?.id ?? '';
      const draft = { tenantId: tenant.id, providerId: 'okta', issuer: OTHER_ISSUER, clientId: 'x', config: {} };
      const { revisionId } = await store.createDraft({ ...draft, clientSecret: { value: 's' }, actor: ACTOR });
      await store.markAuthorised({ tenantId: tenant.id, revisionId, actor: ACTOR });
      await store.activateRevision({ tenantId: tenant.id, revisionId, actor: ACTOR, keptSessionId });
      expect(await store.findSession(own)).not.toBeNull();
      expect(await store.findSession(other)).toBeNull();
    });
  });
});
