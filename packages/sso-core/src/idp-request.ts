/**
 * @module
 * What is common to every request to an identity provider: failures of the transport and bodies that must be JSON
 * objects.
 */
import { type SignInStage, SsoError } from './errors.js';
import type { SsoFetch } from './ports.js';

/**
 * Any failure of a request as an {@link SsoError}: ours keep their code, a timeout becomes `idp-timeout`, everything
 * else `idp-unreachable`.
 */
export function toIdpError(error: unknown, stage: SignInStage): SsoError {
  if (SsoError.is(error)) return error.at(stage);
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError' || name === 'AbortError') return new SsoError('idp-timeout', { stage, cause: error });
  return new SsoError('idp-unreachable', { stage, cause: error });
}

/** Refuses every status but 200, telling a rate limit and the provider's own failures apart. */
export function requireOk(response: Response, stage: SignInStage): void {
  if (response.status === 200) return;
  const details = { status: response.status };
  if (response.status === 429) throw new SsoError('idp-rate-limited', { stage, details });
  if (response.status >= 500) throw new SsoError('idp-error', { stage, details });
  throw new SsoError('idp-response-invalid', { stage, details: { ...details, reason: 'status' } });
}

/** Refuses a response that does not call itself JSON. */
export function requireJsonType(response: Response, stage: SignInStage): void {
  if (/^application\/json\b/i.test(response.headers.get('content-type') ?? '')) return;
  throw new SsoError('idp-response-invalid', { stage, details: { reason: 'content-type' } });
}

/** The response's body if it is one JSON object; `idp-response-invalid` otherwise. The body must be bounded by the fetch. */
export async function readJsonObject(
  response: Response,
  stage: SignInStage,
): Promise<Readonly<Record<string, unknown>>> {
  let body: unknown;
  try {
    body = await response.json();
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new SsoError('idp-response-invalid', { stage, details: { reason: 'not-json' } });
    throw toIdpError(error, stage);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new SsoError('idp-response-invalid', { stage, details: { reason: 'not-an-object' } });
  }
  return body as Record<string, unknown>;
}

/** GETs a JSON object from the provider. No retry, no redirect. */
export async function getJsonObject(
  fetch: SsoFetch,
  url: string,
  stage: SignInStage,
): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: 'application/json' } });
  } catch (error) {
    throw toIdpError(error, stage);
  }
  requireOk(response, stage);
  return readJsonObject(response, stage);
}
