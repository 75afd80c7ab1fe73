/**
 * @module
 * What the settings' API takes and gives, exactly: the OpenAPI document is made of these, and the tests hold every
 * answer against them. No answer holds a secret.
 */
import { z } from '@hono/zod-openapi';
import { PRODUCTS } from '@ipscape/sso-core';

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
const time = z.iso.datetime();
const product = z.enum(PRODUCTS);
const id = z.string();
const fact = z.union([z.string(), z.number(), z.boolean(), list(z.string())]);

const secret = z.strictObject({ setAt: time, fingerprint: z.string() }).openapi('StoredSecret');
export const revision = z
  .strictObject({
    revisionId: id,
    number: z.number().int(),
    state: z.enum(['draft', 'authorised', 'active', 'superseded']),
    providerId: z.string(),
    values: z.record(z.string(), z.string()),
    secret: secret.nullable(),
    nextSecret: secret.nullable(),
    repairs: list(z.string()).openapi({
      description: 'What was changed of what was typed, to what, and why; and what to look at before saving.',
    }),
    createdBy: z.string(),
    createdAt: time,
  })
  .openapi('Revision');
const redirectUriProof = z.strictObject({
  route: z.enum([...PRODUCTS, 'authorise']),
  redirectUri: z.string(),
  state: z.enum(['pending', 'proved', 'missing']),
});
export const authorisation = z
  .strictObject({
    authorisationId: id,
    revisionId: id,
    status: z.enum(['running', 'succeeded', 'failed']),
    failure: z.strictObject({ code: z.string(), advice: z.string() }).nullable(),
    redirectUris: list(redirectUriProof),
    claims: list(z.string()).openapi({ description: 'Names of the claims that came, never their values.' }),
    matchedUser: z.strictObject({ id, email: z.string(), name: z.string() }).nullable(),
    startedAt: time,
  })
  .openapi('Authorisation');
export const settings = z
  .strictObject({
    redirectUris: list(z.string()),
    enabled: z.boolean(),
    active: revision.nullable(),
    pending: revision.nullable(),
    restorable: revision.nullable(),
    authorisation: authorisation.nullable(),
  })
  .openapi('Settings');

const fieldProblems = list(
  z.strictObject({
    path: z.string(),
    message: z.string(),
    reason: z.string().optional().openapi({ description: 'Name of the mistake, where it has one.' }),
    suggestion: z.string().optional().openapi({ description: 'A value that was probably meant.' }),
  }),
);
const difference = z.strictObject({ field: z.string(), yours: z.string(), theirs: z.string() });
export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    reference: z.string(),
    errors: fieldProblems
      .optional()
      .openapi({ description: 'With `request-invalid`: what is wrong with which field.' }),
    newest: revision.optional().openapi({ description: 'With `revision-conflict`: what somebody else saved.' }),
    differences: list(difference).optional().openapi({ description: 'With `revision-conflict`.' }),
    origins: list(z.string()).optional().openapi({ description: 'With `revision-conflict`: the list as it is now.' }),
  })
  .openapi('Problem');

export const draftBody = z.strictObject({
  providerId: z.string().max(32),
  values: z.record(z.string().max(64), z.string().max(4096)),
  seenRevisionId: z.string().max(64).nullable(),
});
export const draftSaved = z.strictObject({ revision, repairs: list(z.string()) });
export const revisionBody = z.strictObject({ revisionId: z.string().max(64) });
export const emptyBody = z.strictObject({});
export const identityBody = z.strictObject({
  issuer: z.string().max(2048),
  subject: z.string().max(255),
  userId: z.string().max(255),
});
export const writeHeaders = z.object({
  'idempotency-key': z.string().max(257).optional().openapi({
    description:
      'Repeating a request with its key gives the first answer and writes nothing. Counts for 24 hours; another request with it is refused with 422.',
  }),
});

export const begun = z.strictObject({
  authorisation,
  open: z.string().openapi({ description: 'Where the administrator’s browser goes on, on this host.' }),
});
export const saved = z.strictObject({ saved: z.literal(true) });
export const enablement = z.strictObject({ enabled: z.boolean() });
export const restored = z.strictObject({ restored: z.literal(true) });
export const decision = z.strictObject({ decided: z.enum(['approve', 'refuse']) });

const heldIdentity = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  userId: id,
  firstHeldAt: time,
  lastHeldAt: time,
});
export const heldIdentities = z.strictObject({ identities: list(heldIdentity) }).openapi('HeldIdentities');

const limit = z.coerce.number().int().min(1).max(500).optional();
const lineId = z.string().regex(/^[1-9]\d{0,17}$/);
export const pageQuery = z.strictObject({ before: lineId.optional(), limit });
const auditEvent = z.strictObject({
  id,
  occurredAt: time,
  actor: z.string(),
  action: z.string(),
  subject: z.string().nullable(),
  clientAddress: z.string().nullable().openapi({ description: 'Where it came from; null for the command line.' }),
  details: z.record(z.string(), fact),
});
export const auditPage = z
  .strictObject({
    events: list(auditEvent),
    next: id.nullable().openapi({ description: '`before` of the next page.' }),
  })
  .openapi('AuditPage');

export const logQuery = z.strictObject({
  reference: z.string().max(32).optional().openapi({ description: 'As read out: 7K3M-9QXD, 7k3m 9qxd.' }),
  product: product.optional(),
  code: z.string().max(64).optional(),
  result: z.enum(['signed-in', 'failed']).optional(),
  user: z.string().max(254).optional().openapi({ description: 'E-mail address or id of a user of the directory.' }),
  from: z
    .string()
    .max(32)
    .optional()
    .openapi({ description: 'A day or a moment in UTC: 2026-11-23, 2026-11-23T08:00:00Z.' }),
  to: z.string().max(32).optional().openapi({ description: 'The same; a day includes its last moment.' }),
  before: lineId.optional(),
  limit,
});
const logLine = z.strictObject({
  id,
  occurredAt: time,
  reference: z.string(),
  product,
  purpose: z.enum(['sign-in', 'renew', 'authorise', 'probe']),
  stage: z.string(),
  code: z.string(),
  reason: z.string().nullable(),
  user: z.strictObject({ userId: id, email: z.string(), name: z.string() }).nullable(),
  meaning: z.string(),
  whatToDo: z.string(),
});
export const logPage = z
  .strictObject({
    lines: list(logLine),
    next: id.nullable().openapi({ description: '`before` of the next page.' }),
  })
  .openapi('SignInLogPage');

const listedUser = z.strictObject({ userId: id, email: z.string(), name: z.string() });
const finding = z.strictObject({ count: z.number().int(), users: list(listedUser) });
export const directoryCheck = z
  .strictObject({
    users: z.number().int(),
    active: z.number().int(),
    disabled: z.number().int(),
    products: list(z.strictObject({ product, users: z.number().int(), signedIn: z.number().int() })),
    withoutEmail: finding,
    colliding: finding,
  })
  .openapi('DirectoryCheck');

export const statusQuery = z.strictObject({
  product: product.optional(),
  state: z.enum(['signed-in', 'not-signed-in']).optional(),
  search: z.string().max(254).optional().openapi({ description: 'Words of the name or the e-mail address.' }),
  after: z.string().max(255).optional(),
  limit,
});
export const statusPage = z
  .strictObject({
    users: list(listedUser.extend({ products: list(z.strictObject({ product, lastSignedInAt: time.nullable() })) })),
    next: id.nullable().openapi({ description: '`after` of the next page.' }),
  })
  .openapi('SignInStatusPage');

export const bundleQuery = z.strictObject({ format: z.enum(['json', 'text']).optional() });
export const supportBundle = z
  .strictObject({
    format: z.literal('ipscape-sso-support-bundle/1'),
    createdAt: time,
    reference: z.string(),
    tenant: z.strictObject({ id, domain: z.string(), ssoEntitled: z.boolean(), legacyHttpCallbacks: z.boolean() }),
    versions: z.strictObject({
      workspaceAuth: z.string(),
      ssoCore: z.string(),
      ssoHono: z.string(),
      ssoStore: z.string(),
      providers: list(z.string()),
      node: z.string(),
      database: z.string(),
      schema: z.string(),
    }),
    redirectUris: list(z.string()),
    connection: z.strictObject({
      enabled: z.boolean(),
      active: z.number().int().nullable(),
      pending: z.number().int().nullable(),
      secrets: list(z.strictObject({ slot: z.enum(['current', 'next']), keyId: z.string(), readable: z.boolean() })),
    }),
    revisions: list(
      z.strictObject({
        number: z.number().int(),
        revisionId: id,
        state: z.enum(['draft', 'authorised', 'active', 'superseded']),
        providerId: z.string(),
        issuer: z.string(),
        clientId: z.string(),
        config: z.record(z.string(), z.string()),
        secret: secret.nullable(),
        nextSecret: secret.nullable(),
        createdBy: z.string(),
        createdAt: time,
        authorisedAt: time.nullable(),
        activatedAt: time.nullable(),
      }),
    ),
    lastAuthorisation: z
      .strictObject({
        authorisationId: id,
        revisionId: id,
        status: z.enum(['running', 'succeeded', 'failed']),
        failureCode: z.string().nullable(),
        claims: list(z.string()),
        matchedUserId: id.nullable(),
        redirectUris: list(redirectUriProof),
        startedAt: time,
      })
      .nullable(),
    directory: z.strictObject({
      users: z.number().int(),
      active: z.number().int(),
      disabled: z.number().int(),
      withoutEmail: z.number().int(),
      colliding: z.number().int(),
      heldIdentities: z.number().int(),
      products: list(z.strictObject({ product, users: z.number().int(), signedIn: z.number().int() })),
    }),
    signInLog: list(
      z.strictObject({
        occurredAt: time,
        reference: z.string(),
        product,
        purpose: z.enum(['sign-in', 'renew', 'authorise', 'probe']),
        stage: z.string(),
        code: z.string(),
        reason: z.string().nullable(),
        userId: id.nullable(),
      }),
    ),
    audit: list(
      z.strictObject({
        occurredAt: time,
        actor: z.string(),
        action: z.string(),
        subject: z.string().nullable(),
        details: z.record(z.string(), fact),
      }),
    ),
  })
  .openapi('SupportBundle');
export type SupportBundle = z.infer<typeof supportBundle>;
