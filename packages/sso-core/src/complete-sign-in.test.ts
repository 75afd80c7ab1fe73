import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { createFakeProvider, exampleProvider, type FakeProvider, json } from '../test/fake-provider.js';
import { makeEcKey, makeRsaKey, makeToken, signEs256, signRs256 } from '../test/signing-key.js';
import { type BegunSignIn, beginSignIn } from './begin-sign-in.js';
import { type CallbackInput, completeSignIn, verifyCallback } from './complete-sign-in.js';
import { SSO_ERRORS, type SsoError, type SsoErrorCode } from './errors.js';
import { nodeCrypto } from './node/node-crypto.js';
import type { DirectoryUser, Tenant } from './ports.js';
import { PRODUCTS, type Product, type Purpose, redirectUri } from './products.js';
import { createProviderRegistry, type OidcProvider } from './provider.js';
import { createSignInDeps, type SignInDeps } from './sign-in-deps.js';
import { RefusedUser, RepeatedCallback } from './sign-in-outcomes.js';
import { createInMemoryStore, type InMemoryStore } from './testing/in-memory-store.js';

const START_MS = 1_800_000_000_000;
const KEY = makeRsaKey('key-1');

interface World {
  nowMs: number;
  readonly store: InMemoryStore;
  readonly idp: FakeProvider;
  readonly deps: SignInDeps;
}

const tenantOf = (id: string): Tenant => ({
  id,
  name: id,
  domain: `${id}.example`,
  ssoEntitled: true,
  legacyHttpCallbacks: false,
  ssoEnforced: false,
  frameOrigins: [],
});

const userOf = (tenantId: string, id: string, changes: Partial<DirectoryUser> = {}): DirectoryUser => ({
  id,
  tenantId,
  email: `${id}@acme.example`,
  name: id,
  role: 'agent',
  products: PRODUCTS,
  status: 'active',
  ...changes,
});

/** One provider that two tenants use with the same client, so that only the products' own checks keep them apart. */
function createWorld(providers: readonly OidcProvider[] = [exampleProvider]): World {
  const world = { nowMs: START_MS };
  const now = (): number => world.nowMs;
  const idp = createFakeProvider({ key: KEY, clientSecret: 'secret-canary', now });
  const store = createInMemoryStore(now);
  for (const id of ['acme', 'globex']) {
    const connection = {
      connectionId: `${id}-connection`,
      revisionId: `${id}-r1`,
      providerId: 'example',
      issuer: idp.issuer,
      clientId: idp.clientId,
      config: {},
    };
    store.tenants.set(id, {
      setup: { tenant: tenantOf(id), connection },
      clientSecret: idp.clientSecret,
      users: [userOf(id, 'ann'), userOf(id, 'bob')],
    });
  }
  const deps = createSignInDeps({
    store,
    providers: createProviderRegistry(providers),
    fetch: idp.fetch,
    crypto: nodeCrypto,
    now,
  });
  return Object.assign(world, { store, idp, deps });
}

interface Cell {
  readonly tenantId: string;
  readonly product: Product;
  readonly purpose: Purpose;
}

const cell: Cell = { tenantId: 'acme', product: 'cti', purpose: 'sign-in' };
/** Only the Workspace proves settings. Two more routes, as if the others did, so that nothing hangs on their absence. */
const uriOf = ({ tenantId, product, purpose }: Cell): string =>
  purpose === 'authorise' && product !== 'workspace'
    ? `https://${tenantId}.example/${product}/authorize-sso`
    : redirectUri(`https://${tenantId}.example`, product, purpose);

async function begin(world: World, at: Cell = cell): Promise<BegunSignIn> {
  const setup = await world.store.findTenantSetup(`${at.tenantId}.example`);
  if (setup === null) return expect.unreachable();
  return beginSignIn(
    { setup, product: at.product, purpose: at.purpose, redirectUri: uriOf(at), returnPath: `/${at.product}/work` },
    world.deps,
  );
}

/** What the browser that began a sign-in brings to its callback. */
function callbackOf(begun: BegunSignIn, parameters: URLSearchParams, at: Cell = cell): CallbackInput {
  return {
    tenant: tenantOf(at.tenantId),
    product: at.product,
    purpose: at.purpose,
    redirectUri: uriOf(at),
    parameters,
    browserSecret: (name) => (name === begun.transactionName ? begun.browserSecret : null),
    hasCookies: true,
  };
}

const complete = (world: World, input: CallbackInput) => completeSignIn(input, 'REF-1', world.deps);

/** Up to the callback, without it. */
async function prepare(world: World, at: Cell = cell): Promise<CallbackInput> {
  const begun = await begin(world, at);
  return callbackOf(begun, world.idp.authorize(begun.authorizationUrl), at);
}

const signIn = async (world: World, at: Cell = cell) => complete(world, await prepare(world, at));

/** Everything that an error shows, including what is below it. */
const textOf = (error: unknown): string =>
  [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), (error as Error).stack].join('\n');

/** What must never be told: everything secret that this world has made so far. */
function secretsOf({ idp, store }: World): readonly string[] {
  const sent = idp.requests.flatMap(({ body, init }) => [
    body.get('code'),
    body.get('code_verifier'),
    init.headers?.authorization?.replace(/^\w+ /, ''),
  ]);
  const kept = store.transactions.flatMap(({ nonce, codeVerifier, browserHash, stateHash }) => [
    nonce,
    codeVerifier,
    browserHash,
    stateHash,
  ]);
  return ['canary', KEY.jwk.n as string, ...sent, ...kept].filter((text): text is string => Boolean(text));
}

/** REJECT: the refusal has the code, no session is opened, nobody is linked, and it says nothing secret. */
async function rejected(world: World, call: () => unknown, code: SsoErrorCode): Promise<SsoError> {
  const sessions = world.store.sessions.length;
  const error = await caught(call);
  expect(error.code).toBe(code);
  expect(error.message).toBe(SSO_ERRORS[code]);
  expect(world.store.sessions).toHaveLength(sessions);
  const text = textOf(error);
  expect(secretsOf(world).filter((secret) => text.includes(secret))).toEqual([]);
  return error;
}

let world: World;
beforeEach(() => {
  world = createWorld();
});

describe('a sign-in', () => {
  test('opens one session for the user, with exactly one token request', async () => {
    const completed = await signIn(world);
    expect(completed).toMatchObject({ user: { id: 'ann', tenantId: 'acme' }, returnPath: '/cti/work' });
    expect(world.store.sessions).toEqual([
      {
        tenantId: 'acme',
        userId: 'ann',
        product: 'cti',
        connectionId: 'acme-connection',
        transactionId: 'transaction-1',
        issuer: world.idp.issuer,
        subject: '00u1',
        handleHash: nodeCrypto.sha256(completed.sessionHandle),
        authTimeSeconds: START_MS / 1000 - 5,
        idleSeconds: 4 * 3600,
        absoluteSeconds: 13 * 3600,
        reference: 'REF-1',
        idToken: null,
      },
    ]);
    expect(world.idp.count('token')).toBe(1);
    expect(world.idp.count('userinfo')).toBe(0);
    expect(completed.sessionHandle).toMatch(/^[\w-]{43}$/);
  });

  test('asks for neither metadata nor keys once they are known', async () => {
    await signIn(world);
    expect([world.idp.count('discovery'), world.idp.count('keys')]).toEqual([1, 1]);
    await Promise.all(Array.from({ length: 20 }, () => signIn(world)));
    expect([world.idp.count('discovery'), world.idp.count('keys')]).toEqual([1, 1]);
    expect(world.idp.count('token')).toBe(21);
    expect(world.store.sessions).toHaveLength(21);
  });

  test('R24 starts cold a hundred times at once with one request for metadata and one for keys', async () => {
    await Promise.all(Array.from({ length: 100 }, () => signIn(world)));
    expect([world.idp.count('discovery'), world.idp.count('keys')]).toEqual([1, 1]);
    expect(world.store.sessions).toHaveLength(100);
    expect(world.store.identities.size).toBe(1);
  });

  test('P21 asks userinfo for the address that a thin ID token leaves out', async () => {
    world.idp.user = { sub: '00u1' };
    expect((await signIn(world)).user.id).toBe('ann');
    expect([world.idp.count('token'), world.idp.count('userinfo')]).toEqual([1, 1]);
  });

  test('P22 does not ask userinfo when the ID token has an address, and never mixes the two', async () => {
    world.idp.user = { sub: '00u1', email: null };
    world.idp.userinfo = { sub: '00u1', email: 'bob@acme.example', email_verified: true };
    await rejected(world, () => signIn(world), 'email-missing');
    expect(world.idp.count('userinfo')).toBe(0);
  });

  test('P22, E2 takes the flag from where the address is', async () => {
    const required: OidcProvider = { ...exampleProvider, emailVerification: 'required' };
    world = createWorld([required]);
    world.idp.user = { sub: '00u1', email_verified: true };
    world.idp.userinfo = { sub: '00u1', email: 'ann@acme.example' };
    await rejected(world, () => signIn(world), 'email-unverified');
    world.idp.userinfo = { sub: '00u1', email: 'ann@acme.example', email_verified: true };
    expect((await signIn(world)).user.id).toBe('ann');
  });

  test('E3 reads no address from another claim', async () => {
    const claims = { preferred_username: 'ann@acme.example', upn: 'ann@acme.example', name: 'ann@acme.example' };
    world.idp.user = { sub: '00u1', ...claims };
    world.idp.userinfo = { sub: '00u1', ...claims };
    await rejected(world, () => signIn(world), 'email-missing');
  });

  test.each<[string, OidcProvider['idTokenAlgorithms']]>([
    ['the first', ['ES256', 'RS256']],
    ['a later', ['RS256', 'ES256']],
  ])('accepts %s of several algorithms', async (_name, idTokenAlgorithms) => {
    world = createWorld([{ ...exampleProvider, idTokenAlgorithms }]);
    const key = makeEcKey('ec-1');
    world.idp.jwks = { keys: [KEY.jwk, key.jwk] };
    world.idp.signToken = (claims) => makeToken({ alg: 'ES256', kid: 'ec-1' }, claims, signEs256(key.privateKey));
    expect((await signIn(world)).user.id).toBe('ann');
  });

  test('R8 says by how much the clocks differ when a token comes from the future', async () => {
    world.idp.changeClaims = (claims) => ({ ...claims, iat: START_MS / 1000 + 120 });
    const error = await rejected(world, () => signIn(world), 'token-invalid');
    expect(error.details).toEqual({ reason: 'iat', claim: 'iat', differenceSeconds: -120 });
  });

  test('P24 goes on when the key was rotated a moment after the keys were fetched', async () => {
    await signIn(world);
    world.idp.key = makeRsaKey('key-2');
    world.idp.jwks = { keys: [world.idp.key.jwk] };
    await Promise.all(Array.from({ length: 20 }, () => signIn(world)));
    expect(world.idp.count('keys')).toBe(2);
  });

  test('does not begin with a revision that is not in force any more', async () => {
    const setup = await world.store.findTenantSetup('acme.example');
    const stored = world.store.tenants.get('acme');
    if (setup?.connection == null || stored === undefined) return expect.unreachable();
    stored.setup = { ...setup, connection: { ...setup.connection, revisionId: 'acme-r2' } };
    const input = { ...cell, setup, redirectUri: uriOf(cell), returnPath: '/cti/' };
    const error = await rejected(world, () => beginSignIn(input, world.deps), 'connection-changed');
    expect(error.stage).toBe('start');
    expect(world.store.transactions).toEqual([]);
  });

  test('sends the login hint and the prompt that it was asked to send, and nothing else', async () => {
    const setup = await world.store.findTenantSetup('acme.example');
    if (setup === null) return expect.unreachable();
    const { authorizationUrl } = await beginSignIn(
      { ...cell, setup, redirectUri: uriOf(cell), returnPath: '/cti/', loginHint: 'ann', prompt: 'login' },
      world.deps,
    );
    expect([...new URL(authorizationUrl).searchParams.keys()].sort()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'login_hint',
      'nonce',
      'prompt',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ]);
  });

  test('P1 never uses a random value twice, over a thousand starts of two tenants', async () => {
    const values: string[] = [];
    for (let index = 0; index < 1000; index++) {
      const { authorizationUrl, browserSecret } = await begin(world, {
        ...cell,
        tenantId: index % 2 ? 'acme' : 'globex',
      });
      const { searchParams } = new URL(authorizationUrl);
      const own = ['state', 'nonce', 'code_challenge'].map((name) => searchParams.get(name) ?? '');
      expect(own.every((value) => /^[\w-]{43}$/.test(value))).toBe(true);
      expect(searchParams.get('code_challenge_method')).toBe('S256');
      values.push(...own, browserSecret);
    }
    const verifiers = world.store.transactions.map(({ codeVerifier }) => codeVerifier);
    // RFC 7636 §4.1.
    expect(verifiers.every((verifier) => /^[A-Za-z0-9._~-]{43,128}$/.test(verifier))).toBe(true);
    values.push(...verifiers);
    expect(new Set(values).size).toBe(5000);
  });

  test('P6 keeps neither the state nor the browser’s secret, only their hashes', async () => {
    const { authorizationUrl, browserSecret } = await begin(world);
    const state = new URL(authorizationUrl).searchParams.get('state') ?? '';
    const kept = JSON.stringify(world.store.transactions);
    expect(kept).not.toContain(state);
    expect(kept).not.toContain(browserSecret);
    expect(kept).toContain(nodeCrypto.sha256(state));
  });
});

describe('the start is refused', () => {
  test.each<[string, (connection: { providerId: string } | null) => { providerId: string } | null, SsoErrorCode]>([
    ['without a connection', () => null, 'sso-not-enabled'],
    [
      'for a provider that the app was not built with',
      (connection) => connection && { ...connection, providerId: 'x' },
      'provider-unknown',
    ],
  ])('%s, with no request and no transaction', async (_name, change, code) => {
    const tenant = world.store.tenants.get('acme');
    if (tenant === undefined) return expect.unreachable();
    tenant.setup = { ...tenant.setup, connection: change(tenant.setup.connection) as never };
    await rejected(world, () => begin(world), code);
    expect(world.idp.requests).toEqual([]);
    expect(world.store.transactions).toEqual([]);
  });

  test('P3 when the discovery document names another issuer, with no transaction', async () => {
    world.idp.metadata = { ...world.idp.metadata, issuer: 'https://evil.example' };
    await rejected(world, () => begin(world), 'issuer-mismatch');
    expect(world.store.transactions).toEqual([]);
  });
});

describe('T1 a transaction is bound to tenant, product and purpose:', () => {
  const cells: readonly Cell[] = ['acme', 'globex'].flatMap((tenantId) =>
    PRODUCTS.flatMap((product) =>
      (['sign-in', 'authorise'] as const).map((purpose) => ({ tenantId, product, purpose })),
    ),
  );
  const name = ({ tenantId, product, purpose }: Cell): string => `${tenantId}/${product}/${purpose}`;
  const pairs = cells.flatMap((from) => cells.map((to) => [name(from), name(to), from, to] as const));
  test('in all 144 combinations', () => expect(pairs).toHaveLength(144));

  test.each(pairs)('from %s to %s', async (_from, _to, from, to) => {
    const begun = await begin(world, from);
    const input = callbackOf(begun, world.idp.authorize(begun.authorizationUrl), to);
    const requests = world.idp.requests.length;
    if (from === to) {
      const verified = await verifyCallback(input, world.deps);
      expect(verified.transaction).toMatchObject({ ...from, redirectUri: uriOf(from) });
    } else {
      const error = await rejected(world, () => verifyCallback(input, world.deps), 'state-mismatch');
      expect(error.details.reason).toBe(from.tenantId === to.tenantId ? 'other-route' : 'unknown');
      expect(world.idp.requests).toHaveLength(requests);
    }
    expect(world.store.sessions).toEqual([]);
  });

  test('proving a connection never makes a session, and spends nothing when it is tried', async () => {
    const at: Cell = { ...cell, product: 'workspace', purpose: 'authorise' };
    const input = await prepare(world, at);
    await expect(complete(world, input)).rejects.toThrow(TypeError);
    expect(world.store.sessions).toEqual([]);
    await expect(verifyCallback(input, world.deps)).resolves.toMatchObject({ transaction: { purpose: 'authorise' } });
  });

  test('a callback at another redirect URI of the same route', async () => {
    const input = { ...(await prepare(world)), redirectUri: 'http://acme.example/cti/login' };
    await rejected(world, () => complete(world, input), 'connection-changed');
    expect(world.idp.count('token')).toBe(0);
  });
});

describe('P6, P7, P8, P9, P10 a callback is refused without a token request, and its transaction spent,', () => {
  const changes: readonly [string, (input: CallbackInput) => CallbackInput, SsoErrorCode][] = [
    ['in another browser', (input) => ({ ...input, browserSecret: () => null }), 'browser-mismatch'],
    [
      'in a browser with another sign-in',
      (input) => ({ ...input, browserSecret: () => 'x'.repeat(43) }),
      'browser-mismatch',
    ],
    [
      'in a browser that sends no cookies',
      (input) => ({ ...input, browserSecret: () => null, hasCookies: false }),
      'cookie-blocked',
    ],
    ['with a foreign iss', (input) => with_(input, { iss: 'https://evil.example' }), 'response-issuer-mismatch'],
    ['with an error beside the code', (input) => with_(input, { error: 'access_denied' }), 'response-invalid'],
    [
      'with a second code',
      (input) => ({ ...input, parameters: new URLSearchParams(`${input.parameters}&code=x`) }),
      'response-invalid',
    ],
    ['without a code', (input) => ({ ...input, parameters: without(input, 'code') }), 'response-invalid'],
    ['with a code of 1 MB', (input) => with_(input, { code: 'canary'.repeat(200_000) }), 'response-invalid'],
    ['with a line feed in the code', (input) => with_(input, { code: 'canary\r\nx' }), 'response-invalid'],
    [
      'when the user was refused',
      (input) => ({
        ...input,
        parameters: new URLSearchParams({
          state: input.parameters.get('state') ?? '',
          error: 'access_denied',
          error_description: 'canary',
        }),
      }),
      'idp-denied',
    ],
    [
      'when the user is not assigned',
      (input) => ({
        ...input,
        parameters: new URLSearchParams({
          state: input.parameters.get('state') ?? '',
          error: 'access_denied',
          error_description: 'User canary is not assigned',
        }),
      }),
      'user-not-assigned',
    ],
  ];

  function with_(input: CallbackInput, added: Readonly<Record<string, string>>): CallbackInput {
    return { ...input, parameters: new URLSearchParams({ ...Object.fromEntries(input.parameters), ...added }) };
  }
  function without(input: CallbackInput, name: string): URLSearchParams {
    const parameters = new URLSearchParams(input.parameters);
    parameters.delete(name);
    return parameters;
  }

  test.each(changes)('%s', async (_name, change, code) => {
    const input = await prepare(world);
    const requests = world.idp.requests.length;
    await rejected(world, () => complete(world, change(input)), code);
    expect(world.idp.requests).toHaveLength(requests);
    await rejected(world, () => complete(world, input), 'transaction-repeated');
  });

  test('more than ten minutes after its start', async () => {
    const input = await prepare(world);
    world.nowMs += 600_001;
    await rejected(world, () => complete(world, input), 'transaction-expired');
    expect(world.idp.count('token')).toBe(0);
    await rejected(world, () => complete(world, input), 'transaction-repeated');
  });

  test('though not within ten minutes', async () => {
    const input = await prepare(world);
    world.nowMs += 600_000;
    await expect(complete(world, input)).resolves.toMatchObject({ user: { id: 'ann' } });
  });

  test.each<[string, (world: World) => void]>([
    ['when the connection is disabled', ({ store }) => change(store, { connection: null })],
    ['when a new revision is in force', ({ store }) => change(store, { revisionId: 'acme-r2' })],
    ['when the issuer is another', ({ store }) => change(store, { issuer: 'https://globex.okta.example' })],
    ['when the Client ID is another', ({ store }) => change(store, { clientId: '0oaOther' })],
    [
      'when the secret is gone',
      ({ store }) => {
        const tenant = store.tenants.get('acme');
        if (tenant) tenant.clientSecret = null;
      },
    ],
  ])('%s meanwhile', async (_name, alter) => {
    const input = await prepare(world);
    alter(world);
    await rejected(world, () => complete(world, input), 'connection-changed');
    expect(world.idp.count('token')).toBe(0);
  });

  function change(store: InMemoryStore, changes: Readonly<Record<string, unknown>>): void {
    const tenant = store.tenants.get('acme');
    if (tenant === undefined) return;
    const { connection } = tenant.setup;
    tenant.setup = {
      ...tenant.setup,
      connection: 'connection' in changes ? null : ({ ...connection, ...changes } as never),
    };
  }

  test('though a rotated secret is simply used', async () => {
    const input = await prepare(world);
    const tenant = world.store.tenants.get('acme');
    if (tenant) tenant.clientSecret = 'new-secret-canary';
    // The provider still knows the old one, so the new one must have been sent.
    await rejected(world, () => complete(world, input), 'client-rejected');
  });

  test('without a promised iss', async () => {
    world.idp.metadata = { ...world.idp.metadata, authorization_response_iss_parameter_supported: true };
    const input = await prepare(world);
    await rejected(world, () => complete(world, input), 'response-issuer-mismatch');
    expect(world.idp.count('token')).toBe(0);
  });
});

describe('P6 a state that names no sign-in', () => {
  test.each<[string, (parameters: URLSearchParams) => void]>([
    ['is missing', (parameters) => parameters.delete('state')],
    ['is empty', (parameters) => parameters.set('state', '')],
    ['is repeated', (parameters) => parameters.append('state', parameters.get('state') ?? '')],
    [
      'has another last character',
      (parameters) => parameters.set('state', `${parameters.get('state')?.slice(0, -1)}-`),
    ],
    ['is 1 MB long', (parameters) => parameters.set('state', 'x'.repeat(1_000_000))],
  ])('%s: nothing is called and the sign-in can still be finished', async (_name, alter) => {
    const input = await prepare(world);
    const requests = world.idp.requests.length;
    const parameters = new URLSearchParams(input.parameters);
    alter(parameters);
    await rejected(world, () => complete(world, { ...input, parameters }), 'state-mismatch');
    expect(world.idp.requests).toHaveLength(requests);
    await expect(complete(world, input)).resolves.toMatchObject({ user: { id: 'ann' } });
  });
});

describe('P6, S9 a repeated callback', () => {
  test('makes no second session and no second token request, and names the first', async () => {
    const input = await prepare(world);
    await complete(world, input);
    for (let index = 0; index < 5; index++) {
      const error = await rejected(world, () => complete(world, input), 'transaction-repeated');
      expect(error).toBeInstanceOf(RepeatedCallback);
      expect(error).toMatchObject({ transactionId: 'transaction-1', returnPath: '/cti/work' });
    }
    expect(world.idp.count('token')).toBe(1);
    expect(world.store.sessions).toHaveLength(1);
  });

  test('wins once of fifty at the same time', async () => {
    const input = await prepare(world);
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => complete(world, input)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(world.idp.count('token')).toBe(1);
    expect(world.store.sessions).toHaveLength(1);
  });
});

describe('P26 an injected code', () => {
  test('of another sign-in fails at the provider, which compares the verifier', async () => {
    const victim = await prepare(world);
    const attacker = await prepare(world);
    attacker.parameters.set('code', victim.parameters.get('code') ?? '');
    await rejected(world, () => complete(world, attacker), 'grant-rejected');
  });

  test('fails at the nonce when the provider ignores the verifier', async () => {
    world.idp.changeClaims = (claims) => ({ ...claims, nonce: world.store.transactions[0]?.nonce });
    await prepare(world);
    const error = await rejected(world, () => signIn(world), 'token-invalid');
    expect(error.details).toMatchObject({ reason: 'nonce' });
  });
});

describe('P10, P11, P12 a failed answer of the provider opens no session and spends the transaction:', () => {
  const seconds = START_MS / 1000;
  const stranger = makeRsaKey('key-1');

  test.each<[string, (idp: FakeProvider) => void, SsoErrorCode]>([
    [
      'a stranger’s signature',
      (idp) => {
        idp.signToken = (claims) => makeToken({ alg: 'RS256', kid: 'key-1' }, claims, signRs256(stranger.privateKey));
      },
      'token-invalid',
    ],
    [
      'no signature',
      (idp) => {
        idp.signToken = (claims) => makeToken({ alg: 'none' }, claims, () => Buffer.alloc(0));
      },
      'token-invalid',
    ],
    [
      'a token that is none',
      (idp) => {
        idp.signToken = () => 'canary';
      },
      'token-invalid',
    ],
    [
      'an encrypted token',
      (idp) => {
        idp.signToken = () => 'eyJhbGciOiJkaXIifQ.canary.canary.canary.canary';
      },
      'token-invalid',
    ],
    [
      'another issuer',
      (idp) => {
        idp.changeClaims = (claims) => ({ ...claims, iss: 'https://canary.example' });
      },
      'issuer-mismatch',
    ],
    [
      'another audience',
      (idp) => {
        idp.changeClaims = (claims) => ({ ...claims, aud: 'canary' });
      },
      'token-invalid',
    ],
    [
      'a second audience',
      (idp) => {
        idp.changeClaims = (claims) => ({ ...claims, aud: [idp.clientId, 'canary'], azp: idp.clientId });
      },
      'token-invalid',
    ],
    [
      'another nonce',
      (idp) => {
        idp.changeClaims = (claims) => ({ ...claims, nonce: 'canary' });
      },
      'token-invalid',
    ],
    [
      'no subject',
      (idp) => {
        idp.changeClaims = (claims) => ({ ...claims, sub: undefined });
      },
      'token-invalid',
    ],
    [
      'an old token',
      (idp) => {
        idp.changeClaims = (claims) => ({ ...claims, iat: seconds - 1000 });
      },
      'token-invalid',
    ],
    [
      'a wrong at_hash',
      (idp) => {
        idp.changeClaims = (claims) => ({ ...claims, at_hash: 'canary' });
      },
      'token-invalid',
    ],
    [
      'keys that cannot be had',
      (idp) => {
        idp.answer.keys = () => new Response('canary', { status: 500 });
      },
      'idp-error',
    ],
    [
      'a key set without keys',
      (idp) => {
        idp.answer.keys = () => json({ keys: [] });
      },
      'token-invalid',
    ],
    [
      'a token endpoint that refuses the client',
      (idp) => {
        idp.answer.token = () => json({ error: 'invalid_client', error_description: 'canary' }, 401);
      },
      'client-rejected',
    ],
    [
      'a token endpoint that echoes what it got',
      (idp) => {
        idp.answer.token = ({ body }) => json({ error: body.toString(), error_description: body.toString() }, 400);
      },
      'idp-response-invalid',
    ],
    [
      'a token endpoint that echoes the code as an error',
      (idp) => {
        idp.answer.token = ({ body }) => json({ error: body.get('code') }, 400);
      },
      'idp-response-invalid',
    ],
    [
      'a token endpoint that drops the connection',
      (idp) => {
        idp.answer.token = () => {
          throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
        };
      },
      'idp-unreachable',
    ],
    [
      'tokens without an ID token',
      (idp) => {
        idp.answer.token = () => json({ access_token: 'access-canary', token_type: 'Bearer' });
      },
      'idp-response-invalid',
    ],
    [
      'tokens in HTML',
      (idp) => {
        idp.answer.token = () => new Response('<html>canary');
      },
      'idp-response-invalid',
    ],
  ])('%s', async (_name, fault, code) => {
    // A thin token, so that userinfo would be asked if the token passed.
    world.idp.user = { sub: '00u1' };
    const input = await prepare(world);
    fault(world.idp);
    await rejected(world, () => complete(world, input), code);
    expect(world.idp.count('token')).toBe(1);
    expect(world.idp.count('userinfo')).toBe(0);
    expect(world.store.identities.size).toBe(0);
    await rejected(world, () => complete(world, input), 'transaction-repeated');
    expect(world.idp.count('token')).toBe(1);
  });

  test.each<[string, (idp: FakeProvider) => void, SsoErrorCode]>([
    [
      'another subject',
      (idp) => {
        idp.userinfo = { sub: '00uCanary', email: 'ann@acme.example' };
      },
      'userinfo-invalid',
    ],
    [
      '401',
      (idp) => {
        idp.answer.userinfo = () => json({ error: 'canary' }, 401);
      },
      'userinfo-invalid',
    ],
    [
      'an echo of the access token',
      (idp) => {
        idp.answer.userinfo = ({ init }) =>
          new Response(init.headers?.authorization, { headers: { 'content-type': 'application/json' } });
      },
      'userinfo-invalid',
    ],
    [
      'no address',
      (idp) => {
        idp.userinfo = { sub: '00u1' };
      },
      'email-missing',
    ],
    [
      'an address that cannot be matched',
      (idp) => {
        idp.userinfo = { sub: '00u1', email: 'c\u0430nary@acme.example' };
      },
      'email-invalid',
    ],
    [
      'an address of nobody',
      (idp) => {
        idp.userinfo = { sub: '00u1', email: 'canary@acme.example' };
      },
      'user-not-found',
    ],
  ])('userinfo with %s', async (_name, fault, code) => {
    world.idp.user = { sub: '00u1' };
    fault(world.idp);
    await rejected(world, () => signIn(world), code);
    expect([world.idp.count('token'), world.idp.count('userinfo')]).toEqual([1, 1]);
    expect(world.store.identities.size).toBe(0);
  });

  test('R24 and has the metadata fetched anew for the next sign-in, when it may be to blame', async () => {
    const input = await prepare(world);
    world.idp.answer.token = () => new Response('', { status: 500 });
    await rejected(world, () => complete(world, input), 'idp-error');
    world.idp.answer = {};
    await signIn(world);
    expect(world.idp.count('discovery')).toBe(2);
    world.idp.changeClaims = (claims) => ({ ...claims, nonce: 'canary' });
    await rejected(world, () => signIn(world), 'token-invalid');
    await begin(world);
    expect(world.idp.count('discovery')).toBe(2);
  });
});

describe('the user', () => {
  test('E1 stays the same when the address changes at the provider', async () => {
    await signIn(world);
    world.idp.user = { sub: '00u1', email: 'bob@acme.example' };
    expect((await signIn(world)).user.id).toBe('ann');
    world.idp.user = { sub: '00u1', email: 'nobody@acme.example' };
    expect((await signIn(world)).user.id).toBe('ann');
  });

  test('E1, E12 is not handed to a new identity with the same address: it is held for an administrator', async () => {
    await signIn(world);
    world.idp.user = { sub: '00u2', email: 'ann@acme.example' };
    const error = await rejected(world, () => signIn(world), 'identity-held');
    expect(error).toBeInstanceOf(RefusedUser);
    expect(error).toMatchObject({ userId: 'ann', stage: 'match' });
    const identity = { tenantId: 'acme', issuer: world.idp.issuer };
    expect(world.store.held).toEqual([{ ...identity, subject: '00u2', userId: 'ann' }]);
    expect(world.store.identities.size).toBe(1);
  });

  test('P19 is told apart by the case of the subject', async () => {
    world.idp.user = { sub: '00uABC', email: 'ann@acme.example' };
    await signIn(world);
    world.idp.user = { sub: '00uabc', email: 'ann@acme.example' };
    await rejected(world, () => signIn(world), 'identity-held');
  });

  test('T5 is looked for in the tenant alone', async () => {
    const acme = world.store.tenants.get('acme');
    if (acme) acme.users = [];
    await rejected(world, () => signIn(world), 'user-not-found');
    expect((await signIn(world, { ...cell, tenantId: 'globex' })).user).toMatchObject({
      id: 'ann',
      tenantId: 'globex',
    });
  });

  test('T4 of one identity is another user in another tenant', async () => {
    await signIn(world);
    await signIn(world, { ...cell, tenantId: 'globex' });
    expect(world.store.identities.size).toBe(2);
    expect(world.store.sessions.map(({ tenantId }) => tenantId)).toEqual(['acme', 'globex']);
  });

  test.each<[string, readonly DirectoryUser[], SsoErrorCode, string | null]>([
    ['is disabled', [userOf('acme', 'ann', { status: 'disabled' })], 'user-inactive', 'ann'],
    ['may not use the product', [userOf('acme', 'ann', { products: ['workspace'] })], 'product-not-permitted', 'ann'],
    [
      'is there twice',
      [userOf('acme', 'ann'), userOf('acme', 'ann2', { email: 'Ann@acme.example' })],
      'user-ambiguous',
      null,
    ],
    ['is not there', [], 'user-not-found', null],
  ])('E9 that %s is refused, and named only when known', async (_name, users, code, userId) => {
    const acme = world.store.tenants.get('acme');
    if (acme) acme.users = [...users];
    const error = await rejected(world, () => signIn(world), code);
    expect(error).toMatchObject({ userId, stage: 'match' });
    expect(world.store.identities.size).toBe(0);
    expect(world.store.held).toEqual([]);
  });

  test('E13 that loses the race for an address is held, and the winner signed in', async () => {
    world.store.beforePin = (key) => {
      world.store.beforePin = () => {};
      world.store.pin({ ...key, subject: '00uWinner' });
    };
    await rejected(world, () => signIn(world), 'identity-held');
    expect(world.store.held).toMatchObject([{ subject: '00u1', userId: 'ann' }]);
  });

  test('that was linked by a parallel sign-in of its own is signed in', async () => {
    world.store.beforePin = (key) => {
      world.store.beforePin = () => {};
      world.store.pin(key);
    };
    expect((await signIn(world)).user.id).toBe('ann');
    expect(world.store.held).toEqual([]);
  });

  test('is refused when linking conflicts again and again', async () => {
    world.store.pin = () => 'conflict';
    const error = await rejected(world, () => signIn(world), 'identity-held');
    expect(error).toMatchObject({ userId: 'ann' });
  });

  test('E13 of two first sign-ins at once with one address and two subjects is one, the other held', async () => {
    const inputs = await Promise.all(Array.from({ length: 50 }, () => prepare(world)));
    let subject = 0;
    world.idp.changeClaims = (claims) => {
      subject += 1;
      return { ...claims, sub: `00u${subject}` };
    };
    const results = await Promise.allSettled(inputs.map((input) => complete(world, input)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(world.store.identities.size).toBe(1);
    expect(world.store.held).toHaveLength(49);
  });

  test('E11 gets no role from claims', async () => {
    world.idp.user = { ...world.idp.user, role: 'administrator', groups: ['admin'], products: ['workspace'] };
    expect((await signIn(world)).user).toMatchObject({ role: 'agent', products: PRODUCTS });
  });
});

test('a thing that a store throws comes through as it is, without a session', async () => {
  const failure = new Error('database gone');
  world.store.findIdentity = async () => {
    throw failure;
  };
  await expect(signIn(world)).rejects.toBe(failure);
  expect(world.store.sessions).toEqual([]);
});
