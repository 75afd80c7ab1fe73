/**
 * @module
 * What the tenant's choices beside the connection take and give over the API: origins of CRM pages, and the end of
 * sessions during calls.
 */
import { z } from '@hono/zod-openapi';
import { CRM_PRESET_IDS, MAX_FRAME_ORIGINS } from '@ipscape/sso-core';

const origins = z.array(z.string()).readonly();
const crm = z.enum(CRM_PRESET_IDS);
/** Longer lists are refused by what judges them, with a reason at the first one that is too much. */
const MAX_TYPED = 200;
const typed = z.array(z.string().max(4096)).max(MAX_TYPED);

export const frameOrigins = z
  .strictObject({
    origins: origins.openapi({ description: 'Exact origins of pages that may frame the CTI Adaptor. Empty: nobody.' }),
    maxOrigins: z.literal(MAX_FRAME_ORIGINS),
    presets: z
      .array(
        z.strictObject({
          crm,
          name: z.string(),
          instanceLabel: z.string(),
          help: z.string(),
          example: z.string(),
          hostPatterns: origins.openapi({ description: 'Host names with `{instance}` in the place of the name.' }),
        }),
      )
      .readonly(),
  })
  .openapi('FrameOrigins');

export const frameOriginsBody = z.strictObject({
  origins: typed.openapi({ description: 'All of them from now on: https://host or https://host:port.' }),
  crms: z
    .array(z.strictObject({ crm, instance: z.string().max(4096) }))
    .max(MAX_FRAME_ORIGINS)
    .optional()
    .openapi({ description: 'Instances whose origins are added at the end.' }),
  seenOrigins: typed.openapi({ description: 'The list as it was read. When it is another one by now: 409.' }),
});

export const frameOriginsSaved = z
  .strictObject({ origins, added: origins, removed: origins })
  .openapi('FrameOriginsSaved');

export const sessionPolicy = z
  .strictObject({
    revocationWaitsForCalls: z.boolean().openapi({
      description: 'Whether a session that is revoked during a call ends with the call, two hours later at most.',
    }),
  })
  .openapi('SessionPolicy');
export const sessionPolicyBody = z.strictObject({ revocationWaitsForCalls: z.boolean() });
