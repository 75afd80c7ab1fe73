import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { SsoError } from '@ipscape/sso-core';
import { describe, expect, it, test } from 'vitest';
import { createEncryptionKeyRing, type EncryptionKeyRing, type SealedSecret } from './create-encryption-key-ring.js';

const key = (bytes = 32): string => randomBytes(bytes).toString('base64url');
const PLACE = ['client-secret', 'tenant', 'connection', 'revision', 'current'];

function reasonOf(ring: EncryptionKeyRing, sealed: SealedSecret, place = PLACE): unknown {
  try {
    return ring.open(sealed, place);
  } catch (error) {
    return SsoError.is(error) && error.code === 'secret-unreadable' ? error.details.reason : error;
  }
}

describe('A6 createEncryptionKeyRing', () => {
  const k = key();
  const invalid: readonly (readonly [name: string, text: string, message: string])[] = [
    ['nothing', '', 'Key 1 is empty.'],
    ['a bare key', k, 'Key 1 has no id'],
    ['an empty id', `:${k}`, 'Key 1 has no id'],
    ['an id with a space', `a b:${k}`, 'Key 1 has no id'],
    ['no key', 'a:', 'Key 1 ("a") is not base64url.'],
    ['16 bytes', `a:${key(16)}`, 'Key 1 ("a") has 16 bytes instead of 32.'],
    ['33 bytes', `a:${key(33)}`, 'Key 1 ("a") has 33 bytes instead of 32.'],
    ['base64', `a:${'+/'.repeat(21)}=`, 'Key 1 ("a") is not base64url.'],
    ['hexadecimal', `a:${randomBytes(32).toString('hex')}`, 'instead of 32'],
    ['a repeated id', `a:${k},a:${key()}`, 'Key 2 ("a") repeats the id'],
    ['a repeated key', `a:${k},b:${k}`, 'Key 2 ("b") repeats the value'],
    ['a comma at the end', `a:${k},`, 'Key 2 is empty.'],
  ];

  test.each(invalid)('refuses %s', (_name, text, message) => {
    expect(() => createEncryptionKeyRing(text)).toThrow(message);
  });

  it('lists every problem and no key', () => {
    const [short, bare] = [key(16), key()];
    let message = '';
    try {
      createEncryptionKeyRing(`a:${short},${bare},b:${k},c:${k}`);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/Key 1.*Key 2.*Key 4/);
    for (const secret of [short, bare, k]) expect(message).not.toContain(secret);
  });

  it('allows spaces around the entries', () => {
    expect(createEncryptionKeyRing(` a:${k} , b:${key()} `).keyIds).toEqual(['a', 'b']);
  });

  it('never prints a key', () => {
    const ring = createEncryptionKeyRing(`a:${k}`);
    expect(inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring)).not.toContain(k);
  });
});

describe('a key ring', () => {
  const [first, second] = [`first:${key()}`, `second:${key()}`];
  const ring = createEncryptionKeyRing(first);

  test.each(['secret', '', 'größer 🔑', 'x'.repeat(10_000)])('opens what it sealed', (secret) => {
    expect(ring.open(ring.seal(secret, PLACE), PLACE)).toBe(secret);
  });

  it('A4 seals the same secret to other bytes each time, with the first key', () => {
    const rotated = createEncryptionKeyRing(`${second},${first}`);
    const sealed = [rotated.seal('s', PLACE), rotated.seal('s', PLACE)];
    expect(sealed.map(({ keyId }) => keyId)).toEqual(['second', 'second']);
    expect(sealed[0]?.ciphertext).not.toBe(sealed[1]?.ciphertext);
  });

  it('A6 opens with an old key, and not without it', () => {
    const sealed = ring.seal('s', PLACE);
    expect(createEncryptionKeyRing(`${second},${first}`).open(sealed, PLACE)).toBe('s');
    expect(reasonOf(createEncryptionKeyRing(second), sealed)).toBe('key-missing');
    expect(reasonOf(createEncryptionKeyRing(`first:${key()}`), sealed)).toBe('not-authentic');
  });

  test.each(PLACE.map((_, index) => index))('A5 does not open elsewhere (part %i of the place)', (index) => {
    const elsewhere = PLACE.map((part, at) => (at === index ? `${part}2` : part));
    expect(reasonOf(ring, ring.seal('s', PLACE), elsewhere)).toBe('not-authentic');
  });

  it('A5 does not run the parts of a place together', () => {
    const sealed = ring.seal('s', ['ab', 'c']);
    for (const place of [['a', 'bc'], ['abc'], ['ab', 'c', ''], ['c', 'ab'], []]) {
      expect(reasonOf(ring, sealed, place)).toBe('not-authentic');
    }
  });

  it('does not open under the id of another key with the same bytes', () => {
    const bytes = key();
    const sealed = createEncryptionKeyRing(`a:${bytes}`).seal('s', PLACE);
    expect(reasonOf(createEncryptionKeyRing(`b:${bytes}`), { ...sealed, keyId: 'b' })).toBe('not-authentic');
  });

  it('does not open with any bit changed, or shortened', () => {
    const sealed = ring.seal('s', PLACE);
    const bytes = Buffer.from(sealed.ciphertext, 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(reasonOf(ring, { ...sealed, ciphertext: changed.toString('base64url') })).toBe('not-authentic');
      const shorter = bytes.subarray(0, index).toString('base64url');
      expect(reasonOf(ring, { ...sealed, ciphertext: shorter })).toMatch(/^(not-authentic|malformed)$/);
    }
  });

  it('A1 has fingerprints that are stable under one key and differ under another', () => {
    expect(ring.fingerprintOf('s')).toBe(createEncryptionKeyRing(`${first},${second}`).fingerprintOf('s'));
    expect(ring.fingerprintOf('s')).not.toBe(createEncryptionKeyRing(second).fingerprintOf('s'));
    expect(ring.fingerprintOf('s')).not.toBe(ring.fingerprintOf('t'));
    expect(ring.fingerprintOf('s')).toMatch(/^[0-9a-f]{8}$/);
  });
});
