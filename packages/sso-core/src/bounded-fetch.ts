/**
 * @module
 * The platform's own fetch with the limits that the port demands.
 */
import type { SsoFetch } from './ports.js';

const MAX_BYTES = 256 * 1024;
const TIMEOUT_MS = 5_000;

/**
 * {@link SsoFetch} on the platform's `fetch`: follows no redirect, ends after five seconds, reads 256 KB at most.
 *
 * > [!WARNING]
 * > It reaches whatever the network reaches, private addresses included. For sign-ins, whose host names come from
 * > tenants, use it only where the platform lets nothing but the public Internet be reached, as Cloudflare's workers;
 * > on Node use `createGuardedFetch` of `@ipscape/sso-core/node`.
 *
 * @throws RangeError for an answer that is too long; TypeError when nothing answers; DOMException `TimeoutError`
 */
export const boundedFetch: SsoFetch = async (
  url,
  { method = 'GET', headers = {}, body, timeoutMs = TIMEOUT_MS } = {},
) => {
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body }),
  });
  // A redirect that was not followed has no status of its own on some platforms.
  if (response.status < 200) return Response.json({}, { status: 502 });
  const bytes = await readBounded(response);
  const hasBody = ![204, 205, 304].includes(response.status);
  return new Response(hasBody ? bytes : null, { status: response.status, headers: response.headers });
};

async function readBounded(response: Response): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    size += read.value.byteLength;
    if (size > MAX_BYTES) {
      await reader?.cancel();
      throw new RangeError('The answer is too long.');
    }
    chunks.push(read.value as Uint8Array<ArrayBuffer>);
  }
  return new Blob(chunks);
}
