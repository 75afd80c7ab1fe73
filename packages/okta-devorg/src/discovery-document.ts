/**
 * @module The metadata of an Okta org authorization server, members in the order Okta serves them.
 * Pure. RFC 9207's and the other members Okta leaves out are left out here too.
 */

const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'];

export interface DiscoveryInput {
  /** `iss` of the tokens. */
  readonly issuer: string;
  /** Where the endpoints are; differs from the issuer only by an app's issuer mode. */
  readonly origin: string;
  /** Narrows the document to one app, as `?client_id=` does. */
  readonly clientId?: string | undefined;
  /** Whether that app takes Basic credentials only. */
  readonly basicOnly?: boolean;
}

/** Returns the body of `/.well-known/openid-configuration`. */
export function createDiscoveryDocument(input: DiscoveryInput): Record<string, unknown> {
  const { issuer, origin, clientId } = input;
  const endpoint = (name: string) => `${origin}/oauth2/v1/${name}`;
  const basicAndPost = input.basicOnly ? AUTH_METHODS.slice(0, 1) : AUTH_METHODS.slice(0, 2);
  const authMethods = clientId === undefined ? AUTH_METHODS : basicAndPost;
  return {
    issuer,
    authorization_endpoint: endpoint('authorize'),
    token_endpoint: endpoint('token'),
    userinfo_endpoint: endpoint('userinfo'),
    registration_endpoint: clientId === undefined ? endpoint('clients') : endpoint(`clients/${clientId}`),
    jwks_uri: clientId === undefined ? endpoint('keys') : endpoint(`keys?client_id=${clientId}`),
    response_types_supported:
      clientId === undefined
        ? ['code', 'id_token', 'code id_token', 'code token', 'id_token token', 'code id_token token']
        : ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post', 'okta_post_message'],
    grant_types_supported:
      clientId === undefined
        ? [
            'authorization_code',
            'implicit',
            'refresh_token',
            'password',
            'urn:ietf:params:oauth:grant-type:device_code',
          ]
        : ['authorization_code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    id_token_encryption_alg_values_supported: ['RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'],
    id_token_encryption_enc_values_supported: ['A256GCM'],
    scopes_supported: ['openid', 'email', 'profile', 'address', 'phone', 'offline_access', 'groups'],
    token_endpoint_auth_methods_supported: authMethods,
    claims_supported: CLAIMS,
    code_challenge_methods_supported: ['S256'],
    introspection_endpoint: endpoint('introspect'),
    introspection_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint: endpoint('revoke'),
    revocation_endpoint_auth_methods_supported: authMethods,
    end_session_endpoint: endpoint('logout'),
    request_parameter_supported: clientId === undefined,
    ...(clientId === undefined ? { request_object_signing_alg_values_supported: REQUEST_OBJECT_ALGS } : {}),
    device_authorization_endpoint: endpoint('device/authorize'),
    dpop_signing_alg_values_supported: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
  };
}

const REQUEST_OBJECT_ALGS = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];

const CLAIMS = [
  'iss',
  'ver',
  'sub',
  'aud',
  'iat',
  'exp',
  'jti',
  'auth_time',
  'amr',
  'idp',
  'nonce',
  'name',
  'nickname',
  'preferred_username',
  'given_name',
  'middle_name',
  'family_name',
  'email',
  'email_verified',
  'profile',
  'zoneinfo',
  'locale',
  'address',
  'phone_number',
  'picture',
  'website',
  'gender',
  'birthdate',
  'updated_at',
  'at_hash',
  'c_hash',
];
