import { randomUUID } from 'node:crypto';
import { PRODUCTS, type Product, UNIVERSAL_LOGOUT_PATH } from '@ipscape/sso-core';
import { BACK_CHANNEL_LOGOUT_PATH } from '@ipscape/sso-hono';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { type Answer, HttpBrowser, send } from '../support/http-browser.js';
import { type Rig, signIn, startRig, type TenantName } from '../support/rig.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const AGENT = 'agent@acme.example';

describe.each(await testStores())('a provider ends sessions, on $name', ({ open }) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(await open());
  });
  beforeEach(() => rig.repair());
  afterAll(() => rig.stop());

  const endpoint = (tenant: TenantName = 'acme') => `${rig.tenants[tenant].origin}${UNIVERSAL_LOGOUT_PATH}`;
  const subjectOf = (email: string): string =>
    rig.tenants.acme.org.users.find((user) => user.email === email)?.id ?? 'nobody';

  async function signedIn(products: readonly Product[] = PRODUCTS): Promise<HttpBrowser> {
    const browser = new HttpBrowser();
    for (const product of products) expect((await signIn(rig, browser, { product })).status).toBe(303);
    return browser;
  }

  /** Of each product's session, asked on an instance that remembers nothing. */
  async function sessionStates(browser: HttpBrowser): Promise<readonly number[]> {
    rig.restart();
    const states: number[] = [];
    for (const product of PRODUCTS) {
      states.push((await browser.request(`${rig.tenants.acme.origin}/${product}/session`)).status);
    }
    return states;
  }

  interface Forgery {
    readonly header?: Readonly<Record<string, unknown>>;
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly key?: TenantName | 'foreign';
  }

  /** A token with the org's own key unless it is told otherwise; undefined claims are left out. */
  async function sign(claims: JWTPayload, typ: string | undefined, { header = {}, key = 'acme' }: Forgery) {
    const { org } = rig.tenants[key === 'foreign' ? 'globex' : key];
    const [jwk] = org.exportState().keys;
    const kid = key === 'foreign' ? rig.tenants.acme.org.exportState().keys[0]?.kid : jwk?.kid;
    const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
    return new SignJWT(present)
      .setProtectedHeader({
        alg: 'RS256',
        ...(kid === undefined ? {} : { kid }),
        ...(typ === undefined ? {} : { typ }),
        ...header,
      })
      .sign(await importJWK({ ...jwk }, 'RS256'));
  }

  const now = () => Math.floor(Date.now() / 1000);

  function universalToken(forgery: Forgery = {}): Promise<string> {
    const { org, clientId } = rig.tenants.acme;
    const times = { iat: now(), exp: now() + 300, nbf: now() - 300, jti: randomUUID() };
    const claims = { iss: org.origin, sub: clientId, aud: endpoint(), ...times, ...forgery.claims };
    return sign(claims, 'global-token-revocation+jwt', forgery);
  }

  function logoutToken(forgery: Forgery = {}): Promise<string> {
    const { org, clientId } = rig.tenants.acme;
    const times = { iat: now(), exp: now() + 120, jti: randomUUID() };
    const claims = { iss: org.origin, aud: clientId, sub: subjectOf(AGENT), events: { [EVENT]: {} }, ...times };
    return sign({ ...claims, ...forgery.claims }, 'logout+jwt', forgery);
  }

  const byEmail = (email: string) => JSON.stringify({ sub_id: { format: 'email', email } });

  async function revoke(
    token: string | null,
    { body = byEmail(AGENT), scheme = 'Bearer', url = endpoint(), type = 'application/json' } = {},
  ): Promise<Answer> {
    const headers = { 'content-type': type, ...(token === null ? {} : { authorization: `${scheme} ${token}` }) };
    return send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      body,
    });
  }

  function backChannel(body: string, type = 'application/x-www-form-urlencoded'): Promise<Answer> {
    return send(`${rig.tenants.acme.origin}${BACK_CHANNEL_LOGOUT_PATH}`, {
      method: 'POST',
      headers: { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) },
      body,
    });
  }

  test.each(['email', 'iss_sub'] as const)(
    'P34 Universal Logout by %s ends the sessions of all three products and no one else’s',
    async (format) => {
      const browser = await signedIn();
      const other = new HttpBrowser();
      await signIn(rig, other, { person: 'admin' });
      const { org, clientId } = rig.tenants.acme;
      const call = org.universalLogoutRequest({ clientId, email: AGENT, endpoint: endpoint(), format });
      const answer = await send(call.url, {
        method: call.method,
        headers: { ...call.headers, 'content-length': String(Buffer.byteLength(call.body)) },
        body: call.body,
      });
      expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([204, '', 'no-store']);
      expect(await sessionStates(browser)).toEqual([401, 401, 401]);
      expect((await other.request(`${rig.tenants.acme.origin}/workspace/session`)).status).toBe(200);
      const [event] = await rig.database.query<{ details: { count: number; kind: string } }>(
        "select details from audit_events where action = 'sessions-ended-by-provider' order by id desc limit 1",
      );
      expect(event?.details).toMatchObject({ kind: 'universal-logout', count: 3 });
    },
  );

  test('P34 a Universal Logout token works once, whatever became of its first use', async () => {
    const token = await universalToken();
    expect((await revoke(token, { body: byEmail('nobody@acme.example') })).status).toBe(404);
    const browser = await signedIn(['workspace']);
    const again = await revoke(token);
    expect([again.status, again.json().code]).toEqual([401, 'logout-token-invalid']);
    expect((await sessionStates(browser))[0]).toBe(200);
  });

  test('P34 of fifty parallel uses of one token one succeeds', async () => {
    await signedIn(['workspace']);
    const token = await universalToken();
    const answers = await Promise.all(Array.from({ length: 50 }, () => revoke(token)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
  });

  const UNIVERSAL_FORGERIES: Readonly<Record<string, () => Forgery>> = {
    'another type': () => ({ header: { typ: 'JWT' } }),
    'the type of a back-channel token': () => ({ header: { typ: 'logout+jwt' } }),
    'no type': () => ({ header: { typ: undefined } }),
    'a foreign key under our key id': () => ({ key: 'foreign' }),
    'the key of another tenant': () => ({ key: 'globex' }),
    'a critical extension': () => ({ header: { crit: ['exp'] } }),
    'a key of its own': () => ({ header: { jwk: {} } }),
    'another issuer': () => ({ claims: { iss: rig.tenants.globex.org.origin } }),
    'no issuer': () => ({ claims: { iss: undefined } }),
    'another client': () => ({ claims: { sub: rig.tenants.globex.clientId } }),
    'another audience': () => ({ claims: { aud: endpoint('globex') } }),
    'the Client ID as audience': () => ({ claims: { aud: rig.tenants.acme.clientId } }),
    'an audience with a query': () => ({ claims: { aud: `${endpoint()}?a=b` } }),
    'two audiences': () => ({ claims: { aud: [endpoint(), 'https://other.example'] } }),
    'an expiry in the past': () => ({ claims: { exp: now() - 61 } }),
    'no expiry': () => ({ claims: { exp: undefined } }),
    'an expiry next year': () => ({ claims: { exp: now() + 31_536_000 } }),
    'an expiry as text': () => ({ claims: { exp: String(now() + 300) } }),
    'an issue time in the future': () => ({ claims: { iat: now() + 120 } }),
    'an issue time long ago': () => ({ claims: { iat: now() - 700 } }),
    'no issue time': () => ({ claims: { iat: undefined } }),
    'a start in the future': () => ({ claims: { nbf: now() + 120 } }),
    'no id': () => ({ claims: { jti: undefined } }),
    'an id that is a number': () => ({ claims: { jti: 1 } }),
    'an empty id': () => ({ claims: { jti: '' } }),
  };

  test.each(Object.keys(UNIVERSAL_FORGERIES))('P34 Universal Logout refuses a token with %s', async (name) => {
    const browser = await signedIn(['toolbar']);
    const answer = await revoke(await universalToken(UNIVERSAL_FORGERIES[name]?.()).catch(() => 'a.b.c'));
    expect([answer.status, answer.json().code]).toEqual([401, 'logout-token-invalid']);
    expect((await sessionStates(browser))[2]).toBe(200);
  });

  test('P34 neither kind of token does the other’s work, nor does an ID token', async () => {
    const browser = await signedIn(['workspace']);
    const idToken = JSON.parse(rig.outgoing.find(({ url }) => url.endsWith('/token'))?.answer ?? '{}').id_token;
    expect(typeof idToken).toBe('string');
    expect((await revoke(await logoutToken())).status).toBe(401);
    expect((await revoke(idToken)).status).toBe(401);
    expect((await backChannel(`logout_token=${await universalToken()}`)).status).toBe(400);
    expect((await backChannel(`logout_token=${idToken}`)).status).toBe(400);
    expect((await sessionStates(browser))[0]).toBe(200);
  });

  test.each([
    ['no token', (): Promise<Answer> => revoke(null)],
    ['an empty token', () => revoke('')],
    ['a token that is none', () => revoke('AAAA')],
    ['an unsigned token', () => revoke('eyJhbGciOiJub25lIn0.e30.')],
  ])('P34 Universal Logout with %s is unauthorized', async (_, request) => {
    const answer = await request();
    expect([answer.status, answer.headers['content-type']]).toEqual([401, 'application/problem+json']);
  });

  test.each(['Basic', 'bearer', 'BEARER', 'Bearer,', 'DPoP', 'Bearer Bearer'])(
    'O12 the scheme %s is no bearer token',
    async (scheme) => {
      expect((await revoke(await universalToken(), { scheme })).status).toBe(401);
    },
  );

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no subject', '{}'],
    ['an unknown format', '{"sub_id":{"format":"phone_number","phone_number":"+61"}}'],
    ['a format without its members', '{"sub_id":{"format":"email"}}'],
    ['an address that is a list', `{"sub_id":{"format":"email","email":["${AGENT}"]}}`],
    ['a prototype', '{"__proto__":{"sub_id":{"format":"email","email":"agent@acme.example"}}}'],
  ])('P34 a verified Universal Logout request whose body is %s is malformed', async (_, body) => {
    const browser = await signedIn(['workspace']);
    const answer = await revoke(await universalToken(), { body });
    expect([answer.status, answer.json().code]).toEqual([400, 'request-invalid']);
    expect((await sessionStates(browser))[0]).toBe(200);
  });

  test('O11 a body over 16 KB is refused', async () => {
    const answer = await revoke(await universalToken(), { body: `{"x":"${'x'.repeat(20_000)}"}` });
    expect([answer.status, answer.json().code]).toEqual([413, 'request-too-large']);
  });

  test.each([
    ['nobody’s address', () => byEmail('nobody@acme.example')],
    ['an address that is none', () => byEmail('agent@acme')],
    [
      'nobody’s subject',
      () => JSON.stringify({ sub_id: { format: 'iss_sub', iss: rig.tenants.acme.org.origin, sub: '00u' } }),
    ],
    [
      'the subject of another issuer',
      () =>
        JSON.stringify({ sub_id: { format: 'iss_sub', iss: rig.tenants.globex.org.origin, sub: subjectOf(AGENT) } }),
    ],
  ])('P34 Universal Logout for %s is not found', async (_, body) => {
    const browser = await signedIn(['workspace']);
    expect((await revoke(await universalToken(), { body: body() })).status).toBe(404);
    expect((await sessionStates(browser))[0]).toBe(200);
  });

  test('T12 a tenant’s token at another tenant ends nothing there', async () => {
    const browser = new HttpBrowser();
    await signIn(rig, browser, { tenant: 'globex' });
    const answer = await revoke(await universalToken(), {
      url: endpoint('globex'),
      body: byEmail('agent@globex.example'),
    });
    expect(answer.status).toBe(401);
    rig.restart();
    expect((await browser.request(`${rig.tenants.globex.origin}/workspace/session`)).status).toBe(200);
  });

  test('P34 without a connection in force the request is refused', async () => {
    const token = await universalToken();
    await rig.store.setSsoEntitlement({ tenantId: 'acme', entitled: false, actor: 'test' });
    rig.restart();
    expect((await revoke(token)).status).toBe(403);
  });

  test('P34, R5 a flood of made-up key ids does not keep a sign-in from seeing a new key', async () => {
    await signedIn(['workspace']);
    rig.tenants.acme.org.clearRequests();
    const forged = await Promise.all(
      Array.from({ length: 100 }, () => universalToken({ header: { kid: randomUUID() }, key: 'globex' })),
    );
    for (const token of forged) expect((await revoke(token)).status).toBe(401);
    // One fetch when the cache of these tokens is filled, one for the first unknown key; the cool-down does the rest.
    expect(rig.requestsTo('acme').filter((name) => name === 'keys').length).toBeLessThanOrEqual(2);
    await rig.tenants.acme.org.rotateKeys({ keepOld: false });
    await signedIn(['workspace']);
  });

  test('P34 a Logout Token ends all sessions of its subject', async () => {
    const browser = await signedIn();
    const answer = await backChannel(`logout_token=${await logoutToken()}`);
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(await sessionStates(browser)).toEqual([401, 401, 401]);
  });

  test('P34 a Logout Token works once', async () => {
    const token = await logoutToken();
    await signedIn(['workspace']);
    expect((await backChannel(`logout_token=${token}`)).status).toBe(200);
    const browser = await signedIn(['workspace']);
    expect((await backChannel(`logout_token=${token}`)).status).toBe(400);
    expect((await sessionStates(browser))[0]).toBe(200);
  });

  const LOGOUT_FORGERIES: Readonly<Record<string, () => Forgery>> = {
    'no event': () => ({ claims: { events: undefined } }),
    'another event': () => ({ claims: { events: { foobar: {} } } }),
    'an event that is no object': () => ({ claims: { events: { [EVENT]: true } } }),
    'an inherited event': () => ({ claims: { events: [] } }),
    'a nonce': () => ({ claims: { nonce: 'n' } }),
    'another audience': () => ({ claims: { aud: rig.tenants.globex.clientId } }),
    'another issuer': () => ({ claims: { iss: rig.tenants.globex.org.origin } }),
    'no subject': () => ({ claims: { sub: undefined, sid: 'session' } }),
    'no id': () => ({ claims: { jti: undefined } }),
    'no issue time': () => ({ claims: { iat: undefined } }),
    'an expiry in the past': () => ({ claims: { exp: now() - 61 } }),
    'a foreign key': () => ({ key: 'foreign' }),
    'everything of another tenant’s provider': () => ({
      key: 'globex',
      claims: { iss: rig.tenants.globex.org.origin, aud: rig.tenants.globex.clientId },
    }),
    'the type of a Universal Logout token': () => ({ header: { typ: 'global-token-revocation+jwt' } }),
  };

  test.each(Object.keys(LOGOUT_FORGERIES))('P34 back-channel logout refuses a token with %s', async (name) => {
    const browser = await signedIn(['cti']);
    const answer = await backChannel(`logout_token=${await logoutToken(LOGOUT_FORGERIES[name]?.())}`);
    expect([answer.status, answer.headers['cache-control']]).toEqual([400, 'no-store']);
    expect((await sessionStates(browser))[1]).toBe(200);
  });

  test.each([
    ['none', ''],
    ['HS256', 'AAAA'],
    ['ES256', 'AAAA'],
  ])('P34 back-channel logout refuses the algorithm %s', async (alg, signature) => {
    const browser = await signedIn(['cti']);
    const [header = '', payload = '', good = ''] = (await logoutToken()).split('.');
    const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg };
    const forged = Buffer.from(JSON.stringify(changed)).toString('base64url');
    for (const part of [signature, good]) {
      const answer = await backChannel(`logout_token=${forged}.${payload}.${part}`);
      expect([answer.status, answer.headers['cache-control']]).toEqual([400, 'no-store']);
    }
    expect((await sessionStates(browser))[1]).toBe(200);
  });

  test('P34 back-channel logout minds no claims that nobody knows, nor a session id beside the subject', async () => {
    const browser = await signedIn(['cti']);
    const token = await logoutToken({ claims: { sid: 'session', unknown: { a: 1 } } });
    expect((await backChannel(`logout_token=${token}`)).status).toBe(200);
    expect((await sessionStates(browser))[1]).toBe(401);
  });

  test.each([
    ['no token', async () => 'x=y'],
    ['two tokens', async () => `logout_token=${await logoutToken()}&logout_token=${await logoutToken()}`],
  ])('P7 back-channel logout refuses %s', async (_, body) => {
    expect((await backChannel(await body())).status).toBe(400);
  });

  test('P34 a Logout Token as JSON is refused', async () => {
    const body = JSON.stringify({ logout_token: await logoutToken() });
    expect((await backChannel(body, 'application/json')).status).toBe(400);
  });

  test('P34 a Logout Token for somebody unknown is a success, as there is no session', async () => {
    expect((await backChannel(`logout_token=${await logoutToken({ claims: { sub: 'nobody' } })}`)).status).toBe(200);
  });

  test('O8 no token, subject or address is logged', async () => {
    const token = await universalToken();
    await revoke(token);
    await revoke(token);
    const log = rig.logLines.join('\n');
    expect(log).toContain('universal-logout');
    for (const secret of [token, token.split('.')[1] ?? '', AGENT]) expect(log).not.toContain(secret);
  });
});
