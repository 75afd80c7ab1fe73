/**
 * @module
 * The short reference that a person reads out on the telephone: no letters or digits that are taken for one another.
 */

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LENGTH = 8;

/** Eight characters in two groups, e.g. `7K3M-9QXD`; about 40 random bits. Identifies a log entry and nothing else. */
export function createReference(): string {
  let reference = '';
  while (reference.length < LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(LENGTH * 2))) {
      // Only whole multiples of the alphabet, so that every character is equally likely.
      if (byte < 248 && reference.length < LENGTH) reference += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return `${reference.slice(0, 4)}-${reference.slice(4)}`;
}
