/**
 * @module
 * The cryptography port on the Web platform: runs everywhere the package runs. On Node, `@ipscape/sso-core/node` has
 * the same port on synchronous functions, which cost a tenth for inputs this small.
 */
import { base64url } from 'jose';
import type { SsoCrypto } from './ports.js';

/** On WebCrypto, which every runtime has. */
export const webCrypto: SsoCrypto = {
  randomToken: (bytes) => base64url.encode(crypto.getRandomValues(new Uint8Array(bytes))),
  sha256: async (text) =>
    base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))),
};
