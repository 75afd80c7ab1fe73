/**
 * @module
 * A local Okta org for development and tests.
 */
export type { UniversalLogoutFormat, UniversalLogoutRequest } from './create-universal-logout-request.js';
export type { OktaEndpoint } from './find-endpoint.js';
export type {
  EndpointFault,
  FaultyEndpoint,
  IdTokenFault,
  IdTokenParts,
  OAuthFault,
  OktaDevFaultSettings,
  OktaDevFaults,
} from './okta-dev-faults.js';
export type { OktaDevOrg, RecordedRequest } from './okta-dev-org.js';
export type {
  OktaDevAppOptions,
  OktaDevClientSecret,
  OktaDevOrgOptions,
  OktaDevOrgState,
  OktaDevUser,
  OktaIssuerMode,
} from './okta-dev-org-options.js';
export type { OktaDevClient, OktaDevOrgUser, OktaDevUserPatch } from './org-directory.js';
export { type SignInAtOktaOptions, signInAtOkta } from './sign-in-at-okta.js';
export { type StartedOktaDevOrg, type StartOktaDevOrgOptions, startOktaDevOrg } from './start-okta-dev-org.js';
export { type OktaDevServer, type OktaDevServerOptions, startOktaDevServer } from './start-okta-dev-server.js';
