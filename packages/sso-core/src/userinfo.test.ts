import { describe, expect, test } from 'vitest';
import { caught } from '../test/caught.js';
import { json } from '../test/fake-provider.js';
import { parseDiscoveryDocument } from './discovery-document.js';
import type { SsoFetchInit } from './ports.js';
import { fetchUserinfoEmail } from './userinfo.js';

const ISSUER = 'https://acme.okta.example';
const metadata = parseDiscoveryDocument(
  {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/authorize`,
    token_endpoint: `${ISSUER}/token`,
    jwks_uri: `${ISSUER}/keys`,
    userinfo_endpoint: `${ISSUER}/userinfo`,
  },
  ISSUER,
);

async function ask(answer: () => Response, subject = '00u1') {
  const requests: { readonly url: string; readonly init: SsoFetchInit }[] = [];
  const result = fetchUserinfoEmail(
    { metadata, clientId: '0oaClient', accessToken: 'access-canary', subject },
    async (url, init = {}) => {
      requests.push({ url, init });
      return answer();
    },
  );
  await result.catch(() => {});
  expect(requests).toHaveLength(1);
  return { result, request: requests[0] };
}

const answer = { sub: '00u1', email: 'ann@acme.example', email_verified: true };

describe('P21 fetchUserinfoEmail', () => {
  test('asks once, with the token in the header alone', async () => {
    const { result, request } = await ask(() => json({ ...answer, iss: 'https://evil.example', groups: ['admin'] }));
    await expect(result).resolves.toEqual({ email: 'ann@acme.example', emailVerified: true });
    expect(request).toMatchObject({ url: `${ISSUER}/userinfo`, init: { method: 'GET' } });
    expect(request?.init.headers?.authorization).toBe('Bearer access-canary');
    expect(request?.init.headers?.accept).toBe('application/json');
    expect(request?.init.body).toBeUndefined();
  });

  test.each<[string, Readonly<Record<string, unknown>>, unknown]>([
    ['no address', { email: undefined, email_verified: undefined }, { email: undefined, emailVerified: undefined }],
    ['an odd address', { email: ['a', 'b'] }, { email: ['a', 'b'], emailVerified: true }],
    ['a flag in text', { email_verified: 'false' }, { email: 'ann@acme.example', emailVerified: 'false' }],
  ])('passes on %s as it is', async (_name, changes, expected) => {
    await expect((await ask(() => json({ ...answer, ...changes }))).result).resolves.toEqual(expected);
  });

  const raw =
    (body: BodyInit | null, type: string, status = 200) =>
    () =>
      new Response(body, { status, headers: { 'content-type': type } });

  test.each<[string, () => Response, string, string | undefined]>([
    ['another subject', () => json({ ...answer, sub: '00u1invalid' }), 'userinfo-invalid', 'sub'],
    ['the subject in another case', () => json({ ...answer, sub: '00U1' }), 'userinfo-invalid', 'sub'],
    ['no subject', () => json({ ...answer, sub: undefined }), 'userinfo-invalid', 'malformed'],
    ['an empty subject', () => json({ ...answer, sub: '' }), 'userinfo-invalid', 'malformed'],
    ['a subject that is a number', () => json({ ...answer, sub: 7 }), 'userinfo-invalid', 'malformed'],
    ['a subject in an array', () => json({ ...answer, sub: ['00u1'] }), 'userinfo-invalid', 'malformed'],
    ['an array', () => json([answer]), 'userinfo-invalid', 'malformed'],
    ['null', () => json(null), 'userinfo-invalid', 'malformed'],
    ['HTML', raw('<html>', 'text/html'), 'userinfo-invalid', 'content-type'],
    ['HTML that calls itself JSON', raw('<html>', 'application/json'), 'userinfo-invalid', 'malformed'],
    [
      'a signed token that nobody asked for',
      raw('eyJhbGciOiJub25lIn0.eyJzdWIiOiIwMHUxIn0.', 'application/jwt'),
      'userinfo-invalid',
      'content-type',
    ],
    ['no content type', () => new Response(Buffer.from(JSON.stringify(answer))), 'userinfo-invalid', 'content-type'],
    ['401', () => json({ error: 'invalid_token' }, 401), 'userinfo-invalid', 'refused'],
    ['403', () => json(answer, 403), 'userinfo-invalid', 'refused'],
    ['302', raw(null, 'text/html', 302), 'idp-response-invalid', 'status'],
    ['404', () => json(answer, 404), 'idp-response-invalid', 'status'],
    ['429', () => json(answer, 429), 'idp-rate-limited', undefined],
    ['500', () => json(answer, 500), 'idp-error', undefined],
    [
      'a refused connection',
      () => {
        throw new TypeError('x');
      },
      'idp-unreachable',
      undefined,
    ],
    [
      'a timeout',
      () => {
        throw new DOMException('x', 'TimeoutError');
      },
      'idp-timeout',
      undefined,
    ],
    [
      '401 with a challenge',
      () => new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }),
      'userinfo-invalid',
      'refused',
    ],
    [
      '200 with a challenge',
      () =>
        new Response(JSON.stringify(answer), {
          headers: { 'content-type': 'application/json', 'www-authenticate': 'Bearer error="invalid_token"' },
        }),
      'userinfo-invalid',
      'malformed',
    ],
  ])('refuses %s', async (_name, respond, code, reason) => {
    const error = await caught(async () => (await ask(respond)).result);
    expect(error).toMatchObject({ code, stage: 'userinfo' });
    expect(error.details.reason).toBe(reason);
  });

  test('finds no address when the provider has no such endpoint', async () => {
    const error = await caught(() =>
      fetchUserinfoEmail(
        { metadata: { ...metadata, userinfoEndpoint: null }, clientId: 'x', accessToken: 'x', subject: 'x' },
        () => expect.unreachable(),
      ),
    );
    expect(error).toMatchObject({ code: 'email-missing', stage: 'userinfo' });
  });
});
