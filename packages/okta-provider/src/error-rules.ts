/**
 * @module
 * What Okta's error codes mean to a sign-in, and the clicks that remedy them. Data only. Codes are matched; texts,
 * which Okta rewrites from time to time, only tell apart the cases that share a code.
 *
 * @see https://developer.okta.com/docs/reference/error-codes/
 */
import type { ErrorExplanation, ProviderErrorInput } from '@ipscape/sso-core';

/** The first rule that fits every given condition explains the error. */
export interface ErrorRule extends ErrorExplanation {
  readonly error: string;
  readonly description?: RegExp;
  readonly stage?: ProviderErrorInput['stage'];
}

const APP = 'Applications > Applications > your app';
const SERVICE_DESK = 'If it happens again, contact the ipSCAPE Service Desk.';
const ORG_SERVER_ONLY =
  'This comes from a custom authorization server and its access policies, which ipSCAPE does not use. In the ipSCAPE settings enter the Host Name alone, without "/oauth2/default".';
const SIGN_IN_AGAIN = 'Start the sign-in again and complete it on the Okta page.';
const GRANT_TYPE = `In the Okta Admin Console, open ${APP} > General tab > General Settings > Edit and tick "Authorization Code" under Grant type. If it cannot be ticked, create the app again as a Web Application.`;
const REDIRECT_URIS = `In the Okta Admin Console, open ${APP} > General tab > General Settings > Edit and compare Sign-in redirect URIs with the four addresses in the guide, character for character.`;
const INITIATE_LOGIN = `In the Okta Admin Console, open ${APP} > General tab > General Settings > Edit and check "Login initiated by" and "Initiate login URI".`;
const SCOPES =
  'ipSCAPE asks only for openid, profile and email. In the ipSCAPE settings check that the Host Name is your own Okta domain, without a path.';
const DPOP = `In the Okta Admin Console, open ${APP} > General tab > General Settings > Edit, untick "Require Demonstrating Proof of Possession (DPoP) header in token requests" and click Save.`;
const JIT =
  'Okta could not create the user who came from another identity provider. In the Okta Admin Console, open Security > Identity Providers, and check the JIT settings and attribute mappings of that provider.';
const APP_POLICY = `In the Okta Admin Console, open ${APP} > Sign On tab and check the app sign-in policy; Reports > System Log names the rule that refused.`;
const RATE_LIMIT =
  'Okta received too many requests and accepts new ones after about a minute. If it keeps happening, open Reports > Rate Limits in the Okta Admin Console.';
const CLIENT_ID = `Okta does not know the Client ID, or the app is not active. In the Okta Admin Console, open ${APP}, check that it is Active, and copy the Client ID from the General tab.`;
const CLIENT_SECRET = `Okta does not accept the Client Secret. In the Okta Admin Console, open ${APP} > General tab > Client Secrets, copy one that is Active, and enter it in the ipSCAPE settings.`;
const CLIENT_METHOD = `In the Okta Admin Console, open ${APP} > General tab > Client Credentials, check that Client authentication is "Client secret", and copy the Client ID and the Client Secret again.`;
const OKTA_FAULT = `Okta reported a fault of its own. Try again in a few minutes; status.okta.com shows known disturbances.`;
const OUR_REQUEST = `Okta did not accept the form of the sign-in request. Start the sign-in again. ${SERVICE_DESK}`;

export const RATE_LIMITED: ErrorExplanation = { code: 'idp-rate-limited', advice: RATE_LIMIT };

export const ERROR_RULES: readonly ErrorRule[] = [
  {
    error: 'access_denied',
    description: /not assigned|isn['’]t assigned/i,
    code: 'user-not-assigned',
    advice: `In the Okta Admin Console, open ${APP} > Assignments tab and assign the user or one of their groups. If the user was signed in to Okta as someone else, they sign out of Okta first.`,
  },
  {
    error: 'access_denied',
    description: /network zone/i,
    code: 'request-rejected',
    advice: `The app accepts requests only from certain networks. In the Okta Admin Console, open ${APP} > General tab > Network IP, and add the zone that contains ipSCAPE’s addresses; the ipSCAPE Service Desk knows them.`,
  },
  { error: 'access_denied', description: /policy evaluation/i, code: 'idp-denied', advice: ORG_SERVER_ONLY },
  { error: 'access_denied', description: /scopes/i, code: 'idp-denied', advice: ORG_SERVER_ONLY },
  {
    error: 'access_denied',
    description: /cancell?ed/i,
    code: 'idp-denied',
    advice: 'The user cancelled the sign-in. They can start it again.',
  },
  {
    error: 'access_denied',
    stage: 'token',
    code: 'request-rejected',
    advice: `Okta refused ipSCAPE’s request for the user’s tokens. In the Okta Admin Console, open ${APP} > General tab and check Network IP; Reports > System Log names the reason.`,
  },
  {
    error: 'access_denied',
    code: 'idp-denied',
    advice: `The user cancelled the sign-in, or a policy refused it. ${APP_POLICY}`,
  },

  {
    error: 'login_required',
    description: /expired/i,
    code: 'interaction-required',
    advice: 'The Okta sign-in page was open for too long. Start the sign-in again.',
  },
  { error: 'login_required', code: 'interaction-required', advice: SIGN_IN_AGAIN },
  {
    error: 'interaction_required',
    description: /interaction code/i,
    code: 'request-rejected',
    advice: `In the Okta Admin Console, open ${APP} > General tab > General Settings > Edit, untick "Interaction Code" under Grant type and click Save.`,
  },
  { error: 'interaction_required', code: 'interaction-required', advice: SIGN_IN_AGAIN },
  {
    error: 'consent_required',
    code: 'interaction-required',
    advice: `In the Okta Admin Console, open ${APP} > General tab > General Settings > Edit and untick "Require consent".`,
  },
  { error: 'account_selection_required', code: 'interaction-required', advice: SIGN_IN_AGAIN },
  { error: 'mfa_required', code: 'interaction-required', advice: SIGN_IN_AGAIN },
  { error: 'insufficient_user_authentication', code: 'interaction-required', advice: SIGN_IN_AGAIN },
  {
    error: 'id_token_does_not_match_session',
    code: 'interaction-required',
    advice: 'The browser is signed in to Okta as someone else. Sign out of Okta, then start the sign-in again.',
  },
  {
    error: 'unmet_authentication_requirements',
    code: 'idp-denied',
    advice: `The user has not set up what the sign-in policy demands. ${APP_POLICY}`,
  },
  { error: 'jit_failure', code: 'idp-denied', advice: JIT },
  { error: 'jit_failure_missing_fields', code: 'idp-denied', advice: JIT },

  { error: 'invalid_client', description: /client[ _]id\b/i, code: 'client-rejected', advice: CLIENT_ID },
  { error: 'invalid_client', description: /client secret/i, code: 'client-rejected', advice: CLIENT_SECRET },
  { error: 'invalid_client', code: 'client-rejected', advice: CLIENT_METHOD },

  { error: 'invalid_grant', description: /rate limit|too many requests/i, ...RATE_LIMITED },
  {
    error: 'invalid_grant',
    description: /issued to another client/i,
    code: 'grant-rejected',
    advice: `The settings were changed during the sign-in. Start it again, and if that fails, compare the Client ID with the one at ${APP} > General tab.`,
  },
  {
    error: 'invalid_grant',
    code: 'grant-rejected',
    advice: `The sign-in took too long or its answer was used twice. Start the sign-in again. ${SERVICE_DESK}`,
  },

  { error: 'invalid_dpop_proof', code: 'dpop-required', advice: DPOP },
  { error: 'use_dpop_nonce', code: 'dpop-required', advice: DPOP },
  { error: 'invalid_request', description: /dpop/i, code: 'dpop-required', advice: DPOP },

  {
    error: 'invalid_request',
    description: /post_logout_redirect_uri/i,
    code: 'request-rejected',
    advice: `In the Okta Admin Console, open ${APP} > General tab > General Settings > Edit and check Sign-out redirect URIs.`,
  },
  { error: 'invalid_request', description: /redirect_uri/i, code: 'request-rejected', advice: REDIRECT_URIS },
  { error: 'invalid_redirect_uri', code: 'request-rejected', advice: REDIRECT_URIS },
  {
    error: 'invalid_request',
    description: /another authorization server/i,
    code: 'request-rejected',
    advice: ORG_SERVER_ONLY,
  },
  {
    error: 'invalid_request',
    description: /application_type/i,
    code: 'request-rejected',
    advice:
      'The app has the wrong type. In the Okta Admin Console, open Applications > Applications > Create App Integration and create it again as a Web Application.',
  },
  {
    error: 'invalid_request',
    description: /identity provider/i,
    code: 'request-rejected',
    advice:
      'Okta could not use the identity provider that it hands users on to. In the Okta Admin Console, open Security > Identity Providers and check that it is active.',
  },
  { error: 'invalid_request', code: 'request-rejected', advice: OUR_REQUEST },
  { error: 'invalid_request_object', code: 'request-rejected', advice: OUR_REQUEST },
  { error: 'request_not_supported', code: 'request-rejected', advice: OUR_REQUEST },
  { error: 'request_uri_not_supported', code: 'request-rejected', advice: OUR_REQUEST },
  { error: 'unsupported_response_mode', code: 'request-rejected', advice: OUR_REQUEST },
  { error: 'unsupported_response_type', code: 'request-rejected', advice: GRANT_TYPE },
  { error: 'unsupported_grant_type', code: 'request-rejected', advice: GRANT_TYPE },
  {
    error: 'unauthorized_client',
    description: /custom authorization server/i,
    code: 'request-rejected',
    advice: ORG_SERVER_ONLY,
  },
  { error: 'unauthorized_client', code: 'request-rejected', advice: GRANT_TYPE },
  { error: 'invalid_scope', code: 'request-rejected', advice: SCOPES },
  { error: 'idp_initated_flow_disabled', code: 'request-rejected', advice: INITIATE_LOGIN },
  { error: 'invalid_initiate_login_uri', code: 'request-rejected', advice: INITIATE_LOGIN },
  { error: 'missing_initiate_login_uri', code: 'request-rejected', advice: INITIATE_LOGIN },

  {
    error: 'insufficient_scope',
    code: 'request-rejected',
    advice: `Okta did not let ipSCAPE read the user’s e-mail address. ${SCOPES}`,
  },
  {
    error: 'invalid_token',
    code: 'idp-error',
    advice: `Okta did not accept the token that it had just issued. Start the sign-in again. ${SERVICE_DESK}`,
  },

  {
    error: 'server_error',
    description: /groups claim/i,
    code: 'idp-error',
    advice: `In the Okta Admin Console, open ${APP} > Sign On tab > OpenID Connect ID Token > Edit and remove the groups claim, which ipSCAPE does not use.`,
  },
  {
    error: 'server_error',
    description: /claim could not be evaluated/i,
    code: 'idp-error',
    advice: `In the Okta Admin Console, open ${APP} > Sign On tab and correct or remove the claim whose expression Okta cannot evaluate; Reports > System Log names it.`,
  },
  { error: 'server_error', code: 'idp-error', advice: OKTA_FAULT },
  { error: 'temporarily_unavailable', code: 'idp-error', advice: OKTA_FAULT },

  // Okta's own error shape, in which errorCode takes the place of error.
  { error: 'E0000047', ...RATE_LIMITED },
  { error: 'E0000015', code: 'request-rejected', advice: ORG_SERVER_ONLY },
  {
    error: 'E0000007',
    description: /authorizationserver/i,
    code: 'request-rejected',
    advice: ORG_SERVER_ONLY,
  },
  {
    error: 'E0000007',
    code: 'request-rejected',
    advice:
      'Okta found nothing at the address. In the ipSCAPE settings compare the Host Name with the one in the user menu at the top right of the Okta Admin Console.',
  },
  {
    error: 'E0000006',
    code: 'request-rejected',
    advice: `Okta did not permit the request. In the Okta Admin Console, open ${APP} and check that it is Active and a Web Application.`,
  },
  {
    error: 'E0000011',
    code: 'idp-error',
    advice: `Okta did not accept a token. Start the sign-in again. ${SERVICE_DESK}`,
  },
  { error: 'E0000001', code: 'request-rejected', advice: OUR_REQUEST },
  { error: 'E0000003', code: 'request-rejected', advice: OUR_REQUEST },
  { error: 'E0000009', code: 'idp-error', advice: OKTA_FAULT },
  { error: 'E0000010', code: 'idp-error', advice: OKTA_FAULT },
];
