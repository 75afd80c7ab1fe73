/**
 * @module
 * Tenants and what the Service Desk switches on for them.
 */
import { randomUUID } from 'node:crypto';
import type { Tenant } from '@ipscape/sso-core';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import type { StoreContext } from '../store-context.js';
import { endSessions } from './end-sessions.js';
import { notFound, refused } from './refusals.js';
import { refuseWhileEnforced } from './refuse-while-enforced.js';
import { type AuditAction, writeAuditEvent } from './write-audit-event.js';

/** A customer as the Service Desk enters them. Single sign-on is off for a new one. */
export interface NewTenant {
  /** For display. */
  readonly name: string;
  /** Host name without a port; kept in lower case. */
  readonly domain: string;
  /** Default: a new random id. */
  readonly id?: string;
  /** Whom the audit trail names. */
  readonly actor: string;
}

/** Tenants, and what the Service Desk decides about them. Each change is one transaction with its audit event. */
export interface TenantAdministration {
  /** @throws {SsoError} `request-invalid` with reason `domain-invalid`, `domain-taken` or `tenant-exists` */
  addTenant(input: NewTenant): Promise<Tenant>;
  /** Null when there is no such tenant. */
  findTenant(tenantId: string): Promise<Tenant | null>;
  /** All tenants by name. The one question that is not scoped to a tenant. */
  listTenants(): Promise<readonly Tenant[]>;
  /**
   * Switches single sign-on on or off for the tenant; off ends all of its sessions at once.
   *
   * @throws {SsoError} `not-found`; `sso-enforced` for off while single sign-on is the tenant's only way in
   */
  setSsoEntitlement(input: {
    readonly tenantId: string;
    readonly entitled: boolean;
    readonly actor: string;
  }): Promise<void>;
  /** Whether the three sign-out redirect URIs are registered at the provider, so that it sends people back. */
  findSignOutRedirect(tenantId: string): Promise<boolean>;
  /**
   * See `findSignOutRedirect`; a new tenant has none registered.
   *
   * @throws {SsoError} `not-found`
   */
  setSignOutRedirect(input: {
    readonly tenantId: string;
    readonly signOutRedirect: boolean;
    readonly actor: string;
  }): Promise<void>;
  /**
   * See {@link Tenant.legacyHttpCallbacks}. A revision that was proved with the other writing has to be proved anew
   * before it can come into force.
   *
   * @throws {SsoError} `not-found`
   */
  setLegacyHttpCallbacks(input: {
    readonly tenantId: string;
    readonly legacyHttpCallbacks: boolean;
    readonly actor: string;
  }): Promise<void>;
}

/** At least two labels. Without the flag `u`, the case-insensitive match folds ASCII only. */
const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i;

export function createTenantAdministration(context: StoreContext): TenantAdministration {
  const { db } = context;
  const tenants = db
    .selectFrom('tenants')
    .innerJoin('tenant_domains', 'tenant_domains.tenant_id', 'tenants.id')
    .select([
      'tenants.id',
      'tenants.name',
      'tenant_domains.domain',
      'tenants.sso_entitled as ssoEntitled',
      'tenants.legacy_http_callbacks as legacyHttpCallbacks',
      sql<boolean>`tenants.sso_enforced_at is not null`.as('ssoEnforced'),
      'tenants.frame_origins as frameOrigins',
    ]);

  async function change(
    input: { readonly tenantId: string; readonly actor: string },
    values:
      | { readonly sso_entitled: boolean }
      | { readonly legacy_http_callbacks: boolean }
      | { readonly sign_out_redirect: boolean },
    action: AuditAction,
  ): Promise<void> {
    const apply = async (transaction: Kysely<Database>): Promise<void> => {
      const changed = await transaction
        .updateTable('tenants')
        .set(values)
        .where('id', '=', input.tenantId)
        .returning('id')
        .executeTakeFirst();
      if (changed === undefined) throw notFound('tenant');
      if ('sso_entitled' in values && !values.sso_entitled)
        await endSessions(transaction, { tenantId: input.tenantId, atOnce: true });
      const { tenantId, actor } = input;
      await writeAuditEvent(transaction, { tenantId, actor, action, subject: tenantId, details: values });
    };
    const isEnd = 'sso_entitled' in values && !values.sso_entitled;
    if (isEnd) await refuseWhileEnforced(context, { ...input, attempted: 'end-entitlement' }, apply);
    else await db.transaction().execute(apply);
  }

  return {
    async addTenant({ name, domain: typedDomain, id = randomUUID(), actor }) {
      if (!DOMAIN.test(typedDomain)) throw refused('domain-invalid');
      const domain = typedDomain.toLowerCase();
      await db.transaction().execute(async (transaction) => {
        const added = await transaction
          .insertInto('tenants')
          .values({ id, name })
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst();
        if (added === undefined) throw refused('tenant-exists');
        const named = await transaction
          .insertInto('tenant_domains')
          .values({ domain, tenant_id: id })
          .onConflict((conflict) => conflict.doNothing())
          .returning('domain')
          .executeTakeFirst();
        if (named === undefined) throw refused('domain-taken');
        await writeAuditEvent(transaction, {
          tenantId: id,
          actor,
          action: 'tenant-added',
          subject: id,
          details: { domain },
        });
      });
      const fresh = { ssoEntitled: false, legacyHttpCallbacks: false, ssoEnforced: false, frameOrigins: [] };
      return { id, name, domain, ...fresh };
    },
    async findTenant(tenantId) {
      return (await tenants.where('tenants.id', '=', tenantId).executeTakeFirst()) ?? null;
    },
    async listTenants() {
      return await tenants.orderBy('tenants.name').orderBy('tenants.id').execute();
    },
    async setSsoEntitlement(input) {
      await change(input, { sso_entitled: input.entitled }, 'sso-entitlement-changed');
    },
    async findSignOutRedirect(tenantId) {
      const found = await db
        .selectFrom('tenants')
        .select('sign_out_redirect')
        .where('id', '=', tenantId)
        .executeTakeFirst();
      if (found === undefined) throw notFound('tenant');
      return found.sign_out_redirect;
    },
    async setSignOutRedirect(input) {
      await change(input, { sign_out_redirect: input.signOutRedirect }, 'sign-out-redirect-changed');
    },
    async setLegacyHttpCallbacks(input) {
      await change(input, { legacy_http_callbacks: input.legacyHttpCallbacks }, 'legacy-http-callbacks-changed');
    },
  };
}
