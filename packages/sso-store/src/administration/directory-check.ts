/**
 * @module
 * What in a tenant's directory would keep its users from signing in, and finding users in it.
 */
import { canonicaliseEmail, type DirectoryUser, type Product, type UserRole, type UserStatus } from '@ipscape/sso-core';
import { type RawBuilder, sql } from 'kysely';
import { type DirectoryUserRow, toDirectoryUser } from '../directory-user.js';
import type { StoreContext } from '../store-context.js';

/** A user as a finding names them. */
export interface FoundUser {
  readonly id: string;
  /** As the tenant's administrator typed it. */
  readonly email: string;
  readonly name: string;
}

/** What stands between a tenant's users and a sign-in, as the database has it now. Changes nothing. */
export interface DirectoryCheck {
  /** All of the tenant: the sum of `active` and `disabled`. */
  readonly users: number;
  readonly active: number;
  readonly disabled: number;
  /** Active users who may use the product. */
  readonly perProduct: Readonly<Record<Product, number>>;
  /** How many of those have signed in to it. */
  readonly signedIn: Readonly<Record<Product, number>>;
  /** Active users whose address has no canonical form and who are not linked to an identity. */
  readonly unmatchable: { readonly count: number; readonly examples: readonly FoundUser[] };
  /** Active users who share a canonical address with another user and are not linked to an identity. */
  readonly colliding: { readonly count: number; readonly examples: readonly FoundUser[] };
}

/** Users who fulfil everything that is given. */
export interface UserFilter {
  /** Exactly this id, this address as stored, or an address with the same canonical form. */
  readonly emailOrId?: string;
  readonly status?: UserStatus;
  readonly role?: UserRole;
  readonly product?: Product;
  /** These users; those that the tenant does not have are left out. */
  readonly userIds?: readonly string[];
  /** Users at most; default 200, or as many as there are ids. */
  readonly limit?: number;
}

/** Questions about a tenant's directory. Every list is limited, and comes with the number of all. */
export interface DirectoryQueries {
  /**
   * Counts users and finds those who cannot sign in. With `issuer`, whoever is linked to an identity of that issuer
   * is no finding, because the address is not asked for then. Examples: at most `maxExamples`, default 20, by address.
   */
  checkDirectory(
    tenantId: string,
    options?: { readonly issuer?: string; readonly maxExamples?: number },
  ): Promise<DirectoryCheck>;
  /** Users by address, and how many match in all. */
  findUsers(
    tenantId: string,
    filter?: UserFilter,
  ): Promise<{ readonly users: readonly DirectoryUser[]; readonly total: number }>;
}

const MAX_EXAMPLES = 20;
const DEFAULT_LIMIT = 200;

export function createDirectoryQueries({ db }: StoreContext): DirectoryQueries {
  async function findAffected(
    tenantId: string,
    { issuer, maxExamples = MAX_EXAMPLES }: { readonly issuer?: string; readonly maxExamples?: number },
    condition: RawBuilder<unknown>,
  ) {
    const { rows } = await sql<FoundUser & { readonly total: number }>`
      select u.id, u.email, u.name, count(*) over ()::integer as total from users u
      where u.tenant_id = ${tenantId} and u.status = 'active' and ${condition}
        and not exists (select 1 from identities i
          where i.tenant_id = u.tenant_id and i.user_id = u.id and i.issuer = ${issuer ?? null})
      order by u.email, u.id limit ${maxExamples}::integer`.execute(db);
    return { count: rows[0]?.total ?? 0, examples: rows.map(({ id, email, name }) => ({ id, email, name })) };
  }

  return {
    async checkDirectory(tenantId, options = {}) {
      const { rows } = await sql<{ product: Product | null; status: UserStatus; count: number }>`
        select p.product, u.status, count(*)::integer as count
        from users u cross join lateral (select unnest(u.products) as product union all select null) p
        where u.tenant_id = ${tenantId} group by p.product, u.status`.execute(db);
      const count = (status: UserStatus, product: Product | null): number =>
        rows.find((row) => row.status === status && row.product === product)?.count ?? 0;
      const [active, disabled] = [count('active', null), count('disabled', null)];
      const { rows: seen } = await sql<{ product: Product; count: number }>`
        select s.product, count(*)::integer as count
        from product_sign_ins s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
        where s.tenant_id = ${tenantId} and u.status = 'active' and s.product = any(u.products)
        group by s.product`.execute(db);
      return {
        users: active + disabled,
        active,
        disabled,
        perProduct: forEachProduct((product) => count('active', product)),
        signedIn: forEachProduct((product) => seen.find((row) => row.product === product)?.count ?? 0),
        unmatchable: await findAffected(tenantId, options, sql`u.email_canonical is null`),
        colliding: await findAffected(
          tenantId,
          options,
          sql`u.email_canonical in (select email_canonical from users
            where tenant_id = ${tenantId} group by email_canonical having count(*) > 1)`,
        ),
      };
    },
    async findUsers(tenantId, { emailOrId, status, role, product, userIds, limit } = {}) {
      if (userIds?.length === 0) return { users: [], total: 0 };
      const most = limit ?? userIds?.length ?? DEFAULT_LIMIT;
      const conditions: RawBuilder<unknown>[] = [
        sql`tenant_id = ${tenantId}`,
        ...(emailOrId === undefined ? [] : [isNamed(emailOrId)]),
        ...(status === undefined ? [] : [sql`status = ${status}`]),
        ...(role === undefined ? [] : [sql`role = ${role}`]),
        ...(product === undefined ? [] : [sql`${product} = any(products)`]),
        ...(userIds === undefined ? [] : [sql`id = any(${[...new Set(userIds)]}::text[])`]),
      ];
      const { rows } = await sql<DirectoryUserRow & { readonly total: number }>`
        select tenant_id, id, email, name, role, products, status, count(*) over ()::integer as total
        from users where ${sql.join(conditions, sql` and `)}
        order by email, id limit ${most}::integer`.execute(db);
      return { users: rows.map(toDirectoryUser), total: rows[0]?.total ?? 0 };
    },
  };
}

function forEachProduct(count: (product: Product) => number): Readonly<Record<Product, number>> {
  return { workspace: count('workspace'), cti: count('cti'), toolbar: count('toolbar') };
}

function isNamed(emailOrId: string): RawBuilder<unknown> {
  return sql`(id = ${emailOrId} or email = ${emailOrId} or email_canonical = ${canonicaliseEmail(emailOrId)})`;
}
