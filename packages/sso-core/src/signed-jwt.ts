/**
 * @module
 * Opens a signed JWT of a provider: form, header and signature. The claims are judged by whoever knows what kind of
 * token it is.
 */
import { base64url } from 'jose';
import { forbiddenHeader, isKeyId, type JsonObject, parseJsonObject, readCompactJws } from './compact-jws.js';
import type { IssuerKey } from './discovery.js';
import { SsoError } from './errors.js';
import { isSignedBy } from './jws-signature.js';
import type { KeyCache } from './key-cache.js';
import type { SsoCrypto } from './ports.js';
import type { IdTokenAlgorithm } from './provider.js';

export interface SignedJwtInput {
  readonly token: string;
  readonly key: IssuerKey;
  readonly jwksUri: string;
  readonly algorithms: readonly IdTokenAlgorithm[];
  /** Whether a token with this `typ` header is of the expected kind. RFC 8725 §3.11. */
  readonly acceptsType: (typ: unknown) => boolean;
}

export interface SignedJwtDeps {
  readonly keys: KeyCache;
  readonly crypto: Pick<SsoCrypto, 'verify'>;
}

/**
 * Claims of a token whose signature was made with a key of the issuer's own key set and one of `algorithms`, whatever
 * the token's header asks for. Nothing but that was checked.
 *
 * @throws {@link SsoError} `token-invalid` with the failed check in `details.reason`; an `idp-…` code when no keys
 *   could be fetched.
 */
export async function openSignedJwt(input: SignedJwtInput, { keys, crypto }: SignedJwtDeps): Promise<JsonObject> {
  const { algorithm, kid, parts } = parseToken(input);
  const key = await keys.find({ ...input.key, jwksUri: input.jwksUri, kid, algorithm });
  if (!(await isSignedBy({ key, algorithm }, parts, crypto))) throw tokenInvalid('signature');
  // Only now does the payload say anything.
  const payload = parseJsonObject(base64url.decode(parts[1]));
  if (payload === null) throw tokenInvalid('malformed');
  return payload;
}

function parseToken({ token, algorithms, acceptsType }: SignedJwtInput): {
  readonly algorithm: IdTokenAlgorithm;
  readonly kid: string | null;
  readonly parts: readonly [string, string, string];
} {
  const read = readCompactJws(token);
  if (!read.ok) throw tokenInvalid(read.fault);
  const { header, parts } = read;
  const algorithm = algorithms.find((name) => name === header.alg);
  if (algorithm === undefined) throw tokenInvalid('alg');
  const forbidden = forbiddenHeader(header);
  if (forbidden !== null) throw tokenInvalid('header', { header: forbidden });
  const { kid, typ } = header;
  if (!acceptsType(typ)) throw tokenInvalid('typ');
  if (kid !== undefined && !isKeyId(kid)) throw tokenInvalid('kid');
  return { algorithm, kid: kid ?? null, parts };
}

/** A refusal of a provider's token. `reason` names the check, never a value. */
export function tokenInvalid(reason: string, details: Readonly<Record<string, string | number>> = {}): SsoError {
  return new SsoError('token-invalid', { stage: 'id-token', details: { reason, ...details } });
}
