/**
 * What the settings never tell: secrets in the support bundle and anywhere else (A1, A4, A17), a moved ciphertext (A5),
 * which hosts of our own network answer (A18), and markup of somebody else's (O4).
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as schemas from '../../apps/workspace-auth/src/settings/settings-api-schemas.js';
import { UNREACHABLE_ANSWER_MS } from '../../packages/sso-core/src/limits.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import { type Rig, signIn, startRig, walkToCallback } from '../support/rig.js';
import { openSettings, parsed, type SettingsClient } from '../support/settings-client.js';

const stores = await testStores();

/** A secret in the forms in which it could be written somewhere. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    html,
  ];
}

/** Everything in a text that looks like an opaque value is as long as this at least. */
const MIN_SECRET = 16;

describe.each(stores)('on $name', ({ open }) => {
  let rig: Rig;
  let admin: SettingsClient;

  beforeAll(async () => {
    rig = await startRig(await open());
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    // Whatever a test before did beside the store.
    await rig.database.query(
      "update users set name = 'Arun Agent', email = 'agent@acme.example' where id = 'acme-agent'",
    );
    await rig.database.query("update tenants set name = 'Acme' where id = 'acme'");
    await rig.connect('acme');
    admin = await openSettings(rig);
  });

  const bundleTexts = async (): Promise<readonly string[]> =>
    Promise.all(['json', 'text'].map(async (format) => (await admin.get(`support-bundle?format=${format}`)).text));

  /** Secrets, codes, tokens and handles of everything that has happened: as they crossed the wire or were set. */
  function canaries(browsers: readonly HttpBrowser[]): ReadonlySet<string> {
    const found = new Set<string>();
    const add = (value: string | null | undefined): void => {
      if (value != null && value.length >= MIN_SECRET) found.add(value);
    };
    const addParameters = (parameters: URLSearchParams): void => {
      for (const name of ['code', 'state', 'nonce', 'code_challenge', 'code_verifier', 'client_secret', 'login_hint']) {
        add(parameters.get(name));
      }
    };
    for (const { answers, cookies } of browsers) {
      for (const cookie of cookies) add(cookie.value);
      for (const { url, headers, setCookies } of answers) {
        addParameters(new URL(url).searchParams);
        if (headers.location !== undefined) addParameters(new URL(headers.location, url).searchParams);
        for (const cookie of setCookies) add(cookie.slice(cookie.indexOf('=') + 1).split(';')[0]);
      }
    }
    for (const { headers, body, answer } of rig.outgoing) {
      addParameters(new URLSearchParams(body));
      const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ');
      add(credentials);
      if (scheme === 'Basic')
        add(decodeURIComponent(Buffer.from(credentials, 'base64').toString().split(':')[1] ?? ''));
      for (const token of answer.matchAll(/"(?:access_token|id_token)":"([^"]+)"/g)) {
        add(token[1]);
        for (const part of token[1]?.split('.') ?? []) add(part);
      }
    }
    return found;
  }

  test('A1: the support bundle holds no secret, token, code, state, nonce or cookie, whatever has happened', async () => {
    const secret = 'CANARY-Secret_1<&"\'+/=~of-forty-characters';
    const wrong = 'CANARY-wrong-secret-of-forty-characters-9';
    const next = 'CANARY-next-secret-of-forty-characters-77';
    const password = 'CANARY-password-typed-as-a-client-id-123';
    const browsers = [admin.browser];
    const visit = async (options: Parameters<typeof signIn>[2]): Promise<void> => {
      const browser = new HttpBrowser();
      browsers.push(browser);
      await signIn(rig, browser, options);
    };
    // What works, and what fails at every stage.
    await visit({ person: 'agent', product: 'cti' });
    for (const person of ['not-in-ipscape', 'inactive', 'toolbar-only', 'unassigned'] as const) await visit({ person });
    const { faults } = rig.tenants.acme.org;
    for (const fault of [
      { authorizeError: { error: 'server_error', error_description: 'CANARY-of-the-provider-1234567' } },
      {
        idToken: {
          mutate: (header: object, payload: object) => ({
            header,
            payload: { ...payload, nonce: 'CANARY-nonce-of-somebody-else' },
          }),
        },
      },
    ]) {
      Object.assign(faults, fault);
      await visit({ person: 'agent' });
      faults.reset();
    }
    const repeated = new HttpBrowser();
    browsers.push(repeated);
    const callback = await walkToCallback(rig, repeated);
    await repeated.request(callback);
    await new HttpBrowser().request(callback);
    await repeated.request(`${callback}&state=CANARY-state-that-nobody-made-1`);
    // Drafts that succeed, are refused, and fail at the provider.
    await admin.draft({ clientSecret: secret });
    const { revision } = parsed(await admin.draft({ clientSecret: wrong }), schemas.draftSaved);
    const begun = parsed(await admin.post('authorise', { revisionId: revision.revisionId }), schemas.begun);
    await admin.walk(begun.open);
    const failed = parsed(
      await admin.get(`authorisations/${begun.authorisation.authorisationId}`),
      schemas.authorisation,
    );
    expect(failed.failure?.code).toBe('client-rejected');
    await admin.draft({ clientId: `${password} with spaces` });
    await admin.draft({ hostName: `${password}@acme.okta.com` });
    await admin.draft({ [password]: 'x' });
    await rig.store.setNextClientSecret({ tenantId: 'acme', clientSecret: next, actor: 'test' });
    rig.breakStore('claimTransaction', () => new Error(`CANARY of the driver ${secret}`));
    rig.restart();
    await visit({ person: 'agent' });
    const kept = [...canaries(browsers), ...[secret, wrong, next, password, rig.tenants.acme.clientSecret], 'CANARY'];
    await rig.database.query("update users set name = 'CANARY of a name' where id = 'acme-agent'");
    rig.breakStore('claimTransaction', () => new Error('still broken'));

    const texts = await bundleTexts();
    const { signInLog, audit } = parsed(await admin.get('support-bundle'), schemas.supportBundle);
    expect(kept.length).toBeGreaterThan(60);
    const codes = new Set(signInLog.map(({ code }) => code));
    for (const code of [
      'signed-in',
      'user-not-found',
      'idp-error',
      'token-invalid',
      'client-rejected',
      'internal-error',
    ]) {
      expect([...codes]).toContain(code);
    }
    expect(new Set(audit.map(({ action }) => action))).toContain('change-refused');
    for (const text of texts) {
      for (const canary of kept) for (const form of formsOf(canary)) expect(text).not.toContain(form);
      // Nobody's name and nobody's address.
      expect(text).not.toMatch(/[A-Za-z0-9.-]+@[a-z]+\.example/);
      for (const { name } of [{ name: 'Arun Agent' }, { name: 'Ada Administrator' }]) expect(text).not.toContain(name);
    }
    // The page and the other answers, as well as our own log.
    for (const answer of [
      await admin.page(),
      ...(await Promise.all(['settings', 'sign-in-log', 'audit'].map((path) => admin.get(path)))),
    ]) {
      for (const text of [secret, wrong, next].flatMap(formsOf)) expect(answer.text).not.toContain(text);
    }
    for (const text of [secret, wrong, next, password].flatMap(formsOf))
      expect(rig.logLines.join('')).not.toContain(text);
  });

  test('the support bundle says what support asks first, for its tenant alone', async () => {
    await signIn(rig, new HttpBrowser(), { tenant: 'globex', person: 'inactive' });
    const bundle = parsed(await admin.get('support-bundle'), schemas.supportBundle);
    expect(bundle).toMatchObject({
      tenant: { id: 'acme', domain: 'acme.localhost', ssoEntitled: true },
      connection: { enabled: true, secrets: [{ slot: 'current', keyId: 'test', readable: true }] },
      directory: { users: 5, active: 4, disabled: 1 },
    });
    expect(bundle.redirectUris).toHaveLength(4);
    expect(bundle.versions.schema).toMatch(/^\d{4}-/);
    expect(bundle.revisions[0]).toMatchObject({ config: { hostName: rig.tenants.acme.org.host } });
    expect(JSON.stringify(bundle)).not.toContain('globex');
    const answer = await admin.get('support-bundle?format=text');
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="ipscape-sso-[\d-]+\.txt"$/);
    for (const uri of bundle.redirectUris) expect(answer.text).toContain(uri);
    expect(answer.text).toContain('Sign-in log, newest first');
    expect((await admin.page()).text).toContain('Copy support bundle');
  });

  test('A5: a secret that was moved between tenants signs nobody in, and the log says why', async () => {
    await rig.database.query(
      `update connection_secrets k set ciphertext = o.ciphertext from connection_secrets o
       join connection_revisions r on r.tenant_id = o.tenant_id and r.id = o.revision_id and r.state = 'active'
       where k.tenant_id = 'acme' and o.tenant_id = 'globex' and o.slot = 'current'`,
    );
    rig.restart();
    rig.outgoing.length = 0;
    rig.tenants.acme.org.clearRequests();
    const before = await rig.snapshot();
    const answer = await signIn(rig, new HttpBrowser());
    expect(answer.status).toBe(503);
    expect((await rig.snapshot()).sessions).toBe(before.sessions);
    expect(rig.requestsTo('acme')).not.toContain('token');
    expect(JSON.stringify(rig.outgoing)).not.toContain(rig.tenants.globex.clientSecret);
    const { lines } = parsed(await admin.get('sign-in-log?limit=1'), schemas.logPage);
    expect(lines).toMatchObject([{ code: 'secret-unreadable' }]);
    const bundle = parsed(await admin.get('support-bundle'), schemas.supportBundle);
    expect(bundle.connection.secrets).toMatchObject([{ readable: false }]);
  });

  test('A17: no field of a secret has a value or is remembered, and no secret travels in an address', async () => {
    const { text } = await admin.page();
    const inputs = [...text.matchAll(/<input[^>]*>/g)].map(([tag]) => tag);
    const secrets = inputs.filter((tag) => /name="(?:clientSecret|nextSecret)"/.test(tag));
    expect(secrets).toHaveLength(2);
    for (const tag of secrets) {
      expect(tag).toContain('type="password"');
      expect(tag).toContain('autocomplete="new-password"');
      expect(tag).not.toMatch(/value="[^"]/);
    }
    expect(inputs.filter((tag) => tag.includes('type="password"'))).toEqual(secrets);
    for (const [, form = ''] of text.matchAll(/<form method="get"([\s\S]*?)<\/form>/g))
      expect(form).not.toMatch(/secret/i);
    // In an address a secret would be in the history, in the log of every proxy, and in Referer.
    const before = await admin.seen();
    const query = new URLSearchParams({
      action: 'authorise',
      enable: 'true',
      providerId: 'okta',
      ...admin.values({ clientSecret: 'CANARY-in-an-address-0123456789' }),
    });
    const page = await admin.page(`?${query}`);
    expect(page.text).not.toContain('CANARY');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.headers['referrer-policy']).toBe('same-origin');
    expect(await admin.seen()).toBe(before);
    for (const path of ['draft', 'save', 'authorise', 'rollback', 'disable'])
      expect((await admin.get(path)).status).toBe(404);
    expect(rig.logLines.join('')).not.toContain('CANARY');
  });

  test.each([
    ['a script', '</script><script>alert(1)</script>'],
    ['an image', '"><img src=x onerror=alert(1)>'],
    ['a template', '{{7*7}}<%= 7*7 %>'],
    ['a quotation mark', `' onfocus=alert(1) autofocus x="`],
    ['a change of direction', '\u202Egnp.exe\u202C'],
  ])('O4: %s in a name, an address or a filter is text', async (_name, text) => {
    await rig.database.query('update users set name = $1, email = $1 where id = $2', [text, 'acme-agent']);
    await rig.database.query("update tenants set name = $1 where id = 'acme'", [text]);
    rig.restart();
    await signIn(rig, new HttpBrowser(), { person: 'not-in-ipscape' });
    await rig.store.recordRefusal({ tenantId: 'acme', actor: text, attempted: text, reason: text });
    const encoded = encodeURIComponent(text);
    const pages = await Promise.all([
      admin.page(`?reference=${encoded}&user=${encoded}&code=${encoded}&status_search=${encoded}&provider=${encoded}`),
      admin.page(),
      new HttpBrowser().request(`${admin.origin}/workspace/login`),
      admin.submit({
        action: 'authorise',
        enable: 'true',
        providerId: text,
        hostName: text,
        clientId: text,
        clientSecret: '',
      }),
      admin.submit({ action: 'set-next-secret', nextSecret: text }),
    ]);
    for (const { text: html, headers } of pages) {
      // A value in quotation marks is a value whatever is in it; what is left of a tag is markup.
      const markup = html.replace(/="[^"]*"/g, '=""');
      expect(markup).not.toMatch(/<script>alert|<img src=x/);
      expect(markup).not.toMatch(/<[^>]*\son\w+\s*=/);
      // Scripts come from a file of ours, or not at all; nothing is written into a page.
      for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) expect(tag).toMatch(/ src="\/workspace\/assets\//);
      expect(headers['content-security-policy']).toMatch(/script-src 'self'|default-src 'none'/);
      expect(headers['content-security-policy']).not.toContain('unsafe');
      // What turns text around is kept apart from the text around it.
      for (const [, element] of markup.matchAll(/<(\w+)[^<>]*>[^<]*\u202E/g)) {
        expect(['bdi', 'code', 'pre', 'title']).toContain(element);
      }
    }
  });
});

// The last one is a server where there is one: an answer takes its time on both.
describe.each(stores.slice(-1))('A18, F13: Save and authorise on $name', ({ open }) => {
  const asked: string[] = [];
  const ADDRESSES: Readonly<Record<string, string>> = {
    'loopback.example.com': '127.0.0.1',
    'private.example.com': '10.1.2.3',
    'metadata.example.com': '169.254.169.254',
    'mapped.example.com': '::ffff:10.0.0.1',
    'local.example.com': 'fe80::1',
  };
  /** As slow as a host behind a filter that drops every packet: the time for connecting runs out. */
  const STALLED = 'stalled.example.com';
  let rig: Rig;
  let admin: SettingsClient;

  beforeAll(async () => {
    const resolve = async (name: string) => {
      asked.push(name);
      if (name === STALLED) return new Promise<never>(() => {});
      const address = ADDRESSES[name];
      if (address === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      return [{ address, family: address.includes(':') ? 6 : 4 }];
    };
    rig = await startRig(await open(), { fetch: { resolve } });
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    await rig.database.query('delete from authorisation_rounds');
    await rig.database.query('delete from authorisations');
    admin = await openSettings(rig);
  });

  async function authorise(
    hostName: string,
    by: SettingsClient = admin,
  ): Promise<{ readonly answer: Answer; readonly ms: number }> {
    const { revision } = parsed(await by.draft({ hostName }), schemas.draftSaved);
    const startedAt = performance.now();
    const answer = await by.post('authorise', { revisionId: revision.revisionId });
    return { answer, ms: performance.now() - startedAt };
  }

  test('gives one answer, at one time, for hosts of our network and hosts that are closed, filtered, silent, no provider or none', async () => {
    const other = await openSettings(rig, { tenant: 'globex' });
    const { acme, globex } = rig.tenants;
    // Neither of the two orgs is asked as what it is.
    acme.org.faults.discovery = { hang: true };
    globex.org.faults.discovery = { status: 200, body: '<h1>CANARY</h1>' };
    const tried: readonly (readonly [SettingsClient, readonly string[]])[] = [
      [
        admin,
        ['private.example.com', 'mapped.example.com', 'nowhere.example.com', 'gone.okta.localhost:1', globex.org.host],
      ],
      [other, ['loopback.example.com', 'metadata.example.com', 'local.example.com', STALLED, acme.org.host]],
    ];
    const told: unknown[] = [];
    const times: number[] = [];
    await Promise.all(
      tried.map(async ([client, hostNames]) => {
        for (const hostName of hostNames) {
          const { answer, ms } = await authorise(hostName, client);
          told.push([answer.status, parsed(answer, schemas.begun).authorisation.failure]);
          times.push(ms);
          // The audit trail says where the administrator is.
          const page = (await client.page()).text.replaceAll('from 127.0.0.1<', '');
          expect(page).not.toMatch(/CANARY|ENOTFOUND|ECONNREFUSED|timeout/i);
          expect(page).not.toContain(ADDRESSES[hostName] ?? 'ENOTFOUND');
        }
      }),
    );
    expect(asked).toEqual(expect.arrayContaining([...Object.keys(ADDRESSES), 'nowhere.example.com', STALLED]));
    expect(new Set(told.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(told[0]).toMatchObject([200, { code: 'idp-unreachable' }]);
    // Not before, and none later than the others: how long each took is nobody's business.
    for (const ms of times)
      expect([ms >= UNREACHABLE_ANSWER_MS - 5, ms < UNREACHABLE_ANSWER_MS + 1_000]).toEqual([true, true]);
    const { signInLog, audit } = parsed(await admin.get('support-bundle'), schemas.supportBundle);
    const failed = audit.filter(({ action }) => action === 'authorisation-failed').slice(0, 5);
    expect(new Set(failed.map(({ details }) => JSON.stringify(details))).size).toBe(1);
    expect(signInLog.filter(({ code }) => code === 'idp-address-forbidden')).toEqual([]);
  }, 60_000);

  test('a host that answers is told at once', async () => {
    const { answer, ms } = await authorise(rig.tenants.acme.org.host);
    expect(parsed(answer, schemas.begun).authorisation.failure).toBeNull();
    expect(ms).toBeLessThan(30_000);
  });

  async function ask(revisionId: string, userId: string, times: number): Promise<void> {
    const actor = { userId, email: '', sessionId: 's' };
    for (let n = 0; n < times; n++) {
      await rig.store.createAuthorisation({ tenantId: 'acme', revisionId, actor, rounds: [] });
    }
  }

  test('may be asked ten times in ten minutes by an administrator, and the others go on', async () => {
    const { revision } = parsed(await admin.draft(), schemas.draftSaved);
    const { revisionId } = revision;
    await ask(revisionId, 'somebody-else', 9);
    await ask(revisionId, 'acme-admin', 9);
    expect((await admin.post('authorise', { revisionId })).status).toBe(200);
    const refused = parsed(await admin.post('authorise', { revisionId }), schemas.problem, 429);
    expect(refused.code).toBe('too-many-requests');
    await ask(revisionId, 'somebody-else', 1);
  });

  test('may be asked thirty times in ten minutes, and other tenants are not in the way', async () => {
    const { revision } = parsed(await admin.draft(), schemas.draftSaved);
    for (const userId of ['one', 'two', 'three']) await ask(revision.revisionId, userId, 10);
    const refused = parsed(await admin.post('authorise', { revisionId: revision.revisionId }), schemas.problem, 429);
    expect(refused.code).toBe('too-many-requests');
    const other = await openSettings(rig, { tenant: 'globex' });
    const draft = parsed(await other.draft(), schemas.draftSaved);
    expect((await other.post('authorise', { revisionId: draft.revision.revisionId })).status).toBe(200);
  });
});
