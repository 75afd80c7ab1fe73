export type { BeginRenewalInput } from './begin-renewal.js';
export { beginRenewal } from './begin-renewal.js';
export type { BeginSignInInput, BegunSignIn } from './begin-sign-in.js';
export { beginSignIn } from './begin-sign-in.js';
export { boundedFetch } from './bounded-fetch.js';
export type { CallbackInput, CompletedSignIn, VerifiedCallback } from './complete-sign-in.js';
export { completeSignIn, verifyCallback } from './complete-sign-in.js';
export type {
  AuthorisationView,
  DraftInput,
  DraftResult,
  FieldDifference,
  RedirectUriProof,
  RevisionView,
  SettingsActor,
  SettingsView,
  StoredSecret,
} from './connection-settings.js';
export type {
  ActorStanding,
  AdminLinkStore,
  AuthorisationKey,
  AuthorisationRoute,
  ConnectionStore,
  NewDraftRevision,
  SettingsSessionStore,
  StoredAuthorisation,
  StoredConnection,
  StoredRevision,
  StoredRound,
} from './connection-store.js';
export type { ConnectionSettings } from './create-connection-settings.js';
export { createConnectionSettings } from './create-connection-settings.js';
export { ENFORCEMENT_ADVICE } from './create-enforcement.js';
export type { CrmInstance, FrameOriginsInput, FrameOriginsOutcome, TenantChoices } from './create-tenant-choices.js';
export type { CrmPreset, CrmPresetId, CrmPresetResult } from './crm-presets.js';
export { CRM_PRESET_IDS, CRM_PRESETS, expandCrmPreset } from './crm-presets.js';
export type { EmailClaim, MatchDecision, MatchInput } from './decide-match.js';
export { decideMatch } from './decide-match.js';
export type { Discovery, DiscoveryDeps, IssuerKey } from './discovery.js';
export { createDiscovery } from './discovery.js';
export type { ProviderMetadata } from './discovery-document.js';
export { parseDiscoveryDocument } from './discovery-document.js';
export type { CanonicalEmail } from './email.js';
export { canonicaliseEmail } from './email.js';
export type { EndSessionInput } from './end-session-url.js';
export { findEndSessionUrl } from './end-session-url.js';
export type {
  DirectoryCoverage,
  EnforcementCondition,
  EnforcementResult,
  EnforcementStore,
  EnforcementView,
  StoredEnforcementCondition,
} from './enforcement.js';
export {
  BREAK_GLASS_MAX_AGE_DAYS,
  DIRECTORY_CHECK_MAX_AGE_MINUTES,
  ENFORCEMENT_CONDITIONS,
} from './enforcement.js';
export type { SignInStage, SsoErrorCode, SsoErrorDetails, SsoErrorOptions } from './errors.js';
export { SSO_ERRORS, SsoError } from './errors.js';
export type { FrameOriginResult, FrameOriginsResult, RefusedFrameOrigin } from './frame-origin.js';
export {
  decideFrameOrigin,
  decideFrameOrigins,
  MAX_FRAME_ORIGINS,
  MAX_FRAME_ORIGINS_CHARACTERS,
} from './frame-origin.js';
export type { FrameOriginRefusal } from './frame-origin-refusals.js';
export type { FrameOriginStore, FrameOriginsChange } from './frame-origin-store.js';
export type {
  HandoffKey,
  HandoffPoll,
  HandoffRedemption,
  HandoffStatus,
  HandoffStore,
  NewHandoff,
} from './handoff.js';
export type { IdTokenDeps, IdTokenInput, VerifiedClaims } from './id-token.js';
export { verifyIdToken } from './id-token.js';
export type { CheckedClaims, ClaimFault } from './id-token-claims.js';
export type { KeyCache, KeyCacheDeps, KeyRequest } from './key-cache.js';
export { createKeyCache } from './key-cache.js';
export {
  FOREIGN_SESSION_EVENT_SECONDS,
  HANDOFF_POLL_SECONDS,
  HANDOFF_REDEEM_SECONDS,
  HANDOFF_TTL_SECONDS,
  MAX_HANDOFF_POLLS,
  MAX_HANDOFF_QUERY_BYTES,
  MAX_TRANSACTIONS_PER_BROWSER,
  PRODUCT_TOKEN_KEY_LEAD_SECONDS,
  PRODUCT_TOKEN_TTL_SECONDS,
  RECENT_SIGN_IN_MAX_AGE_SECONDS,
  SECRET_BYTES,
  TRANSACTION_TTL_SECONDS,
} from './limits.js';
export type {
  ActiveConnection,
  CallBudget,
  CallReport,
  ClientAddressStore,
  DeferralReason,
  DirectoryUser,
  EmailEvidence,
  HandoffSignIn,
  HealthStore,
  IdentityKey,
  IdentityMatch,
  LoggedOutUser,
  MatchCandidate,
  NewSession,
  NewTransaction,
  ProviderLogoutKind,
  ProviderLogoutRequest,
  ProviderLogoutResult,
  ProviderLogoutStore,
  PublicSigningKey,
  RedirectUriProofStore,
  SessionKey,
  SessionLife,
  SessionStore,
  SessionView,
  SignatureCheck,
  SignedOutEverywhere,
  SignInLogEntry,
  SignInStore,
  SignInTransaction,
  SigningKey,
  SigningKeyStore,
  SsoCrypto,
  SsoFetch,
  SsoFetchInit,
  Tenant,
  TenantSetup,
  TransactionClaim,
  UserRole,
  UserStatus,
} from './ports.js';
export { CALL_REPORTS } from './ports.js';
export type { ProductToken, ProductTokenMint, ProductTokenMintDeps } from './product-token-mint.js';
export { createProductTokenMint, productTokenIssuer } from './product-token-mint.js';
export type { ProductTokenProblem } from './product-token-problem.js';
export { productTokenProblem } from './product-token-problem.js';
export type {
  IsProductIssuer,
  ProductSession,
  ProductTokenVerifier,
  ProductTokenVerifierOptions,
} from './product-token-verifier.js';
export { createProductTokenVerifier } from './product-token-verifier.js';
export type { OriginScheme, Product, Purpose, RedirectUriOptions } from './products.js';
export {
  CALLBACK_PATHS,
  HOME_PATHS,
  PRODUCT_NAMES,
  PRODUCTS,
  redirectUri,
  redirectUris,
  SIGNED_OUT_PATHS,
  START_PATHS,
  tenantOrigin,
  UNIVERSAL_LOGOUT_PATH,
} from './products.js';
export type {
  BaseProviderConfig,
  ConfigRepair,
  ConfigResult,
  ErrorExplanation,
  FormField,
  IdTokenAlgorithm,
  OidcProvider,
  ProviderContext,
  ProviderErrorInput,
  ProviderFieldMeta,
  ProviderRegistry,
  SetupGuideInput,
  SetupGuideStep,
  SetupSnippet,
} from './provider.js';
export { createProviderRegistry, defineOidcProvider, formFields } from './provider.js';
export type { BackChannelLogoutInput, ProviderLogoutDeps, UniversalLogoutInput } from './provider-logout.js';
export { createProviderLogoutDeps, logOutByBackChannel, logOutUniversally } from './provider-logout.js';
export { isRecentSignIn } from './recent-sign-in.js';
export { toReturnPath } from './return-path.js';
export type { SessionLimits } from './session-limits.js';
export {
  CALL_DEFERRAL_SECONDS,
  CALL_LEASE_SECONDS,
  RENEWAL_MAX_AUTH_AGE_SECONDS,
  SESSION_LIMITS,
  SESSION_RENEWAL_SECONDS,
  SESSION_WARNING_SECONDS,
} from './session-limits.js';
export type { SessionPolicy, SessionPolicyStore } from './session-policy.js';
export type { AuthorisationRound, SecretCheck, SettingsDeps } from './settings-deps.js';
export type { SignInDeps, SignInOptions } from './sign-in-deps.js';
export { createSignInDeps } from './sign-in-deps.js';
export {
  HandoffFailed,
  HandoffSignedIn,
  OtherProduct,
  ProbeAnswered,
  RefusedUser,
  RenewalRefused,
  RepeatedCallback,
} from './sign-in-outcomes.js';
export type { SsoPolicy, SsoPolicyDeps, SsoPolicyLookup } from './sso-policy.js';
export { createSsoPolicyLookup } from './sso-policy.js';
export { webCrypto } from './web-crypto.js';
