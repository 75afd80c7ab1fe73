/**
 * @module
 * The one form in which e-mail addresses are compared. No I/O, no locale, no regular expression that folds case:
 * only ASCII passes, and only A to Z change.
 */

/** An address that {@link canonicaliseEmail} produced; the only kind that may be compared or stored as a key. */
export type CanonicalEmail = string & { readonly __brand: 'CanonicalEmail' };

const MAX_BYTES = 254;
const MAX_LOCAL = 64;
const MAX_LABEL = 63;

/** RFC 5321 `atext`, without the characters that quote, group or route. */
const ATEXT = new Set("!#$%&'*+-/=?^_`{|}~0123456789abcdefghijklmnopqrstuvwxyz");
const LDH = new Set('-0123456789abcdefghijklmnopqrstuvwxyz');

/**
 * The canonical form of an e-mail address, or null when it has none: then it matches nobody.
 *
 * Accepts a string of at most 254 ASCII characters with exactly one `@`, a dot-atom local part of at most 64
 * characters and a domain of at least two letter-digit-hyphen labels, the last of which is not all digits. A to Z are
 * lower-cased by code point in both parts; nothing else is changed: no trimming, no Unicode normalisation, no
 * provider's rule about dots or `+tags`. `canonicaliseEmail(canonicaliseEmail(x))` equals `canonicaliseEmail(x)`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2
 */
export function canonicaliseEmail(input: unknown): CanonicalEmail | null {
  if (typeof input !== 'string' || input.length === 0 || input.length > MAX_BYTES) return null;
  const address = lowerCaseAscii(input);
  if (address === null) return null;
  const at = address.indexOf('@');
  if (at < 1 || at !== address.lastIndexOf('@')) return null;
  if (!isDotAtom(address.slice(0, at)) || !isDomain(address.slice(at + 1))) return null;
  return address as CanonicalEmail;
}

/** Null when a character is not printable ASCII. */
function lowerCaseAscii(text: string): string | null {
  let result = '';
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) return null;
    result += code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 32) : text.charAt(index);
  }
  return result;
}

function isDotAtom(local: string): boolean {
  if (local.length > MAX_LOCAL) return false;
  return local.split('.').every((atom) => atom.length > 0 && consistsOf(atom, ATEXT));
}

function isDomain(domain: string): boolean {
  const labels = domain.split('.');
  const last = labels.at(-1) ?? '';
  if (labels.length < 2 || /^\d+$/.test(last)) return false;
  return labels.every(
    (label) =>
      label.length > 0 &&
      label.length <= MAX_LABEL &&
      !label.startsWith('-') &&
      !label.endsWith('-') &&
      consistsOf(label, LDH),
  );
}

function consistsOf(text: string, allowed: ReadonlySet<string>): boolean {
  for (const character of text) if (!allowed.has(character)) return false;
  return true;
}
