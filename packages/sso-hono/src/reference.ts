/**
 * @module
 * The short reference that a person reads out on the telephone: no letters or digits that are taken for one another.
 */

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LENGTH = 8;

/** Drawn in one go: a call for random bytes costs more than everything else that a short answer needs. */
const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

function randomByte(): number {
  if (used === POOL_BYTES) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  return pool[used++] ?? 0;
}

/** Eight characters in two groups, e.g. `7K3M-9QXD`; about 40 random bits. Identifies a log entry and nothing else. */
export function createReference(): string {
  let reference = '';
  while (reference.length < LENGTH) {
    const byte = randomByte();
    // Only whole multiples of the alphabet, so that every character is equally likely.
    if (byte < 248) reference += ALPHABET.charAt(byte % ALPHABET.length);
  }
  return `${reference.slice(0, 4)}-${reference.slice(4)}`;
}
