/**
 * @module
 * Where a signed-in user is taken. Only to a path of the product that was signed in to, on the tenant's own origin.
 */
import { MAX_RETURN_PATH_BYTES } from './limits.js';
import { CALLBACK_PATHS, HOME_PATHS, type Product, START_PATHS } from './products.js';

/** Any origin will do: a path that leaves it is refused. */
const ORIGIN = 'https://return-path.invalid';
/** One leading slash, then visible ASCII without the back-slash, which browsers read as a slash. */
const FORM = /^\/(?![/\\.])[\x21-\x5b\x5d-\x7e]*$/;
/** A segment of dots, also with the parameters that some servers cut off first: `..;x`. */
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:;|\/|$)/;
/** Addresses that start or end a sign-in: returning there would start another. */
const SIGN_IN_PATHS: ReadonlySet<string> = new Set([
  ...Object.values(CALLBACK_PATHS),
  ...Object.values(START_PATHS),
  '/workspace/login',
]);

/**
 * The return path to keep for a sign-in: the given one if it is safe, the product's home otherwise. Never rejects.
 *
 * Safe is a path of at most 2 KB under the product's prefix, with its query and fragment, that stays the same path of
 * the same origin after a browser's URL parser had it, twice.
 */
export function toReturnPath(input: string | null | undefined, product: Product): string {
  const home = HOME_PATHS[product];
  if (typeof input !== 'string') return home;
  const once = parsePath(input, product);
  // What the parser made of it must pass again: "/.//host" parses to the path "//host".
  const twice = once === null ? null : parsePath(once, product);
  return twice !== null && twice === once ? twice : home;
}

function parsePath(input: string, product: Product): string | null {
  if (input.length > MAX_RETURN_PATH_BYTES || !FORM.test(input) || !URL.canParse(input, ORIGIN)) return null;
  const rawPath = input.split(/[?#]/, 1)[0] ?? '';
  if (rawPath.includes('//') || !isPlain(rawPath)) return null;
  const url = new URL(input, ORIGIN);
  if (url.origin !== ORIGIN || SIGN_IN_PATHS.has(decodePath(url.pathname))) return null;
  const prefix = `/${product}`;
  if (url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`)) return null;
  return url.pathname + url.search + url.hash;
}

/** How often a path may be encoded. Whatever stands behind us decodes once; more is nobody's link. */
const MAX_DECODINGS = 2;

/**
 * Whether a path is one that every server reads alike: no dot segment, slash, back-slash or control character appears
 * however often it is decoded, and its bytes are UTF-8.
 */
function isPlain(rawPath: string): boolean {
  const slashes = rawPath.split('/').length;
  let path = rawPath;
  for (let decoding = 0; decoding <= MAX_DECODINGS; decoding++) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (DOT_SEGMENT.test(path) || /[\\\u0000-\u001f\u007f-\u009f]/.test(path)) return false;
    if (path.split('/').length !== slashes) return false;
    if (!path.includes('%')) return true;
    const decoded = decodeStrictly(path);
    // A percent sign that was encoded once, as in "100%25", cannot be decoded twice.
    if (decoded === null) return decoding > 0;
    path = decoded;
  }
  return false;
}

function decodeStrictly(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** As a router reads it; a path that cannot be decoded is nobody's. */
function decodePath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
