import { redirectUris } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type Rig, sessionCookies, signIn, startRig } from '../support/rig.js';
import {
  type Authorisation,
  linkedClient,
  type SettingsClient,
  signedInClient,
  walkRounds,
} from '../support/settings-link-client.js';

const stores = await testStores();

describe.each(stores)('the proof of settings, on $name', ({ open }) => {
  let rig: Rig;
  let administrator: SettingsClient;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from authorisation_rounds');
    await rig.database.query('delete from authorisations');
    for (const { org, origin, clientId } of Object.values(rig.tenants)) {
      for (const uri of redirectUris(origin)) org.addRedirectUri(clientId, uri);
    }
    administrator = await signedInClient(rig, new HttpBrowser());
  });

  /** *Save and authorise* as far as Okta. */
  async function goToOkta(client: SettingsClient, revisionId: string) {
    const begun = (await client.post('authorise', { revisionId })).json() as {
      authorisation: Authorisation;
      open: string;
    };
    const page = await client.browser.request(client.tenant.origin + begun.open);
    const oktaUrl = /content="0;url=([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    return { oktaUrl, roundUrl: client.tenant.origin + begun.open, id: begun.authorisation.authorisationId };
  }
  /** And back with somebody, to the callback's address, not opened yet. */
  async function goToCallback(client: SettingsClient, revisionId: string, person = 'admin') {
    const begun = await goToOkta(client, revisionId);
    const callback = await chooseUser(client.browser, begun.oktaUrl, `${person}@acme.example`);
    return { ...begun, callback };
  }
  const verdictOf = async (client: SettingsClient, id: string) =>
    (await client.get(`authorisations/${id}`)).json() as unknown as Authorisation;
  const activeRevision = async () => (await rig.store.findConnection('acme'))?.active?.revisionId;
  /** A9, A8: whatever happens to drafts, agents sign in. */
  const expectLiveLogin = async () => expect((await signIn(rig, new HttpBrowser())).status).toBe(303);

  async function expectNotSaved(client: SettingsClient, revisionId: string, ...codes: string[]): Promise<void> {
    const before = await activeRevision();
    const answer = await client.post('save', { revisionId });
    expect(codes).toContain(answer.json().code);
    expect(await activeRevision()).toBe(before);
    await expectLiveLogin();
  }

  describe('A8 is worth nothing', () => {
    test('for a draft that was not authorised', async () => {
      await expectNotSaved(administrator, await administrator.draft(), 'revision-not-authorised');
    });

    test('when the draft was edited while at Okta', async () => {
      const first = await administrator.draft();
      const { callback, id } = await goToCallback(administrator, first);
      const second = await administrator.draft();
      const answer = await administrator.browser.ask(callback);
      expect(answer.json()).toMatchObject({ code: 'connection-changed' });
      expect(await verdictOf(administrator, id)).not.toMatchObject({ status: 'succeeded' });
      expect(rig.requestsTo('acme').filter((endpoint) => endpoint === 'token')).toHaveLength(1);
      for (const revisionId of [first, second]) {
        await expectNotSaved(administrator, revisionId, 'revision-not-authorised', 'not-found');
      }
    });

    test('when the draft was edited between two rounds', async () => {
      const first = await administrator.draft();
      const { callback, roundUrl, id } = await goToCallback(administrator, first);
      expect((await administrator.browser.request(callback)).location()).toBe(roundUrl);
      await administrator.draft();
      await walkRounds(administrator.browser, roundUrl, 'admin@acme.example');
      expect((await verdictOf(administrator, id)).failure?.code).toBe('connection-changed');
      await expectNotSaved(administrator, first, 'revision-not-authorised');
    });

    test('when the draft was edited after it', async () => {
      const first = await administrator.draft();
      expect((await administrator.authorise(first)).status).toBe('succeeded');
      const second = await administrator.draft();
      for (const revisionId of [first, second]) {
        await expectNotSaved(administrator, revisionId, 'revision-not-authorised');
      }
    });

    test('when the redirect URIs are others than those that were proved', async () => {
      const revisionId = await administrator.draft();
      await administrator.authorise(revisionId);
      await rig.database.query(
        "update authorisation_rounds set redirect_uri = redirect_uri || '/other' where route = 'cti'",
      );
      await expectNotSaved(administrator, revisionId, 'revision-not-authorised');
    });

    test('at another tenant', async () => {
      const revisionId = await administrator.draft();
      await administrator.authorise(revisionId);
      const other = await linkedClient(rig, new HttpBrowser(), 'globex');
      expect((await other.post('save', { revisionId })).json()).toMatchObject({ code: 'not-found' });
    });

    test('a second time: what was superseded does not come back by an old proof', async () => {
      const first = await administrator.connect();
      await administrator.connect();
      await expectNotSaved(administrator, first, 'revision-not-authorised');
    });

    test('nor does it need to be worth more: two administrators who save it at once put it into force once', async () => {
      const revisionId = await administrator.draft();
      await administrator.authorise(revisionId);
      const clients = [administrator, await linkedClient(rig, new HttpBrowser())];
      const answers = await Promise.all(clients.map((client) => client.post('save', { revisionId })));
      expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
      expect(answers.every(({ status }) => status < 500)).toBe(true);
      expect(await activeRevision()).toBe(revisionId);
      await expectLiveLogin();
    });
  });

  describe('A9', () => {
    test('shows the claims by name and the user, and makes and changes no session', async () => {
      const { browser, tenant } = administrator;
      const handle = browser.findCookie(tenant.origin, '__Host-ipscape-workspace');
      const before = await rig.snapshot();
      browser.answers.length = 0;
      const verdict = await administrator.authorise(await administrator.draft());
      expect(verdict).toMatchObject({
        status: 'succeeded',
        failure: null,
        matchedUser: { id: 'acme-admin', email: 'admin@acme.example' },
      });
      expect(verdict.claims).toContain('email');
      expect(verdict.redirectUris.map(({ state }) => state)).toEqual(['proved', 'proved', 'proved', 'proved']);
      expect(browser.answers.flatMap(sessionCookies)).toEqual([]);
      expect(browser.findCookie(tenant.origin, '__Host-ipscape-workspace')).toBe(handle);
      const after = await rig.snapshot();
      expect([after.sessions, after.users]).toEqual([before.sessions, before.users]);
    });

    test.each(['agent', 'not-in-ipscape', 'inactive'] as const)(
      'by somebody else (%s) is refused, and the administrator stays who they are',
      async (person) => {
        const verdict = await administrator.authorise(await administrator.draft(), person);
        const codes = { agent: 'user-mismatch', 'not-in-ipscape': 'user-not-found', inactive: 'user-inactive' };
        expect(verdict).toMatchObject({ status: 'failed', failure: { code: codes[person] } });
        const session = await administrator.get('/workspace/session');
        expect(session.json()).toMatchObject({ user: { email: 'admin@acme.example' } });
      },
    );

    test('P25, A11 asks the administrator to sign in afresh, and takes no earlier sign-in for it', async () => {
      const { org } = administrator.tenant;
      const { oktaUrl } = await goToOkta(administrator, await administrator.draft());
      expect(new URL(oktaUrl).searchParams.get('prompt')).toBe('login');
      const started = Math.floor(Date.now() / 1000);
      for (const [secondsAgo, status] of [
        [600, 'failed'],
        [90, 'failed'],
        [0, 'succeeded'],
      ] as const) {
        // As when somebody at the desk takes `prompt=login` out of the address.
        const mutate = (header: object, payload: object) => ({
          header: { ...header },
          payload: { ...payload, auth_time: started - secondsAgo },
        });
        org.faults.idToken = { mutate };
        const verdict = await administrator.authorise(await administrator.draft());
        expect([secondsAgo, verdict.status]).toEqual([secondsAgo, status]);
        if (status === 'failed')
          expect(verdict).toMatchObject({ failure: { code: 'interaction-required' }, matchedUser: null });
      }
    });

    test('whoever came by link proves it with an administrator’s account only', async () => {
      const link = await linkedClient(rig, new HttpBrowser());
      expect((await link.authorise(await link.draft(), 'agent')).failure?.code).toBe('administrator-required');
      expect((await link.authorise(await link.draft())).status).toBe('succeeded');
      // And is signed in to nothing afterwards.
      expect((await link.get('/workspace/session')).status).toBe(401);
    });

    test('its address is of no use to somebody who was lured to it', async () => {
      const { roundUrl, id, callback } = await goToCallback(administrator, await administrator.draft());
      const lured: [HttpBrowser, number][] = [[new HttpBrowser(), 401]];
      const agent = new HttpBrowser();
      await signIn(rig, agent);
      lured.push([agent, 403]);
      for (const [browser, status] of lured) {
        for (const url of [roundUrl, callback]) expect((await browser.ask(url)).status).toBe(status);
      }
      // Another administrator neither: not in this browser, not with this session.
      const other = await signedInClient(rig, new HttpBrowser());
      expect((await other.browser.ask(roundUrl)).json()).toMatchObject({ code: 'not-found' });
      expect((await other.browser.ask(callback)).json()).toMatchObject({ code: 'browser-mismatch' });
      expect(await verdictOf(administrator, id)).toMatchObject({ status: 'running', matchedUser: null });
    });

    test('it is finished by the very session that began it, even in the same browser', async () => {
      const { callback, id } = await goToCallback(administrator, await administrator.draft());
      await signIn(rig, administrator.browser, { person: 'admin', query: 'other_account=true' });
      const answer = await administrator.browser.ask(callback);
      expect(answer.status).toBe(404);
      expect(await verdictOf(administrator, id)).toMatchObject({ status: 'running', matchedUser: null });
    });
  });

  describe('A10', () => {
    const elapse = (seconds: number) =>
      rig.database.query(
        `update authorisation_rounds set started_at = started_at - make_interval(secs => $1)
         where answered_at is null and started_at is not null`,
        [seconds],
      );
    const ROUTES = [
      ['/workspace/authorize-sso', 'authorise', 119, 121],
      ['/workspace/security/sso-oauth-callback', 'workspace', 19, 21],
      ['/cti/login', 'cti', 19, 21],
      ['/toolbar/login', 'toolbar', 19, 21],
    ] as const;

    test.each(ROUTES)(
      '%s missing at Okta: a verdict within two minutes, which names it',
      async (path, route, before, after) => {
        const { org, clientId, origin } = administrator.tenant;
        org.removeRedirectUri(clientId, origin + path);
        const revisionId = await administrator.draft();
        const { roundUrl, id } = await goToOkta(administrator, revisionId);
        const stuck = await walkRounds(administrator.browser, roundUrl, 'admin@acme.example');
        expect([new URL(stuck.url).host, stuck.status]).toEqual([org.host, 400]);
        expect(await verdictOf(administrator, id)).toMatchObject({ status: 'running', failure: null });
        await elapse(before);
        expect(await verdictOf(administrator, id)).toMatchObject({ status: 'running', failure: null });
        await elapse(after - before);
        const { status, failure, redirectUris } = await verdictOf(administrator, id);
        expect([status, failure?.code]).toEqual(['failed', 'request-rejected']);
        expect(failure?.advice).toContain(origin + path);
        const missing = redirectUris.filter(({ state }) => state === 'missing');
        expect(missing).toEqual([{ route, redirectUri: origin + path, state: 'missing' }]);
        // Whoever comes back after all is too late.
        org.addRedirectUri(clientId, origin + path);
        await expectNotSaved(administrator, revisionId, 'revision-not-authorised');
        await walkRounds(administrator.browser, roundUrl, 'admin@acme.example');
        expect((await verdictOf(administrator, id)).status).toBe('failed');
        expect((await administrator.authorise(await administrator.draft())).status).toBe('succeeded');
      },
    );

    test('a Client ID that Okta does not know has its verdict at once', async () => {
      const revisionId = await administrator.draft({ clientId: '0oanotknown000000000' });
      const answer = await administrator.post('authorise', { revisionId });
      expect(answer.json()).toMatchObject({
        authorisation: { status: 'failed', failure: { code: 'client-rejected' } },
      });
    });
  });

  describe('A13', () => {
    test('the second of two administrators gets a conflict with what differs, without the secret', async () => {
      const other = await linkedClient(rig, new HttpBrowser());
      const seenRevisionId = await administrator.seenRevisionId();
      const first = { ...administrator.typed, clientId: '0oafirst000000000000' };
      const second = {
        ...administrator.typed,
        clientId: '0oasecond00000000000',
        clientSecret: 'a-secret-of-the-second',
      };
      const saved = await other.post('draft', { providerId: 'okta', values: first, seenRevisionId });
      expect(saved.status).toBe(200);
      const answer = await administrator.post('draft', { providerId: 'okta', values: second, seenRevisionId });
      expect(answer.status).toBe(409);
      expect(answer.json()).toMatchObject({
        newest: { revisionId: (saved.json().revision as { revisionId: string }).revisionId },
        differences: [{ field: 'clientId', yours: second.clientId, theirs: first.clientId }],
      });
      for (const secret of [first.clientSecret, second.clientSecret]) expect(answer.text).not.toContain(secret);
      expect((await rig.store.findConnection('acme'))?.pending?.clientId).toBe(first.clientId);
    });

    test('of ten drafts at once from the same revision one is saved', async () => {
      const clients = await Promise.all(Array.from({ length: 5 }, () => linkedClient(rig, new HttpBrowser())));
      const seenRevisionId = await administrator.seenRevisionId();
      const before = (await rig.store.listRevisions('acme')).length;
      const answers = await Promise.all(
        [...clients, ...clients].map((client) =>
          client.post('draft', { providerId: 'okta', values: client.typed, seenRevisionId }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
      expect((await rig.store.listRevisions('acme')).length).toBe(before + 1);
    });
  });
});
