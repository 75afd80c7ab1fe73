import { describe, expect, test } from 'vitest';
import { clientAuthentication } from './client-authentication.js';

const server = { issuer: 'https://acme.okta.example' };

async function authenticate(clientId: string, clientSecret: string, methods: readonly string[]) {
  const body = new URLSearchParams();
  const headers = new Headers();
  await clientAuthentication(clientSecret, methods)(server, { client_id: clientId }, body, headers);
  return { body, authorization: headers.get('authorization') };
}

const decodeForm = (text: string): string => new URLSearchParams(`x=${text}`).get('x') ?? '';

describe('P27 clientAuthentication', () => {
  test.each([
    [[]],
    [['client_secret_basic']],
    [['client_secret_basic', 'client_secret_post']],
    [['client_secret_post', 'client_secret_basic']],
    [['private_key_jwt']],
    [['none']],
  ])('proves itself by header alone when the provider lists %j', async (methods) => {
    const { body, authorization } = await authenticate('0oaClient', 'secret', methods);
    expect(authorization).toBe(`Basic ${Buffer.from('0oaClient:secret').toString('base64')}`);
    expect(body.toString()).toBe('');
  });

  test.each([[['client_secret_post']], [['private_key_jwt', 'client_secret_post']]])(
    'proves itself by body alone when the provider lists %j',
    async (methods) => {
      const { body, authorization } = await authenticate('0oaClient', 's:e c+ü', methods);
      expect(authorization).toBeNull();
      expect(Object.fromEntries(body)).toEqual({ client_id: '0oaClient', client_secret: 's:e c+ü' });
    },
  );

  test.each(['-_.~+/=%: ü', 'a-b_c.d~e', ':', '%41', 'a+b c', '&=?#', '\u{1f511}', 'x'.repeat(1024)])(
    'sends a secret %j that a server which form-decodes reads',
    async (secret) => {
      const { authorization } = await authenticate('0oa:Client', secret, []);
      const decoded = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
      const [id = '', password = '', ...rest] = decoded.split(':');
      expect(rest).toEqual([]);
      expect([decodeForm(id), decodeForm(password)]).toEqual(['0oa:Client', secret]);
    },
  );

  test('sends a secret of letters, digits, hyphens, underscores and dots that a server which does not decode reads', async () => {
    const secret = 'AZaz09-_.*';
    const { authorization } = await authenticate('0oaClient', secret, []);
    const decoded = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    expect(decoded).toBe(`0oaClient:${secret}`);
  });
});
