/**
 * @module
 * Who has signed in to which product, and who has not: by name, page by page, because a directory may be large.
 */
import { PRODUCTS, type Product } from '@ipscape/sso-core';
import { type RawBuilder, sql } from 'kysely';
import type { StoreContext } from '../store-context.js';

/** Users who fulfil everything that is given, and which page of them. */
export interface SignInStatusFilter {
  /** Only users who may use the product, judged by it alone. Default: any product that the user may use. */
  readonly product?: Product;
  /** `signed-in`: to the product, or without one to any of the user's; `not-signed-in`: to none of them, ever. */
  readonly state?: 'signed-in' | 'not-signed-in';
  /** Words, each of which occurs in the name or the e-mail address, capital letters or not. */
  readonly search?: string;
  /** Id of the last user of the page before. */
  readonly after?: string;
  /** Users at most; default 50. */
  readonly limit?: number;
}

/** An active user, and when they last signed in to each product; also where the log has forgotten it. */
export interface UserSignInStatus {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  /** Each product that the user may use, and when the user last signed in to it; null for never. */
  readonly products: readonly { readonly product: Product; readonly lastSignedInAt: Date | null }[];
}

/** One page of users by name, with the way to the next. */
export interface SignInStatusPage {
  readonly users: readonly UserSignInStatus[];
  /** What `after` must be for the next page, or null on the last one. */
  readonly next: string | null;
}

/** Who of a tenant's users has signed in. */
export interface SignInStatusAdministration {
  /** Active users by name. Disabled ones cannot sign in, so they are in no list. */
  listSignInStatus(tenantId: string, filter?: SignInStatusFilter): Promise<SignInStatusPage>;
}

interface StatusRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly products: readonly Product[];
  readonly product: Product | null;
  readonly last_signed_in_at: Date | null;
}

const DEFAULT_LIMIT = 50;
const MAX_WORDS = 8;

export function createSignInStatusAdministration({ db }: StoreContext): SignInStatusAdministration {
  return {
    async listSignInStatus(tenantId, { limit = DEFAULT_LIMIT, ...filter } = {}) {
      // One more than is shown tells whether there is a next page.
      const { rows } = await sql<StatusRow>`
        with page as materialized (
          select u.id, u.name, u.email, u.products, lower(u.name) collate "C" as sort from users u
          where ${sql.join(conditionsOf(tenantId, filter), sql` and `)}
          order by lower(u.name) collate "C", u.id limit ${limit + 1}::integer
        )
        select p.id, p.name, p.email, p.products, s.product, s.last_signed_in_at
        from page p
        left join product_sign_ins s on s.tenant_id = ${tenantId} and s.user_id = p.id
        order by p.sort, p.id`.execute(db);
      const all = [...Map.groupBy(rows, ({ id }) => id).values()].flatMap((group) => toStatus(group));
      const users = all.slice(0, limit);
      return { users, next: all.length > limit ? (users.at(-1)?.userId ?? null) : null };
    },
  };
}

function conditionsOf(
  tenantId: string,
  { product, state, search = '', after }: Omit<SignInStatusFilter, 'limit'>,
): readonly RawBuilder<unknown>[] {
  const words = search
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, MAX_WORDS);
  return [
    sql`u.tenant_id = ${tenantId} and u.status = 'active'`,
    product === undefined ? sql`u.products <> '{}'` : sql`${product} = any(u.products)`,
    ...(state === undefined ? [] : [hasSignedIn(product, state)]),
    // The database folds both sides, so that they are folded alike. Nobody is let in by this.
    ...words.map((word) => sql`strpos(lower(u.name || ' ' || u.email), lower(${word}::text)) > 0`),
    ...(after === undefined
      ? []
      : [
          sql`(lower(u.name) collate "C", u.id) > (select lower(a.name) collate "C", a.id from users a
            where a.tenant_id = ${tenantId} and a.id = ${after})`,
        ]),
  ];
}

function hasSignedIn(product: Product | undefined, state: 'signed-in' | 'not-signed-in'): RawBuilder<unknown> {
  const counts = product === undefined ? sql`s.product = any(u.products)` : sql`s.product = ${product}`;
  const exists = sql`exists (select 1 from product_sign_ins s
    where s.tenant_id = u.tenant_id and s.user_id = u.id and ${counts})`;
  return state === 'signed-in' ? exists : sql`not ${exists}`;
}

function toStatus(rows: readonly StatusRow[]): UserSignInStatus[] {
  const [user] = rows;
  if (user === undefined) return [];
  const lastOf = (product: Product) => rows.find((row) => row.product === product)?.last_signed_in_at ?? null;
  const { id: userId, name, email } = user;
  const permitted = PRODUCTS.filter((product) => user.products.includes(product));
  return [
    { userId, name, email, products: permitted.map((product) => ({ product, lastSignedInAt: lastOf(product) })) },
  ];
}
