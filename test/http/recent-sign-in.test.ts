import { RECENT_SIGN_IN_MAX_AGE_SECONDS, SSO_ERRORS } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SETTINGS_ACTIONS } from '../../apps/workspace-auth/src/settings/settings-actions.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type Rig, startRig } from '../support/rig.js';
import {
  linkedClient,
  SETTINGS,
  type SettingsClient,
  settingsClient,
  signedInClient,
  walkRounds,
} from '../support/settings-link-client.js';
import { digestTenant, listSettingsRoutes, type SettingsRoute, type Values } from '../support/settings-routes.js';

const CODE = 'recent-sign-in-required';
/** Refusals are audited, and a session in use is touched; nothing else may change by what is refused. */
const LOGS = ['audit_events', 'sign_in_log', 'sessions'];
/** They put nothing into force: a draft, and its proof, which asks for a sign-in of its own. */
const UNASKED = ['draft', 'authorise'];
/** Beyond the difference of clocks that is tolerated. */
const TOO_OLD_SECONDS = RECENT_SIGN_IN_MAX_AGE_SECONDS + 65;
const YOUNG_SECONDS = TOO_OLD_SECONDS - 60;
const POLICY = { revocationWaitsForCalls: false };
const JSON_ONLY = { headers: { accept: 'application/json' } };

describe.each(await testStores())('the sign-in behind a change of the settings, on $name,', ({ open }) => {
  let rig: Rig;
  let administrator: SettingsClient;
  let routes: readonly SettingsRoute[];
  beforeAll(async () => {
    rig = await startRig(await open());
    routes = await listSettingsRoutes(settingsClient(rig, new HttpBrowser()));
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    for (const table of ['authorisation_rounds', 'authorisations', 'sessions']) {
      await rig.database.query(`delete from ${table}`);
    }
    administrator = await signedInClient(rig, new HttpBrowser());
  });

  const age = (seconds: number, column: 'auth_time' | 'created_at' = 'auth_time') =>
    rig.database.query(`update sessions set ${column} = now() - make_interval(secs => $1)`, [seconds]);
  const choose = (options = {}) => administrator.post('session-policy', POLICY, options);
  const verdictOf = ({ status, text }: Answer) => [status, text.includes(CODE) ? CODE : ''];

  /** Of the apps' own lists, so that a new one is among them. */
  async function listChanges() {
    const seen = (await administrator.seenRevisionId()) ?? '';
    const values: Values = { providerId: 'okta', values: administrator.typed, revisionId: seen };
    const api = routes.filter(({ method, path }) => method === 'POST' && !path.startsWith(SETTINGS));
    // With Enable not ticked, Save disables.
    const forms = [...Object.keys(SETTINGS_ACTIONS), 'set-frame-origins', 'save'].map((action) => ({
      name: `button ${action}`,
      fields: { action, nextSecret: 'n'.repeat(64), seen, shownEnabled: 'true' },
    }));
    const changes = api.filter(({ path }) => !UNASKED.some((name) => path.endsWith(`/${name}`)));
    expect(changes).toHaveLength(api.length - UNASKED.length);
    return [
      ...changes.map(({ path, send }) => ({ name: path, send: () => send(administrator, values, JSON_ONLY) })),
      ...forms.map(({ name, fields }) => ({ name, send: () => administrator.submit(fields, JSON_ONLY) })),
    ];
  }

  test('A11 is of the last hour for every change, which is else refused and changes nothing', async () => {
    const changes = await listChanges();
    expect(changes.length).toBeGreaterThan(25);
    await age(TOO_OLD_SECONDS);
    const before = await digestTenant(rig.database, 'acme', LOGS);
    for (const { name, send } of changes) {
      const answer = await send();
      expect([name, answer.status, answer.headers['content-type']]).toEqual([name, 403, 'application/problem+json']);
      expect([name, answer.json()]).toMatchObject([name, { code: CODE, title: SSO_ERRORS[CODE], status: 403 }]);
      const [event] = await rig.store.listAuditEvents('acme', { limit: 1 });
      expect([name, event]).toMatchObject([
        name,
        { action: 'change-refused', actor: 'acme-admin', details: { reason: CODE } },
      ]);
    }
    expect(await digestTenant(rig.database, 'acme', LOGS)).toEqual(before);
  });

  test('A11 a minute younger may change everything', async () => {
    const changes = await listChanges();
    for (const { name, send } of changes) {
      // One of them ends all sessions.
      if ((await administrator.get('settings')).status === 401) {
        await rig.repair();
        administrator = await signedInClient(rig, new HttpBrowser());
      }
      await age(YOUNG_SECONDS);
      const answer = await send();
      expect([name, answer.status === 401, answer.text.includes(CODE)]).toEqual([name, false, false]);
    }
    await rig.repair();
    administrator = await signedInClient(rig, new HttpBrowser());
    await age(YOUNG_SECONDS);
    expect((await choose()).status).toBe(200);
  });

  test('A11 of any age lets read everything', async () => {
    await age(11 * 3600);
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      const answer = await route.send(administrator, {});
      expect([route.path, answer.status]).toEqual([route.path, route.names.includes('id') ? 404 : 200]);
    }
  });

  test('A11 is not later than its session, whatever the provider says of it', async () => {
    await age(-24 * 3600);
    await age(TOO_OLD_SECONDS, 'created_at');
    expect(verdictOf(await choose())).toEqual([403, CODE]);
  });

  test('A11 is asked for on a page, and the change works afterwards, under the same key too', async () => {
    await age(TOO_OLD_SECONDS);
    const key = { headers: { ...JSON_ONLY.headers, 'idempotency-key': 'once-more' } };
    expect(verdictOf(await choose(key))).toEqual([403, CODE]);
    const fields = { action: 'revoke-at-once', idempotencyKey: 'page-once-more' };
    const page = await administrator.submit(fields);
    expect([page.status, page.headers.location, page.headers['cache-control']]).toEqual([403, undefined, 'no-store']);
    expect(page.text).toMatch(
      /sign in once more: you signed in on <time datetime="[^"]*">[^<]* UTC<\/time>, more than/,
    );
    const [, href = ''] = /<a class="button" href="([^"]*)">/.exec(page.text) ?? [];
    const { browser, tenant } = administrator;
    const away = await browser.request(tenant.origin + href.replaceAll('&amp;', '&'));
    expect(new URL(away.location()).searchParams.get('prompt')).toBe('login');
    const back = await browser.request(await chooseUser(browser, away.location(), 'admin@acme.example'));
    expect([back.status, back.headers.location]).toEqual([303, SETTINGS]);
    expect((await administrator.submit(fields)).text).toContain('Revoked sessions end at once');
    expect((await choose(key)).json()).toEqual(POLICY);
  });

  test('A11 that the provider does not renew is asked for again on the next press, in no loop', async () => {
    const signedInAt = Math.floor(Date.now() / 1000) - TOO_OLD_SECONDS;
    const mutate = (header: object, payload: object) => ({
      header: { ...header },
      payload: { ...payload, auth_time: signedInAt },
    });
    administrator.tenant.org.faults.idToken = { mutate };
    administrator = await signedInClient(rig, new HttpBrowser());
    expect((await administrator.get(SETTINGS)).status).toBe(200);
    const page = await administrator.submit({ action: 'revoke-at-once' });
    expect([page.status, page.headers.location, page.headers.refresh]).toEqual([403, undefined, undefined]);
    expect(page.text).toContain(new Date(signedInAt * 1000).toISOString().slice(0, 19));
    expect(page.text).not.toMatch(/http-equiv="refresh"|<script/);
  });

  describe('A11 Save and authorise', () => {
    const begin = async (revisionId: string) => administrator.post('authorise', { revisionId });
    const save = (revisionId: string) => administrator.post('save', { revisionId });

    test('asks for no second sign-in: its own counts for an hour', async () => {
      await age(TOO_OLD_SECONDS);
      const revisionId = await administrator.draft();
      expect(await administrator.authorise(revisionId)).toMatchObject({ status: 'succeeded' });
      expect((await save(revisionId)).status).toBe(200);
      expect((await choose()).status).toBe(200);
      await rig.database.query('update authorisations set started_at = now() - make_interval(secs => $1)', [
        TOO_OLD_SECONDS,
      ]);
      expect(verdictOf(await choose())).toEqual([403, CODE]);
    });

    test('asks for none by its button either', async () => {
      await age(TOO_OLD_SECONDS);
      const { browser, tenant, typed } = administrator;
      const seen = (await administrator.seenRevisionId()) ?? '';
      const form = { ...typed, enable: 'true', providerId: 'okta' };
      const round = await administrator.submit({ action: 'authorise', seen, ...form });
      await walkRounds(browser, round.location(), `admin@${tenant.name}.example`);
      const proved = (await administrator.seenRevisionId()) ?? '';
      const page = await administrator.submit({ action: 'save', ...form, seen: proved, clientSecret: '' });
      expect(page.text).toContain('Saved: the settings are in force');
    });

    const SPOILS: Readonly<Record<string, string>> = {
      'at another issuer': `update connection_revisions set issuer = 'https://typed.okta.com' where id = $1`,
      'of another session': `update authorisations set session_id = 'another' where revision_id = $1`,
      'of another user': `update authorisations set matched_user_id = 'acme-agent' where revision_id = $1`,
      'that failed': `update authorisations set status = 'failed' where revision_id = $1`,
      'of more than an hour ago': `update authorisations set started_at = now() - interval '3665 seconds'
        where revision_id = $1`,
    };
    test.each(Object.keys(SPOILS))('%s is no recent sign-in', async (name) => {
      const revisionId = await administrator.draft();
      await administrator.authorise(revisionId);
      await age(TOO_OLD_SECONDS);
      await rig.database.query(SPOILS[name] ?? '', [revisionId]);
      expect(verdictOf(await save(revisionId))).toEqual([403, CODE]);
      expect(verdictOf(await choose())).toEqual([403, CODE]);
      expect((await rig.store.findRevision('acme', revisionId))?.state).toBe('authorised');
    });

    test('at another issuer needs a recent sign-in first, and keeps the draft', async () => {
      const { host: hostName } = rig.tenants.globex.org;
      const { typed } = administrator;
      await age(TOO_OLD_SECONDS);
      const seen = (await administrator.seenRevisionId()) ?? '';
      const form = { ...typed, hostName, enable: 'true', providerId: 'okta' };
      const page = await administrator.submit({ action: 'authorise', seen, ...form });
      expect([page.status, page.text.includes('sign in once more')]).toEqual([403, true]);
      const pending = (await rig.store.findConnection('acme'))?.pending;
      expect(pending).toMatchObject({ state: 'draft', config: { hostName } });
      const revisionId = pending?.revisionId ?? '';
      expect(verdictOf(await begin(revisionId))).toEqual([403, CODE]);
      expect(await rig.database.query('select from authorisations')).toEqual([]);
      await age(YOUNG_SECONDS);
      expect((await begin(revisionId)).status).toBe(200);
    });
  });

  test('A11 of another administrator will do', async () => {
    const setRole = (role: string) => rig.database.query(`update users set role = $1 where id = 'acme-agent'`, [role]);
    await setRole('administrator');
    try {
      await age(TOO_OLD_SECONDS);
      administrator = await signedInClient(rig, new HttpBrowser(), 'acme', 'agent');
      expect((await choose()).status).toBe(200);
    } finally {
      await setRole('agent');
    }
  });

  test('A11 is not needed by an administrator who opened a link, as while the provider is down', async () => {
    const linked = await linkedClient(rig, administrator.browser);
    const actor = async () => (await rig.store.listAuditEvents('acme', { limit: 1 }))[0]?.actor;
    const wait = (waits: boolean) => linked.post('session-policy', { revocationWaitsForCalls: waits });
    expect((await wait(true)).status).toBe(200);
    expect(await actor()).toBe('acme-admin');
    await age(TOO_OLD_SECONDS);
    rig.restart();
    expect((await wait(false)).status).toBe(200);
    expect(await actor()).toMatch(/^admin-link:/);
    await rig.database.query(`update settings_sessions set expires_at = now() - interval '1 second'`);
    expect(verdictOf(await wait(true))).toEqual([403, CODE]);
    expect(await actor()).toBe('acme-admin');
  });

  test('A11 is not needed by link, whose session lasts an hour from its opening however it is used', async () => {
    await rig.database.query('delete from settings_sessions');
    administrator = await linkedClient(rig, new HttpBrowser());
    const [row] = await rig.database.query<{ seconds: number }>(
      'select extract(epoch from expires_at - created_at)::integer as seconds from settings_sessions',
    );
    expect(row?.seconds).toBe(RECENT_SIGN_IN_MAX_AGE_SECONDS);
    const moveBy = (seconds: number) =>
      rig.database.query(
        `update settings_sessions set created_at = created_at - make_interval(secs => $1),
           expires_at = expires_at - make_interval(secs => $1)`,
        [seconds],
      );
    await moveBy(RECENT_SIGN_IN_MAX_AGE_SECONDS - 60);
    expect((await choose()).status).toBe(200);
    await moveBy(60);
    expect((await choose()).status).toBe(401);
  });
});
