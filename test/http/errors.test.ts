import { readFileSync } from 'node:fs';
import { SSO_ERRORS, SsoError, type SsoErrorCode } from '@ipscape/sso-core';
import { ERROR_PAGES } from '@ipscape/sso-hono';
import { createEncryptionKeyRing } from '@ipscape/sso-store';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { randomKey, testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser } from '../support/http-browser.js';
import {
  chooseUser,
  type PersonKey,
  type Rig,
  referenceOf,
  type SignInOptions,
  sessionCookies,
  signIn,
  startRig,
  startUrl,
  walkToCallback,
} from '../support/rig.js';
import { linkedClient, SETTINGS, settingsClient, signedInClient } from '../support/settings-link-client.js';

const stores = await testStores();

/** What a provider says in an error; none of it may be shown or logged. */
const IDP_TEXT = 'IDP-CANARY <script>alert(1)</script>';

interface Scene {
  readonly rig: Rig;
  readonly browser: HttpBrowser;
  /** What the last request asks for. */
  readonly accept: string;
}

interface Provocation {
  /** Up to and with the request that is refused. */
  readonly provoke: (scene: Scene) => Promise<Answer>;
  /** Stage in the tenant's sign-in log; null when the refusal is no part of a sign-in, or nobody can write a log. */
  readonly stage: string | null;
  /** Requests to Okta's token and userinfo endpoints that the refusal costs. Default none. */
  readonly costs?: readonly ('token' | 'userinfo')[];
  /** The user whom the log names. */
  readonly userId?: string;
  /** Asked with HEAD: the answer has no body. */
  readonly isBodyless?: true;
  /** What went well before; nothing of it counts. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  /** A person is told on the settings page, and not in its place. */
  readonly isExplained?: true;
}

const open = ({ browser, accept }: Scene, url: string): Promise<Answer> =>
  browser.request(url, { headers: { accept } });
const start = (scene: Scene, options: SignInOptions = {}): Promise<Answer> => open(scene, startUrl(scene.rig, options));
const callback = async (scene: Scene, options: SignInOptions = {}): Promise<Answer> =>
  open(scene, await walkToCallback(scene.rig, scene.browser, options));

/** A callback whose address or circumstances were changed on the way. */
async function changedCallback(scene: Scene, change: (url: URL) => unknown): Promise<Answer> {
  const url = new URL(await walkToCallback(scene.rig, scene.browser));
  await change(url);
  return open(scene, url.href);
}

/** A whole sign-in under a switch of Okta. */
function faulty(
  faults: Partial<Rig['tenants']['acme']['org']['faults']>,
  options: SignInOptions = {},
): Provocation['provoke'] {
  return async (scene) => {
    Object.assign(scene.rig.tenants.acme.org.faults, faults);
    return callback(scene, options);
  };
}

/** A sign-in that Okta's own claims, signed as ever, spoil. */
function claims(change: Readonly<Record<string, unknown>>, person: PersonKey = 'agent'): Provocation['provoke'] {
  return faulty(
    { idToken: { mutate: (header, payload) => ({ header, payload: { ...payload, ...change } }) } },
    { person },
  );
}

const denied = (error: string): Provocation['provoke'] =>
  faulty({ authorizeError: { error, error_description: IDP_TEXT } });

const html = { headers: { 'content-type': 'text/html' }, status: 200, body: IDP_TEXT };

const ENABLED = { enable: 'true', providerId: 'okta' };

/** A change of the settings by whoever came with a link: as a program by the API, as a person by a button. */
async function change({ rig, browser, accept }: Scene, path: string, form: Record<string, string>): Promise<Answer> {
  const client = settingsClient(rig, browser);
  const connection = await rig.store.findConnection('acme');
  const revisionId = connection?.pending?.revisionId ?? '';
  const { providerId } = ENABLED;
  if (accept.includes('text/html')) {
    return client.submit({
      seen: revisionId,
      ...client.typed,
      ...(path === 'save' ? { clientSecret: '' } : {}),
      ...form,
    });
  }
  const draft = { providerId, values: client.typed, seenRevisionId: 'gone' };
  return client.post(path, path === 'draft' ? draft : { revisionId }, { headers: { accept } });
}

/** Nothing is refused: the administrator is shown it as the result, in the log under its reference. */
async function expectUserMismatch({ rig, browser }: Scene): Promise<void> {
  const client = await signedInClient(rig, browser);
  const revisionId = await client.draft();
  const before = await rig.snapshot();
  const authorisation = await client.authorise(revisionId, 'agent');
  const failure = { code: 'user-mismatch' };
  expect(authorisation).toMatchObject({ status: 'failed', failure, matchedUser: { id: 'acme-agent' } });
  const page = await browser.request(client.tenant.origin + SETTINGS);
  expect(page.text.includes('(user-mismatch)')).toBe(true);
  const [line] = await rig.store.listSignInLog('acme', { limit: 1 });
  expect(line).toMatchObject({ code: 'user-mismatch', purpose: 'authorise', userId: 'acme-agent' });
  expect(line?.reference).toMatch(/^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$/);
  const { sessions, users } = await rig.snapshot();
  expect({ sessions, users }).toEqual({ sessions: before.sessions, users: before.users });
  const refused = await client.post('save', { revisionId });
  expect(refused.json()).toMatchObject({ status: 409, code: 'revision-not-authorised' });
}

/** As before the first draft. */
async function disconnect(rig: Rig): Promise<void> {
  // Noted, so that the rig connects the tenant again.
  await rig.connect('acme');
  for (const table of ['transactions', 'sessions', 'connection_secrets', 'connection_revisions', 'connections']) {
    await rig.database.query(`delete from ${table} where tenant_id = 'acme'`);
  }
}

const PROVOCATIONS: Readonly<
  Record<
    SsoErrorCode,
    Provocation | { readonly provokedBy: string } | { readonly verdict: (scene: Scene) => Promise<void> }
  >
> = {
  'tenant-unknown': {
    provoke: (scene) => open(scene, startUrl(scene.rig).replace('acme.', 'nobody.')),
    stage: null,
  },
  'sso-not-enabled': {
    async provoke(scene) {
      await scene.rig.store.setSsoEntitlement({ tenantId: 'acme', entitled: false, actor: 'test' });
      return start(scene);
    },
    stage: 'start',
  },
  'connection-changed': {
    provoke: (scene) => changedCallback(scene, () => scene.rig.connect('acme')),
    stage: 'callback',
  },
  'provider-unknown': {
    async provoke(scene) {
      await scene.rig.connect('acme', { providerId: 'not-built-in' });
      return start(scene);
    },
    stage: 'start',
  },
  'secret-unreadable': {
    provoke: (scene) =>
      changedCallback(scene, async () => {
        scene.rig.restart(await scene.rig.database.withKeys(createEncryptionKeyRing(randomKey('other'))));
      }),
    stage: 'callback',
  },
  'state-mismatch': {
    provoke: (scene) => changedCallback(scene, (url) => url.searchParams.set('state', 'A'.repeat(43))),
    stage: 'callback',
  },
  'browser-mismatch': {
    async provoke(scene) {
      const theirs = await walkToCallback(scene.rig, new HttpBrowser());
      await start(scene);
      return open(scene, theirs);
    },
    stage: 'callback',
  },
  'cookie-blocked': {
    async provoke(scene) {
      scene.browser.acceptsCookies = false;
      return open(scene, await walkToCallback(scene.rig, new HttpBrowser()));
    },
    stage: 'callback',
  },
  'transaction-expired': {
    provoke: (scene) =>
      changedCallback(scene, () =>
        scene.rig.database.query("update transactions set expires_at = now() - interval '1s'"),
      ),
    stage: 'callback',
  },
  'transaction-repeated': {
    async provoke(scene) {
      // The first try failed, so there is no session to go on with.
      const url = new URL(await walkToCallback(scene.rig, scene.browser));
      const good = url.href;
      url.searchParams.delete('code');
      await open(scene, url.href);
      await scene.rig.database.query('delete from sign_in_log');
      return open(scene, good);
    },
    stage: 'callback',
  },
  'response-invalid': {
    provoke: (scene) => changedCallback(scene, (url) => url.searchParams.append('code', 'second')),
    stage: 'callback',
  },
  'response-issuer-mismatch': {
    provoke: (scene) =>
      changedCallback(scene, (url) => url.searchParams.set('iss', scene.rig.tenants.globex.org.origin)),
    stage: 'callback',
  },
  'idp-unreachable': { provoke: faulty({ token: { dropConnection: true } }), stage: 'token', costs: ['token'] },
  'idp-timeout': { provoke: faulty({ token: { hang: true } }), stage: 'token', costs: ['token'] },
  'idp-rate-limited': { provoke: faulty({ rateLimited: { token: true } }), stage: 'token', costs: ['token'] },
  'idp-error': { provoke: faulty({ token: { status: 500, body: IDP_TEXT } }), stage: 'token', costs: ['token'] },
  'idp-response-invalid': { provoke: faulty({ token: html }), stage: 'token', costs: ['token'] },
  'idp-address-forbidden': {
    async provoke(scene) {
      await scene.rig.connect('acme', { issuer: 'https://intranet.localhost' });
      return start(scene);
    },
    stage: 'discovery',
  },
  'idp-denied': {
    async provoke(scene) {
      const first = await scene.browser.request(startUrl(scene.rig));
      return open(scene, await chooseUser(scene.browser, first.location(), 'cancel'));
    },
    stage: 'authorization',
  },
  'user-not-assigned': { provoke: (scene) => callback(scene, { person: 'unassigned' }), stage: 'authorization' },
  'interaction-required': { provoke: denied('login_required'), stage: 'authorization' },
  'request-rejected': { provoke: denied('invalid_scope'), stage: 'authorization' },
  'client-rejected': {
    async provoke(scene) {
      await scene.rig.store.replaceClientSecret({ tenantId: 'acme', clientSecret: 'wrong-secret', actor: 'test' });
      return callback(scene);
    },
    stage: 'token',
    costs: ['token'],
  },
  'grant-rejected': {
    provoke: (scene) => changedCallback(scene, (url) => url.searchParams.set('code', 'CODE-CANARY')),
    stage: 'token',
    costs: ['token'],
  },
  'dpop-required': { provoke: faulty({ dpopRequired: true }), stage: 'token', costs: ['token'] },
  'par-required': {
    async provoke(scene) {
      scene.rig.tenants.acme.org.faults.discoveryOverrides = { require_pushed_authorization_requests: true };
      return start(scene);
    },
    stage: 'discovery',
  },
  'issuer-mismatch': {
    async provoke(scene) {
      scene.rig.tenants.acme.org.faults.discoveryOverrides = { issuer: 'https://other.example' };
      return start(scene);
    },
    stage: 'discovery',
  },
  'token-invalid': { provoke: faulty({ idToken: { breakSignature: true } }), stage: 'id-token', costs: ['token'] },
  'userinfo-invalid': {
    provoke: faulty({ omitEmailFromIdToken: true, userinfoClaims: (found) => ({ ...found, sub: IDP_TEXT }) }),
    stage: 'userinfo',
    costs: ['token', 'userinfo'],
  },
  'email-missing': { provoke: faulty({ omitEmail: true }), stage: 'match', costs: ['token', 'userinfo'] },
  'email-invalid': { provoke: claims({ email: 'ağent@acme.example' }), stage: 'match', costs: ['token'] },
  'email-unverified': {
    async provoke(scene) {
      await scene.rig.connect('acme', { providerId: 'okta-strict' });
      return claims({ email_verified: 'true' })(scene);
    },
    stage: 'match',
    costs: ['token'],
  },
  'user-not-found': {
    provoke: (scene) => callback(scene, { person: 'not-in-ipscape' }),
    stage: 'match',
    costs: ['token'],
  },
  'user-inactive': {
    provoke: (scene) => callback(scene, { person: 'inactive' }),
    stage: 'match',
    costs: ['token'],
    userId: 'acme-inactive',
  },
  'user-ambiguous': {
    async provoke(scene) {
      const found = await scene.rig.store.listUsers('acme');
      if (!found.some(({ id }) => id === 'acme-twin')) {
        const twin = { email: 'TWIN@acme.example', name: 'Twin', role: 'agent', products: ['workspace'] } as const;
        await scene.rig.store.addUser({ tenantId: 'acme', id: 'acme-twin', ...twin, actor: 'test' });
        await scene.rig.store.addUser({ tenantId: 'acme', ...twin, email: 'twin@ACME.example', actor: 'test' });
      }
      return claims({ email: 'twin@acme.example' })(scene);
    },
    stage: 'match',
    costs: ['token'],
  },
  'identity-held': {
    async provoke(scene) {
      const { issuer, subject } = { issuer: scene.rig.tenants.acme.org.origin, subject: '00uSomebodyElse' };
      await scene.rig.store.pinIdentity({ tenantId: 'acme', issuer, subject, userId: 'acme-agent' });
      return callback(scene);
    },
    stage: 'match',
    costs: ['token'],
    userId: 'acme-agent',
  },
  'product-not-permitted': {
    provoke: (scene) => callback(scene, { person: 'toolbar-only', product: 'cti' }),
    stage: 'match',
    costs: ['token'],
    userId: 'acme-toolbar-only',
  },
  'logout-token-invalid': {
    provoke: ({ rig, browser, accept }) =>
      browser.request(`${rig.tenants.acme.origin}/workspace/security/universal-logout`, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json', 'content-length': '2' },
        body: '{}',
      }),
    stage: null,
  },
  'session-required': {
    provoke: (scene) => open(scene, `${scene.rig.tenants.acme.origin}/workspace/session`),
    stage: null,
  },
  'top-level-required': { provokedBy: './sign-in-request.test.ts' },
  'protocol-unknown': { provokedBy: './sign-in-request.test.ts' },
  'request-forbidden': {
    provoke: ({ rig, browser, accept }) =>
      browser.post(`${rig.tenants.acme.origin}/workspace/logout`, {
        headers: { accept, origin: 'https://evil.example' },
      }),
    stage: null,
  },
  'request-invalid': {
    provoke: ({ rig, browser, accept }) => browser.request(startUrl(rig), { method: 'HEAD', headers: { accept } }),
    stage: null,
    isBodyless: true,
  },
  'not-found': { provoke: (scene) => open(scene, `${scene.rig.tenants.acme.origin}/workspace/nothing`), stage: null },
  'product-token-invalid': { provokedBy: '../recipes/recipes.test.ts' },
  'product-token-expired': { provokedBy: '../recipes/recipes.test.ts' },
  'product-keys-unavailable': { provokedBy: '../recipes/recipes.test.ts' },
  'administrator-required': {
    prepare: async ({ rig, browser }) => void (await signIn(rig, browser)),
    provoke: (scene) => open(scene, scene.rig.tenants.acme.origin + SETTINGS),
    stage: null,
  },
  'revision-conflict': {
    prepare: async ({ rig, browser }) => {
      await linkedClient(rig, browser);
      await disconnect(rig);
    },
    provoke: (scene) => change(scene, 'draft', { action: 'authorise', seen: 'gone', ...ENABLED }),
    stage: null,
    isExplained: true,
  },
  'revision-not-authorised': {
    prepare: async ({ rig, browser }) => void (await (await linkedClient(rig, browser)).draft()),
    provoke: (scene) => change(scene, 'save', { action: 'save', ...ENABLED }),
    stage: null,
    isExplained: true,
  },
  'too-many-requests': {
    prepare: async ({ rig, browser }) => {
      const revisionId = await (await linkedClient(rig, browser)).draft();
      await rig.database.query(
        `insert into authorisations (tenant_id, id, connection_id, revision_id, actor, session_id)
         select tenant_id, 'flood-' || n, connection_id, id, 'test', 'test'
         from connection_revisions, generate_series(1, 30) n where tenant_id = 'acme' and id = $1`,
        [revisionId],
      );
    },
    provoke: (scene) => change(scene, 'authorise', { action: 'authorise', ...ENABLED }),
    stage: null,
    isExplained: true,
  },
  'too-many-sign-ins': { provokedBy: './sign-in-limits.test.ts' },
  'recent-sign-in-required': { provokedBy: './recent-sign-in.test.ts' },
  'user-mismatch': { verdict: expectUserMismatch },
  'enforcement-not-ready': { provokedBy: './enforcement.test.ts' },
  'sso-enforced': { provokedBy: './enforcement.test.ts' },
  'idempotency-key-reused': { provokedBy: './settings-idempotency.test.ts' },
  'idempotency-key-in-use': { provokedBy: './settings-idempotency.test.ts' },
  'request-too-large': {
    async provoke({ rig, browser, accept }) {
      const { origin } = rig.tenants.acme;
      const body = 'x'.repeat(20_000);
      const headers = { accept, 'content-type': 'application/json', 'content-length': String(body.length) };
      return browser.post(`${origin}/workspace/session/activity`, { body, headers });
    },
    stage: null,
  },
  'handoff-invalid': { provokedBy: './cti-handoff.test.ts' },
  'handoff-refused': { provokedBy: './cti-handoff.test.ts' },
  'popup-blocked': { provokedBy: './cti-handoff.test.ts' },
  'store-unavailable': {
    async provoke(scene) {
      const cause = new Error(IDP_TEXT);
      scene.rig.breakStore('saveTransaction', () => new SsoError('store-unavailable', { cause }));
      return start(scene);
    },
    stage: null,
  },
  'internal-error': {
    async provoke(scene) {
      scene.rig.breakStore('openSession', () => new TypeError(IDP_TEXT));
      return callback(scene);
    },
    stage: 'callback',
    costs: ['token'],
  },
};

const CODES = Object.keys(SSO_ERRORS) as SsoErrorCode[];
const ACCEPTS = { page: 'text/html,application/xhtml+xml,*/*;q=0.8', problem: 'application/json' };

// The last one is a server where there is one; the flow itself is tested on both in sign-in.test.ts.
describe.each(stores.slice(-1))('O9 refusals, on $name', ({ open: openStore }) => {
  let rig: Rig;
  let browser: HttpBrowser;
  beforeAll(async () => {
    rig = await startRig(await openStore(), { idpTimeoutMs: 800 });
  });
  afterAll(() => rig?.stop());
  beforeEach(async () => {
    await rig.repair();
    for (const table of ['sign_in_log', 'authorisation_rounds', 'authorisations']) {
      await rig.database.query(`delete from ${table}`);
    }
    browser = new HttpBrowser();
  });

  describe.each(CODES)('%s', (code) => {
    const provocation = PROVOCATIONS[code];
    if ('provokedBy' in provocation) {
      // These need more than one request of a browser; the file that has it all must still expect the code.
      test(`is provoked by ${provocation.provokedBy}`, () => {
        expect(readFileSync(new URL(provocation.provokedBy, import.meta.url), 'utf8')).toContain(`'${code}'`);
      });
      return;
    }
    if ('verdict' in provocation) {
      const accept = ACCEPTS.page;
      test('is the verdict of a proof of settings', () => provocation.verdict({ rig, browser, accept }));
      return;
    }
    const { provoke, stage, costs = [], userId = null, isBodyless = false, prepare, isExplained } = provocation;

    test.each(Object.entries(ACCEPTS))('as a %s', async (kind, accept) => {
      if (prepare !== undefined) {
        await prepare({ rig, browser, accept });
        await rig.database.query('delete from sign_in_log');
        rig.tenants.acme.org.clearRequests();
        browser.answers.length = 0;
        rig.logLines.length = 0;
      }
      const isPart = isExplained === true && kind === 'page';
      const before = await rig.snapshot();
      const answer = await provoke({ rig, browser, accept });
      const { status, title, text, advice } = ERROR_PAGES[code];

      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toMatch(kind === 'page' ? /^text\/html/ : /^application\/problem\+json$/);
      if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      if (isBodyless) expect(answer.text).toBe('');
      else if (isPart) expect(alertOf(answer)).toBe(`${text} ${advice}`);
      else if (kind === 'page') for (const shown of [title, text, advice]) expect(answer.text).toContain(shown);
      else {
        const type = `urn:ipscape:sso:error:${code}`;
        expect(answer.json()).toEqual({ type, title: SSO_ERRORS[code], status, code, reference: referenceOf(answer) });
      }
      if (!isBodyless && !isPart) expect(referenceOf(answer)).toMatch(/^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$/);

      // Nobody was signed in, nobody was changed.
      expect(browser.answers.flatMap(sessionCookies)).toEqual([]);
      const after = await rig.snapshot();
      expect({ sessions: after.sessions, users: code === 'user-ambiguous' || after.users }).toEqual({
        sessions: before.sessions,
        users: code === 'user-ambiguous' || before.users,
      });
      expect(rig.requestsTo('acme').filter((endpoint) => ['token', 'userinfo'].includes(endpoint))).toEqual(costs);

      // One line for the tenant's administrator, under the reference that is shown.
      const lines = (await rig.store.listSignInLog('acme')).map(({ id: _id, occurredAt: _, reason, ...line }) => line);
      const product = code === 'product-not-permitted' ? 'cti' : 'workspace';
      const line = { reference: referenceOf(answer), product, purpose: 'sign-in', stage, code, userId };
      expect(lines).toEqual(stage === null ? [] : [line]);
      expect(rig.logLines.some((entry) => entry.includes(code) && entry.includes(referenceOf(answer)))).toBe(true);

      // The settings page shows the administrator the tenant's own people, and has a script.
      expectNothingTold(answer, isPart ? ['@acme.example', '<script'] : []);
      // The next sign-in works in the same browser, with the account that it should have been.
      await rig.repair();
      browser.acceptsCookies = true;
      expect((await signIn(rig, browser, { query: 'other_account=true' })).status).toBe(303);
    });
  });

  /** Neither to the person nor to the operator. */
  function expectNothingTold(answer: Answer, permitted: readonly string[] = []): void {
    const log = rig.logLines.join('');
    const told = [answer.text, JSON.stringify({ ...answer.headers, 'set-cookie': [] }), log];
    const { clientSecret } = rig.tenants.acme;
    const callbacks = browser.answers
      .map(({ url }) => new URL(url))
      .filter(({ hostname }) => hostname === 'acme.localhost');
    const secrets = [
      ...[clientSecret, 'wrong-secret', 'CODE-CANARY', 'IDP-CANARY', '<script', '@acme.example'],
      ...callbacks.flatMap(({ searchParams }) => [searchParams.get('state'), searchParams.get('code')]),
      ...browser.answers.flatMap(({ setCookies }) => setCookies.map((cookie) => /=([^;]*)/.exec(cookie)?.[1])),
      ...rig.outgoing.flatMap(({ body, headers, answer: received }) => [
        ...new URLSearchParams(body).values(),
        headers.authorization,
        ...Object.values(parsed(received)),
      ]),
    ].filter((secret): secret is string => typeof secret === 'string' && secret.length > 9);
    for (const secret of secrets.filter((text) => !permitted.includes(text) && !KNOWN_TO_ALL.test(text))) {
      for (const text of told) expect(text).not.toContain(secret);
    }
    expect(answer.text).not.toMatch(/\bat \S+ \(|\.ts:\d|node_modules/);
  }
});

/** Values of requests and answers that are no secrets: addresses, names of the protocol, scopes. */
const KNOWN_TO_ALL = /^(?:https?:\/\/\S+|authorization_code|openid profile email|invalid_\w+|access_denied|Bearer)$/;

/** What the settings page says first, as text. */
function alertOf({ text }: Answer): string {
  const alert = /<div class="panel bad" role="alert">.*?<li>(.*?)<\/li>/s.exec(text)?.[1] ?? '';
  return alert.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
