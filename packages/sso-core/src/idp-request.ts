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

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i;
const OTHER_CHARSET = /;[ \t]*charset[ \t]*=(?!"?utf-8"?[ \t]*(?:;|$))/i;

/** Refuses a response that does not call itself JSON, or calls itself JSON in anything but UTF-8. */
export function requireJsonType(response: Response, stage: SignInStage): void {
  const type = response.headers.get('content-type') ?? '';
  if (JSON_TYPE.test(type) && !OTHER_CHARSET.test(type)) return;
  throw new SsoError('idp-response-invalid', { stage, details: { reason: 'content-type' } });
}

/**
 * The response's body if it is one JSON object in UTF-8 in which no name comes twice; `idp-response-invalid` otherwise.
 * The body must be bounded by the fetch.
 */
export async function readJsonObject(
  response: Response,
  stage: SignInStage,
): Promise<Readonly<Record<string, unknown>>> {
  let bytes: ArrayBuffer;
  try {
    bytes = await response.arrayBuffer();
  } catch (error) {
    throw toIdpError(error, stage);
  }
  const parsed = parseJsonObject(bytes);
  if ('fault' in parsed) throw new SsoError('idp-response-invalid', { stage, details: { reason: parsed.fault } });
  return parsed.body;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type ParsedBody =
  | { readonly body: Readonly<Record<string, unknown>> }
  | { readonly fault: 'not-json' | 'not-an-object' | 'repeated-member' };

/** RFC 8259: UTF-8 without a byte order mark (§8.1), and one meaning (§4). */
function parseJsonObject(bytes: ArrayBuffer): ParsedBody {
  let text: string;
  let body: unknown;
  try {
    text = utf8.decode(bytes);
    body = JSON.parse(text);
  } catch {
    return { fault: 'not-json' };
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return { fault: 'not-an-object' };
  if (countMembers(body) !== countWrittenMembers(text)) return { fault: 'repeated-member' };
  return { body: body as Record<string, unknown> };
}

/** Outside of its strings a JSON text has one colon for each member. */
function countWrittenMembers(text: string): number {
  return text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').split(':').length - 1;
}

/** Without recursion: how deep a document is nested is the provider's choice. */
function countMembers(value: object): number {
  let count = 0;
  const values: unknown[] = [value];
  for (let next = values.pop(); next !== undefined; next = values.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const inner: readonly unknown[] = Object.values(next);
    if (!Array.isArray(next)) count += inner.length;
    for (const item of inner) values.push(item);
  }
  return count;
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
