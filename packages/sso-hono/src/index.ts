export type {
  Adapter,
  AdapterDeps,
  AdapterEnv,
  AdapterRequest,
  AdapterStore,
  AdapterVariables,
} from './adapter-context.js';
export { readSettingsHandle, settingsCookie } from './cookies.js';
export type { CreateAdapterOptions } from './create-adapter.js';
export { createAdapter } from './create-adapter.js';
export { CTI_SIGN_IN_MODULE, createCtiSignInRoutes } from './cti-sign-in-routes.js';
export { findConnectedSetup, withCurrentSetup } from './current-setup.js';
export type { ErrorAction, ErrorPage as ErrorPageTexts } from './error-pages.js';
export { ERROR_PAGES } from './error-pages.js';
export { errorResponse, wantsPage } from './error-response.js';
export type { HealthOptions } from './health-routes.js';
export { createHealthRoutes } from './health-routes.js';
export { limitBody } from './limit-body.js';
export type { Metrics } from './metrics.js';
export { createMetrics } from './metrics.js';
export type { PageOptions, PageProps } from './pages/page.js';
export { frameAncestorsDirective, Page, renderPage } from './pages/page.js';
export type { SignInPageProps } from './pages/sign-in-page.js';
export { SignInPage } from './pages/sign-in-page.js';
export { acceptPostedStart } from './posted-start.js';
export { BACK_CHANNEL_LOGOUT_PATH, createProviderLogoutRoutes } from './provider-logout-routes.js';
export { createReference } from './reference.js';
export type { RequestFacts } from './request-facts.js';
export type { RequireSessionOptions, SessionEnv } from './require-session.js';
export { requireSession } from './require-session.js';
export { requireSameOrigin } from './same-origin.js';
export { createSessionKeeperRoutes, SESSION_KEEPER_MODULE } from './session-keeper-routes.js';
export type { SessionLookup } from './session-lookup.js';
export { findSession } from './session-routes.js';
export type { SignInLimits, SignInStepLimits } from './sign-in-limits.js';
export { SIGN_IN_LIMITS } from './sign-in-limits.js';
export { isTopLevel, requireSignInRequest } from './sign-in-request.js';
export {
  addCookie,
  callbackInput,
  finishSignIn,
  logged,
  requireWithinLimits,
  startSignIn,
  writeTransaction,
} from './sign-in-routes.js';
export { isCallback } from './start-request.js';
export type { TenantLookup } from './tenant-lookup.js';
export type { RateLimit } from './token-buckets.js';
export { createTopLevelSignIn } from './top-level-sign-in.js';
export type { TracedAnswer, TracedRequest, Tracing } from './tracing.js';
