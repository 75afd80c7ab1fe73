/**
 * A12: a double click, a reload and a program's retry are one write, one audit event and one answer.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as schemas from '../../apps/workspace-auth/src/settings/settings-api-schemas.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import type { Answer } from '../support/http-browser.js';
import { type Rig, startRig } from '../support/rig.js';
import { openSettings, parsed, type SettingsClient } from '../support/settings-client.js';

describe.each(await testStores())('A12: requests that are sent twice, on $name', ({ open }) => {
  let rig: Rig;
  let admin: SettingsClient;
  let keys = 0;

  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from idempotency_keys');
    admin = await openSettings(rig);
  });

  const newKey = (): string => `key-${keys++}`;
  const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });
  const revisions = async () => (await rig.store.listRevisions('acme')).length;
  const audited = async (action: string, tenantId = 'acme') =>
    (await rig.store.listAuditEvents(tenantId, { limit: 1_000 })).filter((event) => event.action === action).length;
  const replayed = (answers: readonly Answer[]) =>
    answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true').length;

  test('ten drafts at once with one key are one revision, one audit event and ten equal answers', async () => {
    const [before, events, key] = [await revisions(), await audited('draft-created'), newKey()];
    const body = { providerId: 'okta', values: admin.values(), seenRevisionId: await admin.seen() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => admin.post('draft', body, withKey(key))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(replayed(answers)).toBe(9);
    expect([await revisions(), await audited('draft-created')]).toEqual([before + 1, events + 1]);
  });

  test('a retry after the first answer gets it again, and so does the retry on another instance', async () => {
    const [key, body] = [newKey(), { providerId: 'okta', values: admin.values(), seenRevisionId: await admin.seen() }];
    const first = await admin.post('draft', body, withKey(key));
    const second = await rig.startSecondInstance();
    admin.browser.connectTo = () => second.port;
    const again = await admin.post('draft', body, withKey(key));
    expect([again.status, again.text, again.headers['content-type']]).toEqual([
      200,
      first.text,
      first.headers['content-type'],
    ]);
  });

  test('a refusal is repeated as well, with its reference, and is audited once', async () => {
    const [key, body] = [
      newKey(),
      { providerId: 'okta', values: { ...admin.values(), clientId: '' }, seenRevisionId: null },
    ];
    const events = await audited('change-refused');
    const [one, two] = [await admin.post('draft', body, withKey(key)), await admin.post('draft', body, withKey(key))];
    expect(parsed(two, schemas.problem, 400)).toEqual(parsed(one, schemas.problem, 400));
    expect(await audited('change-refused')).toBe(events + 1);
  });

  test.each([
    ['another body', 'draft', { clientId: '0oaother000000000000' }],
    ['another route', 'enable', null],
  ])('%s under the same key is refused, and nothing is done', async (_name, route, change) => {
    const key = newKey();
    expect((await admin.draft({}, withKey(key))).status).toBe(200);
    const [before, events] = [await revisions(), await audited('draft-created')];
    const answer =
      change === null ? await admin.post(route, {}, withKey(key)) : await admin.draft(change, withKey(key));
    expect(parsed(answer, schemas.problem, 422).code).toBe('idempotency-key-reused');
    expect([await revisions(), await audited('draft-created')]).toEqual([before, events]);
  });

  test('a key counts for its owner and tenant alone', async () => {
    const key = newKey();
    const globex = await openSettings(rig, { tenant: 'globex' });
    const one = await admin.post('enable', {}, withKey(key));
    const two = await globex.post('disable', {}, withKey(key));
    expect([one.status, two.status, replayed([one, two])]).toEqual([200, 200, 0]);
    await rig.store.setConnectionEnabled({ tenantId: 'globex', enabled: true, actor: 'test' });
    const rows = await rig.database.query('select * from idempotency_keys');
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain(`"${key}"`);
  });

  test('without a key nothing is remembered', async () => {
    await admin.draft();
    await admin.draft();
    expect(await rig.database.query('select 1 from idempotency_keys')).toEqual([]);
  });

  test('a key is forgotten after 24 hours', async () => {
    const key = newKey();
    await admin.post('enable', {}, withKey(key));
    await rig.database.query("update idempotency_keys set expires_at = now() - interval '1 second'");
    expect(replayed([await admin.post('enable', {}, withKey(key))])).toBe(0);
  });

  test('what failed on our side is not kept: the retry is carried out', async () => {
    const key = newKey();
    rig.breakStore('findSession', () => new Error('down'));
    rig.restart();
    expect((await admin.post('enable', {}, withKey(key))).status).toBe(500);
    await rig.repair();
    const answer = await admin.post('enable', {}, withKey(key));
    expect([answer.status, replayed([answer])]).toEqual([200, 0]);
  });

  test('whoever is no administrator any more gets no answer, not even a kept one', async () => {
    const key = newKey();
    expect((await admin.post('enable', {}, withKey(key))).status).toBe(200);
    await rig.database.query("update users set role = 'agent' where id = 'acme-admin'");
    rig.restart();
    const answer = await admin.post('enable', {}, withKey(key));
    await rig.database.query("update users set role = 'administrator' where id = 'acme-admin'");
    expect(parsed(answer, schemas.problem, 403).code).toBe('administrator-required');
  });

  test.each(['""', 'a b', 'ä', '"', 'x'.repeat(256)])('the key %j is refused', async (key) => {
    const { errors } = parsed(await admin.post('enable', {}, withKey(key)), schemas.problem, 400);
    expect(errors?.map(({ path }) => path)).toEqual(['Idempotency-Key']);
  });

  test('a key in quotation marks, as the draft of the IETF writes it, is the same key', async () => {
    const key = newKey();
    await admin.post('enable', {}, withKey(`"${key}"`));
    expect(replayed([await admin.post('enable', {}, withKey(key))])).toBe(1);
  });

  test('while somebody carries it out for longer than a request takes, the answer says so', async () => {
    const key = newKey();
    await admin.post('enable', {}, withKey(key));
    await rig.database.query('update idempotency_keys set answer_ciphertext = null, answer_key_id = null');
    const answer = await admin.post('enable', {}, withKey(key));
    expect(parsed(answer, schemas.problem, 409).code).toBe('idempotency-key-in-use');
    await rig.database.query("update idempotency_keys set claimed_until = now() - interval '1 second'");
    expect((await admin.post('enable', {}, withKey(key))).status).toBe(200);
  });

  describe('on the page', () => {
    const formOf = async (change: Readonly<Record<string, string>> = {}) => {
      const { text } = await admin.page();
      const [, idempotencyKey = ''] = /name="idempotencyKey" value="([^"]+)"/.exec(text) ?? [];
      const form = { enable: 'true', providerId: 'okta', seen: (await admin.seen()) ?? '', idempotencyKey };
      return { ...form, ...admin.values(), action: 'authorise', ...change };
    };

    test('every form has a key of its own, new each time', async () => {
      const [one, two] = [(await admin.page()).text, (await admin.page()).text];
      const keysOf = (text: string) =>
        [...text.matchAll(/name="idempotencyKey" value="([^"]+)"/g)].map(([, key]) => key);
      expect(keysOf(one)).toHaveLength(one.match(/<form method="post"/g)?.length ?? 0);
      expect(new Set([...keysOf(one), ...keysOf(two)]).size).toBe(keysOf(one).length + keysOf(two).length);
    });

    test('a double click on Save and authorise leads to one authorisation of one revision', async () => {
      const [before, form] = [await revisions(), await formOf()];
      const started = await audited('authorisation-started');
      const answers = await Promise.all([admin.submit(form), admin.submit(form), admin.submit(form)]);
      expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
      expect(new Set(answers.map((answer) => answer.location())).size).toBe(1);
      expect([await revisions(), await audited('authorisation-started')]).toEqual([before + 1, started + 1]);
    });

    test('the reload of a refusal shows it again and audits it once', async () => {
      const form = await formOf({ hostName: '127.0.0.1' });
      const events = await audited('change-refused');
      const [one, two] = [await admin.submit(form), await admin.submit(form)];
      expect([one.status, two.status]).toEqual([400, 400]);
      expect(two.text).toContain('This is a numeric address');
      expect(two.text).not.toContain(rig.tenants.acme.clientSecret);
      expect(await audited('change-refused')).toBe(events + 1);
    });

    test('the reload of the answer to Disable disables once', async () => {
      const form = { action: 'disable', idempotencyKey: newKey() };
      const link = await linkSession();
      const events = await audited('connection-disabled');
      const first = await link.submit(form);
      await rig.store.setConnectionEnabled({ tenantId: 'acme', enabled: true, actor: 'test' });
      const again = await link.submit(form);
      for (const { text } of [first, again]) expect(text).toContain('Single sign-on is disabled');
      expect(await audited('connection-disabled')).toBe(events + 1);
      expect((await rig.store.findConnection('acme'))?.enabled).toBe(true);
    });

    test('another form under the same key is told, and nothing is done', async () => {
      const form = await formOf();
      await admin.submit(form);
      const before = await revisions();
      const answer = await admin.submit({ ...form, clientId: '0oaother000000000000' });
      expect([answer.status, answer.text.includes('sent before')]).toEqual([422, true]);
      expect(await revisions()).toBe(before);
    });
  });

  /** Whoever came by a link of the Service Desk stays signed in when single sign-on is disabled. */
  async function linkSession(): Promise<SettingsClient> {
    const { crypto } = rig.signIn;
    const token = crypto.randomToken(32);
    const tokenHash = await crypto.sha256(token);
    await rig.store.createAdminLink({ tenantId: 'acme', tokenHash, ttlSeconds: 900, actor: 'test' });
    const opened = await admin.browser.post(`${admin.origin}/workspace/admin-link/${token}`);
    expect(opened.status).toBe(303);
    return admin;
  }
});
