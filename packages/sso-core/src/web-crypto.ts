/**
 * @module
 * The cryptography port on the Web platform: runs everywhere the package runs. On Node, `@ipscape/sso-core/node` has
 * the same port on synchronous functions, which cost a tenth for inputs this small.
 */
import { base64url } from 'jose';
import type { SsoCrypto } from './ports.js';
import type { IdTokenAlgorithm } from './provider.js';

const SIGNATURES = {
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
  PS256: { name: 'RSA-PSS', saltLength: 32 },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
} as const satisfies Record<IdTokenAlgorithm, object>;

/** On WebCrypto, which every runtime has. */
export const webCrypto: SsoCrypto = {
  randomToken: (bytes) => base64url.encode(crypto.getRandomValues(new Uint8Array(bytes))),
  sha256: async (text) =>
    base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))),
  verify: ({ key, algorithm, signature, data }) =>
    crypto.subtle.verify(SIGNATURES[algorithm], key as never, signature as BufferSource, data as BufferSource),
};
