import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig, walkToCallback } from '../support/rig.js';
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
const WRONG = 'not-the-secret-of-this-app-0123456789';

describe.each(stores)('A7: rotating the client secret, on $name', ({ open }) => {
  let rig: Rig;
  let admin: HttpBrowser;
  /** The newest audit event when a test begins. */
  let mark: string;
  /** Active at Okta and current here when a test begins. */
  let old: string;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    const active = secretsAtOkta();
    old = active[0] ?? '';
    for (const other of active.slice(1)) rig.tenants.acme.org.deactivateClientSecret(clientId(), other);
    await rig.connect(TENANT, { clientSecret: old });
    await forgetAttempts(rig);
    rig.restart();
    admin = new HttpBrowser();
    await openByLink(rig, admin);
    rig.outgoing.length = 0;
    mark = (await rig.store.listAuditEvents(TENANT, { limit: 1 }))[0]?.id ?? '0';
  });

  const clientId = () => rig.tenants.acme.clientId;
  const secretsAtOkta = () => {
    const { clientSecrets = [] } = rig.tenants.acme.org.clients.find((client) => client.clientId === clientId()) ?? {};
    return clientSecrets.filter(({ status }) => status === 'ACTIVE').map(({ value }) => value);
  };
  const addAtOkta = () => rig.tenants.acme.org.addClientSecret(clientId());
  const dropAtOkta = (secret: string) => rig.tenants.acme.org.deactivateClientSecret(clientId(), secret);
  const call = (path: string, body?: unknown) => callApi(rig, admin, path, body);
  const store = async (clientSecret: string) =>
    expect((await call('secret/next', { clientSecret })).json()).toEqual({ stored: true });
  const agentSignsIn = async () => (await signIn(rig, new HttpBrowser())).status;
  const slots = async () => {
    const revision = (await rig.store.findConnection(TENANT))?.active;
    return { current: revision?.secret?.fingerprint ?? null, next: revision?.nextSecret?.fingerprint ?? null };
  };
  /** Of this test, newest first. */
  const auditEvents = async () =>
    (await rig.store.listAuditEvents(TENANT)).filter(({ id }) => BigInt(id) > BigInt(mark));
  const events = async () => (await auditEvents()).map(({ action }) => action);
  /** The secrets that were shown to Okta's token endpoint, in order. */
  const shown = () =>
    rig.outgoing
      .filter(({ url }) => url.endsWith('/v1/token'))
      .map(({ headers, body }) => {
        expect(new URLSearchParams(body).has('client_secret')).toBe(false);
        const [, credentials = ''] = (headers.authorization ?? '').split(' ');
        return decodeURIComponent(Buffer.from(credentials, 'base64').toString().split(':')[1] ?? '');
      });

  describe('in every order, without one failed sign-in', () => {
    test('stored, tested and promoted here before the old one ends at Okta', async () => {
      const next = addAtOkta();
      await store(next);
      expect(await agentSignsIn()).toBe(303);
      expect((await call('secret/check', { slot: 'next' })).json()).toMatchObject({ result: 'accepted' });
      expect(await agentSignsIn()).toBe(303);
      expect((await call('secret/promote', {})).json()).toMatchObject({ promoted: true, result: 'accepted' });
      expect(await agentSignsIn()).toBe(303);
      dropAtOkta(old);
      expect(await agentSignsIn()).toBe(303);
      expect(shown()).toEqual([old, next, old, next, next, next]);
      expect(await slots()).toMatchObject({ next: null });
    });

    test('the old one ends at Okta first: the sign-in that finds out promotes the next one', async () => {
      const next = addAtOkta();
      await store(next);
      const before = await slots();
      dropAtOkta(old);
      expect(await agentSignsIn()).toBe(303);
      expect(shown()).toEqual([old, next]);
      expect(await slots()).toEqual({ current: before.next, next: null });
      expect(await events()).toContain('next-client-secret-promoted');
      rig.outgoing.length = 0;
      expect(await agentSignsIn()).toBe(303);
      expect(shown()).toEqual([next]);
    });

    test('ten sign-ins at once, all of which began with the old one', async () => {
      const next = addAtOkta();
      await store(next);
      const browsers = Array.from({ length: 10 }, () => new HttpBrowser());
      const callbacks: string[] = [];
      for (const browser of browsers) callbacks.push(await walkToCallback(rig, browser));
      dropAtOkta(old);
      const answers = await Promise.all(browsers.map((browser, index) => browser.request(callbacks[index] ?? '')));
      expect(answers.map(({ status }) => status)).toEqual(browsers.map(() => 303));
      expect(await slots()).toMatchObject({ next: null });
      const promotions = (await auditEvents()).filter(isPromotion);
      expect(promotions).toMatchObject([{ actor: 'sign-in', details: { fingerprint: (await slots()).current } }]);
    });

    test('a sign-in that read the old one just before somebody promoted the next', async () => {
      const next = addAtOkta();
      await store(next);
      const browser = new HttpBrowser();
      const callback = await walkToCallback(rig, browser);
      const { org } = rig.tenants.acme;
      Object.assign(org.faults, { token: { delayMs: 300 } });
      const answer = browser.request(callback);
      await expect.poll(() => org.requests.some(({ endpoint }) => endpoint === 'token')).toBe(true);
      org.faults.reset();
      expect((await call('secret/promote', {})).json()).toMatchObject({ promoted: true });
      dropAtOkta(old);
      expect((await answer).status).toBe(303);
    });

    test('after a change of the settings in the middle of it', async () => {
      const next = addAtOkta();
      await store(next);
      const { revisionId, providerId, issuer, clientId: id, config } = (await activeRevision()) ?? expect.unreachable();
      const draft = { tenantId: TENANT, providerId, issuer, clientId: id, config, actor: 'test' };
      const kept = await rig.store.createDraft({ ...draft, clientSecret: 'keep' });
      await rig.store.markAuthorised({ tenantId: TENANT, revisionId: kept.revisionId, actor: 'test' });
      await rig.store.activateRevision({ tenantId: TENANT, revisionId: kept.revisionId, actor: 'test' });
      rig.restart();
      dropAtOkta(old);
      expect(await agentSignsIn()).toBe(303);
      // And back to the revision from before the rotation.
      await rig.store.restoreRevision({ tenantId: TENANT, revisionId, actor: 'test' });
      rig.restart();
      expect(await agentSignsIn()).toBe(303);
      expect((await events()).filter((action) => action === 'client-secret-carried-over')).toHaveLength(0);
    });

    test('after going back to a revision whose secret was rotated away since', async () => {
      const { revisionId } = (await activeRevision()) ?? expect.unreachable();
      const next = addAtOkta();
      await rig.connect(TENANT, { clientSecret: next });
      dropAtOkta(old);
      await rig.store.restoreRevision({ tenantId: TENANT, revisionId, actor: 'test' });
      expect(await events()).toContain('client-secret-carried-over');
      rig.restart();
      expect(await agentSignsIn()).toBe(303);
    });
  });

  const activeRevision = async () => (await rig.store.findConnection(TENANT))?.active;
  const isPromotion = ({ action }: { readonly action: string }) => action === 'next-client-secret-promoted';

  describe('the next secret is never shown to Okta', () => {
    test('while the current one is accepted', async () => {
      await store(addAtOkta());
      for (let count = 0; count < 3; count++) expect(await agentSignsIn()).toBe(303);
      expect(shown()).toEqual([old, old, old]);
    });

    const oauthError = (error: string, status: number) => ({
      tokenError: { error, error_description: 'Something else.', status },
    });
    test.each<[what: string, faults: Partial<Rig['tenants']['acme']['org']['faults']>]>([
      ['invalid_grant', oauthError('invalid_grant', 400)],
      ['invalid_request', oauthError('invalid_request', 400)],
      ['unauthorized_client', oauthError('unauthorized_client', 400)],
      ['server_error', oauthError('server_error', 500)],
      [
        'a bare 401 of something in between',
        { token: { status: 401, headers: { 'content-type': 'text/html' }, body: '' } },
      ],
      ['403', { token: { status: 403, headers: { 'content-type': 'text/html' }, body: '' } }],
      ['429', { rateLimited: { token: true } }],
      ['500', { token: { status: 500 } }],
      ['nothing', { token: { dropConnection: true } }],
    ])('when it answers %s', async (_what, faults) => {
      await store(addAtOkta());
      Object.assign(rig.tenants.acme.org.faults, faults);
      rig.tenants.acme.org.clearRequests();
      expect(await agentSignsIn()).toBeGreaterThanOrEqual(400);
      expect(rig.requestsTo(TENANT).filter((endpoint) => endpoint === 'token')).toHaveLength(1);
      // What was dropped on the way was not recorded; the current one is always the first.
      expect([[], [old]]).toContainEqual(shown());
      expect((await slots()).next).not.toBeNull();
    });

    test('of another tenant', async () => {
      await store(addAtOkta());
      rig.tenants.globex.org.faults.tokenError = { error: 'invalid_client', error_description: 'No.', status: 401 };
      expect((await signIn(rig, new HttpBrowser(), { tenant: 'globex' })).status).toBe(502);
      expect(shown()).toEqual([rig.tenants.globex.clientSecret]);
    });
  });

  test('a wrong next secret changes nothing: the refusal stays, and it is not promoted', async () => {
    await store(WRONG);
    const before = await slots();
    dropAtOktaButKeepOne();
    const refused = await signIn(rig, new HttpBrowser());
    expect(refused.status).toBe(502);
    expect(shown()).toEqual([old, WRONG]);
    expect(await slots()).toEqual(before);
    expect(await events()).not.toContain('next-client-secret-promoted');
    for (const line of rig.logLines) expect(line).not.toContain(WRONG);
  });
  function dropAtOktaButKeepOne(): void {
    addAtOkta();
    dropAtOkta(old);
  }

  test('a provider that spends the code on the first try costs that one sign-in, and no other', async () => {
    const next = addAtOkta();
    await store(next);
    dropAtOkta(old);
    const browser = new HttpBrowser();
    const callback = new URL(await walkToCallback(rig, browser));
    callback.searchParams.set('code', 'a-code-that-nobody-was-given');
    const refused = await browser.request(callback.href);
    expect(refused.status).toBe(400);
    expect(shown()).toEqual([old, next]);
    expect(await agentSignsIn()).toBe(303);
    expect(shown()).toEqual([old, next, next]);
  });

  describe('what cannot be a next secret is refused:', () => {
    test.each<[what: string, secret: () => string]>([
      ['nothing', () => ''],
      ['dots', () => '••••••••••••••••'],
      ['the one in use', () => old],
    ])('%s', async (_what, secret) => {
      const answer = await call('secret/next', { clientSecret: secret() });
      expect(refusalOf(answer)).toEqual([400, 'request-invalid']);
      expect(answer.text).not.toContain(old);
      expect(await slots()).toMatchObject({ next: null });
      const pressed = await press(rig, admin, { action: 'set-next-secret', nextSecret: secret() });
      expect(pressed.status).toBe(400);
      expect(pressed.text).not.toContain(old);
    });
  });

  test('is forgotten on request, and there is nothing to promote, test or forget then', async () => {
    await store(addAtOkta());
    expect((await call('secret/discard', {})).json()).toEqual({ discarded: true });
    expect(await slots()).toMatchObject({ next: null });
    expect((await events())[0]).toBe('next-client-secret-discarded');
    expect(refusalOf(await call('secret/discard', {}))).toEqual([404, 'not-found']);
    expect((await call('secret/check', { slot: 'next' })).json()).toMatchObject({ result: 'missing' });
    expect((await call('secret/promote', {})).json()).toMatchObject({ promoted: false, result: 'missing' });
  });

  test('is promoted on request only when Okta accepts it', async () => {
    await store(WRONG);
    const before = await slots();
    expect((await call('secret/promote', {})).json()).toMatchObject({ promoted: false, result: 'refused' });
    rig.tenants.acme.org.faults.token = { status: 503 };
    expect((await call('secret/promote', {})).json()).toMatchObject({ promoted: false, result: 'unknown' });
    expect(await slots()).toEqual(before);
  });

  test('the stored secret is checked without a user', async () => {
    expect((await call('secret/check', { slot: 'current' })).json()).toMatchObject({ result: 'accepted' });
    dropAtOktaButKeepOne();
    const refused = await call('secret/check', { slot: 'current' });
    expect(refused.json()).toMatchObject({ result: 'refused', code: 'client-rejected' });
    expect(refused.text).not.toContain(old);
    expect(refusalOf(await call('secret/check', { slot: 'other' }))).toEqual([400, 'request-invalid']);
  });

  test('five checks in ten minutes and no more, also at once, of either slot and by enforcing', async () => {
    await store(addAtOkta());
    const calls = Array.from({ length: 10 }, (_, index) =>
      call('secret/check', { slot: index % 2 ? 'next' : 'current' }),
    );
    const answers: readonly Answer[] = await Promise.all(calls);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.map(refusalOf)).toEqual(Array.from({ length: 5 }, () => [429, 'too-many-requests']));
    expect(refusalOf(await call('secret/promote', {}))).toEqual([429, 'too-many-requests']);
    await call('directory-check', {});
    expect(refusalOf(await call('enforce', {}))).toEqual([429, 'too-many-requests']);
    expect(shown()).toHaveLength(5);
    const pressed = await press(rig, admin, { action: 'check-secret' });
    expect([pressed.status, pressed.text.includes('Wait ten minutes')]).toEqual([429, true]);
    const other = new HttpBrowser();
    await openByLink(rig, other, 'globex');
    const free = await callApi(rig, other, 'secret/check', { slot: 'current' }, { tenant: 'globex' });
    expect(free.json()).toMatchObject({ result: 'accepted' });
  });

  test('the page rotates it with buttons, and never shows it', async () => {
    const next = addAtOkta();
    const page = await press(rig, admin, { action: 'set-next-secret', nextSecret: next });
    expect(page.text).toContain('Next secret set on');
    expect((await press(rig, admin, { action: 'check-next-secret' })).text).toContain('accepts the secret');
    expect((await press(rig, admin, { action: 'promote-secret' })).text).toContain('is the current one now');
    const after = await admin.request(rig.tenants.acme.origin + SETTINGS_PATH);
    expect(after.text).not.toContain('Next secret set on');
    for (const { text } of admin.answers) {
      expect(text).not.toContain(next);
      expect(text).not.toContain(old);
    }
  });
});
