export { explainError } from './explain-error.js';
export type { HostNameRefusalReason } from './host-name-refusals.js';
export { isOktaHost } from './is-okta-host.js';
export { okta } from './okta-provider.js';
export type { OktaConfig } from './parse-okta-config.js';
export { type HostNameResult, repairHostName } from './repair-host-name.js';
export { setupGuide } from './setup-guide.js';
