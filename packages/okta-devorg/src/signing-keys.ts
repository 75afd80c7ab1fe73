/**
 * @module The org's RSA signing keys: creation, publication and rotation.
 * It does not sign ID tokens; oidc-provider does, with the keys it is given.
 */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';

const generate = promisify(generateKeyPair);
const ROTATION_SECONDS = 44 * 24 * 60 * 60;

/** The key set of one org; the first of `privateKeys` is the signing key. */
export class SigningKeys {
  #keys: readonly [JWK, ...JWK[]];
  #rotatesAtSeconds = nowSeconds() + ROTATION_SECONDS;
  #foreign: Promise<JWK> | undefined;

  private constructor(keys: readonly [JWK, ...JWK[]]) {
    this.#keys = keys;
  }

  /** Takes over `known` keys, or creates one 2048-bit key when there are none. */
  static async create(known: readonly JWK[] = []): Promise<SigningKeys> {
    const [first, ...others] = known;
    return new SigningKeys(first ? [first, ...others] : [await createKey()]);
  }

  get signingKey(): JWK {
    return this.#keys[0];
  }

  get privateKeys(): readonly JWK[] {
    return this.#keys;
  }

  /** What `/oauth2/v1/keys` publishes, members in Okta's order. */
  get publicKeys(): readonly JWK[] {
    return this.#keys.map(({ kid, e, n }) => ({ kty: 'RSA', alg: 'RS256', kid, use: 'sig', e, n }) as JWK);
  }

  /** Seconds until the next planned rotation, as Okta's `max-age` counts down. Never negative. */
  get maxAgeSeconds(): number {
    return Math.max(0, this.#rotatesAtSeconds - nowSeconds());
  }

  /** Makes a new key the signing key. Unless `keepOld`, the earlier keys are no longer published. */
  async rotate(keepOld: boolean): Promise<void> {
    const created = await createKey();
    this.#keys = keepOld ? [created, ...this.#keys] : [created];
    this.#rotatesAtSeconds = nowSeconds() + ROTATION_SECONDS;
  }

  /** A key that is never published. Created on first use. */
  foreignKey(): Promise<JWK> {
    this.#foreign ??= createKey();
    return this.#foreign;
  }
}

async function createKey(): Promise<JWK> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' }) as JWK;
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
