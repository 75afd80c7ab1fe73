/**
 * @module
 * The tenant's directory of users. It decides who may sign in; the provider only proves who somebody is.
 */
import { randomUUID } from 'node:crypto';
import { canonicaliseEmail, type DirectoryUser, type Product, type UserRole, type UserStatus } from '@ipscape/sso-core';
import { toDirectoryUser } from '../directory-user.js';
import type { StoreContext } from '../store-context.js';
import { endSessions } from './end-sessions.js';
import { notFound, refused } from './refusals.js';
import { type AuditAction, writeAuditEvent } from './write-audit-event.js';

/** A user as they are added to the directory, without any identity yet. */
export interface NewUser {
  readonly tenantId: string;
  /** Kept as typed. An address that has no canonical form is accepted and matches nobody. */
  readonly email: string;
  readonly name: string;
  readonly role: UserRole;
  readonly products: readonly Product[];
  /** Default: a new random id. */
  readonly id?: string;
  /** Whom the audit trail names. */
  readonly actor: string;
}

/** One user at a time. Each change is one transaction with its audit event. */
export interface UserAdministration {
  /**
   * Adds an active user. Two users of a tenant may have one address: then neither can sign in by it.
   *
   * @throws {SsoError} `not-found` for an unknown tenant; `request-invalid` with reason `user-exists` for a taken id
   */
  addUser(input: NewUser): Promise<DirectoryUser>;
  /** All users of the tenant by e-mail address. */
  listUsers(tenantId: string): Promise<readonly DirectoryUser[]>;
  /** Disabling a user ends all of the user's sessions at once. */
  setUserStatus(input: {
    readonly tenantId: string;
    readonly userId: string;
    readonly status: UserStatus;
    readonly actor: string;
  }): Promise<void>;
  /** Taking a product away ends the user's sessions of it at once. */
  setUserProducts(input: {
    readonly tenantId: string;
    readonly userId: string;
    readonly products: readonly Product[];
    readonly actor: string;
  }): Promise<void>;
}

export function createUserAdministration({ db }: StoreContext): UserAdministration {
  async function change(
    { tenantId, userId, actor }: { readonly tenantId: string; readonly userId: string; readonly actor: string },
    values: { readonly status: UserStatus } | { readonly products: Product[] },
    action: AuditAction,
  ): Promise<void> {
    await db.transaction().execute(async (transaction) => {
      const changed = await transaction
        .updateTable('users')
        .set(values)
        .where('tenant_id', '=', tenantId)
        .where('id', '=', userId)
        .returning('id')
        .executeTakeFirst();
      if (changed === undefined) throw notFound('user');
      if ('status' in values && values.status === 'disabled') {
        await endSessions(transaction, { tenantId, userId });
      }
      if ('products' in values) await endSessions(transaction, { tenantId, userId, unpermitted: true });
      await writeAuditEvent(transaction, { tenantId, actor, action, subject: userId, details: values });
    });
  }

  return {
    async addUser({ tenantId, email, name, role, products, id = randomUUID(), actor }) {
      return await db.transaction().execute(async (transaction) => {
        const tenant = await transaction
          .selectFrom('tenants')
          .select('id')
          .where('id', '=', tenantId)
          .executeTakeFirst();
        if (tenant === undefined) throw notFound('tenant');
        const row = await transaction
          .insertInto('users')
          .values({
            tenant_id: tenantId,
            id,
            email,
            email_canonical: canonicaliseEmail(email),
            name,
            role,
            products: [...products],
          })
          .onConflict((conflict) => conflict.doNothing())
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) throw refused('user-exists');
        await writeAuditEvent(transaction, {
          tenantId,
          actor,
          action: 'user-added',
          subject: id,
          details: { role, products },
        });
        return toDirectoryUser(row);
      });
    },
    async listUsers(tenantId) {
      const rows = await db
        .selectFrom('users')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .orderBy('email')
        .orderBy('id')
        .execute();
      return rows.map(toDirectoryUser);
    },
    async setUserStatus(input) {
      await change(input, { status: input.status }, 'user-status-changed');
    },
    async setUserProducts(input) {
      await change(input, { products: [...input.products] }, 'user-products-changed');
    },
  };
}
