import { createHash } from 'node:crypto';
import { generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { webCrypto } from '../web-crypto.js';
import { nodeCrypto } from './node-crypto.js';

const implementations = [
  ['webCrypto', webCrypto],
  ['nodeCrypto', nodeCrypto],
] as const;

test.each(implementations)('%s hashes UTF-8 to base64url without padding', async (_name, crypto) => {
  for (const text of ['', 'abc', 'ü\u{1f511}', 'x'.repeat(100_000)]) {
    expect(await crypto.sha256(text)).toBe(createHash('sha256').update(text, 'utf8').digest('base64url'));
  }
});

test.each(implementations)(
  'S4 %s makes 100,000 tokens of 43 characters for 32 bytes, all different',
  (_name, crypto) => {
    const tokens = Array.from({ length: 100_000 }, () => crypto.randomToken(32));
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens.every((token) => /^[\w-]{43}$/.test(token))).toBe(true);
    // The last character has four bits. Chi-square over the 64 others, which a fair source exceeds once in 10^9 runs.
    const expected = tokens.length / 64;
    for (const position of [0, 1, 20, 41]) {
      const counts = Map.groupBy(tokens, (token) => token[position]).values();
      const chiSquare = [...counts].reduce((sum, { length }) => sum + (length - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(150);
    }
  },
);

test.each(implementations)(
  'P13 %s verifies with no key that was imported for another algorithm',
  async (_name, crypto) => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const data = new TextEncoder().encode('signed');
    const signature = new Uint8Array(
      await globalThis.crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey as never, data),
    );
    const check = { key: publicKey, signature, data };
    expect(await crypto.verify({ ...check, algorithm: 'RS256' })).toBe(true);
    for (const algorithm of ['PS256', 'ES256'] as const) {
      await expect((async () => crypto.verify({ ...check, algorithm }))()).rejects.toThrow();
    }
  },
);
