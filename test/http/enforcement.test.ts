import { createSsoPolicyLookup, PRODUCTS, SsoError } from '@ipscape/sso-core';
import { createGuardedFetch } from '@ipscape/sso-core/node';
import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { closeWhileEnforced, refusal } from '../recipes/other-ways-in.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig } from '../support/rig.js';
import {
  callApi,
  createLink,
  forgetAttempts,
  openByLink,
  press,
  refusalOf,
  SETTINGS_PATH,
} from '../support/settings-api-client.js';

const stores = await testStores();
/** A change is seen everywhere within this time. */
const SEEN = { timeout: 5_000, interval: 100 };
const TENANT = 'acme';

describe.each(stores)('single sign-on as the only way in, on $name', ({ open }) => {
  let rig: Rig;
  let admin: HttpBrowser;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.store.liftEnforcement({ tenantId: TENANT, actor: 'test' });
    await rig.repair();
    await rig.connect(TENANT);
    await forgetAttempts(rig);
    for (const table of ['directory_checks', 'admin_links', 'settings_sessions']) {
      await rig.database.query(`delete from ${table}`);
    }
    rig.restart();
    admin = new HttpBrowser();
    expect((await signIn(rig, admin, { person: 'admin' })).status).toBe(303);
  });

  const call = (path: string, body?: unknown, browser = admin) => callApi(rig, browser, path, body);
  const isEnforced = async () => (await rig.store.findEnforcement(TENANT)).enforced !== null;
  const lastEvent = async () => (await rig.store.listAuditEvents(TENANT, { limit: 1 }))[0];
  const policy = async () => (await call('policy', undefined, new HttpBrowser())).json();

  /** Everything that enforcing needs. */
  async function prepare(): Promise<void> {
    await openByLink(rig, new HttpBrowser());
    expect((await call('directory-check', {})).status).toBe(200);
  }
  async function enforce(): Promise<void> {
    await prepare();
    const answer = await call('enforce', {});
    expect(answer.json()).toEqual({ enforced: true });
  }

  describe('A15: is refused, by name, without', () => {
    const minutes = (table: string, column: string, age: string) => () =>
      rig.database.query(`update ${table} set ${column} = now() - interval '${age}'`);
    test.each<[what: string, missing: readonly string[], spoil: () => Promise<unknown>]>([
      ['a check of the directory', ['directory-check'], () => rig.database.query('delete from directory_checks')],
      ['a recent check', ['directory-check'], minutes('directory_checks', 'checked_at', '61 minutes')],
      [
        'a check for the issuer in force',
        ['directory-check'],
        () => rig.database.query(`update directory_checks set issuer = 'https://old.okta.com'`),
      ],
      [
        'an administrator who can sign in',
        ['directory-check'],
        () => rig.database.query('update directory_checks set administrators = 0'),
      ],
      ['a link', ['break-glass-link'], () => rig.database.query('delete from admin_links')],
      [
        'a link that was used',
        ['break-glass-link'],
        () => rig.database.query('update admin_links set redeemed_at = null'),
      ],
      ['a link that was used lately', ['break-glass-link'], minutes('admin_links', 'redeemed_at', '7 days 1 minute')],
      [
        'a link of its own',
        ['break-glass-link'],
        async () => {
          await rig.database.query('delete from admin_links');
          await openByLink(rig, new HttpBrowser(), 'globex');
        },
      ],
      [
        'a revision that a sign-in authorised',
        ['connection', 'directory-check'],
        () => rig.database.query(`update connection_revisions set authorised_at = null where state = 'active'`),
      ],
      [
        'any of it',
        ['directory-check', 'break-glass-link'],
        async () => {
          await rig.database.query('delete from directory_checks');
          await rig.database.query('delete from admin_links');
        },
      ],
    ])('%s', async (_what, missing, spoil) => {
      await prepare();
      await spoil();
      const answer = await call('enforce', {});
      expect(refusalOf(answer)).toEqual([409, 'enforcement-not-ready']);
      expect(answer.json()).toMatchObject({ missing, advice: expect.stringMatching(/\.$/) });
      expect(await isEnforced()).toBe(false);
      expect(await lastEvent()).toMatchObject({
        action: 'change-refused',
        actor: 'acme-admin',
        details: { attempted: 'enforce', reason: `missing: ${missing.join(', ')}` },
      });
      const { conditions } = (await call('enforcement')).json() as {
        conditions: { condition: string; met: boolean }[];
      };
      expect(conditions.filter(({ met }) => !met).map(({ condition }) => condition)).toEqual(missing);
    });

    test('a connection that is enabled', async () => {
      const link = new HttpBrowser();
      await openByLink(rig, link);
      await call('directory-check', {}, link);
      await rig.store.setConnectionEnabled({ tenantId: TENANT, enabled: false, actor: 'test' });
      const answer = await call('enforce', {}, link);
      expect(answer.json()).toMatchObject({
        code: 'enforcement-not-ready',
        missing: ['connection', 'directory-check'],
      });
      expect(await isEnforced()).toBe(false);
    });

    test.each<[what: string, breakOkta: () => unknown]>([
      [
        'a provider that answers',
        () => {
          const down = { dropConnection: true };
          return Object.assign(rig.tenants.acme.org.faults, { discovery: down, authorize: down, token: down });
        },
      ],
      ['a token endpoint that answers', () => Object.assign(rig.tenants.acme.org.faults, { token: { status: 503 } })],
      [
        'a client that the provider knows',
        () => rig.tenants.acme.org.setClientStatus(rig.tenants.acme.clientId, 'INACTIVE'),
      ],
      [
        'a secret that the provider accepts',
        () =>
          Object.assign(rig.tenants.acme.org.faults, {
            tokenError: { error: 'invalid_client', error_description: 'The client secret is invalid.', status: 401 },
          }),
      ],
    ])('%s', async (_what, breakOkta) => {
      await prepare();
      breakOkta();
      try {
        const answer = await call('enforce', {});
        expect(answer.json()).toMatchObject({ code: 'enforcement-not-ready', missing: ['provider'] });
        expect(await isEnforced()).toBe(false);
        expect(await lastEvent()).toMatchObject({ action: 'change-refused' });
      } finally {
        rig.tenants.acme.org.setClientStatus(rig.tenants.acme.clientId, 'ACTIVE');
      }
    });

    test('the very revision whose provider was asked', async () => {
      await prepare();
      const sessionId = 'session';
      const actor = { userId: 'acme-admin', email: '', sessionId };
      const result = await rig.store.enforceSso({ tenantId: TENANT, actor, revisionId: 'another' });
      expect(result).toEqual({ outcome: 'not-ready', missing: ['connection'] });
    });
  });

  test('A11: is for administrators of this moment', async () => {
    await prepare();
    await rig.database.query(`update users set role = 'agent' where id = 'acme-admin'`);
    try {
      for (const path of ['enforce', 'lift-enforcement', 'directory-check']) {
        expect(refusalOf(await call(path, {}))).toEqual([403, 'administrator-required']);
      }
      expect(await isEnforced()).toBe(false);
    } finally {
      await rig.database.query(`update users set role = 'administrator' where id = 'acme-admin'`);
    }
    for (const path of ['enforce', 'lift-enforcement', 'directory-check']) {
      expect(refusalOf(await call(path, {}, new HttpBrowser()))).toEqual([401, 'session-required']);
    }
    expect((await call('enforcement', undefined, new HttpBrowser())).status).toBe(401);
  });

  test('T10: every product hears of it within five seconds, and nobody else’s tenant does', async () => {
    expect(await policy()).toEqual({
      enabled: true,
      enforced: false,
      provider: 'Okta',
      signInPath: '/workspace/security/sso-login',
    });
    await enforce();
    await expect.poll(policy, SEEN).toMatchObject({ enabled: true, enforced: true });
    const other = await callApi(rig, new HttpBrowser(), 'policy', undefined, { tenant: 'globex' });
    expect(other.json()).toMatchObject({ enforced: false });
    const page = await new HttpBrowser().request(`${rig.tenants.acme.origin}/workspace/login`);
    expect(page.text).toContain('no other way to sign in');
    expect(await lastEvent()).toMatchObject({ action: 'sso-enforced', actor: 'acme-admin' });
  });

  test('T10: a product’s other doors answer an enforced user in the words for an unknown one', async () => {
    const policies = createSsoPolicyLookup({ fetch: createGuardedFetch({ allowLocalhost: true }) });
    const doors = ['password', 'reset', 'invitation', 'magic-link', 'api/login', 'remembered', 'mobile'];
    const product = new Hono();
    for (const door of doors) {
      product.post(`/${door}`, closeWhileEnforced(policies, rig.tenants.acme.origin), async (c) =>
        (await c.req.text()) === 'agent@acme.example' ? c.json({ signedIn: true }) : c.json(refusal, 401),
      );
    }
    const knock = async (door: string, body: string) => {
      const answer = await product.request(`/${door}`, { method: 'POST', body });
      return [answer.status, [...answer.headers], await answer.text()];
    };
    for (const door of doors) expect((await knock(door, 'agent@acme.example'))[0]).toBe(200);
    const unknown = await knock('password', 'nobody@acme.example');
    await enforce();
    await expect.poll(() => knock('password', 'agent@acme.example'), SEEN).toEqual(unknown);
    for (const door of doors) expect(await knock(door, 'agent@acme.example')).toEqual(unknown);
  });

  test('T10, S8: sessions of another way in end within five seconds; those of single sign-on go on', async () => {
    const agent = new HttpBrowser();
    for (const product of PRODUCTS) await signIn(rig, agent, { product });
    const stale = new HttpBrowser();
    for (const product of PRODUCTS) await signIn(rig, stale, { product, person: 'agent' });
    const ask = async (browser: HttpBrowser, product: string) =>
      (await browser.ask(`${rig.tenants.acme.origin}/${product}/session`)).status;
    for (const product of PRODUCTS) expect(await ask(stale, product)).toBe(200);
    // As if they had been opened with the org that the tenant had before.
    await rig.database.query(`
      update sessions set issuer = 'https://old.okta.com' where id in (
        select distinct on (product) id from sessions where user_id = 'acme-agent' order by product, created_at desc)`);
    const otherLink = new HttpBrowser();
    await openByLink(rig, otherLink);
    await enforce();
    for (const product of PRODUCTS) {
      await expect.poll(() => ask(stale, product), SEEN).toBe(401);
      expect(await ask(agent, product)).toBe(200);
    }
    expect((await call('enforcement', undefined, otherLink)).status).toBe(401);
    expect((await call('enforcement')).status).toBe(200);
  });

  test('A15: break-glass keeps working: whoever enforced with a link stays, and a new link opens', async () => {
    const link = new HttpBrowser();
    await openByLink(rig, link);
    await call('directory-check', {}, link);
    expect((await call('enforce', {}, link)).status).toBe(200);
    expect((await call('enforcement', undefined, link)).status).toBe(200);
    const later = new HttpBrowser();
    await openByLink(rig, later);
    expect((await call('lift-enforcement', {}, later)).json()).toEqual({ enforced: false });
    expect(await isEnforced()).toBe(false);
  });

  describe('A15: nobody takes the only way in away', () => {
    test.each<[what: string, change: () => Promise<unknown>, attempted: string]>([
      [
        'by disabling the connection',
        () => rig.store.setConnectionEnabled({ tenantId: TENANT, enabled: false, actor: 'desk' }),
        'disable',
      ],
      [
        'by ending the entitlement',
        () => rig.store.setSsoEntitlement({ tenantId: TENANT, entitled: false, actor: 'desk' }),
        'end-entitlement',
      ],
    ])('%s', async (_what, change, attempted) => {
      await enforce();
      const refusal = await change().catch((error: unknown) => error);
      expect(SsoError.is(refusal) && refusal.code).toBe('sso-enforced');
      expect(await lastEvent()).toMatchObject({ action: 'change-refused', actor: 'desk', details: { attempted } });
      expect((await rig.store.findConnection(TENANT))?.enabled).toBe(true);
      expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
      await rig.store.liftEnforcement({ tenantId: TENANT, actor: 'desk' });
      await change();
    });

    test('over the API and on the page, which says what to do', async () => {
      await enforce();
      expect(refusalOf(await call('disable', {}))).toEqual([409, 'sso-enforced']);
      const pressed = await press(rig, admin, { action: 'disable' });
      expect(pressed.status).toBe(409);
      expect(pressed.text).toContain('Allow other ways to sign in first');
      expect(pressed.text).not.toContain('Disable single sign-on');
      expect((await rig.store.findConnection(TENANT))?.enabled).toBe(true);
    });

    test('while somebody enforces at the same time', async () => {
      await prepare();
      const revisionId = (await rig.store.findConnection(TENANT))?.active?.revisionId ?? '';
      const actor = { userId: 'acme-admin', email: '', sessionId: 'session' };
      for (let round = 0; round < 5; round++) {
        await Promise.allSettled([
          rig.store.enforceSso({ tenantId: TENANT, actor, revisionId }),
          rig.store.setConnectionEnabled({ tenantId: TENANT, enabled: false, actor: 'desk' }),
        ]);
        const enabled = (await rig.store.findConnection(TENANT))?.enabled;
        expect({ enabled, isEnforced: await isEnforced() }).not.toEqual({ enabled: false, isEnforced: true });
        await rig.store.liftEnforcement({ tenantId: TENANT, actor: 'test' });
        await rig.store.setConnectionEnabled({ tenantId: TENANT, enabled: true, actor: 'test' });
      }
    });
  });

  test('A15: with Okta down, a link of the Service Desk leads to the last good revision', async () => {
    await enforce();
    await rig.connect(TENANT, { clientSecret: 'not-the-secret-of-this-app-0123456789' });
    const good = (await rig.store.listRevisions(TENANT)).find(({ state }) => state === 'superseded');
    rig.restart();
    expect((await signIn(rig, new HttpBrowser())).status).toBe(502);
    const down = { dropConnection: true };
    const { org } = rig.tenants.acme;
    Object.assign(org.faults, { discovery: down, keys: down, authorize: down, token: down, userinfo: down });
    org.clearRequests();
    const link = new HttpBrowser();
    await openByLink(rig, link);
    expect((await call('rollback', {}, link)).json()).toEqual({ restored: true });
    expect(org.requests).toEqual([]);
    expect((await rig.store.findConnection(TENANT))?.active?.revisionId).toBe(good?.revisionId);
    expect(await isEnforced()).toBe(true);
    org.faults.reset();
    rig.restart();
    expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
  });

  test('is lifted once, by an administrator or the Service Desk, and audited', async () => {
    await enforce();
    expect((await call('lift-enforcement', {})).json()).toEqual({ enforced: false });
    expect(await lastEvent()).toMatchObject({ action: 'sso-enforcement-lifted', actor: 'acme-admin' });
    await expect.poll(policy, SEEN).toMatchObject({ enforced: false });
    expect(await rig.store.liftEnforcement({ tenantId: TENANT, actor: 'desk' })).toBe(false);
    expect(await rig.store.liftEnforcement({ tenantId: 'globex', actor: 'desk' })).toBe(false);
  });

  test('enforcing it again changes nothing', async () => {
    await enforce();
    const before = await rig.store.listAuditEvents(TENANT);
    expect((await call('enforce', {})).json()).toEqual({ enforced: true });
    expect(await rig.store.listAuditEvents(TENANT)).toEqual(before);
  });

  describe('the check of the directory', () => {
    const users = 4;
    test('counts who can sign in, by the rules of the sign-in', async () => {
      const query = (sql: string) => rig.database.query(sql);
      expect((await call('directory-check', {})).json()).toMatchObject({
        users,
        covered: users,
        administrators: 1,
        withoutEmail: 0,
        colliding: 0,
        linkedElsewhere: 0,
        checkedBy: 'acme-admin',
      });
      const add = (id: string, email: string) =>
        rig.store.addUser({ tenantId: TENANT, id, email, name: id, role: 'agent', products: ['cti'], actor: 'test' });
      await add('no-address', 'nobody');
      await add('twin', 'Unassigned@acme.example');
      await add('moved', 'moved@acme.example');
      await rig.store.pinIdentity({ tenantId: TENANT, issuer: 'https://old', subject: 's', userId: 'moved' });
      await add('nothing-to-use', 'nothing@acme.example');
      await query(`update users set products = '{}' where id = 'nothing-to-use'`);
      try {
        const answer = (await call('directory-check', {})).json();
        expect(answer).toMatchObject({ users: 7, covered: 3, withoutEmail: 1, colliding: 2, linkedElsewhere: 1 });
        // Whoever is linked to the issuer in force is found by that.
        const { issuer } = (await rig.store.findConnection(TENANT))?.active ?? { issuer: '' };
        await rig.store.pinIdentity({ tenantId: TENANT, issuer, subject: 'n', userId: 'no-address' });
        expect((await call('directory-check', {})).json()).toMatchObject({ covered: 4, withoutEmail: 0 });
        const page = await admin.request(rig.tenants.acme.origin + SETTINGS_PATH);
        expect(page.text).toContain('4 of 7 active users can sign in');
        expect(await lastEvent()).toMatchObject({ action: 'directory-checked', details: { users: 7, covered: 4 } });
      } finally {
        await query(`delete from identities`);
        await query(`delete from users where id in ('no-address', 'twin', 'moved', 'nothing-to-use')`);
      }
    });
  });

  test('the page lists what is missing, and offers the button when nothing is', async () => {
    const show = async () => (await admin.request(rig.tenants.acme.origin + SETTINGS_PATH)).text;
    const first = await show();
    expect(first).toContain('data-condition="connection" data-met="true"');
    expect(first).toContain('data-condition="directory-check" data-met="false"');
    expect(first).toContain('data-condition="break-glass-link" data-met="false"');
    expect(first).toContain('Ask the Service Desk for a link');
    expect(first).not.toContain('value="enforce"');
    const tooEarly = await press(rig, admin, { action: 'enforce' });
    expect([tooEarly.status, tooEarly.text.includes('Check the directory.')]).toEqual([409, true]);
    await createLink(rig);
    expect(await show()).toContain('data-condition="break-glass-link" data-met="false"');
    await openByLink(rig, new HttpBrowser());
    expect((await press(rig, admin, { action: 'check-directory' })).text).toContain('All 4 active users');
    expect(await show()).toContain('value="enforce"');
    const enforced = await press(rig, admin, { action: 'enforce' });
    expect(enforced.text).toContain('Single sign-on is the only way in now.');
    expect(enforced.text).toContain('admin@acme.example');
    expect((await press(rig, admin, { action: 'lift-enforcement' })).text).toContain('allowed again');
    expect(await isEnforced()).toBe(false);
  });
});
