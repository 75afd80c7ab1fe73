import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { json } from '../test/fake-provider.js';
import {
  encodePart,
  makeEcKey,
  makeRsaKey,
  makeToken,
  type SigningKey,
  signEs256,
  signHs256,
  signNothing,
  signRs256,
} from '../test/signing-key.js';
import { createProductTokenVerifier, type ProductTokenVerifierOptions } from './product-token-verifier.js';

const ISSUER = 'https://acme.ipscape.example/cti';
const OTHER = 'https://globex.ipscape.example/cti';
const NOW = 1_800_000_000;
const key = makeEcKey('key-1');
const otherKey = makeEcKey('key-2');

const HEADER = { alg: 'ES256', typ: 'ipscape-product+jwt', kid: 'key-1' };
const CLAIMS = {
  iss: ISSUER,
  aud: 'cti',
  sub: 'user-1',
  tid: 'acme',
  sid: 'session-1',
  email: 'ann@acme.example',
  name: 'Ann Ağent',
  role: 'agent',
  auth_time: NOW - 100,
  iat: NOW - 10,
  exp: NOW + 290,
};
type Claims = Readonly<Record<string, unknown>>;

const sign = (claims: Claims = CLAIMS, header: unknown = HEADER, by: SigningKey = key): string =>
  makeToken(header, claims, signEs256(by.privateKey));
/** Without one claim. */
const without = (name: string): Claims =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([claim]) => claim !== name));

/** A verifier whose key endpoints and clock a test moves. */
function rig(options: Partial<ProductTokenVerifierOptions> = {}) {
  const state = {
    nowMs: NOW * 1000,
    sets: new Map<string, readonly unknown[]>([
      [`${ISSUER}/.well-known/jwks.json`, [key.jwk]],
      [`${OTHER}/.well-known/jwks.json`, [otherKey.jwk]],
    ]),
    failure: null as (() => Response) | null,
    fetched: [] as string[],
  };
  const verifier = createProductTokenVerifier({
    product: 'cti',
    issuer: ISSUER,
    fetch: async (url) => {
      state.fetched.push(url);
      if (state.failure !== null) return state.failure();
      const keys = state.sets.get(url);
      return keys === undefined ? json({}, 404) : json({ keys });
    },
    now: () => state.nowMs,
    ...options,
  });
  return { state, verifier, verify: verifier.verify };
}

describe('a good token', () => {
  test('gives user, tenant, session and times', async () => {
    expect(await rig().verify(sign())).toEqual({
      user: { id: 'user-1', email: 'ann@acme.example', name: 'Ann Ağent', role: 'agent' },
      tenant: { id: 'acme', domain: 'acme.ipscape.example' },
      product: 'cti',
      sessionId: 'session-1',
      authTime: new Date((NOW - 100) * 1000),
      expiresAt: new Date((NOW + 290) * 1000),
    });
  });

  test('may have claims of a later version', async () => {
    await expect(rig().verify(sign({ ...CLAIMS, jti: 'x', new: [1] }))).resolves.toBeDefined();
  });

  test.each([
    ['60 s after its end', 290 + 59.9],
    ['issued 60 s ahead', -70],
  ])('is let pass %s, for clocks differ', async (_when, seconds) => {
    const { state, verify } = rig();
    state.nowMs += seconds * 1000;
    await expect(verify(sign())).resolves.toBeDefined();
  });

  test('is read from an Authorization header', async () => {
    await expect(rig().verifier.verifyAuthorization(`Bearer ${sign()}`)).resolves.toBeDefined();
  });
});

describe('O12 no token at all is told apart from a bad one, and the scheme is Bearer, exactly', () => {
  test.each([
    [undefined],
    [null],
    [''],
    ['Bearer'],
    ['Bearer '],
    ['Basic YTpi'],
    [`Basic ${sign()}`],
    ['DPoP x'],
    [`bearer ${sign()}`],
    [`BEARER ${sign()}`],
    [`Bearer, ${sign()}`],
    [`Bearer  ${sign()}`],
    [` Bearer ${sign()}`],
    [`Bearer\t${sign()}`],
    [sign()],
    [`Bearer ${sign()}, Bearer ${sign()}`],
    [`Token Bearer ${sign()}`],
  ])('%s', async (header) => {
    const { verifier, state } = rig();
    expect((await caught(() => verifier.verifyAuthorization(header))).code).toBe('session-required');
    expect(state.fetched).toEqual([]);
  });
});

describe('P13 the header decides nothing', () => {
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
  const evil = makeEcKey('key-1');
  const REFUSED: readonly [string, string, string][] = [
    ['alg none', makeToken({ ...HEADER, alg: 'none' }, CLAIMS, signNothing), 'alg'],
    ['no alg', makeToken({ typ: HEADER.typ, kid: 'key-1' }, CLAIMS, signEs256(key.privateKey)), 'alg'],
    ['HS256 with the public key', makeToken({ ...HEADER, alg: 'HS256' }, CLAIMS, signHs256(String(pem))), 'alg'],
    ['RS256', makeToken({ ...HEADER, alg: 'RS256' }, CLAIMS, signRs256(makeRsaKey('key-1').privateKey)), 'alg'],
    ['es256', sign(CLAIMS, { ...HEADER, alg: 'es256' }), 'alg'],
    ['ES384', sign(CLAIMS, { ...HEADER, alg: 'ES384' }), 'alg'],
    ['no typ', sign(CLAIMS, { alg: 'ES256', kid: 'key-1' }), 'typ'],
    ['typ JWT', sign(CLAIMS, { ...HEADER, typ: 'JWT' }), 'typ'],
    ['typ at+jwt', sign(CLAIMS, { ...HEADER, typ: 'at+jwt' }), 'typ'],
    ['typ in capitals', sign(CLAIMS, { ...HEADER, typ: 'IPSCAPE-PRODUCT+JWT' }), 'typ'],
    ['typ with its prefix', sign(CLAIMS, { ...HEADER, typ: 'application/ipscape-product+jwt' }), 'typ'],
    ['typ as a list', sign(CLAIMS, { ...HEADER, typ: [HEADER.typ] }), 'typ'],
    ['no kid', sign(CLAIMS, { alg: 'ES256', typ: HEADER.typ }), 'kid'],
    ['empty kid', sign(CLAIMS, { ...HEADER, kid: '' }), 'kid'],
    ['kid as a number', sign(CLAIMS, { ...HEADER, kid: 1 }), 'kid'],
    ['long kid', sign(CLAIMS, { ...HEADER, kid: 'k'.repeat(256) }), 'kid'],
    ['unknown kid', sign(CLAIMS, { ...HEADER, kid: 'key-9' }), 'key-unknown'],
    ['kid of another tenant’s key', sign(CLAIMS, { ...HEADER, kid: 'key-2' }, otherKey), 'key-unknown'],
    ...['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'cty', 'zip', 'enc'].map((name): [string, string, string] => [
      name,
      sign(CLAIMS, { ...HEADER, [name]: name === 'jwk' ? evil.jwk : 'https://evil.example/keys' }, evil),
      'header',
    ]),
    ['a list as header', makeToken([HEADER], CLAIMS, signEs256(key.privateKey)), 'malformed'],
  ];
  test.each(REFUSED)('%s', async (_what, token, reason) => {
    const { state, verify } = rig();
    expect(await caught(() => verify(token))).toMatchObject({ code: 'product-token-invalid', details: { reason } });
    // Wherever the header points, nobody goes.
    expect(state.fetched.filter((url) => url !== `${ISSUER}/.well-known/jwks.json`)).toEqual([]);
  });
});

describe('P12 the signature is checked', () => {
  const [header = '', payload = '', signature = ''] = sign().split('.');
  const flip = (text: string, at: number) =>
    text.slice(0, at) + (text.charAt(at) === 'A' ? 'B' : 'A') + text.slice(at + 1);
  const der = (() => {
    const bytes = Buffer.from(signature, 'base64url');
    const part = (from: number) => {
      const number = bytes.subarray(from, from + 32);
      const padded = (number[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), number]) : number;
      return Buffer.concat([Buffer.of(2, padded.length), padded]);
    };
    const body = Buffer.concat([part(0), part(32)]);
    return Buffer.concat([Buffer.of(0x30, body.length), body]).toString('base64url');
  })();
  test.each([
    ['a bit of the payload flipped', `${header}.${encodePart({ ...CLAIMS, sub: 'user-2' })}.${signature}`],
    ['a bit of the signature flipped', `${header}.${payload}.${flip(signature, 10)}`],
    ['no signature', `${header}.${payload}.`],
    ['a signature of zeros', `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
    [
      'a short signature',
      `${header}.${payload}.${Buffer.from(signature, 'base64url').subarray(0, 60).toString('base64url')}`,
    ],
    ['a longer signature', `${header}.${payload}.${signature}AAAA`],
    ['the signature as DER', `${header}.${payload}.${der}`],
    ['the signature of another token', `${header}.${payload}.${sign({ ...CLAIMS, sub: 'x' }).split('.')[2]}`],
    ['a fresh key with the same kid', sign(CLAIMS, HEADER, makeEcKey('key-1'))],
    ['another tenant’s key with the same kid', sign(CLAIMS, HEADER, otherKey)],
  ])('%s', async (_what, token) => {
    const error = await caught(() => rig().verify(token));
    expect(error).toMatchObject({ code: 'product-token-invalid', details: { reason: 'signature' } });
  });

  test.each([
    ['nothing', ''],
    ['a session cookie', 'A'.repeat(43)],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${header}.${payload}.${signature}.`],
    ['five parts', `${header}.a.b.c.d`],
    ['white space', `${header}.${payload}.${signature} `],
    ['padding', `${header}.${payload}.${signature}==`],
    ['another spelling of the same signature', `${header}.${payload}.${signature.slice(0, -1)}${spare(signature)}`],
    ['a null byte', `${header}.${payload}\u0000.${signature}`],
    ['100 KB', `${header}.${'A'.repeat(100_000)}.${signature}`],
    ['a payload that is no JSON', makeToken(HEADER, 'text', signEs256(key.privateKey))],
    ['a payload that is a list', makeToken(HEADER, [CLAIMS], signEs256(key.privateKey))],
    ['a payload that is null', makeToken(HEADER, 'null', signEs256(key.privateKey))],
    ['not even a text', 1 as unknown as string],
    ['undefined', undefined as unknown as string],
  ])('%s', async (_what, token) => {
    expect((await caught(() => rig().verify(token))).code).toBe('product-token-invalid');
  });

  /** The last character with a bit set that carries nothing. */
  function spare(text: string): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return alphabet.charAt(alphabet.indexOf(text.at(-1) ?? 'A') + 1);
  }
});

describe('the claims are checked', () => {
  const REFUSED: readonly [string, Claims, string][] = [
    ['P15 another tenant', { ...CLAIMS, iss: OTHER }, 'iss'],
    ['P15 another product’s issuer', { ...CLAIMS, iss: ISSUER.replace('/cti', '/toolbar') }, 'iss'],
    ['P15 a slash at the end', { ...CLAIMS, iss: `${ISSUER}/` }, 'iss'],
    ['P15 capitals', { ...CLAIMS, iss: ISSUER.toUpperCase() }, 'iss'],
    ['P15 no issuer', without('iss'), 'iss'],
    ['P15 a list of issuers', { ...CLAIMS, iss: [ISSUER] }, 'iss'],
    ['P16 another product', { ...CLAIMS, aud: 'toolbar' }, 'aud'],
    ['P16 no audience', without('aud'), 'aud'],
    ['P16 a list of one', { ...CLAIMS, aud: ['cti'] }, 'aud'],
    ['P16 a list of several', { ...CLAIMS, aud: ['cti', 'toolbar'] }, 'aud'],
    ['P16 a longer name', { ...CLAIMS, aud: 'cti ' }, 'aud'],
    ['P17 no end', without('exp'), 'claims'],
    ['P17 the end as a text', { ...CLAIMS, exp: String(CLAIMS.exp) }, 'claims'],
    ['P17 an end that never comes', { ...CLAIMS, exp: Number.MAX_SAFE_INTEGER }, 'claims'],
    ['P17 a fraction', { ...CLAIMS, exp: CLAIMS.exp + 0.5 }, 'claims'],
    ['P17 a life of an hour', { ...CLAIMS, exp: CLAIMS.iat + 3600 }, 'lifetime'],
    ['P17 a second too long', { ...CLAIMS, exp: CLAIMS.iat + 301 }, 'lifetime'],
    ['P17 an end before its beginning', { ...CLAIMS, exp: NOW + 20, iat: NOW + 30 }, 'lifetime'],
    ['P17 from the future', { ...CLAIMS, iat: NOW + 61, exp: NOW + 300 }, 'iat'],
    ['P17 no beginning', without('iat'), 'claims'],
    ...['sub', 'tid', 'sid'].flatMap((name): [string, Claims, string][] => [
      [`no ${name}`, without(name), 'claims'],
      [`an empty ${name}`, { ...CLAIMS, [name]: '' }, 'claims'],
      [`a numeric ${name}`, { ...CLAIMS, [name]: 7 }, 'claims'],
      [`a ${name} of 256 characters`, { ...CLAIMS, [name]: 'x'.repeat(256) }, 'claims'],
    ]),
    ...['email', 'name', 'role', 'auth_time'].flatMap((name): [string, Claims, string][] => [
      [`no ${name}`, without(name), 'claims'],
      [`${name} null`, { ...CLAIMS, [name]: null }, 'claims'],
      [`${name} as an object`, { ...CLAIMS, [name]: {} }, 'claims'],
    ]),
    ['a role that there is not', { ...CLAIMS, role: 'superuser' }, 'claims'],
    ['a role of the prototype', { ...CLAIMS, role: 'constructor' }, 'claims'],
  ];
  test.each(REFUSED)('%s', async (_what, claims, reason) => {
    const error = await caught(() => rig().verify(sign(claims)));
    expect(error).toMatchObject({ code: 'product-token-invalid', details: { reason } });
  });

  test('P17 a token that is over has a code of its own, and says by how much', async () => {
    const { state, verify } = rig();
    state.nowMs = (CLAIMS.exp + 60) * 1000;
    const error = await caught(() => verify(sign()));
    expect(error).toMatchObject({ code: 'product-token-expired', details: { reason: 'exp', differenceSeconds: 60 } });
  });

  test('O9 no error repeats anything of the token', async () => {
    const canary = 'CANARY-7';
    const tokens = [
      sign({ ...CLAIMS, iss: canary }),
      sign({ ...CLAIMS, aud: canary }),
      sign({ ...CLAIMS, role: canary }),
      sign({ ...CLAIMS, email: { canary } }),
      sign(CLAIMS, { ...HEADER, kid: canary }),
      sign(CLAIMS, { ...HEADER, jku: canary }),
      canary,
    ];
    for (const token of tokens) {
      const error = await caught(() => rig().verify(token));
      expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(canary);
    }
  });
});

describe('S12 a token of another kind is not taken for one', () => {
  test('an ID token, even when our own key signed it', async () => {
    const idToken = { ...CLAIMS, nonce: 'nonce', at_hash: 'x' };
    for (const header of [
      { alg: 'ES256', kid: 'key-1' },
      { alg: 'ES256', kid: 'key-1', typ: 'JWT' },
    ]) {
      const error = await caught(() => rig().verify(sign(idToken, header)));
      expect(error).toMatchObject({ code: 'product-token-invalid', details: { reason: 'typ' } });
    }
  });

  test('a token of the same person for another product, whose key is the same', async () => {
    const { state, verify } = rig({ product: 'toolbar', issuer: ISSUER.replace('/cti', '/toolbar') });
    state.sets.set(`${ISSUER.replace('/cti', '/toolbar')}/.well-known/jwks.json`, [key.jwk]);
    expect(await caught(() => verify(sign()))).toMatchObject({ details: { reason: 'iss' } });
    const mixed = sign({ ...CLAIMS, iss: ISSUER.replace('/cti', '/toolbar') });
    expect(await caught(() => verify(mixed))).toMatchObject({ details: { reason: 'aud' } });
  });
});

describe('many tenants', () => {
  const known = new Set([ISSUER, OTHER]);
  const many = () => {
    const asked: string[] = [];
    const isKnown = (issuer: string): boolean => {
      asked.push(issuer);
      return known.has(issuer);
    };
    return { asked, ...rig({ issuer: isKnown }) };
  };

  test('are each verified with their own keys', async () => {
    const { verify, state } = many();
    const theirs = sign({ ...CLAIMS, iss: OTHER, tid: 'globex' }, { ...HEADER, kid: 'key-2' }, otherKey);
    expect((await verify(sign())).tenant).toEqual({ id: 'acme', domain: 'acme.ipscape.example' });
    expect((await verify(theirs)).tenant).toEqual({ id: 'globex', domain: 'globex.ipscape.example' });
    expect(state.fetched).toHaveLength(2);
  });

  test('T8 do not speak for each other, even under one kid', async () => {
    const { verify, state } = many();
    const sameKid = { ...makeEcKey('key-1') };
    state.sets.set(`${OTHER}/.well-known/jwks.json`, [sameKid.jwk]);
    await verify(sign());
    await verify(sign({ ...CLAIMS, iss: OTHER, tid: 'globex' }, HEADER, sameKid));
    for (const [iss, by] of [[ISSUER, sameKid] as const, [OTHER, key] as const]) {
      const error = await caught(() => verify(sign({ ...CLAIMS, iss }, HEADER, by)));
      expect(error).toMatchObject({ code: 'product-token-invalid', details: { reason: 'signature' } });
    }
  });

  test.each([
    ['a stranger', 'https://evil.example/cti'],
    ['a known name with more behind it', 'https://acme.ipscape.example.evil.example/cti'],
  ])('F7 %s is asked about and never fetched', async (_who, iss) => {
    const { verify, state, asked } = many();
    expect(await caught(() => verify(sign({ ...CLAIMS, iss })))).toMatchObject({ details: { reason: 'iss' } });
    expect(asked).toEqual([iss]);
    expect(state.fetched).toEqual([]);
  });

  test.each([
    'http://acme.ipscape.example/cti',
    'https://acme.ipscape.example/toolbar',
    'https://acme.ipscape.example/cti/',
    'https://acme.ipscape.example//cti',
    'https://acme.ipscape.example/cti?x',
    'https://acme.ipscape.example/cti#x',
    'https://user@acme.ipscape.example/cti',
    'https://acme.ipscape.example\\@evil.example/cti',
    'https://ACME.ipscape.example/cti',
    'https://acme.ipscape.example:0/cti',
    'https://acme.ipscape.example\n/cti',
    'https://[::1]/cti',
    'file:///etc/cti',
    '',
    null,
    7,
    ['https://acme.ipscape.example/cti'],
  ])('an issuer that is not written as ours is not even asked about: %j', async (iss) => {
    const { verify, state, asked } = many();
    expect(await caught(() => verify(sign({ ...CLAIMS, iss })))).toMatchObject({ details: { reason: 'iss' } });
    expect([asked, state.fetched]).toEqual([[], []]);
  });

  test.each([1, 'true', {}, undefined])('only true confirms an issuer, not %j', async (answer) => {
    const { verify } = rig({ issuer: (() => answer) as never });
    expect(await caught(() => verify(sign()))).toMatchObject({ details: { reason: 'iss' } });
  });

  test('a failing resolver fails the request with its own error', async () => {
    const { verify } = rig({ issuer: () => Promise.reject(new RangeError('database')) });
    await expect(verify(sign())).rejects.toThrow(RangeError);
  });

  test('R7 made-up issuers fill no memory: what nobody confirmed is not remembered', async () => {
    const { verify, state } = many();
    await verify(sign());
    for (let index = 0; index < 500; index++) {
      await caught(() => verify(sign({ ...CLAIMS, iss: `https://t${index}.example/cti` })));
    }
    await verify(sign());
    expect(state.fetched).toHaveLength(1);
  });
});

describe('keys', () => {
  test('are fetched once an hour, for any number of callers at once', async () => {
    const { verify, state } = rig();
    await Promise.all(Array.from({ length: 100 }, () => verify(sign())));
    expect(state.fetched).toEqual([`${ISSUER}/.well-known/jwks.json`]);
    state.nowMs += 3_600_000;
    const later = { ...CLAIMS, iat: NOW + 3600, exp: NOW + 3900 };
    await Promise.all(Array.from({ length: 100 }, () => verify(sign(later))));
    expect(state.fetched).toHaveLength(2);
  });

  test('R3 of a rotation are found at once, at any distance from the last fetch', async () => {
    for (const seconds of [0, 1, 5, 29, 31]) {
      const { verify, state } = rig();
      await verify(sign());
      state.nowMs += seconds * 1000;
      state.sets.set(`${ISSUER}/.well-known/jwks.json`, [otherKey.jwk]);
      for (let call = 0; call < 20; call++) await verify(sign(CLAIMS, { ...HEADER, kid: 'key-2' }, otherKey));
      expect(state.fetched).toHaveLength(2);
    }
  });

  test('R4 a thousand unknown key ids in ten seconds cause three fetches at most', async () => {
    const { verify, state } = rig();
    for (let call = 0; call < 1000; call++) {
      await caught(() => verify(sign(CLAIMS, { ...HEADER, kid: `made-up-${call}` })));
      state.nowMs += 10;
    }
    expect(state.fetched.length).toBeLessThanOrEqual(3);
    await expect(verify(sign())).resolves.toBeDefined();
  });

  test('R6 go on verifying for a day while the endpoint fails, and no longer', async () => {
    const { verify, state } = rig();
    await verify(sign());
    state.failure = () => json({}, 503);
    const at = (hours: number) => {
      state.nowMs = (NOW + hours * 3600) * 1000;
      return sign({ ...CLAIMS, iat: NOW + hours * 3600, exp: NOW + hours * 3600 + 300 });
    };
    await expect(verify(at(23.9))).resolves.toBeDefined();
    const error = await caught(() => verify(at(24.1)));
    expect(error).toMatchObject({ code: 'product-keys-unavailable', details: { reason: 'idp-error', status: 503 } });
    state.failure = null;
    await expect(verify(at(25))).resolves.toBeDefined();
  });

  test('R6 that were withdrawn stop being accepted with the next fetch', async () => {
    const { verify, state } = rig();
    await verify(sign());
    state.sets.set(`${ISSUER}/.well-known/jwks.json`, [otherKey.jwk]);
    await verify(sign(CLAIMS, { ...HEADER, kid: 'key-2' }, otherKey));
    expect(await caught(() => verify(sign()))).toMatchObject({ details: { reason: 'key-unknown' } });
  });

  test.each([
    ['that cannot be reached', () => Promise.reject(new TypeError('refused'))],
    ['that time out', () => Promise.reject(new DOMException('x', 'TimeoutError'))],
    [
      'behind a redirect',
      async () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
    ],
    ['that are not there', async () => json({}, 404)],
    ['that are no JSON', async () => new Response('<html>')],
    ['that are no set', async () => json({ keys: 'none' })],
  ])('%s are told apart from a bad token', async (_what, fetch) => {
    const { verify } = rig({ fetch });
    expect((await caught(() => verify(sign()))).code).toBe('product-keys-unavailable');
  });

  test.each([
    ['for encryption', { ...key.jwk, use: 'enc' }],
    ['for another algorithm', { ...key.jwk, alg: 'ES384' }],
    ['on another curve', { ...key.jwk, crv: 'P-384' }],
    ['off the curve', { ...key.jwk, x: key.jwk.y }],
    ['of RSA under the same kid', makeRsaKey('key-1').jwk],
    ['symmetric', { kty: 'oct', k: 'AAAA', kid: 'key-1' }],
  ])('P14 a key %s verifies nothing', async (_what, jwk) => {
    const { verify, state } = rig();
    state.sets.set(`${ISSUER}/.well-known/jwks.json`, [jwk]);
    expect((await caught(() => verify(sign()))).code).toBe('product-token-invalid');
  });
});

describe('a verifier is not made', () => {
  test.each([
    'acme.ipscape.example',
    'https://acme.ipscape.example',
    'https://acme.ipscape.example/',
    'https://acme.ipscape.example/workspace',
    'http://acme.ipscape.example/cti',
    'https://acme.ipscape.example/cti/',
    '',
  ])('for the issuer %j', (issuer) => {
    expect(() => createProductTokenVerifier({ product: 'cti', issuer })).toThrow(TypeError);
  });

  test('for a product that there is not', () => {
    expect(() => createProductTokenVerifier({ product: 'chat' as never, issuer: ISSUER })).toThrow(TypeError);
  });

  test.each(['https://acme.ipscape.example:8443/cti', 'http://acme.localhost:3000/cti'])(
    'but for %s it is',
    (issuer) => {
      expect(() => createProductTokenVerifier({ product: 'cti', issuer })).not.toThrow();
    },
  );
});
