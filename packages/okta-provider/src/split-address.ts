/**
 * @module
 * Takes a typed address apart by its own grammar, before any URL parser sees it: parsers drop tabs, fold look-alike
 * digits and read `acme.okta.com@evil.example` as another host. No judgement about the host name itself.
 */

/** The parts of what was typed. Every character is printable ASCII and none of them is `% \ @ ? # { } < >` or a space. */
export interface AddressParts {
  /** Lower case; null when none was typed. */
  readonly scheme: 'https' | 'http' | null;
  /** As typed; may be empty. */
  readonly name: string;
  /** Digits as typed, possibly none; null without a colon. */
  readonly port: string | null;
  /** From the first slash on; empty without one. */
  readonly path: string;
}

export type AddressProblem =
  | 'empty'
  | 'too-long'
  | 'placeholder'
  | 'whitespace'
  | 'control-character'
  | 'non-ascii'
  | 'backslash'
  | 'percent'
  | 'userinfo'
  | 'query'
  | 'fragment'
  | 'scheme'
  | 'ip-address';

/** Far above any real address, and low enough that no check below takes noticeable time. */
const MAX_CHARACTERS = 2048;

const FORBIDDEN: readonly (readonly [RegExp, AddressProblem])[] = [
  [/[{}<>]|your[-_]?okta[-_]?domain/i, 'placeholder'],
  [/\s/u, 'whitespace'],
  [/\p{Cc}/u, 'control-character'],
  [/[^ -~]/u, 'non-ascii'],
  [/\\/, 'backslash'],
  [/%/, 'percent'],
  [/@/, 'userinfo'],
  [/\?/, 'query'],
  [/#/, 'fragment'],
];

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** Takes apart a trimmed address, or says why it is not one. */
export function splitAddress(text: string): AddressParts | AddressProblem {
  if (text === '') return 'empty';
  if (text.length > MAX_CHARACTERS) return 'too-long';
  const forbidden = FORBIDDEN.find(([pattern]) => pattern.test(text));
  if (forbidden !== undefined) return forbidden[1];

  const typedScheme = SCHEME.exec(text)?.[1];
  const scheme = typedScheme === undefined ? null : typedScheme.toLowerCase();
  if (scheme !== null && scheme !== 'https' && scheme !== 'http') return 'scheme';
  const rest = typedScheme === undefined ? text : text.slice(typedScheme.length + '://'.length);
  if (rest === '') return 'empty';
  // `https:/acme`, `//acme` and a scheme typed twice: a URL parser accepts all of them, in its own way.
  if (/^(?:https?:|\/)/i.test(rest)) return 'scheme';

  const slash = rest.indexOf('/');
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const path = slash === -1 ? '' : rest.slice(slash);
  const [name = '', port = null, ...more] = authority.split(':');
  if (authority.startsWith('[') || more.length > 0) return 'ip-address';
  if (port !== null && !/^\d*$/.test(port)) return 'scheme';
  return { scheme, name, port, path };
}
