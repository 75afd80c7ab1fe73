import { createHash } from 'node:crypto';
import type { EndpointFault } from '@ipscape/okta-devorg';
import { PRODUCTS, type Product, type SsoErrorCode } from '@ipscape/sso-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeRocaKey } from '../../packages/sso-core/test/roca-key.js';
import {
  encodePart,
  makeEcKey,
  makeRsaKey,
  signEs256,
  signHs256,
  signNothing,
  signPs256,
  signRs1,
  signRs256,
} from '../../packages/sso-core/test/signing-key.js';
import { testStores } from '../../packages/sso-store/test/test-stores.js';
import { HttpBrowser } from '../support/http-browser.js';
import { chooseUser, type Rig, signIn, startRig, startUrl, walkToCallback } from '../support/rig.js';
import {
  attemptSignIn,
  expectAccepted,
  expectRejected,
  type Json,
  PROVIDER_KEY,
  publicJwks,
  type Script,
} from '../support/scripted-provider.js';

// The last one is a server where there is one: what is judged here is the same on both.
const database = (await testStores()).at(-1);

let rig: Rig;
beforeAll(async () => {
  if (database === undefined) throw new Error('No database.');
  rig = await startRig(await database.open(), { idpTimeoutMs: 1_000 });
});
afterAll(() => rig?.stop());
beforeEach(() => rig.repair());

const acme = () => rig.tenants.acme;
const seconds = () => Math.floor(Date.now() / 1000);
const reject = async (script: Script, code: SsoErrorCode = 'token-invalid'): Promise<void> =>
  expectRejected(rig, await attemptSignIn(rig, script), code);
const accept = async (script: Script = {}, user = 'acme-agent'): Promise<void> =>
  expectAccepted(rig, await attemptSignIn(rig, script), user);

/** A start that the provider's metadata refuse: nothing is kept, and no secret leaves. */
async function refuseStart(code: SsoErrorCode): Promise<void> {
  const browser = new HttpBrowser();
  const before = await rig.snapshot();
  const answer = await browser.ask(startUrl(rig));
  expect(answer.json()).toMatchObject({ code });
  expect([502, 503]).toContain(answer.status);
  expect([answer.headers.location, answer.setCookies]).toEqual([undefined, []]);
  expect((await rig.snapshot()).transactions).toBe(before.transactions);
  expect(rig.requestsTo('acme').filter((endpoint) => endpoint !== 'discovery')).toEqual([]);
  expect(rig.outgoing.some(({ headers, body }) => 'authorization' in headers || body !== '')).toBe(false);
}

describe('a scripted provider', () => {
  test.each(PRODUCTS)('P1 that is right signs people in to %s', async (product) => {
    await accept({ product });
  });
});

describe('P2 PKCE', () => {
  test.each([[undefined], [[]], [['plain']]])('is S256 when the metadata list %j', async (methods) => {
    acme().org.faults.discoveryOverrides = { code_challenge_methods_supported: methods };
    const browser = new HttpBrowser();
    const start = await browser.request(startUrl(rig));
    const { searchParams } = new URL(start.location());
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    await attemptSignIn(rig);
    const sent = new URLSearchParams(rig.outgoing.findLast(({ url }) => url.endsWith('/token'))?.body);
    expect(sent.get('code_verifier')).toMatch(/^[A-Za-z0-9._~-]{43,128}$/);
  });

  test('’s verifier is the one whose hash was sent', async () => {
    const browser = new HttpBrowser();
    const callback = await walkToCallback(rig, browser);
    await browser.request(callback);
    const { searchParams } = new URL(
      browser.answers.findLast(({ headers }) => headers.location?.includes('code_challenge'))?.location() ?? '',
    );
    const verifier = new URLSearchParams(rig.outgoing.find(({ url }) => url.endsWith('/token'))?.body).get(
      'code_verifier',
    );
    expect(
      createHash('sha256')
        .update(verifier ?? '')
        .digest('base64url'),
    ).toBe(searchParams.get('code_challenge'));
  });
});

describe('P3 metadata for another issuer are refused', () => {
  const ISSUERS: Readonly<Record<string, (origin: string) => unknown>> = {
    'another host': () => 'https://evil.example',
    'another tenant’s': () => rig.tenants.globex.org.origin,
    'a slash at the end': (origin) => `${origin}/`,
    'capital letters': (origin) => origin.toUpperCase(),
    'another port': (origin) => origin.replace(/:\d+$/, ':443'),
    'a path that goes back': (origin) => `${origin}/x/..`,
    https: (origin) => origin.replace('http:', 'https:'),
    'user information': (origin) => origin.replace('//', '//user@'),
    'a query': (origin) => `${origin}?x`,
    'white space': (origin) => `${origin} `,
    'a list': (origin) => [origin],
    nothing: () => undefined,
  };
  test.each(Object.keys(ISSUERS))('%s', async (name) => {
    acme().org.faults.discoveryOverrides = { issuer: ISSUERS[name]?.(acme().org.origin) };
    const isText = name !== 'a list' && name !== 'nothing';
    await refuseStart(isText ? 'issuer-mismatch' : 'idp-response-invalid');
  });

  test('after they were good for a while, too', async () => {
    await signIn(rig, new HttpBrowser());
    acme().org.faults.discoveryOverrides = { issuer: 'https://evil.example' };
    rig.clockAheadMs += 60 * 60 * 1000 + 1;
    acme().org.clearRequests();
    rig.outgoing.length = 0;
    await refuseStart('issuer-mismatch');
  });
});

describe('P4, F7 an endpoint in the metadata is refused when it is', () => {
  const VALUES: Readonly<Record<string, (origin: string) => unknown>> = {
    'on another host': () => 'https://evil.example/token',
    'on an internal address': () => 'http://169.254.169.254/latest/meta-data',
    'on another tenant’s host': () => `${rig.tenants.globex.org.origin}/oauth2/v1/token`,
    'on another port': (origin) => `${origin.replace(/:\d+$/, ':1')}/token`,
    'another scheme': (origin) => `${origin.replace('http:', 'https:')}/token`,
    'a file': () => 'file:///etc/passwd',
    relative: () => '/oauth2/v1/token',
    'with user information': (origin) => `${origin.replace('//', '//u:p@')}/token`,
    'with a fragment': (origin) => `${origin}/token#x`,
    'behind a back-slash': (origin) => `${origin}\\@evil.example/token`,
    'a name that begins like it': (origin) => `${origin.replace(/:\d+$/, '')}.evil.example/token`,
    'a number': () => 7,
    'a list': (origin) => [`${origin}/token`],
    null: () => null,
  };
  const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'];
  test.each(Object.keys(VALUES))('%s', async (name) => {
    for (const endpoint of ENDPOINTS) {
      acme().org.faults.discoveryOverrides = { [endpoint]: VALUES[name]?.(acme().org.origin) };
      rig.restart();
      await refuseStart('idp-response-invalid');
    }
  });
});

function goodDocument(): string {
  const { origin } = acme().org;
  const endpoint = (name: string): string => `${origin}/oauth2/v1/${name}`;
  return JSON.stringify({
    issuer: origin,
    authorization_endpoint: endpoint('authorize'),
    token_endpoint: endpoint('token'),
    jwks_uri: endpoint('keys'),
    '__proto__ ': {},
    new_feature: { deep: [1] },
  });
}

describe('P5 metadata that are no such document are refused within a second:', () => {
  const BODIES: Readonly<Record<string, () => string>> = {
    'a hundred thousand lists in each other': () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    'twenty thousand members': () => `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":0`).join()}}`,
    'a million members': () => `{${Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":0`).join()}}`,
    'a byte order mark before a good one': () => `\ufeff${goodDocument()}`,
    'a good one in which a name comes twice': () => goodDocument().replace('{', '{"issuer":"https://evil.example",'),
    'a good one and another': () => goodDocument().repeat(2),
    'a page': () => '<!doctype html>',
    'a list': () => `[${goodDocument()}]`,
    null: () => 'null',
    nothing: () => '',
    'a text': () => '"issuer"',
    'a prototype': () => '{"__proto__":{"issuer":"https://evil.example"},"constructor":{}}',
  };
  test.each(Object.keys(BODIES))('%s', async (name) => {
    acme().org.faults.discovery = { status: 200, body: BODIES[name]?.() ?? '' };
    const startedAt = performance.now();
    await refuseStart('idp-response-invalid');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(({} as { issuer?: unknown }).issuer).toBeUndefined();
  });

  test.each([201, 204, 301, 302])('a good one with status %d', async (status) => {
    acme().org.faults.discovery = { status, body: status === 204 ? '' : goodDocument() };
    await refuseStart('idp-response-invalid');
  });

  test('but members that nobody knows are fine', async () => {
    acme().org.faults.discovery = { status: 200, body: goodDocument().replace('{', '{"__proto__":{"issuer":1},') };
    await accept();
  });
});

describe('P11 a token answer is refused with', () => {
  test.each<[string, Json]>([
    ['no ID token', { id_token: undefined }],
    ['an empty ID token', { id_token: '' }],
    ['a list of ID tokens', { id_token: ['x'] }],
    ['no access token', { access_token: undefined }],
    ['an access token that is a number', { access_token: 7 }],
    ['no token type', { token_type: undefined }],
    ['another token type', { token_type: 'mac' }],
    ['two token types', { token_type: ['Bearer'] }],
  ])('%s', async (_name, tokenAnswer) => {
    await reject({ tokenAnswer }, 'idp-response-invalid');
  });

  const json = { 'content-type': 'application/json' };
  test.each<[string, (good: { readonly body: string }) => EndpointFault, SsoErrorCode]>([
    ['status 400', (good) => ({ ...good, status: 400 }), 'idp-response-invalid'],
    ['status 201', (good) => ({ ...good, status: 201 }), 'idp-response-invalid'],
    [
      'a page in its place',
      () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }),
      'idp-response-invalid',
    ],
    ['the type of a page', (good) => ({ ...good, headers: { 'content-type': 'text/html' } }), 'idp-response-invalid'],
    [
      'another charset',
      (good) => ({ ...good, headers: { 'content-type': 'application/json; charset=utf-16' } }),
      'idp-response-invalid',
    ],
    ['nothing in it', () => ({ status: 200, headers: json, body: '' }), 'idp-response-invalid'],
    [
      '10 MB beside the tokens',
      (good) => ({ ...good, body: good.body + ' '.repeat(10_000_000) }),
      'idp-response-invalid',
    ],
    [
      'a second ID token',
      (good) => ({ ...good, body: good.body.replace('{', '{"id_token":"a.b.c",') }),
      'idp-response-invalid',
    ],
  ])('%s', async (_name, rawTokenAnswer, code) => {
    await reject({ rawTokenAnswer }, code);
  });

  test('an error beside the tokens', async () => {
    await reject({ tokenAnswer: { error: 'invalid_grant' } }, 'grant-rejected');
  });

  test('not with another case of the type, a number of seconds or none', async () => {
    await accept({ tokenAnswer: { token_type: 'bEaReR', expires_in: undefined, x: 1 } });
  });
});

describe('P12 the signature', () => {
  const flip = (part: number, at: number) => (token: string) => {
    const parts = token.split('.');
    const bytes = Buffer.from(parts[part] ?? '', 'base64url');
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    parts[part] = bytes.toString('base64url');
    return parts.join('.');
  };
  test.each<[string, () => Script]>([
    ['of a key that was never published', () => ({ sign: signRs256(makeRsaKey(PROVIDER_KEY.kid).privateKey) })],
    ['with its first bit changed', () => ({ token: flip(2, 0) })],
    ['with its last bit changed', () => ({ token: flip(2, -1) })],
    ['of another payload', () => ({ token: flip(1, 20) })],
    ['of another header', () => ({ token: flip(0, -3) })],
    ['of nothing', () => ({ sign: signNothing })],
    ['left out', () => ({ token: (token) => token.split('.').slice(0, 2).join('.') })],
    ['with a dot more', () => ({ token: (token) => `${token}.` })],
    ['of a user name that was swapped in', () => ({ token: swapPayload({ email: 'admin@acme.example' }) })],
  ])('%s', async (_name, script) => {
    await reject(script());
  });

  test('of another tenant’s key with the same id', async () => {
    const other = makeRsaKey(PROVIDER_KEY.kid);
    await accept({ tenant: 'globex', sign: signRs256(other.privateKey), jwks: publicJwks(other) }, 'globex-agent');
    await reject({ sign: signRs256(other.privateKey) });
  });
});

function swapPayload(change: Json): (token: string) => string {
  return (token) => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Json;
    return `${header}.${encodePart({ ...claims, ...change })}.${signature}`;
  };
}

/** A good token as the claims of another that is signed as well. */
function nest(token: string): string {
  const [header = ''] = token.split('.');
  const input = `${header}.${encodePart(token)}`;
  return `${input}.${signRs256(PROVIDER_KEY.privateKey)(input).toString('base64url')}`;
}

describe('P13 a header that asks for', () => {
  const pem = PROVIDER_KEY.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const ec = makeEcKey(PROVIDER_KEY.kid);
  const evil = makeRsaKey('evil');
  const CASES: Readonly<Record<string, () => Script>> = {
    none: () => ({ header: { alg: 'none' }, sign: signNothing }),
    None: () => ({ header: { alg: 'None' }, sign: signNothing }),
    'none with a signature': () => ({ header: { alg: 'nOnE' } }),
    'HS256 with the client secret': () => ({ header: { alg: 'HS256' }, sign: signHs256(acme().clientSecret) }),
    'HS256 with the public key': () => ({ header: { alg: 'HS256' }, sign: signHs256(pem) }),
    'HS256 with the public key as JSON': () => ({
      header: { alg: 'HS256' },
      sign: signHs256(JSON.stringify(PROVIDER_KEY.jwk)),
    }),
    ES256: () => ({ header: { alg: 'ES256' }, sign: signEs256(ec.privateKey), jwks: publicJwks(ec) }),
    PS256: () => ({ header: { alg: 'PS256' }, sign: signPs256(PROVIDER_KEY.privateKey) }),
    'PS256 under the name of RS256': () => ({ sign: signPs256(PROVIDER_KEY.privateKey) }),
    RS1: () => ({ header: { alg: 'RS1' }, sign: signRs1(PROVIDER_KEY.privateKey) }),
    'RS1 under the name of RS256': () => ({ sign: signRs1(PROVIDER_KEY.privateKey) }),
    rs256: () => ({ header: { alg: 'rs256' } }),
    'no algorithm': () => ({ header: { alg: undefined } }),
    'a list of algorithms': () => ({ header: { alg: ['RS256'] } }),
    'its own key': () => ({ header: { kid: 'evil', jwk: evil.jwk }, sign: signRs256(evil.privateKey) }),
    'its own key under ours': () => ({ header: { jwk: evil.jwk }, sign: signRs256(evil.privateKey) }),
    'its own key set': () => ({
      header: { jku: `${rig.tenants.globex.org.origin}/oauth2/v1/keys` },
      sign: signRs256(evil.privateKey),
    }),
    'its own certificate': () => ({ header: { x5u: 'https://evil.example/x', x5c: ['MIIB'] } }),
    'an extension': () => ({ header: { crit: ['x'], x: 1 } }),
    'an unencoded payload': () => ({ header: { b64: false, crit: ['b64'] } }),
    'a nested token': () => ({ header: { cty: 'JWT' }, token: nest }),
    'a token in the place of the claims': () => ({ token: nest }),
    compression: () => ({ header: { zip: 'DEF' } }),
    'a path as its key': () => ({ header: { kid: '../../etc/passwd' } }),
    'a query as its key': () => ({ header: { kid: "' or 1=1 --" } }),
    'a very long key': () => ({ header: { kid: 'x'.repeat(60_000) } }),
    'a key that is a number': () => ({ header: { kid: 7 } }),
    'the type of another token': () => ({ header: { typ: 'logout+jwt' } }),
    'an access token’s type': () => ({ header: { typ: 'at+jwt' } }),
  };
  test.each(Object.keys(CASES))('%s is refused, also where the metadata promise it', async (name) => {
    const algorithms = ['none', 'HS256', 'ES256', 'PS256', 'RS1', 'RS256'];
    acme().org.faults.discoveryOverrides = { id_token_signing_alg_values_supported: algorithms };
    rig.tenants.globex.org.clearRequests();
    await reject(CASES[name]?.() ?? {});
    expect(rig.tenants.globex.org.requests).toEqual([]);
    const hosts = new Set(rig.outgoing.map(({ url }) => new URL(url).host));
    expect([...hosts]).toEqual([acme().org.host]);
  });

  test('a key id of a megabyte is refused', async () => {
    await reject({ header: { kid: 'x'.repeat(1024 * 1024) } }, 'idp-response-invalid');
  });

  test('encryption is refused unread', async () => {
    await reject({ token: () => [encodePart({ alg: 'dir', enc: 'A256GCM' }), '', 'AA', 'AA', 'AA'].join('.') });
  });

  test('a key whose use, operations or algorithm is another is refused', async () => {
    for (const change of [{ use: 'enc' }, { key_ops: ['sign'] }, { alg: 'PS256' }, { alg: 'none' }]) {
      await rig.repair();
      await reject({ jwks: { keys: [{ ...PROVIDER_KEY.jwk, ...change }] } });
    }
  });
});

describe('P14 beside weak and broken keys', () => {
  const weak = makeRsaKey('weak', 1024);
  const tiny = makeRsaKey('tiny', 512);
  const roca = makeRocaKey('roca');
  const bad = [
    weak.jwk,
    tiny.jwk,
    roca,
    { ...PROVIDER_KEY.jwk, kid: 'one', e: 'AQ' },
    { ...PROVIDER_KEY.jwk, kid: 'even', e: 'Ag' },
    { kty: 'oct', kid: 'oct', k: 'c2VjcmV0', alg: 'HS256' },
    { kty: 'OKP', kid: 'okp', crv: 'Ed25519', x: 'AA' },
    { kty: 'RSA', kid: 'garbage', n: '!!', e: 'AQAB' },
    { kty: 'RSA', kid: 'empty', n: '', e: '' },
    null,
    7,
    [],
    {},
  ];
  test('the good key counts', async () => {
    await accept({ jwks: { keys: [...bad, PROVIDER_KEY.jwk] } });
  });

  test('a token that a weak key really signed is refused', async () => {
    for (const { kid, privateKey } of [weak, tiny]) {
      await rig.repair();
      await reject({ header: { kid }, sign: signRs256(privateKey), jwks: { keys: [...bad, PROVIDER_KEY.jwk] } });
    }
  });

  test.each(['one', 'roca', 'okp', 'even', 'oct', 'garbage', 'empty'])(
    'a token that names the key “%s” is refused',
    async (kid) => {
      await reject({ header: { kid }, jwks: { keys: [...bad, PROVIDER_KEY.jwk] } });
    },
  );
});

describe('P15 an issuer of', () => {
  test.each<[string, (issuer: string) => unknown]>([
    ['one character more', (issuer) => `${issuer}1`],
    ['a slash more', (issuer) => `${issuer}/`],
    ['capital letters', (issuer) => issuer.toUpperCase()],
    ['another tenant', () => rig.tenants.globex.org.origin],
    ['a custom domain', () => 'https://login.acme.example'],
    ['a list', (issuer) => [issuer]],
    ['nothing', () => undefined],
    ['null', () => null],
  ])('%s is refused', async (_name, change) => {
    await reject({ claims: (good) => ({ ...good, iss: change(String(good.iss)) }) }, 'issuer-mismatch');
  });
});

describe('P16 an audience of', () => {
  test.each<[string, (clientId: string) => Json]>([
    ['nobody', () => ({ aud: undefined })],
    ['one character more', (id) => ({ aud: `${id}1` })],
    ['a part of it', (id) => ({ aud: id.slice(0, -1) })],
    ['another tenant’s client', () => ({ aud: rig.tenants.globex.clientId })],
    ['two', (id) => ({ aud: [id, 'other'] })],
    ['two with our azp', (id) => ({ aud: [id, 'other'], azp: id })],
    ['ours twice', (id) => ({ aud: [id, id] })],
    ['an empty list', () => ({ aud: [] })],
    ['a list in a list', (id) => ({ aud: [[id]] })],
    ['a number', () => ({ aud: 7 })],
    ['ours, for another party', (id) => ({ aud: id, azp: 'other' })],
    ['ours, for a list of parties', (id) => ({ aud: id, azp: [id] })],
  ])('%s is refused', async (_name, change) => {
    await reject({ claims: (good) => ({ ...good, ...change(String(good.aud)) }) });
  });

  test('a list of ours alone, with our azp, is accepted', async () => {
    await accept({ claims: (good) => ({ ...good, aud: [good.aud], azp: good.aud }) });
  });
});

describe('P17 times', () => {
  test.each<[string, () => Json]>([
    ['expired six minutes ago', () => ({ exp: seconds() - 360 })],
    ['expired 62 seconds ago', () => ({ exp: seconds() - 62 })],
    ['no expiry', () => ({ exp: undefined })],
    ['an expiry in words', () => ({ exp: '1e300' })],
    ['an expiry beyond all time', () => ({ exp: 1e300 })],
    ['a negative expiry', () => ({ exp: -1 })],
    ['a true expiry', () => ({ exp: true })],
    ['an expiry of null', () => ({ exp: null })],
    ['an expiry that is no number', () => ({ exp: 'NaN' })],
    ['an expiry in ten years', () => ({ exp: seconds() + 10 * 365 * 86_400 })],
    ['expired when nothing was', () => ({ exp: 0 })],
    ['no issue', () => ({ iat: undefined })],
    ['issued a week ago', () => ({ iat: seconds() - 7 * 86_400 })],
    ['issued eleven minutes and a little ago', () => ({ iat: seconds() - 662 })],
    ['issued in 63 seconds', () => ({ iat: seconds() + 63 })],
    ['valid from in 63 seconds', () => ({ nbf: seconds() + 63 })],
    ['valid from a word', () => ({ nbf: 'now' })],
  ])('%s: refused', async (_name, claims) => {
    await reject({ claims: claims() });
  });

  test.each<[string, () => Json]>([
    ['expired 55 seconds ago', () => ({ exp: seconds() - 55 })],
    ['issued in 55 seconds', () => ({ iat: seconds() + 55, nbf: seconds() + 55 })],
    ['fractions of a second', () => ({ iat: Date.now() / 1000, exp: Date.now() / 1000 + 1 })],
  ])('%s: accepted', async (_name, claims) => {
    await accept({ claims: claims() });
  });
});

describe('P18 a nonce', () => {
  test.each<[string, (nonce: string) => unknown]>([
    ['that is missing', () => undefined],
    ['of one character more', (nonce) => `${nonce}1`],
    ['that is empty', () => ''],
    ['that is a list', (nonce) => [nonce]],
    ['of null', () => null],
    ['in capital letters', (nonce) => nonce.toUpperCase()],
  ])('%s is refused', async (_name, change) => {
    await reject({ claims: (good) => ({ ...good, nonce: change(String(good.nonce)) }) });
  });

  test.each(['acme', 'globex'] as const)('of another sign-in at %s is refused', async (tenant) => {
    const other = await new HttpBrowser().request(startUrl(rig, { tenant }));
    const nonce = new URL(other.location()).searchParams.get('nonce');
    await reject({ claims: { nonce } });
  });
});

describe('P19 a subject', () => {
  test.each<[string, unknown]>([
    ['that is missing', undefined],
    ['that is empty', ''],
    ['of 256 characters', 'x'.repeat(256)],
    ['that is a number', 7],
    ['that is an object', {}],
    ['with NUL', 'a\0b'],
    ['with a line break', 'a\nb'],
    ['that is not ASCII', 'jörg'],
  ])('%s is refused', async (_name, sub) => {
    await reject({ claims: { sub } });
  });

  test('in another case is another user', async () => {
    await accept({ subject: 'abc', person: 'agent' });
    await rig.database.query("delete from sessions where tenant_id = 'acme'");
    acme().org.clearRequests();
    await accept({ subject: 'ABC', person: 'admin' }, 'acme-admin');
    const again = await attemptSignIn(rig, { subject: 'abc', person: 'admin' });
    const session = await again.browser.ask(`${acme().origin}/workspace/session`);
    expect(session.json()).toMatchObject({ user: { id: 'acme-agent' } });
  });

  test('of 255 characters, spaces at its ends included, is accepted as it is', async () => {
    const subject = ` ${'x'.repeat(253)} `;
    await accept({ subject });
    expect(await rig.database.query('select subject from identities')).toEqual([{ subject }]);
  });
});

describe('P20 at_hash', () => {
  const hashOf = (token: string): string =>
    createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');
  test.each<[string, unknown]>([
    ['of another token', hashOf('OTHER')],
    ['of null', null],
    ['that is empty', ''],
    ['that is the whole hash', createHash('sha256').update('ACCESS-CANARY').digest('base64url')],
  ])('%s is refused', async (_name, hash) => {
    await reject({ claims: { at_hash: hash } });
  });

  test('that is right is accepted', async () => {
    await accept({ claims: { at_hash: hashOf('ACCESS-CANARY') } });
  });
});

describe('P21 userinfo', () => {
  const json = { 'content-type': 'application/json' };
  const thin = { email: undefined };
  const body = (claims: Json): string =>
    JSON.stringify({ sub: 'scripted-agent', email: 'agent@acme.example', ...claims });

  test.each<[string, Json]>([
    ['another subject', { sub: 'scripted-agentinvalid' }],
    ['no subject', { sub: undefined }],
    ['a subject that is a number', { sub: 7 }],
    ['a list of subjects', { sub: ['scripted-agent'] }],
  ])('about %s is refused', async (_name, claims) => {
    acme().org.faults.userinfo = { status: 200, headers: json, body: body(claims) };
    await reject({ claims: thin }, 'userinfo-invalid');
  });

  test.each([
    ['a signed document', { headers: { 'content-type': 'application/jwt' }, body: 'eyJhbGciOiJub25lIn0.e30.' }],
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<script>CANARY</script>' }],
    ['a refusal', { status: 401, body: '{"error":"invalid_token"}' }],
    ['a prohibition', { status: 403, body: '' }],
  ])('that answers %s is refused', async (_name, fault) => {
    acme().org.faults.userinfo = { status: 200, headers: json, ...fault };
    await reject({ claims: thin }, 'userinfo-invalid');
  });

  test('that redirects is not followed', async () => {
    const location = `${rig.tenants.globex.org.origin}/oauth2/v1/userinfo`;
    acme().org.faults.userinfo = { status: 302, headers: { location } };
    rig.tenants.globex.org.clearRequests();
    await reject({ claims: thin }, 'idp-response-invalid');
    expect(rig.tenants.globex.org.requests).toEqual([]);
  });

  test('gets the token in the header and nowhere else, and is not asked after a bad token', async () => {
    acme().org.faults.userinfo = { status: 200, headers: json, body: body({}) };
    await accept({ claims: thin });
    const asked = rig.outgoing.filter(({ url }) => url.includes('userinfo'));
    expect(asked.map(({ url, headers }) => [new URL(url).search, headers.authorization])).toEqual([
      ['', 'Bearer ACCESS-CANARY'],
    ]);
    await rig.repair();
    acme().org.faults.userinfo = { status: 200, headers: json, body: body({}) };
    await reject({ claims: { ...thin, nonce: 'x' } });
    expect(rig.requestsTo('acme')).not.toContain('userinfo');
  });

  test('P22 decides nothing beside the address, and that only when the token has none', async () => {
    const claims = {
      email: 'admin@acme.example',
      email_verified: true,
      iss: 'https://evil.example',
      role: 'administrator',
    };
    acme().org.faults.userinfo = { status: 200, headers: json, body: body(claims) };
    await accept();
    expect(rig.requestsTo('acme')).not.toContain('userinfo');
    await rig.repair();
    // Of what the token says nothing is overridden.
    acme().org.faults.userinfo = {
      status: 200,
      headers: json,
      body: body({ ...claims, groups: ['x'], tid: 'globex' }),
    };
    const { browser } = await attemptSignIn(rig, { claims: { ...thin, sub: 'scripted-agent' } });
    expect((await browser.ask(`${acme().origin}/workspace/session`)).json()).toMatchObject({
      user: { id: 'acme-admin', role: 'administrator' },
      tenant: { id: 'acme' },
    });
    expect(await rig.database.query('select issuer, subject from identities')).toEqual([
      { issuer: acme().org.origin, subject: 'scripted-agent' },
    ]);
    await rig.repair();
    // A verified flag of one document is not believed about the address of the other.
    await rig.connect('acme', { providerId: 'okta-strict' });
    rig.restart();
    acme().org.faults.userinfo = { status: 200, headers: json, body: body({ email_verified: 'true' }) };
    await reject({ claims: { ...thin, email_verified: true } }, 'email-unverified');
  });
});

describe('P23 a token without a key id', () => {
  const header = { kid: undefined };
  const second = makeRsaKey('second');
  test('is accepted when one key can have signed it', async () => {
    await accept({ header, jwks: { keys: [makeEcKey('ec').jwk, { ...PROVIDER_KEY.jwk, kid: undefined }] } });
  });

  test('is refused when several can, whichever comes first', async () => {
    for (const keys of [
      [PROVIDER_KEY, second],
      [second, PROVIDER_KEY],
    ]) {
      await rig.repair();
      await reject({ header, jwks: publicJwks(...keys) });
    }
  });

  test('two keys of one id are never tried in turn', async () => {
    await reject({ jwks: { keys: [{ ...second.jwk, kid: PROVIDER_KEY.kid }, PROVIDER_KEY.jwk] } });
  });
});

describe('P27 a client secret of odd characters', () => {
  const SECRETS = ['-_.~+/=%: ü', 'a b+c', '%41', ':', '&=?#', '\u{1f511}', 'x'.repeat(1024)];
  const lastToken = () => rig.outgoing.findLast(({ url }) => url.endsWith('/token'));

  test.each(SECRETS)('%.20s reaches the token endpoint in the header alone', async (clientSecret) => {
    await rig.store.replaceClientSecret({ tenantId: 'acme', clientSecret, actor: 'test' });
    await accept();
    const [, encoded = ''] = lastToken()?.headers.authorization?.split(' ') ?? [];
    const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
    const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
    expect([decode(id), decode(secret.join(':'))]).toEqual([acme().clientId, clientSecret]);
    expect(new URLSearchParams(lastToken()?.body).has('client_secret')).toBe(false);
    for (const { url } of rig.outgoing) expect(new URL(url).search).toBe('');
  });

  test('of Okta’s form also reaches a provider that forgets to decode', async () => {
    const clientSecret = `${'AZaz09-_.'.repeat(6)}-_`;
    await rig.store.replaceClientSecret({ tenantId: 'acme', clientSecret, actor: 'test' });
    await accept();
    const [, encoded = ''] = lastToken()?.headers.authorization?.split(' ') ?? [];
    expect(Buffer.from(encoded, 'base64').toString()).toBe(`${acme().clientId}:${clientSecret}`);
  });

  test.each(SECRETS)('%.20s goes into the body alone when the provider takes it only there', async (clientSecret) => {
    acme().org.faults.discoveryOverrides = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
    await rig.store.replaceClientSecret({ tenantId: 'acme', clientSecret, actor: 'test' });
    await accept();
    expect(lastToken()?.headers).not.toHaveProperty('authorization');
    expect(new URLSearchParams(lastToken()?.body).get('client_secret')).toBe(clientSecret);
    for (const { url, body } of rig.outgoing) if (!url.endsWith('/token')) expect(body).toBe('');
  });
});

describe('P29 a sign-in that somebody else starts', () => {
  test('never accepts a code that nobody asked for', async () => {
    const browser = new HttpBrowser();
    for (const path of ['/cti/login', '/toolbar/login', '/workspace/security/sso-oauth-callback']) {
      const query = new URLSearchParams({
        iss: acme().org.origin,
        code: 'x',
        target_link_uri: `${acme().origin}/cti/`,
      });
      const answer = await browser.ask(`${acme().origin}${path}?${query}`);
      expect(answer.json()).toMatchObject({ code: 'state-mismatch' });
      expect(rig.requestsTo('acme')).toEqual([]);
    }
  });

  /** From another site's page, as a browser sends it. */
  const post = (
    browser: HttpBrowser,
    product: Product,
    form: readonly (readonly [string, string])[],
    accept = 'text/html',
  ) => {
    const body = form.map((field) => field.map(encodeURIComponent).join('=')).join('&');
    return browser.request(startUrl(rig, { product }), {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
        origin: acme().org.origin,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        accept,
      },
    });
  };

  test.each(PRODUCTS)('by POST at %s goes on as by GET, and remembers nothing itself', async (product) => {
    const browser = new HttpBrowser();
    const target = `${acme().origin}/${product}/calls/7?a=b`;
    const posted = await post(browser, product, [
      ['iss', acme().org.origin],
      ['login_hint', 'agent@acme.example'],
      ['target_link_uri', target],
      ['scope', 'admin'],
    ]);
    expect([posted.status, posted.setCookies]).toEqual([303, []]);
    expect([...new URL(posted.location()).searchParams.keys()]).toEqual(['iss', 'target_link_uri', 'login_hint']);
    const start = await browser.request(posted.location());
    const { searchParams } = new URL(start.location());
    expect([searchParams.get('login_hint'), searchParams.get('scope')]).toEqual([
      'agent@acme.example',
      'openid profile email',
    ]);
    const callback = await chooseUser(browser, start.location(), 'agent@acme.example');
    expect((await browser.request(callback)).headers.location).toBe(`/${product}/calls/7?a=b`);
  });

  test.each<[string, readonly (readonly [string, string])[], string]>([
    ['the issuer of another tenant', [['iss', 'GLOBEX']], 'response-issuer-mismatch'],
    ['another site’s issuer', [['iss', 'https://evil.example']], 'response-issuer-mismatch'],
    ['an empty issuer', [['iss', '']], 'response-issuer-mismatch'],
    ['an issuer of 10 KB', [['iss', `https://${'x'.repeat(10_000)}`]], 'request-invalid'],
    [
      'two issuers',
      [
        ['iss', 'ACME'],
        ['iss', 'ACME'],
      ],
      'request-invalid',
    ],
    ['a body of 100 KB', [['iss', 'x'.repeat(100_000)]], 'request-too-large'],
  ])('by POST with %s starts nothing', async (_name, form, code) => {
    const origins: Readonly<Record<string, string>> = {
      ACME: acme().org.origin,
      GLOBEX: rig.tenants.globex.org.origin,
    };
    for (const product of PRODUCTS) {
      const browser = new HttpBrowser();
      const posted = await post(
        browser,
        product,
        form.map(([name, value]) => [name, origins[value] ?? value]),
        'application/json',
      );
      const answer = posted.status === 303 ? await browser.ask(posted.location()) : posted;
      expect(answer.json()).toMatchObject({ code });
      expect(browser.answers.flatMap(({ setCookies }) => setCookies)).toEqual([]);
    }
  });

  test.each(['login_hint', 'target_link_uri'])('by POST with a hostile %s goes on without it', async (name) => {
    for (const value of ['x'.repeat(10_000), 'a@acme.example\r\nset-cookie: a=b', 'https://evil.example/toolbar/x']) {
      const browser = new HttpBrowser();
      const posted = await post(browser, 'toolbar', [
        ['iss', acme().org.origin],
        [name, value],
      ]);
      const start = await browser.request(posted.location());
      expect([posted.status, start.status]).toEqual([303, 302]);
      const finished = await browser.request(await chooseUser(browser, start.location(), 'agent@acme.example'));
      expect(finished.headers.location).toBe('/toolbar/');
    }
  });

  test.each([
    ['into a frame', { 'sec-fetch-dest': 'iframe' }, 'top-level-required'],
    ['ahead of time', { 'sec-purpose': 'prefetch' }, 'top-level-required'],
  ])('by POST %s starts nothing', async (_name, headers, code) => {
    const body = new URLSearchParams({ iss: acme().org.origin }).toString();
    for (const product of PRODUCTS) {
      const answer = await new HttpBrowser().ask(startUrl(rig, { product }), {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(body.length),
          ...headers,
        },
      });
      expect(answer.json()).toMatchObject({ code });
      expect([answer.headers.location, answer.setCookies]).toEqual([undefined, []]);
    }
  });

  test('by POST without an issuer does nothing, nor does an answer of the provider', async () => {
    for (const product of PRODUCTS) {
      for (const form of [
        [['login_hint', 'agent@acme.example']],
        [
          ['iss', acme().org.origin],
          ['code', 'x'],
          ['state', 'y'],
        ],
        [
          ['iss', acme().org.origin],
          ['error', 'access_denied'],
        ],
      ] as const) {
        const answer = await post(new HttpBrowser(), product, form);
        expect([400, 403]).toContain(answer.status);
        expect(answer.setCookies).toEqual([]);
      }
    }
  });

  test('twice in one browser makes two independent sign-ins', async () => {
    const browser = new HttpBrowser();
    const query = `iss=${encodeURIComponent(acme().org.origin)}`;
    const states = await Promise.all(
      [1, 2].map(async () =>
        new URL((await browser.request(startUrl(rig, { query }))).location()).searchParams.get('state'),
      ),
    );
    expect(new Set(states).size).toBe(2);
  });
});

describe('P30 the way of a code', () => {
  test.each(PRODUCTS)('at %s leaves no trace: not stored, no referrer, gone from the next address', async (product) => {
    const browser = new HttpBrowser();
    const callback = await walkToCallback(rig, browser, { product });
    const finished = await browser.request(callback);
    expect([finished.status, finished.text]).toEqual([303, '']);
    expect(finished.location()).not.toMatch(/code|state/);
    // Reload, Back, and the page of a refusal.
    const signedIn = browser.cookies.length;
    const again = [await browser.request(callback), await browser.request(callback)];
    expect(again.map(({ status, headers }) => [status, headers.location])).toEqual(
      Array(2).fill([303, finished.headers.location]),
    );
    expect(browser.cookies).toHaveLength(signedIn);
    const refusal = await new HttpBrowser().request(callback, { headers: { accept: 'text/html' } });
    expect(rig.requestsTo('acme').filter((endpoint) => endpoint === 'token')).toHaveLength(1);
    const own = browser.answers.filter(({ url }) => url.startsWith(acme().origin));
    expect(own.length).toBeGreaterThanOrEqual(4);
    for (const { headers, text } of [...own, refusal]) {
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      // Nothing is loaded, of nobody.
      expect(text).not.toMatch(/<(?:script|img|iframe)\b|<link[^>]*href="(?!data:)|@import|url\(/i);
      if (text !== '') expect(headers['content-security-policy']).toMatch(/^default-src 'none'; /);
    }
  });
});

describe('P33 signing out', () => {
  test.each([undefined, 'broken'])('here works when the provider’s own sign-out is %s', async (endpoint) => {
    acme().org.faults.discoveryOverrides = {
      end_session_endpoint: endpoint === undefined ? undefined : `${acme().org.origin}/nothing`,
    };
    const browser = new HttpBrowser();
    await signIn(rig, browser);
    acme().org.faults.discovery = { status: 500 };
    rig.restart();
    expect((await browser.post(`${acme().origin}/workspace/logout`)).status).toBe(303);
    expect((await browser.ask(`${acme().origin}/workspace/session`)).status).toBe(401);
  });
});

describe('P35 a provider that demands DPoP', () => {
  test.each(['invalid_dpop_proof', 'use_dpop_nonce'])('with %s is named in the administrator’s log', async (error) => {
    const browser = new HttpBrowser();
    const callback = await walkToCallback(rig, browser);
    acme().org.faults.tokenError = { error, status: 400 };
    const answer = await browser.ask(callback);
    expect(answer.json()).toMatchObject({ code: 'dpop-required' });
  });

  test('by a token bound to a key is refused', async () => {
    await reject({ tokenAnswer: { token_type: 'DPoP' } }, 'dpop-required');
  });
});

describe('P35 a provider that demands pushed requests', () => {
  test('is not sent anybody, and the administrator’s log says why', async () => {
    acme().org.faults.discoveryOverrides = {
      pushed_authorization_request_endpoint: `${acme().org.origin}/oauth2/v1/par`,
      require_pushed_authorization_requests: true,
    };
    await refuseStart('par-required');
    const [line] = await rig.store.listSignInLog('acme', { limit: 1 });
    expect(line).toMatchObject({ code: 'par-required', stage: 'discovery' });
  });

  test('of others alone is used as ever', async () => {
    acme().org.faults.discoveryOverrides = {
      pushed_authorization_request_endpoint: `${acme().org.origin}/oauth2/v1/par`,
      require_pushed_authorization_requests: false,
    };
    await accept();
    expect(rig.outgoing.some(({ url }) => url.endsWith('/par'))).toBe(false);
  });
});
