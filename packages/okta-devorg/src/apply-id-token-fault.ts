/**
 * @module Turns a correct ID token into the wrong one a test asks for.
 * Signs by itself, because a certified provider refuses to.
 */
import { createHmac } from 'node:crypto';
import type { IdTokenFault } from './okta-dev-faults.js';
import type { OktaDevClient } from './org-directory.js';
import { encodeJwtContent, signRs256 } from './sign-jwt.js';
import type { SigningKeys } from './signing-keys.js';

export interface IdTokenFaultInput {
  readonly fault: IdTokenFault;
  readonly keys: SigningKeys;
  readonly client: OktaDevClient;
}

/** Returns the token after `fault`. */
export async function applyIdTokenFault(idToken: string, { fault, keys, client }: IdTokenFaultInput): Promise<string> {
  const [issuedHeader = '', issuedPayload = ''] = idToken.split('.');
  const issued = { header: decode(issuedHeader), payload: decode(issuedPayload) };
  const changed = fault.mutate ? fault.mutate(issued.header, issued.payload) : issued;
  const header = fault.alg ? { ...changed.header, alg: fault.alg } : changed.header;
  const content = encodeJwtContent({ header, payload: changed.payload });
  if (fault.alg === 'none') return `${content}.`;
  if (fault.alg === 'HS256') {
    const secret = client.clientSecrets.find(({ status }) => status === 'ACTIVE')?.value ?? '';
    return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
  }
  const key = fault.foreignKey ? await keys.foreignKey() : keys.signingKey;
  return `${content}.${signRs256(fault.breakSignature ? `${content} ` : content, key)}`;
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
