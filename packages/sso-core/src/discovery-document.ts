/**
 * @module
 * Judges a discovery document. No I/O, no cache.
 */
import * as z from 'zod';
import { SsoError } from './errors.js';

/** The part of a provider's metadata that a sign-in uses, every URL checked. */
export interface ProviderMetadata {
  /** The expected one, character for character. */
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  /** Null when the provider has none: then the address has to be in the ID token. */
  readonly userinfoEndpoint: string | null;
  /** Null when the provider has none: then nobody is signed out there. OpenID Connect RP-Initiated Logout 1.0 §2.1. */
  readonly endSessionEndpoint: string | null;
  /** `client_secret_basic` when the document does not say. OpenID Connect Discovery 1.0 §3. */
  readonly tokenEndpointAuthMethods: readonly string[];
  /** RFC 9207 §3: whether the authorization response must carry `iss`. */
  readonly responseIssuerRequired: boolean;
}

const url = z.string().min(1).max(2048);
// Tolerant of everything that is not read: providers add fields at will.
const document = z.object({
  issuer: z.string(),
  authorization_endpoint: url,
  token_endpoint: url,
  jwks_uri: url,
  userinfo_endpoint: url.optional(),
  end_session_endpoint: url.optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).max(100).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
});

/**
 * Metadata from a discovery document.
 *
 * Guarantees: the document's `issuer` equals the expected one character for character (not as parsed URLs), and every
 * endpoint is an absolute URL on the issuer's own origin without user information or fragment, so that a document
 * cannot direct the client secret or a code elsewhere.
 *
 * @throws {@link SsoError} `issuer-mismatch`, `par-required` or `idp-response-invalid`.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
 */
export function parseDiscoveryDocument(input: unknown, expectedIssuer: string): ProviderMetadata {
  const parsed = document.safeParse(input);
  if (!parsed.success) {
    const field = String(parsed.error.issues[0]?.path[0] ?? 'document');
    throw new SsoError('idp-response-invalid', { stage: 'discovery', details: { reason: 'metadata', field } });
  }
  const metadata = parsed.data;
  if (metadata.issuer !== expectedIssuer) throw new SsoError('issuer-mismatch', { stage: 'discovery' });

  // RFC 9126 §5: whoever went on would end on an error page of the provider, which nobody here would learn of.
  if (metadata.require_pushed_authorization_requests === true) {
    throw new SsoError('par-required', { stage: 'discovery' });
  }

  const onIssuersOrigin = (field: string, value: string): string => {
    if (!isEndpointOf(expectedIssuer, value)) {
      throw new SsoError('idp-response-invalid', { stage: 'discovery', details: { reason: 'endpoint', field } });
    }
    return value;
  };
  return {
    issuer: expectedIssuer,
    authorizationEndpoint: onIssuersOrigin('authorization_endpoint', metadata.authorization_endpoint),
    tokenEndpoint: onIssuersOrigin('token_endpoint', metadata.token_endpoint),
    jwksUri: onIssuersOrigin('jwks_uri', metadata.jwks_uri),
    userinfoEndpoint:
      metadata.userinfo_endpoint === undefined
        ? null
        : onIssuersOrigin('userinfo_endpoint', metadata.userinfo_endpoint),
    endSessionEndpoint:
      metadata.end_session_endpoint === undefined
        ? null
        : onIssuersOrigin('end_session_endpoint', metadata.end_session_endpoint),
    tokenEndpointAuthMethods: metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'],
    responseIssuerRequired: metadata.authorization_response_iss_parameter_supported === true,
  };
}

function isEndpointOf(issuer: string, value: string): boolean {
  if (!URL.canParse(value)) return false;
  const endpoint = new URL(value);
  // The text itself must begin with the origin: a URL parser forgives back-slashes, tabs and upper case.
  const origin = new URL(issuer).origin;
  return (
    endpoint.origin === origin &&
    value.startsWith(`${origin}/`) &&
    endpoint.username === '' &&
    endpoint.password === '' &&
    !value.includes('#')
  );
}
