/**
 * @module
 * Encryption of secrets at rest: AES-256-GCM with keys from the configuration. No I/O.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { SsoError } from '@ipscape/sso-core';

/** Where a secret belongs, from the widest to the narrowest name. Sealed in one place, it opens in no other. */
export type SecretPlace = readonly string[];

/** A secret as it may be stored. It opens only with its key and in its own place. */
export interface SealedSecret {
  /** Id of the key that sealed it. */
  readonly keyId: string;
  /** Nonce, ciphertext and tag, base64url. */
  readonly ciphertext: string;
}

/** Keys that seal and open secrets. Never prints a key: its properties hold none. */
export interface EncryptionKeyRing {
  /** Ids of the keys; the first one seals. */
  readonly keyIds: readonly string[];
  /** Encrypts with the first key; twice the same secret looks different. AES-256-GCM. */
  seal(secret: string, place: SecretPlace): SealedSecret;
  /** @throws {SsoError} `secret-unreadable` when the key is missing or wrong, or the secret was moved or altered. */
  open(sealed: SealedSecret, place: SecretPlace): string;
  /** Eight hexadecimal digits by which people recognise a secret; useless for guessing it without the first key. */
  fingerprintOf(secret: string): string;
  /** Proves later that a key id still stands for the same key, without telling anything about the key. */
  checkValueOf(keyId: string): string | null;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * Reads a key ring from `id:base64url32[,id:base64url32…]`: ids and keys of 32 bytes in base64url. The first key
 * encrypts, all of them decrypt; to rotate, put a new key in front.
 *
 * @throws {Error} with every problem of the text, by position and id, without any key material
 */
export function createEncryptionKeyRing(text: string): EncryptionKeyRing {
  const keys = parseKeys(text);
  const [firstId, firstKey] = [...keys][0] ?? [];
  if (firstId === undefined || firstKey === undefined) throw new TypeError('A key ring has at least one key.');
  const fingerprintKey = derive(firstKey, 'fingerprint');

  return {
    keyIds: [...keys.keys()],
    seal(secret, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', firstKey, nonce).setAAD(additionalData(place, firstId));
      const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return { keyId: firstId, ciphertext: sealed.toString('base64url') };
    },
    open({ keyId, ciphertext }, place) {
      const key = keys.get(keyId);
      const sealed = Buffer.from(ciphertext, 'base64url');
      if (key === undefined) throw unreadable('key-missing');
      if (sealed.length < NONCE_BYTES + TAG_BYTES) throw unreadable('malformed');
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(additionalData(place, keyId)).setAuthTag(sealed.subarray(-TAG_BYTES));
      const opened = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
      try {
        return Buffer.concat([opened, decipher.final()]).toString('utf8');
      } catch {
        throw unreadable('not-authentic');
      }
    },
    fingerprintOf(secret) {
      return createHmac('sha256', fingerprintKey).update(secret, 'utf8').digest('hex').slice(0, 8);
    },
    checkValueOf(keyId) {
      const key = keys.get(keyId);
      return key === undefined ? null : derive(key, 'check').toString('base64url');
    },
  };
}

function parseKeys(text: string): ReadonlyMap<string, Buffer> {
  const keys = new Map<string, Buffer>();
  const problems: string[] = [];
  const material = new Set<string>();
  for (const [index, entry] of text.split(',').entries()) {
    const separator = entry.indexOf(':');
    const id = separator < 0 ? '' : entry.slice(0, separator).trim();
    const encoded = separator < 0 ? '' : entry.slice(separator + 1).trim();
    // An entry without an id may be a bare key, so it is named by its position alone.
    const name = KEY_ID.test(id) ? `Key ${index + 1} ("${id}")` : `Key ${index + 1}`;
    const bytes = Buffer.from(encoded, 'base64url');
    if (entry.trim() === '') problems.push(`${name} is empty.`);
    else if (!KEY_ID.test(id))
      problems.push(`${name} has no id of 1 to 64 letters, digits, ".", "_" or "-" before ":".`);
    else if (!BASE64URL.test(encoded)) problems.push(`${name} is not base64url.`);
    else if (bytes.length !== KEY_BYTES) problems.push(`${name} has ${bytes.length} bytes instead of ${KEY_BYTES}.`);
    else if (keys.has(id)) problems.push(`${name} repeats the id of another key.`);
    else if (material.has(bytes.toString('base64url'))) problems.push(`${name} repeats the value of another key.`);
    else keys.set(id, bytes);
    material.add(bytes.toString('base64url'));
  }
  if (problems.length > 0) {
    throw new Error(`The encryption keys must be written as id:key[,id:key…]. ${problems.join(' ')}`);
  }
  return keys;
}

/** Length-prefixed, so that no two places or key ids run together into the same bytes. */
function additionalData(place: SecretPlace, keyId: string): Buffer {
  return Buffer.concat(
    [...place, keyId].flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function derive(key: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `ipscape-sso/${use}`, KEY_BYTES));
}

function unreadable(reason: string): SsoError {
  return new SsoError('secret-unreadable', { details: { reason } });
}
