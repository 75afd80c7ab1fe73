/**
 * @module
 * An RSA key as the library of CVE-2017-15361 made them: each prime is k·M + (65537^a mod M), with M the product of the
 * first primes.
 */
import { checkPrimeSync, createPrivateKey, createPublicKey, type JsonWebKey, randomBytes } from 'node:crypto';

const GENERATOR = 65537n;

/** Product of the first 126 primes, for primes of 1,024 bits. */
function primorial(): bigint {
  let product = 1n;
  let found = 0;
  for (let candidate = 2n; found < 126; candidate++) {
    if (!checkPrimeSync(candidate)) continue;
    product *= candidate;
    found += 1;
  }
  return product;
}

const random = (bits: number): bigint => BigInt(`0x${randomBytes(bits / 8).toString('hex')}`);

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let [square, rest] = [base % modulus, exponent]; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function rocaPrime(M: bigint): bigint {
  for (;;) {
    // The two highest bits are set, so that the modulus has all its bits.
    const start = (3n << 1022n) / M + 1n;
    const candidate = (start + random(40)) * M + power(GENERATOR, random(256), M);
    if (candidate >> 1023n === 1n && checkPrimeSync(candidate)) return candidate;
  }
}

const base64url = (number: bigint): string => {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
};

function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, s0, s1] = [modulus, value % modulus, 0n, 1n];
  while (r1 > 0n) {
    const quotient = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - quotient * r1, s1, s0 - quotient * s1];
  }
  return ((s0 % modulus) + modulus) % modulus;
}

/** The public key; that it works as one is checked by making the private one. */
export function makeRocaKey(kid: string): JsonWebKey & { readonly kid: string } {
  const M = primorial();
  const [p, q] = [rocaPrime(M), rocaPrime(M)];
  const d = inverse(GENERATOR, (p - 1n) * (q - 1n));
  const jwk = {
    kty: 'RSA',
    n: base64url(p * q),
    e: 'AQAB',
    d: base64url(d),
    p: base64url(p),
    q: base64url(q),
    dp: base64url(d % (p - 1n)),
    dq: base64url(d % (q - 1n)),
    qi: base64url(inverse(q, p)),
  };
  const publicKey = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' })).export({ format: 'jwk' });
  return { ...publicKey, kid, alg: 'RS256', use: 'sig' };
}
