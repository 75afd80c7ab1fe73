import type { SsoPolicyLookup } from '@ipscape/sso-core';
import { createMiddleware } from 'hono/factory';

/** The product's own words for an unknown user and for a wrong password. */
export const refusal = { message: 'The e-mail address or the password is wrong.' };

export function closeWhileEnforced(policies: SsoPolicyLookup, tenantOrigin: string) {
  return createMiddleware(async (c, next) => {
    if (await policies.allowsOtherSignIns(tenantOrigin)) return next();
    return c.json(refusal, 401);
  });
}
