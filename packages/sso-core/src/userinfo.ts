/**
 * @module
 * Asks the userinfo endpoint for what a thin ID token leaves out. OpenID Connect Core 1.0 §5.3.
 */
import * as oauth from 'oauth4webapi';
import type { ProviderMetadata } from './discovery-document.js';
import { SsoError } from './errors.js';
import { requireOk, toIdpError } from './idp-request.js';
import { requestOptions, toAuthorizationServer, toClient } from './oauth-server.js';
import type { SsoFetch } from './ports.js';

export interface UserinfoRequest {
  readonly metadata: ProviderMetadata;
  readonly clientId: string;
  readonly accessToken: string;
  /** `sub` of the verified ID token. */
  readonly subject: string;
}

/** The two claims that are read, of any type, from one document. */
export interface UserinfoEmail {
  readonly email: unknown;
  readonly emailVerified: unknown;
}

/**
 * E-mail claims of the user whom the ID token is about; `sub` of the answer equals the token's, or it is refused.
 * Never overrides another claim of the ID token.
 *
 * @throws {@link SsoError} `userinfo-invalid`, `email-missing` when the provider has no such endpoint, or an `idp-…`
 *   code.
 */
export async function fetchUserinfoEmail(request: UserinfoRequest, fetch: SsoFetch): Promise<UserinfoEmail> {
  const { metadata, subject } = request;
  if (metadata.userinfoEndpoint === null) throw new SsoError('email-missing', { stage: 'userinfo' });
  const server = toAuthorizationServer(metadata);
  const client = toClient(request.clientId);
  let response: Response;
  try {
    response = await oauth.userInfoRequest(
      server,
      client,
      request.accessToken,
      requestOptions(fetch, metadata.userinfoEndpoint),
    );
  } catch (error) {
    throw toIdpError(error, 'userinfo');
  }
  if (response.status === 401 || response.status === 403) {
    throw new SsoError('userinfo-invalid', {
      stage: 'userinfo',
      details: { status: response.status, reason: 'refused' },
    });
  }
  requireOk(response, 'userinfo');
  if (!/^application\/json\b/i.test(response.headers.get('content-type') ?? '')) {
    throw new SsoError('userinfo-invalid', { stage: 'userinfo', details: { reason: 'content-type' } });
  }
  try {
    const claims = await oauth.processUserInfoResponse(server, client, subject, response);
    return { email: claims.email, emailVerified: claims.email_verified };
  } catch (error) {
    if (error instanceof oauth.OperationProcessingError || error instanceof oauth.WWWAuthenticateChallengeError) {
      const reason = error.code === oauth.JSON_ATTRIBUTE_COMPARISON ? 'sub' : 'malformed';
      throw new SsoError('userinfo-invalid', { stage: 'userinfo', details: { reason } });
    }
    throw toIdpError(error, 'userinfo');
  }
}
