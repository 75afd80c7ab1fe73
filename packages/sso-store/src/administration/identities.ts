/**
 * @module
 * What an administrator sees of identities, and the only ways to change whom one belongs to.
 */
import type { Kysely } from 'kysely';
import type { Database } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { endSessions } from './end-sessions.js';
import { notFound, refused } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

/** Whom an issuer's subject signs in as. At most one of each issuer for a user. */
export interface LinkedIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly userId: string;
  /** At the first sign-in, or at its approval. */
  readonly linkedAt: Date;
  /** Null when it was linked and has not signed in since. */
  readonly lastSignInAt: Date | null;
}

/** An identity whose e-mail address belongs to a user who is linked to another identity already. */
export interface HeldIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** Whose address it has. */
  readonly userId: string;
  readonly firstHeldAt: Date;
  /** Its latest try to sign in. */
  readonly lastHeldAt: Date;
}

/** Names an identity and who decides about it. Another tenant's is not found. */
export interface IdentityAdministrationKey {
  readonly tenantId: string;
  readonly issuer: string;
  readonly subject: string;
  /** Whom the audit trail names. */
  readonly actor: string;
}

/** Who is whom at a tenant's providers. Each change is one transaction with its audit event. */
export interface IdentityAdministration {
  /** All of the tenant, those of issuers of before too; the newest link first. */
  listIdentities(tenantId: string): Promise<readonly LinkedIdentity[]>;
  /** Those that nobody has decided about; the latest try first. */
  listHeldIdentities(tenantId: string): Promise<readonly HeldIdentity[]>;
  /** Unlinks an identity from its user and ends the sessions that it opened. @throws {SsoError} `not-found` */
  releaseIdentity(key: IdentityAdministrationKey): Promise<void>;
  /**
   * Links a held identity to its user, in place of the user's other identity of the issuer, whose sessions end.
   *
   * @throws {SsoError} `not-found` when it is not held for the user; `request-invalid` with reason
   *   `identity-linked` when somebody is linked to it
   */
  approveHeldIdentity(key: IdentityAdministrationKey & { readonly userId: string }): Promise<void>;
  /** Forgets a held identity. It is held again when it tries again. @throws {SsoError} `not-found` */
  refuseHeldIdentity(key: IdentityAdministrationKey & { readonly userId: string }): Promise<void>;
}

export function createIdentityAdministration({ db }: StoreContext): IdentityAdministration {
  return {
    async listIdentities(tenantId) {
      return await db
        .selectFrom('identities')
        .select(['issuer', 'subject', 'user_id as userId', 'linked_at as linkedAt', 'last_sign_in_at as lastSignInAt'])
        .where('tenant_id', '=', tenantId)
        .orderBy('linked_at', 'desc')
        .orderBy('subject')
        .execute();
    },
    async listHeldIdentities(tenantId) {
      return await db
        .selectFrom('held_identities')
        .select(['issuer', 'subject', 'user_id as userId'])
        .select(['first_held_at as firstHeldAt', 'last_held_at as lastHeldAt'])
        .where('tenant_id', '=', tenantId)
        .orderBy('last_held_at', 'desc')
        .orderBy('subject')
        .execute();
    },
    async releaseIdentity({ tenantId, issuer, subject, actor }) {
      await db.transaction().execute(async (transaction) => {
        const userId = await unlink(transaction, { tenantId, issuer, subject });
        if (userId === null) throw notFound('identity');
        const details = { issuer };
        await writeAuditEvent(transaction, { tenantId, actor, action: 'identity-released', subject: userId, details });
      });
    },
    async refuseHeldIdentity({ tenantId, issuer, subject, userId, actor }) {
      await db.transaction().execute(async (transaction) => {
        await takeHeld(transaction, { tenantId, issuer, subject, userId });
        const details = { issuer };
        await writeAuditEvent(transaction, { tenantId, actor, action: 'identity-refused', subject: userId, details });
      });
    },
    async approveHeldIdentity({ tenantId, issuer, subject, userId, actor }) {
      await db.transaction().execute(async (transaction) => {
        await takeHeld(transaction, { tenantId, issuer, subject, userId });
        const replaced = await transaction
          .selectFrom('identities')
          .select('subject')
          .where((where) => where.and({ tenant_id: tenantId, issuer, user_id: userId }))
          .executeTakeFirst();
        if (replaced !== undefined) await unlink(transaction, { tenantId, issuer, subject: replaced.subject });
        const linked = await transaction
          .insertInto('identities')
          .values({ tenant_id: tenantId, issuer, subject, user_id: userId })
          .onConflict((conflict) => conflict.doNothing())
          .returning('user_id')
          .executeTakeFirst();
        if (linked === undefined) throw refused('identity-linked');
        const details = { issuer, replaced: replaced !== undefined };
        await writeAuditEvent(transaction, { tenantId, actor, action: 'identity-approved', subject: userId, details });
      });
    },
  };
}

/** Decided, one way or the other: of two administrators who decide at once, one finds nothing. */
async function takeHeld(
  transaction: Kysely<Database>,
  {
    tenantId,
    issuer,
    subject,
    userId,
  }: Pick<HeldIdentity, 'issuer' | 'subject' | 'userId'> & { readonly tenantId: string },
): Promise<void> {
  const held = await transaction
    .deleteFrom('held_identities')
    .where((where) => where.and({ tenant_id: tenantId, issuer, subject, user_id: userId }))
    .returning('user_id')
    .executeTakeFirst();
  if (held === undefined) throw notFound('held-identity');
}

/** The user whom the identity belonged to, or null. */
async function unlink(
  transaction: Kysely<Database>,
  { tenantId, issuer, subject }: { readonly tenantId: string; readonly issuer: string; readonly subject: string },
): Promise<string | null> {
  const row = await transaction
    .deleteFrom('identities')
    .where((where) => where.and({ tenant_id: tenantId, issuer, subject }))
    .returning('user_id')
    .executeTakeFirst();
  if (row === undefined) return null;
  await endSessions(transaction, { tenantId, userId: row.user_id, identity: { issuer, subject } });
  return row.user_id;
}
