/**
 * @module Signs with an org key what oidc-provider does not: wrong ID tokens and Okta's own calls. Pure.
 */
import { createPrivateKey, sign } from 'node:crypto';
import type { JWK } from 'jose';

/** Header and payload of a JWT before it is signed. */
export interface UnsignedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Returns the two encoded parts with the dot between them. */
export function encodeJwtContent({ header, payload }: UnsignedJwt): string {
  return `${encode(header)}.${encode(payload)}`;
}

/** Returns the RS256 signature of `content`, in base64url. */
export function signRs256(content: string, key: JWK): string {
  return sign('sha256', Buffer.from(content), createPrivateKey({ key: { ...key }, format: 'jwk' })).toString(
    'base64url',
  );
}

function encode(part: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
