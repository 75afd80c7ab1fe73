/**
 * @module
 * Who could not sign in, or has not yet: counted and sampled in the database, because a directory may be large.
 */
import type { Product } from '@ipscape/sso-core';
import { type RawBuilder, sql } from 'kysely';
import type { StoreContext } from '../store-context.js';

export interface ListedUser {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
}

export interface DirectoryOverview {
  /** Users whose address cannot be matched: missing or malformed. At most 100 are listed; `count` is of all. */
  readonly withoutEmail: { readonly count: number; readonly users: readonly ListedUser[] };
  /** Users who share an address once capital letters are folded: none of them can sign in. */
  readonly colliding: { readonly count: number; readonly users: readonly ListedUser[] };
  readonly disabled: number;
  /** Active users who may use the product, and how many of them signed in to it within the log's 30 days. */
  readonly products: readonly { readonly product: Product; readonly users: number; readonly signedIn: number }[];
}

export interface DirectoryOverviewStore {
  findDirectoryOverview(tenantId: string): Promise<DirectoryOverview>;
}

export function createDirectoryOverview({ db }: StoreContext): DirectoryOverviewStore {
  async function sample(tenantId: string, condition: RawBuilder<unknown>) {
    const { rows } = await sql<{ count: number; id: string; email: string; name: string }>`
      select count(*) over ()::integer as count, u.id, u.email, u.name from users u
      where u.tenant_id = ${tenantId} and u.status = 'active' and ${condition}
      order by u.email_canonical nulls first, u.email, u.id limit 100`.execute(db);
    const users = rows.map(({ id, email, name }) => ({ userId: id, email, name }));
    return { count: rows[0]?.count ?? 0, users };
  }

  return {
    async findDirectoryOverview(tenantId) {
      const withoutEmail = await sample(tenantId, sql`u.email_canonical is null`);
      const colliding = await sample(
        tenantId,
        sql`exists (select 1 from users o where o.tenant_id = u.tenant_id
          and o.email_canonical = u.email_canonical and o.id <> u.id)`,
      );
      const disabled = await sql<{ count: number }>`
        select count(*)::integer as count from users where tenant_id = ${tenantId} and status = 'disabled'`.execute(db);
      const products = await sql<{ product: Product; users: number; signed_in: number }>`
        select p.product, count(u.id)::integer as users, count(l.user_id)::integer as signed_in
        from unnest(array['workspace', 'cti', 'toolbar']) with ordinality p (product, position)
        left join users u on u.tenant_id = ${tenantId} and u.status = 'active' and p.product = any(u.products)
        left join (
          select distinct user_id, product from sign_in_log where tenant_id = ${tenantId} and code = 'signed-in'
        ) l on l.user_id = u.id and l.product = p.product
        group by p.product, p.position order by p.position`.execute(db);
      return {
        withoutEmail,
        colliding,
        disabled: disabled.rows[0]?.count ?? 0,
        products: products.rows.map(({ product, users, signed_in: signedIn }) => ({ product, users, signedIn })),
      };
    },
  };
}
