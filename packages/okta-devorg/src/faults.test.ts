import { createHash, generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { send, TestApp, TestBrowser } from '../test/okta-test-client.js';
import type { EndpointFault, FaultyEndpoint } from './okta-dev-faults.js';
import { type StartedOktaDevOrg, startOktaDevOrg } from './start-okta-dev-org.js';

const ADA = 'ada.agent@acme.example';
const PATHS: Readonly<Record<FaultyEndpoint, string>> = {
  discovery: '/.well-known/openid-configuration',
  keys: '/oauth2/v1/keys',
  authorize: '/oauth2/v1/authorize',
  token: '/oauth2/v1/token',
  userinfo: '/oauth2/v1/userinfo',
};
const ENDPOINTS = Object.keys(PATHS) as FaultyEndpoint[];

let org: StartedOktaDevOrg;
beforeAll(async () => {
  org = await startOktaDevOrg();
});
afterAll(() => org.stop());
afterEach(() => org.faults.reset());

describe('endpoint faults', () => {
  it.each(ENDPOINTS)('replaces the answer of %s', async (endpoint) => {
    org.faults[endpoint] = { status: 503, body: '<p>down</p>', headers: { 'Content-Type': 'text/html' } };
    const response = await send(org.origin + PATHS[endpoint]);
    expect([response.status, response.text, response.headers['content-type']]).toEqual([
      503,
      '<p>down</p>',
      'text/html',
    ]);
    org.faults.reset();
    expect((await send(org.origin + PATHS[endpoint])).status).not.toBe(503);
  });

  it('sends a header once, however its name is written', async () => {
    org.faults.keys = { body: '<p>', headers: { 'content-type': 'text/html' } };
    expect((await send(org.origin + PATHS.keys)).headers['content-type']).toBe('text/html');
  });

  it('answers 200 with a body alone', async () => {
    org.faults.keys = { body: 'not json' };
    const response = await send(org.origin + PATHS.keys);
    expect([response.status, response.text]).toEqual([200, 'not json']);
  });

  it('is late by at least the delay and then right', async () => {
    org.faults.keys = { delayMs: 40 };
    const before = performance.now();
    const response = await send(org.origin + PATHS.keys);
    expect(performance.now() - before).toBeGreaterThanOrEqual(38);
    expect(response.json()).toHaveProperty('keys');
  });

  it.each(ENDPOINTS)('drops the connection of %s', async (endpoint) => {
    org.faults[endpoint] = { dropConnection: true };
    await expect(send(org.origin + PATHS[endpoint])).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('hangs until the server stops', async () => {
    const other = await startOktaDevOrg();
    other.faults.keys = { hang: true } satisfies EndpointFault;
    const pending = send(other.origin + PATHS.keys).catch((error: NodeJS.ErrnoException) => error.code);
    while (other.requests.length === 0) await new Promise(setImmediate);
    await other.stop();
    expect(await pending).toBe('ECONNRESET');
  });
});

describe('rate limits', () => {
  it.each(['authorize', 'token'] as const)('announces them at %s', async (endpoint) => {
    const response = await send(org.origin + PATHS[endpoint], endpoint === 'token' ? { form: {} } : {});
    const limit = Number(response.headers['x-rate-limit-limit']);
    expect(Number(response.headers['x-rate-limit-remaining'])).toBeLessThan(limit);
    expect(Number(response.headers['x-rate-limit-reset'])).toBeGreaterThan(Date.now() / 1000);
  });

  it.each(['authorize', 'token'] as const)('answers 429 at %s', async (endpoint) => {
    org.faults.rateLimited = { [endpoint]: true, resetInSeconds: 7 };
    const response = await send(org.origin + PATHS[endpoint], endpoint === 'token' ? { form: {} } : {});
    expect(response.status).toBe(429);
    expect(response.json()).toMatchObject({
      errorCode: 'E0000047',
      errorSummary: 'API call exceeded rate limit due to too many requests.',
    });
    expect(response.headers['x-rate-limit-remaining']).toBe('0');
    const reset = Number(response.headers['x-rate-limit-reset']) - Date.now() / 1000;
    expect(reset).toBeGreaterThan(5);
    expect(reset).toBeLessThanOrEqual(7);
    expect(response.headers).not.toHaveProperty('retry-after');
  });

  it.each(['discovery', 'keys'] as const)('has none at %s', async (endpoint) => {
    expect((await send(org.origin + PATHS[endpoint])).headers).not.toHaveProperty('x-rate-limit-limit');
  });
});

describe('ID token faults', () => {
  it('signs changed claims and headers with the key of the org', async () => {
    org.faults.idToken = {
      mutate: (header, payload) => ({ header: { ...header, typ: 'JWT' }, payload: { ...payload, aud: 'other' } }),
    };
    const { payload, protectedHeader } = await jwtVerify(await idToken(), await publicKeys());
    expect([payload.aud, protectedHeader.typ]).toEqual(['other', 'JWT']);
  });

  it.each(['breakSignature', 'foreignKey'] as const)('%s fails verification under a published kid', async (fault) => {
    org.faults.idToken = { [fault]: true };
    await expect(jwtVerify(await idToken(), await publicKeys())).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
  });

  it('alg none has no signature', async () => {
    org.faults.idToken = { alg: 'none' };
    const token = await idToken();
    expect(decodeProtectedHeader(token).alg).toBe('none');
    expect(token.endsWith('.')).toBe(true);
  });

  it('alg HS256 is signed with the client secret', async () => {
    org.faults.idToken = { alg: 'HS256' };
    const secret = new TextEncoder().encode(new TestApp(org).secret);
    expect((await jwtVerify(await idToken(), secret)).protectedHeader.alg).toBe('HS256');
  });
});

describe('claims', () => {
  it('fatIdToken has the claims of userinfo', async () => {
    org.faults.fatIdToken = true;
    expect(decodeJwt(await idToken())).toMatchObject({
      email: ADA,
      email_verified: true,
      given_name: 'Ada',
      zoneinfo: expect.any(String),
    });
  });

  it('omitEmailFromIdToken leaves it at userinfo', async () => {
    org.faults.omitEmailFromIdToken = true;
    const tokens = await new TestApp(org).tokens(ADA);
    expect(decodeJwt(tokens.id_token ?? '')).not.toHaveProperty('email');
    expect((await userinfo(tokens.access_token ?? '')).email).toBe(ADA);
    org.faults.fatIdToken = true;
    expect(decodeJwt(await idToken())).not.toHaveProperty('email_verified');
  });

  it('omitEmail leaves it nowhere', async () => {
    org.faults.omitEmail = true;
    const tokens = await new TestApp(org).tokens(ADA);
    expect(decodeJwt(tokens.id_token ?? '')).not.toHaveProperty('email');
    const claims = await userinfo(tokens.access_token ?? '');
    expect(claims).not.toHaveProperty('email');
    expect(claims).not.toHaveProperty('email_verified');
    expect(claims.name).toBe('Ada Agent');
  });

  it('userinfoClaims changes the claims', async () => {
    org.faults.userinfoClaims = (claims) => ({ ...claims, sub: '00uOTHER' });
    const tokens = await new TestApp(org).tokens(ADA);
    expect((await userinfo(tokens.access_token ?? '')).sub).toBe('00uOTHER');
  });
});

describe('app switches', () => {
  it('pkceRequired refuses a request without a challenge', async () => {
    org.faults.pkceRequired = true;
    const url = new TestApp(org).authorizeUrl({ code_challenge: undefined, code_challenge_method: undefined });
    const { searchParams } = (await send(url)).location();
    expect(searchParams.get('error_description')).toBe('PKCE code challenge is required by the application.');
    expect(await idToken()).toBeTruthy();
  });

  it('dpopRequired refuses a request without a proof, then wants a nonce, then binds the token', async () => {
    org.faults.dpopRequired = true;
    const app = new TestApp(org);
    const code = await freshCode(app);
    const plain = await app.exchange(code);
    expect([plain.status, plain.json()]).toEqual([
      400,
      { error: 'invalid_dpop_proof', error_description: 'The DPoP proof JWT header is missing.' },
    ]);
    const prove = await createDpopProver(`${org.origin}/oauth2/v1/token`);
    const first = await app.exchange(code, {}, { ...app.basic, DPoP: await prove() });
    expect([first.status, first.json()]).toEqual([
      400,
      { error: 'use_dpop_nonce', error_description: 'Authorization server requires nonce in DPoP proof.' },
    ]);
    const nonce = String(first.headers['dpop-nonce']);
    const bound = await app.exchange(code, {}, { ...app.basic, DPoP: await prove(nonce) });
    expect(bound.json().token_type).toBe('DPoP');
  });

  it('basicOnly refuses credentials in the body', async () => {
    org.faults.basicOnly = true;
    const app = new TestApp(org);
    const code = await freshCode(app);
    const posted = await app.exchange(code, { client_id: app.client.clientId, client_secret: app.secret }, {});
    expect([posted.status, posted.json()]).toEqual([
      401,
      {
        error: 'invalid_client',
        error_description: 'Client authentication failed. Either the client or the client credentials are invalid.',
      },
    ]);
    expect((await app.exchange(code)).status).toBe(200);
    const query = `?client_id=${app.client.clientId}`;
    const document = (await send(org.origin + PATHS.discovery + query)).json();
    expect(document.token_endpoint_auth_methods_supported).toEqual(['client_secret_basic']);
  });

  it('openerPolicy is on every answer until reset', async () => {
    const policy = async (path: string) => (await send(org.origin + path)).headers['cross-origin-opener-policy'];
    expect(await policy('/')).toBeUndefined();
    org.faults.openerPolicy = 'same-origin';
    expect(await policy('/')).toBe('same-origin');
    expect(await policy(PATHS.authorize)).toBe('same-origin');
    org.faults.reset();
    expect(await policy('/')).toBeUndefined();
  });

  it('networkZoneDenied answers 403', async () => {
    org.faults.networkZoneDenied = true;
    const app = new TestApp(org);
    const response = await app.exchange(await freshCode(app));
    expect([response.status, response.json()]).toEqual([
      403,
      {
        error: 'access_denied',
        error_description: "The request is made from outside the client's permitted network zones.",
      },
    ]);
  });
});

describe('other faults', () => {
  it('discoveryOverrides replaces and removes members', async () => {
    org.faults.discoveryOverrides = { issuer: 'https://other.example', userinfo_endpoint: undefined };
    const document = (await send(org.origin + PATHS.discovery)).json();
    expect(document.issuer).toBe('https://other.example');
    expect(document).not.toHaveProperty('userinfo_endpoint');
  });

  it('authorizeError is sent once', async () => {
    org.faults.authorizeError = { error: 'temporarily_unavailable', error_description: 'Try later' };
    const url = new TestApp(org).authorizeUrl();
    expect((await send(url)).headers.location).toBe(
      'http://localhost:3000/callback?state=state-1&error=temporarily_unavailable&error_description=Try+later',
    );
    expect((await new TestBrowser().open(url)).response.status).toBe(200);
  });

  it.each([
    [undefined, 400],
    [500, 500],
  ])('tokenError with status %s is sent once with %i', async (status, expected) => {
    org.faults.tokenError = { error: 'server_error', error_description: 'Oops', ...(status ? { status } : {}) };
    const app = new TestApp(org);
    const code = await freshCode(app);
    const response = await app.exchange(code);
    expect([response.status, response.json()]).toEqual([
      expected,
      { error: 'server_error', error_description: 'Oops' },
    ]);
    expect((await app.exchange(code)).status).toBe(200);
  });
});

async function idToken(): Promise<string> {
  return (await new TestApp(org).tokens(ADA)).id_token ?? '';
}

async function freshCode(app: TestApp): Promise<string> {
  return (await app.signIn(new TestBrowser(), ADA)).location().searchParams.get('code') ?? '';
}

async function publicKeys() {
  return createLocalJWKSet((await send(org.origin + PATHS.keys)).json() as { keys: [] });
}

async function userinfo(accessToken: string): Promise<Record<string, unknown>> {
  return (await send(org.origin + PATHS.userinfo, { headers: { Authorization: `Bearer ${accessToken}` } })).json();
}

async function createDpopProver(htu: string): Promise<(nonce?: string) => Promise<string>> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  const jwk = { kty, crv, x, y } as Record<string, string>;
  let count = 0;
  return async (nonce) =>
    new SignJWT({ htm: 'POST', htu, ...(nonce ? { nonce } : {}) })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setJti(
        createHash('sha256')
          .update(`${await calculateJwkThumbprint(jwk)}${++count}`)
          .digest('hex'),
      )
      .setIssuedAt()
      .sign(privateKey);
}
