/**
 * @module
 * One-time links to a tenant's settings page: the way in before single sign-on works and when the provider is down.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { StoreContext } from '../store-context.js';
import { notFound, refused } from './refusals.js';
import { writeAuditEvent } from './write-audit-event.js';

/** What the Service Desk's program stores of a link that it has made. */
export interface NewAdminLink {
  readonly tenantId: string;
  /** SHA-256 of the link's token, base64url. The token itself is not for the database. */
  readonly tokenHash: string;
  /** From now, by the database's clock; a whole number above 0. */
  readonly ttlSeconds: number;
  /** Whom the audit trail names as its maker. */
  readonly actor: string;
}

/** A one-time link as the database has it; it cannot be opened with this. */
export interface AdminLink {
  /** Names the link in the audit trail, as `admin-link:` and this. It is not the token. */
  readonly id: string;
  /** The actor that made it. */
  readonly createdBy: string;
  /** From then on it cannot be redeemed. */
  readonly expiresAt: Date;
}

/** How a try with a link's token ended. */
export type AdminLinkRedemption =
  /** This caller won the link; nobody else can. */
  | { readonly outcome: 'redeemed'; readonly link: AdminLink }
  /** It existed, but it is too late; it stays unusable. */
  | { readonly outcome: 'expired' }
  /** Somebody redeemed it before. */
  | { readonly outcome: 'repeated' }
  | { readonly outcome: 'unknown' };

/** One-time links to a tenant's settings page. Making one and using one are audited. */
export interface AdminLinkAdministration {
  /** @throws {SsoError} `not-found` for an unknown tenant; `request-invalid` with reason `ttl-invalid` */
  createAdminLink(link: NewAdminLink): Promise<AdminLink>;
  /**
   * Atomic: of any number of callers with the same token, on any number of instances, exactly one receives
   * `redeemed`. A try with a link that is used up or too old is audited as well; one with an unknown token is not.
   */
  redeemAdminLink(key: { readonly tenantId: string; readonly tokenHash: string }): Promise<AdminLinkRedemption>;
}

export function createAdminLinkAdministration({ db }: StoreContext): AdminLinkAdministration {
  return {
    async createAdminLink({ tenantId, tokenHash, ttlSeconds, actor }) {
      if (!Number.isInteger(ttlSeconds) || ttlSeconds <= 0) throw refused('ttl-invalid');
      return await db.transaction().execute(async (transaction) => {
        const id = randomUUID();
        const { rows } = await sql<{ expires_at: Date }>`
          insert into admin_links (tenant_id, id, token_hash, created_by, expires_at)
          select t.id, ${id}, ${tokenHash}, ${actor}, now() + make_interval(secs => ${ttlSeconds}::integer)
          from tenants t where t.id = ${tenantId}
          returning expires_at`.execute(transaction);
        const expiresAt = rows[0]?.expires_at;
        if (expiresAt === undefined) throw notFound('tenant');
        const details = { ttlSeconds };
        await writeAuditEvent(transaction, { tenantId, actor, action: 'admin-link-created', subject: id, details });
        return { id, createdBy: actor, expiresAt };
      });
    },
    async redeemAdminLink({ tenantId, tokenHash }) {
      return await db.transaction().execute(async (transaction): Promise<AdminLinkRedemption> => {
        const { rows: won } = await sql<AdminLink>`
          update admin_links set redeemed_at = now()
          where tenant_id = ${tenantId} and token_hash = ${tokenHash} and redeemed_at is null and expires_at > now()
          returning id, created_by as "createdBy", expires_at as "expiresAt"`.execute(transaction);
        const link = won[0];
        if (link !== undefined) {
          const actor = `admin-link:${link.id}`;
          await writeAuditEvent(transaction, { tenantId, actor, action: 'admin-link-redeemed', subject: link.id });
          return { outcome: 'redeemed', link };
        }
        const { rows: lost } = await sql<{ id: string; redeemed: boolean }>`
          select id, redeemed_at is not null as redeemed from admin_links
          where tenant_id = ${tenantId} and token_hash = ${tokenHash}`.execute(transaction);
        const known = lost[0];
        if (known === undefined) return { outcome: 'unknown' };
        const outcome = known.redeemed ? 'repeated' : 'expired';
        await writeAuditEvent(transaction, {
          tenantId,
          actor: `admin-link:${known.id}`,
          action: 'admin-link-refused',
          subject: known.id,
          details: { reason: outcome },
        });
        return { outcome };
      });
    },
  };
}
