/**
 * @module
 * What a request has to be before it may begin or finish a sign-in: a person's own navigation of a whole window, over
 * https. It is judged before anything is looked up, so a request that is refused here spends nothing.
 */
import { SsoError } from '@ipscape/sso-core';
import type { Adapter, AdapterRequest } from './adapter-context.js';

/**
 * @throws SsoError `request-invalid` for HEAD: a link checker must neither start nor spend a sign-in;
 *   `top-level-required` for a frame, a subresource or a page that the browser loads ahead of time; `protocol-unknown`
 *   where https is expected and no proxy of ours said that the browser used it.
 */
export function requireSignInRequest(c: AdapterRequest, { scheme }: Adapter): void {
  if (c.req.raw.method === 'HEAD') throw new SsoError('request-invalid');
  if (scheme.protocol === 'https' && c.get('facts').protocol !== 'https') throw new SsoError('protocol-unknown');
  if (isAheadOfTime(c)) throw new SsoError('top-level-required', { details: { reason: 'prefetch' } });
  if (!isTopLevel(c)) throw new SsoError('top-level-required', { details: { reason: 'frame' } });
}

/**
 * Whether a request loads a whole window or tab. Browsers say so in `Sec-Fetch-Dest`, which no page can set; one that
 * does not say counts as yes, and is kept out of frames by `frame-ancestors` and of cookies by `SameSite=Lax`. A
 * product that may be framed asks this first and answers a frame with a page of its own.
 */
export function isTopLevel(c: AdapterRequest): boolean {
  const destination = c.req.header('sec-fetch-dest');
  return destination === undefined || destination === 'document';
}

/** `Sec-Purpose` is the standard's, the others are what older browsers send. */
function isAheadOfTime(c: AdapterRequest): boolean {
  return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) =>
    /\b(?:prefetch|prerender|preview)\b/i.test(c.req.header(name) ?? ''),
  );
}
