/**
 * @module
 * Opens a signed JWT of a provider: form, header and signature. This is the only place of the product that does; the
 * claims are judged by whoever knows what kind of token it is.
 */
import { base64url, type CompactVerifyResult, compactVerify } from 'jose';
import type { IssuerKey } from './discovery.js';
import { SsoError } from './errors.js';
import type { KeyCache } from './key-cache.js';
import type { IdTokenAlgorithm } from './provider.js';

export interface SignedJwtInput {
  readonly token: string;
  readonly key: IssuerKey;
  readonly jwksUri: string;
  readonly algorithms: readonly IdTokenAlgorithm[];
  /** Whether a token with this `typ` header is of the expected kind. RFC 8725 §3.11. */
  readonly acceptsType: (typ: unknown) => boolean;
}

/** The claims of a token, before anything but the signature was checked. */
export type SignedClaims = Readonly<Record<string, unknown>>;

const MAX_TOKEN_LENGTH = 64 * 1024;
/** Header members that would have the token choose its own key or meaning. RFC 7515 §4.1, RFC 7797, RFC 8725 §3.10. */
const FORBIDDEN_HEADERS = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'enc', 'zip', 'cty'] as const;

/**
 * Claims of a token whose signature was made with a key of the issuer's own key set and one of `algorithms`, whatever
 * the token's header asks for.
 *
 * @throws {@link SsoError} `token-invalid` with the failed check in `details.reason`; an `idp-…` code when no keys
 *   could be fetched.
 */
export async function openSignedJwt(input: SignedJwtInput, keys: KeyCache): Promise<SignedClaims> {
  const { algorithm, kid } = parseHeader(input);
  const key = await keys.find({ ...input.key, jwksUri: input.jwksUri, kid, algorithm });
  return verifySignature(input.token, key, algorithm);
}

function parseHeader({ token, algorithms, acceptsType }: SignedJwtInput): {
  readonly algorithm: IdTokenAlgorithm;
  readonly kid: string | null;
} {
  if (token.length > MAX_TOKEN_LENGTH) throw tokenInvalid('too-long');
  const parts = token.split('.');
  if (parts.length !== 3) throw tokenInvalid(parts.length === 5 ? 'encrypted' : 'malformed');
  if (!parts.every(isBase64url)) throw tokenInvalid('malformed');
  const header = parseJsonObject(base64url.decode(parts[0] ?? ''));
  if (header === null) throw tokenInvalid('malformed');
  const algorithm = algorithms.find((name) => name === header.alg);
  if (algorithm === undefined) throw tokenInvalid('alg');
  for (const name of FORBIDDEN_HEADERS) if (name in header) throw tokenInvalid('header', { header: name });
  const { kid, typ } = header;
  if (!acceptsType(typ)) throw tokenInvalid('typ');
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 255)) throw tokenInvalid('kid');
  return { algorithm, kid: kid ?? null };
}

async function verifySignature(token: string, key: CryptoKey, algorithm: IdTokenAlgorithm): Promise<SignedClaims> {
  let verified: CompactVerifyResult;
  try {
    verified = await compactVerify(token, key, { algorithms: [algorithm] });
  } catch {
    throw tokenInvalid('signature');
  }
  const payload = parseJsonObject(verified.payload);
  if (payload === null) throw tokenInvalid('malformed');
  return payload;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJsonObject(bytes: Uint8Array): SignedClaims | null {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BASE64URL_TEXT = /^[A-Za-z0-9_-]*$/;
/** Bits of the last character that carry nothing, by the length's rest of a division by four. */
const SPARE_BITS: readonly number[] = [0, 0, 0b1111, 0b11];

/** Whether a text is the only base64url spelling of its bytes. RFC 7515 §2: no padding, white space or other characters. */
function isBase64url(text: string): boolean {
  if (!BASE64URL_TEXT.test(text) || text.length % 4 === 1) return false;
  return (BASE64URL.indexOf(text.charAt(text.length - 1)) & (SPARE_BITS[text.length % 4] ?? 0)) === 0;
}

/** A refusal of a provider's token. `reason` names the check, never a value. */
export function tokenInvalid(reason: string, details: Readonly<Record<string, string | number>> = {}): SsoError {
  return new SsoError('token-invalid', { stage: 'id-token', details: { reason, ...details } });
}
