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
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;
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
  if (rawPath.includes('//') || DOT_SEGMENT.test(rawPath) || /%(?:2f|5c|0|1|7f)/i.test(rawPath)) return null;
  const url = new URL(input, ORIGIN);
  if (url.origin !== ORIGIN || SIGN_IN_PATHS.has(decodePath(url.pathname))) return null;
  const prefix = `/${product}`;
  if (url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`)) return null;
  return url.pathname + url.search + url.hash;
}

/** As a router reads it; a path that cannot be decoded is nobody's. */
function decodePath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
