/**
 * @module
 * The cryptography port on Node's synchronous functions: about a microsecond for a hash, where WebCrypto takes 33 for
 * inputs this small because it changes threads, and half the time for an RSA signature.
 */
import { constants, hash, KeyObject, randomBytes, verify } from 'node:crypto';
import type { CryptoKey } from 'jose';
import type { SignatureCheck, SsoCrypto } from '../ports.js';
import { webCrypto } from '../web-crypto.js';

/** On `node:crypto`, which does the same synchronously and faster. */
export const nodeCrypto: SsoCrypto = {
  randomToken: (bytes) => randomBytes(bytes).toString('base64url'),
  sha256: (text) => hash('sha256', text, 'base64url'),
  verify(check) {
    // The synchronous function rewrites each ECDSA signature as DER, which costs more than a change of threads.
    return check.algorithm === 'ES256' ? webCrypto.verify(check) : verifyRsa(check);
  },
};

const RSA = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', padding: constants.RSA_PKCS1_PADDING },
  PS256: { name: 'RSA-PSS', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
} as const;

interface RsaKey {
  readonly name: string;
  readonly keyObject: KeyObject;
}

/** The same keys in the form that the synchronous functions take, which is dear to ask for; they go with the keys. */
const rsaKeys = new WeakMap<CryptoKey, RsaKey>();

function toRsaKey(key: CryptoKey): RsaKey {
  const rsaKey = { name: key.algorithm.name, keyObject: KeyObject.from(key as never) };
  rsaKeys.set(key, rsaKey);
  return rsaKey;
}

function verifyRsa({ key, algorithm, signature, data }: SignatureCheck): boolean {
  const { name, ...parameters } = RSA[algorithm as 'RS256' | 'PS256'];
  const rsaKey = rsaKeys.get(key) ?? toRsaKey(key);
  // WebCrypto looks, and a key object knows no algorithm.
  if (rsaKey.name !== name) throw new TypeError(`The key is not one for ${algorithm}.`);
  return verify('sha256', data, { key: rsaKey.keyObject, ...parameters }, signature);
}
