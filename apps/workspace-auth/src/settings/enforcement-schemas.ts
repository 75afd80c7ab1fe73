/**
 * @module
 * What the enforcement of single sign-on and the two slots of the client secret take and give over the API.
 */
import { z } from '@hono/zod-openapi';

export const nothing = z.strictObject({});

export const policy = z
  .strictObject({
    enabled: z.boolean().openapi({ description: 'Whether a user can sign in with single sign-on now.' }),
    enforced: z.boolean().openapi({ description: 'Whether it is the only way in: no product may offer another.' }),
    provider: z.string().nullable().openapi({ description: 'Name of the provider for a button, or null.' }),
    signInPath: z.string().openapi({ description: 'Path on this host that starts a sign-in to the Workspace.' }),
  })
  .openapi('Policy');

export const coverage = z
  .strictObject({
    checkedAt: z.iso.datetime(),
    checkedBy: z.string(),
    users: z.int(),
    covered: z.int(),
    administrators: z.int(),
    withoutEmail: z.int(),
    colliding: z.int(),
    linkedElsewhere: z.int(),
  })
  .openapi('DirectoryCoverage');

export const enforcement = z
  .strictObject({
    enforced: z.strictObject({ at: z.iso.datetime(), by: z.string() }).nullable(),
    conditions: z.array(
      z.strictObject({
        condition: z.enum(['connection', 'directory-check', 'break-glass-link']),
        met: z.boolean(),
        advice: z.string(),
      }),
    ),
    directory: coverage.nullable(),
    breakGlassProvedAt: z.iso.datetime().nullable(),
  })
  .openapi('Enforcement');

export const enforced = z.strictObject({ enforced: z.boolean() });

export const nextSecretBody = z.strictObject({ clientSecret: z.string().max(4096) });
export const slotBody = z.strictObject({ slot: z.enum(['current', 'next']) });
export const secretStored = z.strictObject({ stored: z.literal(true) });
export const secretDiscarded = z.strictObject({ discarded: z.literal(true) });
export const secretCheck = z
  .strictObject({
    result: z.enum(['accepted', 'refused', 'unknown', 'missing']),
    code: z.string().nullable(),
    advice: z.string(),
  })
  .openapi('SecretCheck');
export const secretPromotion = secretCheck.extend({ promoted: z.boolean() }).openapi('SecretPromotion');
