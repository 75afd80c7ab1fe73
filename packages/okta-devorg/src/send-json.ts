/**
 * @module JSON answers outside oidc-provider, and Okta's API error shape.
 */
import type { ServerResponse } from 'node:http';
import { createOktaErrorId } from './okta-id.js';

/** Sends `body` as JSON with Okta's usual headers; `headers` win. */
export function sendJson(
  response: ServerResponse,
  answer: { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> },
): void {
  response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
  response.end(JSON.stringify(answer.body));
}

/** Sends the `errorCode` form that Okta uses outside OAuth. */
export function sendApiError(
  response: ServerResponse,
  error: { readonly status: number; readonly code: string; readonly summary: string },
): void {
  const { status, code, summary } = error;
  sendJson(response, {
    status,
    body: { errorCode: code, errorSummary: summary, errorLink: code, errorId: createOktaErrorId(), errorCauses: [] },
    headers: { 'Cache-Control': 'no-cache, no-store', Pragma: 'no-cache', Expires: '0' },
  });
}

/** Sends the `error` form that Okta uses for OAuth. */
export function sendOAuthError(
  response: ServerResponse,
  error: { readonly status: number; readonly error: string; readonly description: string },
): void {
  sendJson(response, {
    status: error.status,
    body: { error: error.error, error_description: error.description },
    headers: { 'Cache-Control': 'no-cache, no-store', Pragma: 'no-cache', Expires: '0' },
  });
}
