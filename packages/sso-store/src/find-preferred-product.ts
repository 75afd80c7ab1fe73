import { PRODUCTS, type Product } from '@ipscape/sso-core';
import { sql } from 'kysely';
import type { StoreContext } from './store-context.js';

/**
 * Of the products that an active user may use, the one that they signed in to last, as far back as the sign-in log
 * goes; else the first in the order of `PRODUCTS`. Null for a user who may use none.
 */
export async function findPreferredProduct(
  { db }: StoreContext,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
): Promise<Product | null> {
  const { rows } = await sql<{ product: Product | null; products: readonly Product[] }>`
    select u.products, (
      select l.product from sign_in_log l
      where l.tenant_id = u.tenant_id and l.user_id = u.id and l.code = 'signed-in' and l.product = any(u.products)
      order by l.occurred_at desc limit 1
    ) as product
    from users u where u.tenant_id = ${tenantId} and u.id = ${userId} and u.status = 'active'`.execute(db);
  const [row] = rows;
  return row?.product ?? PRODUCTS.find((product) => row?.products.includes(product)) ?? null;
}
