/**
 * @module
 * How the client proves itself at the token endpoint: in exactly one place, as Okta demands.
 */
import { base64url } from 'jose';
import { type ClientAuth, ClientSecretPost } from 'oauth4webapi';

/**
 * `client_secret_basic` unless the provider's metadata offers only `client_secret_post`.
 * RFC 6749 §2.3.1 prefers Basic; a request never carries both.
 */
export function clientAuthentication(clientSecret: string, methods: readonly string[]): ClientAuth {
  const onlyPost = !methods.includes('client_secret_basic') && methods.includes('client_secret_post');
  return onlyPost ? ClientSecretPost(clientSecret) : clientSecretBasic(clientSecret);
}

/**
 * HTTP Basic with id and secret form-encoded as RFC 6749 appendix B says, which leaves `-`, `_`, `.` and `*` as they
 * are. Okta's secrets consist of letters, digits, `-` and `_`, so a server that forgets to decode reads them as well;
 * encoding those too, as some libraries do, locks such servers out.
 */
function clientSecretBasic(clientSecret: string): ClientAuth {
  return (_server, client, _body, headers) => {
    const credentials = new TextEncoder().encode(`${formEncode(client.client_id)}:${formEncode(clientSecret)}`);
    headers.set('authorization', `Basic ${toBase64(credentials)}`);
  };
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function toBase64(bytes: Uint8Array): string {
  const unpadded = base64url.encode(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, '=');
}
