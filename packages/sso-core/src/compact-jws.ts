/**
 * @module
 * Reads a compact JWS strictly, before anything in it is believed. RFC 7515 §7.1. Verifies nothing.
 */
import { base64url } from 'jose';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Why a text is no compact JWS that is worth looking at. */
export type JwsFault = 'too-long' | 'encrypted' | 'malformed';

export type JwsResult =
  | { readonly ok: true; readonly header: JsonObject; readonly parts: readonly [string, string, string] }
  | { readonly ok: false; readonly fault: JwsFault };

const MAX_TOKEN_LENGTH = 64 * 1024;
/** Header members that would have the token choose its own key or meaning. RFC 7515 §4.1, RFC 7797, RFC 8725 §3.10. */
const FORBIDDEN_HEADERS = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'enc', 'zip', 'cty'] as const;

/** The header and the three parts of a token; each part is the only base64url spelling of its bytes. */
export function readCompactJws(token: string): JwsResult {
  if (token.length > MAX_TOKEN_LENGTH) return { ok: false, fault: 'too-long' };
  const [header, payload, signature, ...more] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    return { ok: false, fault: more.length === 2 ? 'encrypted' : 'malformed' };
  }
  if (![header, payload, signature].every(isBase64url)) return { ok: false, fault: 'malformed' };
  const parsed = parseJsonObject(base64url.decode(header));
  if (parsed === null) return { ok: false, fault: 'malformed' };
  return { ok: true, header: parsed, parts: [header, payload, signature] };
}

/** The first header member that no token of ours or of a provider may have, or null. */
export function forbiddenHeader(header: JsonObject): string | null {
  return FORBIDDEN_HEADERS.find((name) => name in header) ?? null;
}

/** Whether a `kid` may be looked up. */
export function isKeyId(kid: unknown): kid is string {
  return typeof kid === 'string' && kid !== '' && kid.length <= 255;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON object in well-formed UTF-8, or null. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | null {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
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
