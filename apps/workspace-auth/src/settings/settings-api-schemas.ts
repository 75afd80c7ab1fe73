/**
 * @module
 * What the settings' API takes and gives. The OpenAPI document is made of these. No answer holds a secret.
 */
import { z } from '@hono/zod-openapi';
import { PRODUCTS } from '@ipscape/sso-core';

const secret = z.object({ setAt: z.date(), fingerprint: z.string() }).openapi('StoredSecret');
export const revision = z
  .object({
    revisionId: z.string(),
    number: z.number().int(),
    state: z.enum(['draft', 'authorised', 'active', 'superseded']),
    providerId: z.string(),
    values: z.record(z.string(), z.string()),
    secret: secret.nullable(),
    nextSecret: secret.nullable(),
    createdBy: z.string(),
    createdAt: z.date(),
  })
  .openapi('Revision');
export const authorisation = z
  .object({
    authorisationId: z.string(),
    revisionId: z.string(),
    status: z.enum(['running', 'succeeded', 'failed']),
    failure: z.object({ code: z.string(), advice: z.string() }).nullable(),
    redirectUris: z.array(
      z.object({
        route: z.enum([...PRODUCTS, 'authorise']),
        redirectUri: z.string(),
        state: z.enum(['pending', 'proved', 'missing']),
      }),
    ),
    claims: z.array(z.string()),
    matchedUser: z.object({ id: z.string(), email: z.string(), name: z.string() }).nullable(),
    startedAt: z.date(),
  })
  .openapi('Authorisation');
export const settings = z
  .object({
    redirectUris: z.array(z.string()),
    enabled: z.boolean(),
    active: revision.nullable(),
    pending: revision.nullable(),
    restorable: revision.nullable(),
    authorisation: authorisation.nullable(),
  })
  .openapi('Settings');
export const problem = z
  .object({ type: z.string(), title: z.string(), status: z.number(), code: z.string(), reference: z.string() })
  .openapi('Problem');

export const draftBody = z.strictObject({
  providerId: z.string().max(32),
  values: z.record(z.string().max(64), z.string().max(4096)),
  seenRevisionId: z.string().max(64).nullable(),
});
export const draftSaved = z.object({ revision, repairs: z.array(z.string()) });
export const draftInvalid = z.object({ errors: z.record(z.string(), z.string()) });
export const draftConflict = z.object({
  newest: revision,
  differences: z.array(z.object({ field: z.string(), yours: z.string(), theirs: z.string() })),
});
export const revisionBody = z.strictObject({ revisionId: z.string().max(64) });
export const emptyBody = z.strictObject({});
export const identityBody = z.strictObject({
  issuer: z.string().max(2048),
  subject: z.string().max(255),
  userId: z.string().max(255),
});
export const logQuery = z.strictObject({
  product: z.enum(PRODUCTS).optional(),
  code: z
    .string()
    .regex(/^[a-z-]{1,64}$/)
    .optional(),
  reference: z.string().max(16).optional(),
});
