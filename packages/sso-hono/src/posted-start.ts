/**
 * @module
 * A sign-in that the provider or another site begins by POST. OpenID Connect Core 1.0 §4 asks for it beside GET. The
 * form becomes the address of an ordinary start and does nothing itself, so it matters to nobody who sent it.
 */
import { SsoError, START_PATHS } from '@ipscape/sso-core';
import type { MiddlewareHandler } from 'hono';
import type { Adapter, AdapterEnv, AdapterRequest } from './adapter-context.js';
import { requireSignInRequest } from './sign-in-request.js';
import { toLoginHint } from './sign-in-routes.js';

const MAX_FORM_BYTES = 16 * 1024;
const MAX_ISSUER_LENGTH = 2048;
/** Longer than any return path that is kept. */
const MAX_TARGET_LENGTH = 4096;
/** What only an answer of the provider has, which comes by GET or not at all. */
const ANSWER_PARAMETERS = ['state', 'code', 'error', 'id_token', 'access_token'] as const;

/**
 * Turns a form with `iss` into a start by GET, with 303.
 *
 * @throws SsoError `request-invalid` for anything that is no such form, an answer that the provider sends as a form
 *   too; `request-too-large`
 */
export async function acceptPostedStart(c: AdapterRequest, adapter: Adapter): Promise<Response> {
  const form = await readStartForm(c);
  if (form === null) throw invalid('iss');
  return redirectToStart(c, adapter, form);
}

/** The same where POST has a meaning of its own: what is no such form is passed on. */
export function redirectPostedStart(adapter: Adapter): MiddlewareHandler<AdapterEnv> {
  return async function postedStart(c, next) {
    const form = await readStartForm(c);
    return form === null ? next() : redirectToStart(c, adapter, form);
  };
}

function redirectToStart(c: AdapterRequest, adapter: Adapter, form: URLSearchParams): Response {
  requireSignInRequest(c, adapter);
  return c.redirect(`${START_PATHS[adapter.product]}?${toQuery(form)}`, 303);
}

/** Nothing is read but a form that said how long it is, as every browser does. */
async function readStartForm(c: AdapterRequest): Promise<URLSearchParams | null> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(c.req.header('content-type') ?? '')) return null;
  const bytes = Number(c.req.header('content-length'));
  if (!Number.isSafeInteger(bytes)) return null;
  if (bytes > MAX_FORM_BYTES) throw new SsoError('request-too-large', { details: { maxBytes: MAX_FORM_BYTES } });
  const form = new URLSearchParams(await c.req.text());
  const isAnswer = ANSWER_PARAMETERS.some((name) => form.has(name) || c.req.query(name) !== undefined);
  return form.has('iss') && !isAnswer ? form : null;
}

function toQuery(form: URLSearchParams): URLSearchParams {
  const query = new URLSearchParams({ iss: single(form, 'iss') ?? '' });
  if ((query.get('iss') ?? '').length > MAX_ISSUER_LENGTH) throw invalid('iss');
  const target = single(form, 'target_link_uri');
  const hint = toLoginHint(single(form, 'login_hint'));
  // The start would not use a long one either; it only would not fit into an address.
  if (target !== undefined) query.set('target_link_uri', target.length <= MAX_TARGET_LENGTH ? target : '');
  if (hint !== null) query.set('login_hint', hint);
  return query;
}

function single(form: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = form.getAll(name);
  if (others.length > 0) throw invalid(name);
  return value;
}

function invalid(parameter: string): SsoError {
  return new SsoError('request-invalid', { stage: 'start', details: { reason: 'form', parameter } });
}
