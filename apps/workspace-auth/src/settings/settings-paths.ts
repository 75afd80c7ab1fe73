/** Where the tenant's administrator connects the provider. */
export const SETTINGS_PATH = '/workspace/administration/organisation-settings/login-and-security';
export const API = '/workspace/api/sso';
export const SUPPORT_BUNDLE_PATH = `${API}/support-bundle`;
export const SETTINGS_SCRIPT_PATH = '/workspace/assets/login-and-security.js';

/** Where the browser goes on between two rounds of an authorisation. */
export function roundPath(authorisationId: string): string {
  return `${SETTINGS_PATH}/authorise/${encodeURIComponent(authorisationId)}`;
}
