import { randomBytes } from 'node:crypto';
import { request as sendRequest } from 'node:http';
import { PRODUCTS, type UserRole } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type Rig, signIn, startRig, startUrl } from '../support/rig.js';
import {
  callApi,
  forgetAttempts,
  openByLink,
  press,
  refusalOf,
  SETTINGS_PATH,
} from '../support/settings-api-client.js';

const stores = await testStores();
const TENANT = 'acme';
const SEEN = { timeout: 5_000, interval: 100 };

/** Every route that changes something, with a body that its schema accepts. */
const WRITES: readonly (readonly [path: string, body: unknown])[] = [
  ['draft', { providerId: 'okta', values: {}, seenRevisionId: null }],
  ['authorise', { revisionId: 'r' }],
  ['save', { revisionId: 'r' }],
  ['enable', {}],
  ['disable', {}],
  ['rollback', {}],
  ['held-identities/approve', { issuer: 'i', subject: 's', userId: 'u' }],
  ['held-identities/refuse', { issuer: 'i', subject: 's', userId: 'u' }],
  ['directory-check', {}],
  ['enforce', {}],
  ['lift-enforcement', {}],
  ['secret/next', { clientSecret: 'a-secret-of-some-length-0123456789' }],
  ['secret/check', { slot: 'current' }],
  ['secret/promote', {}],
  ['secret/discard', {}],
  ['frame-origins', { origins: ['https://crm.acme.example'], seenOrigins: [] }],
  ['session-policy', { revocationWaitsForCalls: true }],
];

/** What can be read under the same path. */
const READ_TOO: ReadonlySet<string> = new Set(['directory-check', 'frame-origins', 'session-policy']);

describe.each(stores)('the API of "Login and security", on $name', ({ open }) => {
  let rig: Rig;
  let admin: HttpBrowser;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.connect(TENANT);
    await forgetAttempts(rig);
    rig.restart();
    admin = new HttpBrowser();
    expect((await signIn(rig, admin, { person: 'admin' })).status).toBe(303);
  });

  const origin = () => rig.tenants.acme.origin;
  const call = (path: string, body?: unknown, browser = admin) => callApi(rig, browser, path, body);
  const connection = () => rig.store.findConnection(TENANT);
  const lastEvent = async () => (await rig.store.listAuditEvents(TENANT, { limit: 1 }))[0];
  const setRole = (role: UserRole) =>
    rig.database.query(`update users set role = '${role}' where tenant_id = '${TENANT}' and id = 'acme-admin'`);
  /** Everything that a change of the settings could leave behind. */
  const footprint = async () =>
    (
      await rig.database.query(`
        select (select md5(string_agg(r::text, ',' order by r.id)) from connection_revisions r) as revisions,
          (select md5(string_agg(c::text, ',' order by c.id)) from connections c) as connections,
          (select md5(string_agg(s::text, ',' order by s.revision_id, s.slot)) from connection_secrets s) as secrets,
          (select md5(string_agg(t::text, ',' order by t.id)) from tenants t) as tenants,
          (select count(*)::integer from authorisations) as authorisations,
          (select count(*)::integer from identities) as identities,
          (select md5(string_agg(d::text, ',')) from directory_checks d) as checks`)
    )[0];

  test('the list of changes in this file is that of the OpenAPI document', async () => {
    const { paths } = (await admin.ask(`${origin()}/workspace/api/openapi.json`)).json() as {
      paths: Record<string, object>;
    };
    const posts = Object.entries(paths).filter(([, methods]) => 'post' in methods);
    expect(posts.map(([path]) => path.replace('/workspace/api/sso/', '')).sort()).toEqual(
      WRITES.map(([path]) => path).sort(),
    );
  });

  describe('disable, enable and roll back', () => {
    test('S8: disabling ends the sessions of all products within five seconds; enabling lets sign in again', async () => {
      const agent = new HttpBrowser();
      for (const product of PRODUCTS) await signIn(rig, agent, { product });
      const link = new HttpBrowser();
      await openByLink(rig, link);
      expect((await call('disable', {}, link)).json()).toEqual({ enabled: false });
      for (const product of PRODUCTS) {
        const ask = async () => (await agent.ask(`${origin()}/${product}/session`)).status;
        await expect.poll(ask, SEEN).toBe(401);
      }
      expect(await lastEvent()).toMatchObject({ action: 'connection-disabled' });
      await expect.poll(async () => (await agent.ask(startUrl(rig))).status, SEEN).toBe(403);
      expect((await call('enable', {}, link)).json()).toEqual({ enabled: true });
      expect(await lastEvent()).toMatchObject({ action: 'connection-enabled' });
      await expect.poll(async () => (await agent.ask(startUrl(rig))).status, SEEN).toBe(302);
      // Ended is ended.
      expect((await agent.ask(`${origin()}/workspace/session`)).status).toBe(401);
      expect((await signIn(rig, agent)).status).toBe(303);
    });

    test('doing it twice changes nothing more', async () => {
      const link = new HttpBrowser();
      await openByLink(rig, link);
      for (const path of ['disable', 'enable']) {
        expect((await call(path, {}, link)).status).toBe(200);
        const before = await lastEvent();
        expect((await call(path, {}, link)).status).toBe(200);
        expect(await lastEvent()).toEqual(before);
      }
    });

    test('A15: rolling back restores the revision before, without a word to Okta, and forth again', async () => {
      const first = (await connection())?.active?.revisionId;
      await rig.connect(TENANT);
      const second = (await connection())?.active?.revisionId;
      rig.tenants.acme.org.clearRequests();
      expect((await call('rollback', {})).json()).toEqual({ restored: true });
      expect((await connection())?.active?.revisionId).toBe(first);
      expect(await lastEvent()).toMatchObject({ action: 'revision-restored', actor: 'acme-admin', subject: first });
      expect((await call('rollback', {})).status).toBe(200);
      expect((await connection())?.active?.revisionId).toBe(second);
      expect(rig.tenants.acme.org.requests).toEqual([]);
    });

    test('rolling back is refused when nothing was in force before', async () => {
      await rig.database.query(`
        update connection_revisions set activated_at = null where tenant_id = '${TENANT}' and state = 'superseded'`);
      const before = await footprint();
      expect(refusalOf(await call('rollback', {}))).toEqual([404, 'not-found']);
      expect(await footprint()).toEqual(before);
    });
  });

  describe('held identities', () => {
    const issuer = () => rig.tenants.acme.org.origin;
    /** The agent's user belongs to another account, so the agent's own is held. */
    async function hold(): Promise<{ issuer: string; subject: string; userId: string }> {
      await rig.store.pinIdentity({ tenantId: TENANT, issuer: issuer(), subject: 'leaver', userId: 'acme-agent' });
      expect((await signIn(rig, new HttpBrowser())).status).toBe(403);
      const { identities } = (await call('held-identities')).json() as {
        identities: { issuer: string; subject: string; userId: string }[];
      };
      const [held] = identities;
      expect(held).toMatchObject({ issuer: issuer(), userId: 'acme-agent' });
      return { issuer: issuer(), subject: held?.subject ?? '', userId: 'acme-agent' };
    }

    test('an approved one takes the old one’s place, and its person signs in', async () => {
      const identity = await hold();
      expect((await call('held-identities/approve', identity)).json()).toEqual({ decided: 'approve' });
      expect(await lastEvent()).toMatchObject({
        action: 'identity-approved',
        actor: 'acme-admin',
        subject: 'acme-agent',
        details: { replaced: true },
      });
      expect((await signIn(rig, new HttpBrowser())).status).toBe(303);
      expect((await call('held-identities')).json()).toEqual({ identities: [] });
    });

    test('a refused one goes, and its next try is held again', async () => {
      const identity = await hold();
      expect((await call('held-identities/refuse', identity)).json()).toEqual({ decided: 'refuse' });
      expect(await lastEvent()).toMatchObject({ action: 'identity-refused', actor: 'acme-admin' });
      expect((await call('held-identities')).json()).toEqual({ identities: [] });
      expect((await signIn(rig, new HttpBrowser())).status).toBe(403);
      expect((await call('held-identities')).json()).toMatchObject({ identities: [identity] });
    });

    test.each(['approve', 'refuse'])('%s: what is not held is not found, whoever else’s it is', async (decision) => {
      const identity = await hold();
      await rig.store.holdIdentity({ tenantId: 'globex', issuer: issuer(), subject: 'g', userId: 'globex-agent' });
      const others = [
        { ...identity, subject: 'another' },
        { ...identity, issuer: 'https://other.okta.com' },
        { ...identity, userId: 'acme-admin' },
        { issuer: issuer(), subject: 'g', userId: 'globex-agent' },
      ];
      for (const other of others) {
        expect(refusalOf(await call(`held-identities/${decision}`, other))).toEqual([404, 'not-found']);
      }
      expect((await call('held-identities')).json()).toMatchObject({ identities: [identity] });
      expect(await rig.store.listHeldIdentities('globex')).toHaveLength(1);
    });

    test('A11: is decided by administrators of this moment', async () => {
      const identity = await hold();
      await setRole('supervisor');
      try {
        for (const decision of ['approve', 'refuse']) {
          const answer = await call(`held-identities/${decision}`, identity);
          expect(refusalOf(answer)).toEqual([403, 'administrator-required']);
        }
      } finally {
        await setRole('administrator');
      }
      expect((await call('held-identities')).json()).toMatchObject({ identities: [identity] });
    });
  });

  describe('limits', () => {
    async function draft(): Promise<string> {
      const { clientId, clientSecret, org } = rig.tenants.acme;
      const { active } = (await call('settings')).json() as { active: { revisionId: string } };
      const values = { clientId, clientSecret, hostName: org.host };
      const answer = await call('draft', { providerId: 'okta', values, seenRevisionId: active.revisionId });
      expect(answer.status).toBe(200);
      return (answer.json() as { revision: { revisionId: string } }).revision.revisionId;
    }

    test('ten authorisations of one administrator in ten minutes and no more', async () => {
      const revisionId = await draft();
      for (let count = 0; count < 10; count++) expect((await call('authorise', { revisionId })).status).toBe(200);
      const before = await footprint();
      const refused = await call('authorise', { revisionId });
      expect(refusalOf(refused)).toEqual([429, 'too-many-requests']);
      expect(await footprint()).toEqual(before);
      await forgetAttempts(rig);
      expect((await call('authorise', { revisionId })).status).toBe(200);
    });

    test('five checks of the secret in ten minutes and no more', async () => {
      for (let count = 0; count < 5; count++) {
        expect((await call('secret/check', { slot: 'current' })).json()).toMatchObject({ result: 'accepted' });
      }
      rig.tenants.acme.org.clearRequests();
      expect(refusalOf(await call('secret/check', { slot: 'current' }))).toEqual([429, 'too-many-requests']);
      expect(rig.tenants.acme.org.requests).toEqual([]);
      await forgetAttempts(rig);
      expect((await call('secret/check', { slot: 'current' })).status).toBe(200);
    });
  });

  describe('A11: the role is asked again when something is written', () => {
    test.each(WRITES)('%s', async (path, body) => {
      expect((await admin.request(origin() + SETTINGS_PATH)).status).toBe(200);
      const before = await footprint();
      await setRole('agent');
      try {
        // Right away, when the session that is remembered still says administrator, and later.
        for (let round = 0; round < 2; round++) {
          expect(refusalOf(await call(path, body))).toEqual([403, 'administrator-required']);
          rig.restart();
        }
      } finally {
        await setRole('administrator');
      }
      expect(await footprint()).toEqual(before);
    });

    test('a refusal that the page could not foresee is audited', async () => {
      await admin.request(origin() + SETTINGS_PATH);
      await setRole('agent');
      try {
        expect(refusalOf(await call('disable', {}))).toEqual([403, 'administrator-required']);
      } finally {
        await setRole('administrator');
      }
      expect(await lastEvent()).toMatchObject({
        action: 'change-refused',
        actor: 'acme-admin',
        details: { attempted: 'disable', reason: 'administrator-required' },
      });
    });

    test('and when the page’s own buttons are pressed', async () => {
      await admin.request(origin() + SETTINGS_PATH);
      const before = await footprint();
      await setRole('agent');
      try {
        for (const action of [
          'disable',
          'rollback',
          'enforce',
          'promote-secret',
          'discard-secret',
          'check-directory',
        ]) {
          expect((await press(rig, admin, { action })).status).toBe(403);
        }
      } finally {
        await setRole('administrator');
      }
      expect(await footprint()).toEqual(before);
    });

    test('and on the way back from Okta', async () => {
      const { clientId, clientSecret, org } = rig.tenants.acme;
      const { active } = (await call('settings')).json() as { active: { revisionId: string } };
      const values = { clientId, clientSecret, hostName: org.host };
      const saved = await call('draft', { providerId: 'okta', values, seenRevisionId: active.revisionId });
      const { revisionId } = (saved.json() as { revision: { revisionId: string } }).revision;
      const begun = (await call('authorise', { revisionId })).json() as { open: string };
      const leaving = await admin.request(origin() + begun.open);
      const oktaUrl = /href="(http[^"]+\/authorize[^"]*)"/.exec(leaving.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
      const callback = await chooseUser(admin, oktaUrl, 'admin@acme.example');
      await setRole('agent');
      rig.restart();
      let answer: Answer;
      try {
        answer = await admin.ask(callback);
      } finally {
        await setRole('administrator');
      }
      expect(refusalOf(answer)).toEqual([403, 'administrator-required']);
      expect((await rig.store.findRevision(TENANT, revisionId))?.state).toBe('draft');
      rig.restart();
      expect(refusalOf(await call('save', { revisionId }))).toEqual([409, 'revision-not-authorised']);
    });

    test('a session that ended is nobody’s', async () => {
      expect((await call('settings')).status).toBe(200);
      await rig.store.revokeSessions({ tenantId: TENANT, actor: 'test' });
      // Remembered for a moment, but not by whoever writes.
      expect(refusalOf(await call('disable', {}))).toEqual([403, 'administrator-required']);
      rig.restart();
      expect(refusalOf(await call('disable', {}))).toEqual([401, 'session-required']);
      expect((await connection())?.enabled).toBe(true);
    });
  });

  describe('S10: a change is asked for by a page of this origin', () => {
    const port = () => rig.port;
    const foreign: readonly (readonly [what: string, headers: () => Readonly<Record<string, string | null>>])[] = [
      ['another site', () => ({ origin: 'https://evil.test' })],
      ['a sandboxed frame', () => ({ origin: 'null' })],
      ['nobody', () => ({ origin: null })],
      ['an empty origin', () => ({ origin: '' })],
      ['another tenant', () => ({ origin: `http://globex.localhost:${port()}` })],
      ['a sibling', () => ({ origin: `http://evil.acme.localhost:${port()}` })],
      ['a host that begins like ours', () => ({ origin: `http://acme.localhost.evil.test:${port()}` })],
      ['another port', () => ({ origin: 'http://acme.localhost:1' })],
      ['another scheme', () => ({ origin: `https://acme.localhost:${port()}` })],
      ['two origins', () => ({ origin: `http://acme.localhost:${port()} https://evil.test` })],
      ['a cross-site request that forged the origin', () => ({ 'sec-fetch-site': 'cross-site' })],
      ['a same-site request', () => ({ 'sec-fetch-site': 'same-site' })],
      ['a link that was typed', () => ({ 'sec-fetch-site': 'none' })],
    ];
    test.each(foreign)('not by %s', async (_what, headers) => {
      const before = await footprint();
      for (const [path, body] of WRITES) {
        const answer = await callApi(rig, admin, path, body, { headers: headers() });
        expect([path, ...refusalOf(answer)]).toEqual([path, 403, 'request-forbidden']);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
      expect(await footprint()).toEqual(before);
    });

    test.each<[type: string | null]>([
      ['text/plain'],
      ['text/plain; charset=application/json'],
      ['application/x-www-form-urlencoded'],
      ['multipart/form-data; boundary=x'],
      ['application/jsonp'],
      ['text/json'],
      [''],
      [null],
    ])('and comes as JSON, not as %j', async (type) => {
      const before = await footprint();
      for (const [path, body] of WRITES) {
        const answer = await callApi(rig, admin, path, body, { headers: { 'content-type': type } });
        expect([path, ...refusalOf(answer)]).toEqual([path, 400, 'request-invalid']);
      }
      expect(await footprint()).toEqual(before);
    });

    test('no preflight is answered, and nothing changes by GET', async () => {
      const before = await footprint();
      for (const [path] of WRITES) {
        const url = `${origin()}/workspace/api/sso/${path}`;
        const preflight = await admin.ask(url, {
          method: 'OPTIONS',
          headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
        });
        expect(preflight.status).toBe(404);
        expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
        if (!READ_TOO.has(path)) expect((await admin.ask(url)).status).toBe(404);
      }
      expect(await footprint()).toEqual(before);
    });
  });

  describe('O11: a body is at most 16 KB', () => {
    const MAX_BYTES = 16 * 1024;
    const padded = (bytes: number) => {
      const empty = JSON.stringify({ issuer: 'i', subject: 's', userId: '' });
      return JSON.stringify({ issuer: 'i', subject: 's', userId: 'u'.repeat(bytes - empty.length) });
    };

    test('told by its length', async () => {
      for (const bytes of [MAX_BYTES + 1, 10 * 1024 * 1024]) {
        const headers = { 'content-length': String(bytes), connection: 'close' };
        const status = await sendPart({ headers, parts: [padded(MAX_BYTES + 1)] });
        expect(status).toBe(413);
      }
      // The limit itself passes it, and the schema refuses.
      const atLimit = await callApi(rig, admin, 'held-identities/approve', undefined, { raw: padded(MAX_BYTES) });
      expect(refusalOf(atLimit)).toEqual([400, 'request-invalid']);
    });

    test('counted when its length is not told', async () => {
      const parts = Array.from({ length: 160 }, () => randomBytes(48 * 1024).toString('base64'));
      expect(await sendPart({ headers: { 'transfer-encoding': 'chunked' }, parts })).toBe(413);
    });

    /** Sends until an answer comes; the rest is not for anybody. */
    function sendPart({
      headers,
      parts,
    }: {
      readonly headers: Readonly<Record<string, string>>;
      readonly parts: readonly string[];
    }): Promise<number> {
      const url = new URL(`${origin()}/workspace/api/sso/held-identities/approve`);
      return new Promise((resolve, reject) => {
        const outgoing = sendRequest({
          host: '127.0.0.1',
          port: url.port,
          path: url.pathname,
          method: 'POST',
          setHost: false,
          headers: {
            host: url.host,
            origin: url.origin,
            cookie: admin.cookieHeader(url.href),
            accept: 'application/json',
            'content-type': 'application/json',
            ...headers,
          },
        });
        outgoing.on('response', (incoming) => {
          resolve(incoming.statusCode ?? 0);
          outgoing.destroy();
        });
        outgoing.on('error', reject);
        for (const part of parts) outgoing.write(part);
        outgoing.end();
      });
    }

    test.each([
      ['no JSON', '{'],
      ['a list', '[]'],
      ['nothing', ''],
      ['a text', '"{}"'],
      ['one field too many', '{"slot":"current","more":1}'],
      ['no field', '{}'],
    ])('and is what the schema says, not %s', async (_what, raw) => {
      const before = await footprint();
      const answer = await callApi(rig, admin, 'secret/check', undefined, { raw });
      expect(refusalOf(answer)).toEqual([400, 'request-invalid']);
      expect(await footprint()).toEqual(before);
    });
  });
});
