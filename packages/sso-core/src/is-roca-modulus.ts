/**
 * @module
 * Recognises RSA moduli of the library whose primes can be computed from them (CVE-2017-15361). Pure.
 */

/** Enough of the primes that the library's generator was built on: another modulus passes all by chance once in 2^150. */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
];
const GENERATOR = 65537;

const powers = PRIMES.map((prime) => {
  const reached = new Set<number>();
  for (let power = 1; !reached.has(power); power = (power * GENERATOR) % prime) reached.add(power);
  return { prime, reached };
});

/**
 * Whether each remainder of the modulus is a power of 65537, as it is for keys of that library and by chance for no
 * other.
 *
 * @param modulus - big-endian
 * @see https://crocs.fi.muni.cz/public/papers/rsa_ccs17
 */
export function isRocaModulus(modulus: Uint8Array): boolean {
  return powers.every(({ prime, reached }) => {
    let remainder = 0;
    for (const byte of modulus) remainder = (remainder * 256 + byte) % prime;
    return reached.has(remainder);
  });
}
