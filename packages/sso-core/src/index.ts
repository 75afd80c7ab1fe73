export { canonicaliseEmail } from './email.js';
export type { CanonicalEmail } from './email.js';
export type { SignInStage, SsoErrorCode, SsoErrorDetails, SsoErrorOptions } from './errors.js';
export { SSO_ERRORS, SsoError } from './errors.js';
export type * from './ports.js';
export type { OriginScheme, Product, Purpose, RedirectUriOptions } from './products.js';
export {
  CALLBACK_PATHS,
  HOME_PATHS,
  PRODUCT_NAMES,
  PRODUCTS,
  redirectUri,
  redirectUris,
  START_PATHS,
  tenantOrigin,
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
} from './provider.js';
export { createProviderRegistry, defineOidcProvider, formFields } from './provider.js';
export type { SessionLimits } from './session-limits.js';
export { SESSION_LIMITS } from './session-limits.js';
