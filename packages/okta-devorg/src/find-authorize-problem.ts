/**
 * @module The checks Okta makes on an authorize request, in Okta's words. Pure.
 * oidc-provider checks again; this comes first so that the texts and the way of delivery are Okta's.
 */
import type { OktaDevFaults } from './okta-dev-faults.js';
import type { OktaDevClient } from './org-directory.js';

/** `page`: shown by Okta, the app never hears of it. `redirect`: sent to the redirect URI. */
export interface AuthorizeProblem {
  readonly delivery: 'page' | 'redirect';
  readonly error: string;
  readonly description: string;
}

export interface AuthorizeInput {
  readonly params: URLSearchParams;
  /** `undefined`: no active app has this client id. */
  readonly client: OktaDevClient | undefined;
  readonly faults: OktaDevFaults;
}

const SCOPES = ['openid', 'email', 'profile', 'address', 'phone', 'offline_access', 'groups'];
const PROMPTS = ['none', 'login', 'consent', 'enroll_authenticator'];
const RESPONSE_MODES = ['query', 'fragment', 'form_post', 'okta_post_message'];
/** Nobody types a password here, let alone a second factor. */
const MET_ACRS = ['urn:okta:loa:1fa:any', 'urn:okta:loa:1fa:pwd', 'urn:okta:loa:2fa:any:ifpossible'];
const MAX_AGE_LIMIT = 2 ** 31 - 1;

/** Returns the first problem, or `undefined` when the request can go on. */
export function findAuthorizeProblem({ params, client, faults }: AuthorizeInput): AuthorizeProblem | undefined {
  if (!client) return onPage('invalid_client', "Invalid value for 'client_id' parameter.");
  if (!client.redirectUris.includes(params.get('redirect_uri') ?? '')) {
    const description = "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.";
    return onPage('invalid_request', description);
  }
  if (faults.authorizeError) {
    return byRedirect(faults.authorizeError.error, faults.authorizeError.error_description ?? '');
  }
  return (
    findDuplicate(params) ??
    findResponseProblem(params) ??
    findStateProblem(params) ??
    findScopeProblem(params) ??
    findPromptProblem(params) ??
    findPkceProblem(params, faults)
  );
}

function findDuplicate(params: URLSearchParams): AuthorizeProblem | undefined {
  const names = [...params.keys()];
  if (new Set(names).size === names.length) return undefined;
  return byRedirect('invalid_request', 'The request contained multiple parameters with the same name.');
}

function findResponseProblem(params: URLSearchParams): AuthorizeProblem | undefined {
  const mode = params.get('response_mode');
  if (params.get('response_type') !== 'code') {
    const text = 'The response type is not supported by the authorization server. Configured response types: [code].';
    return byRedirect('unsupported_response_type', text);
  }
  if (mode !== null && !RESPONSE_MODES.includes(mode)) {
    const text = 'The response mode is not supported by the authorization server. Valid response modes:';
    return byRedirect('unsupported_response_mode', `${text} [${RESPONSE_MODES.join(', ')}].`);
  }
  if (mode === 'okta_post_message') {
    const text = "'okta_post_message' response mode cannot be used with the 'code' response type.";
    return byRedirect('unsupported_response_mode', text);
  }
  if (params.has('request')) {
    return byRedirect('request_not_supported', 'The authorize request object is not supported by this client.');
  }
  if (params.has('request_uri')) {
    return byRedirect('request_uri_not_supported', 'The authorize request uri is not supported by this client.');
  }
  return undefined;
}

function findStateProblem(params: URLSearchParams): AuthorizeProblem | undefined {
  if (/^[A-Za-z0-9,._-]+$/.test(params.get('state') ?? '')) return undefined;
  return byRedirect('invalid_request', "The authentication request has an invalid 'state' parameter.");
}

function findScopeProblem(params: URLSearchParams): AuthorizeProblem | undefined {
  const scopes = (params.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0) return byRedirect('invalid_scope', 'No scopes were requested.');
  if (scopes.some((scope) => !SCOPES.includes(scope))) {
    return byRedirect('invalid_scope', 'Custom scopes are not allowed for this request.');
  }
  if (scopes.includes('openid')) return undefined;
  const text = "Requests for ID tokens or access tokens with OpenID scopes require the 'openid' scope.";
  return byRedirect('invalid_scope', text);
}

function findPromptProblem(params: URLSearchParams): AuthorizeProblem | undefined {
  const prompts = (params.get('prompt') ?? '').split(' ').filter((prompt) => prompt !== '');
  const maxAge = params.get('max_age');
  if (prompts.some((prompt) => !PROMPTS.includes(prompt)) || (prompts.includes('none') && prompts.length > 1)) {
    const supported = 'none, consent, login, consent login, enroll_authenticator';
    return byRedirect('invalid_request', `Invalid value for 'prompt' parameter. Supported values: [${supported}]`);
  }
  const outOfRange = maxAge !== null && !(/^\d+$/.test(maxAge) && Number(maxAge) <= MAX_AGE_LIMIT);
  if (outOfRange || (prompts.includes('none') && maxAge === '0')) {
    const text = "Invalid value for 'max_age' parameter. It should be within range 0 - 2^31-1.";
    return byRedirect('invalid_request', text);
  }
  if (params.has('idp')) return byRedirect('invalid_request', 'Identity provider is not valid.');
  const acrs = (params.get('acr_values') ?? '').split(' ').filter((acr) => acr !== '');
  if (acrs.length > 0 && !acrs.some((acr) => MET_ACRS.includes(acr))) {
    const text = "Unable to meet the authentication requirements imposed by 'acr_values' parameter.";
    return byRedirect('unmet_authentication_requirements', text);
  }
  return undefined;
}

function findPkceProblem(params: URLSearchParams, faults: OktaDevFaults): AuthorizeProblem | undefined {
  const challenge = params.get('code_challenge');
  if (challenge === null) {
    if (!faults.pkceRequired) return undefined;
    return byRedirect('invalid_request', 'PKCE code challenge is required by the application.');
  }
  if (params.get('code_challenge_method') !== 'S256') {
    return byRedirect('invalid_request', 'PKCE code challenge method is not supported. Valid values: [S256]');
  }
  if (/^[A-Za-z0-9_-]{43,128}$/.test(challenge)) return undefined;
  return byRedirect('invalid_request', 'PKCE code challenge contains illegal characters.');
}

function onPage(error: string, description: string): AuthorizeProblem {
  return { delivery: 'page', error, description };
}

function byRedirect(error: string, description: string): AuthorizeProblem {
  return { delivery: 'redirect', error, description };
}
