/**
 * @module
 * Builds the authorization request. RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core 1.0 §3.1.2.1.
 */

export interface AuthorizationRequest {
  readonly authorizationEndpoint: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  readonly nonce: string;
  /** SHA-256 of the code verifier, base64url. */
  readonly codeChallenge: string;
  /** Sent only when given. */
  readonly loginHint?: string;
  readonly prompt?: 'none' | 'login';
  /** Longest time since the user signed in at the provider. */
  readonly maxAgeSeconds?: number;
}

/** The address to send the browser to. Nothing reaches it but these parameters. */
export function buildAuthorizationUrl(request: AuthorizationRequest): string {
  const url = new URL(request.authorizationEndpoint);
  const parameters: Readonly<Record<string, string | undefined>> = {
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    response_type: 'code',
    scope: request.scopes.join(' '),
    state: request.state,
    nonce: request.nonce,
    code_challenge: request.codeChallenge,
    code_challenge_method: 'S256',
    login_hint: request.loginHint,
    prompt: request.prompt,
    max_age: request.maxAgeSeconds?.toString(),
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}
