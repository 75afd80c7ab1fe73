/**
 * @module The redirect with which Okta reports a failed authorize request to the app. Pure.
 */

export interface ErrorRedirectInput {
  readonly redirectUri: string;
  readonly state?: string | undefined;
  readonly error: string;
  readonly description: string;
  /** Put the answer into the fragment instead of the query. Default: false. */
  readonly fragment?: boolean;
}

/** Returns the address: `state` first, spaces as plus signs, no `iss`. */
export function toErrorRedirect({ redirectUri, state, error, description, fragment }: ErrorRedirectInput): string {
  const answer = new URLSearchParams();
  if (state !== undefined) answer.set('state', state);
  answer.set('error', error);
  answer.set('error_description', description);
  if (fragment) return `${redirectUri}#${answer}`;
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${answer}`;
}
