/**
 * @module Random values in the shapes Okta uses. No state.
 */
import { randomBytes, randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Returns `prefix` and 17 random letters and digits: the form of Okta's user, app and org ids. */
export function createOktaId(prefix: '00u' | '00o' | '0oa'): string {
  return prefix + randomText(17);
}

/** Returns the opaque `errorId` of an Okta API error. */
export function createOktaErrorId(): string {
  return `oae${randomText(22)}`;
}

/** Returns 64 base64url characters, the length of the secrets Okta has generated since 2023. */
export function createClientSecret(): string {
  return randomBytes(48).toString('base64url');
}

/** Returns an ID token id: `ID.` and 43 base64url characters. */
export function createIdTokenId(): string {
  return `ID.${randomBytes(32).toString('base64url')}`;
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
