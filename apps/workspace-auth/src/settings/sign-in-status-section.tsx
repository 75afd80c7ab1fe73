/**
 * @module
 * Who has signed in with single sign-on and who has not, by name: whom to ask before nobody has another way in.
 */
import { PRODUCT_NAMES, PRODUCTS, type Product } from '@ipscape/sso-core';
import { Table } from './data-table.js';
import { Day } from './day.js';
import type { SettingsData, StatusQuery } from './load-settings-data.js';
import { SETTINGS_PATH } from './settings-paths.js';

export function StatusSection({ data: { status, query } }: { readonly data: SettingsData }) {
  const { product, state, search, after } = query.status;
  return (
    <section aria-labelledby="status-list-title" id="sign-in-status">
      <h2 id="status-list-title">Who has signed in</h2>
      <form method="get" action={`${SETTINGS_PATH}#sign-in-status`} class="inline">
        <div class="field">
          <label for="status_search">Name or e-mail address</label>
          <input
            id="status_search"
            name="status_search"
            value={search}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
          />
        </div>
        <div class="field">
          <label for="status_product">May use</label>
          <select id="status_product" name="status_product">
            <option value="">Any product</option>
            {PRODUCTS.map((known) => (
              <option value={known} selected={known === product}>
                {PRODUCT_NAMES[known]}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="status_state">Single sign-on</label>
          <select id="status_state" name="status_state">
            <option value="">All</option>
            <option value="signed-in" selected={state === 'signed-in'}>
              Has signed in
            </option>
            <option value="not-signed-in" selected={state === 'not-signed-in'}>
              Has not signed in
            </option>
          </select>
        </div>
        <button class="button second" type="submit">
          Show
        </button>
      </form>
      {status.users.length === 0 ? (
        <p role="status">No active user is like this.</p>
      ) : (
        <Table
          caption="Active users by name, and when each last signed in to a product with single sign-on"
          columns={['Name', 'E-mail address', ...PRODUCTS.map((known) => PRODUCT_NAMES[known])]}
        >
          {status.users.map(({ name, email, products }) => (
            <tr>
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
              <td>
                <bdi>{email}</bdi>
              </td>
              {PRODUCTS.map((known) => (
                <td>
                  <LastSignIn found={products.find((one) => one.product === known)} />
                </td>
              ))}
            </tr>
          ))}
        </Table>
      )}
      <p class="actions">
        {after === '' ? null : <a href={statusUrl({ ...query.status, after: '' })}>First page</a>}
        {status.next === null ? null : <a href={statusUrl({ ...query.status, after: status.next })}>Next page</a>}
      </p>
    </section>
  );
}

function LastSignIn({ found }: { readonly found: { readonly lastSignedInAt: Date | null } | undefined }) {
  if (found === undefined) return <span class="soft">may not use it</span>;
  return found.lastSignedInAt === null ? <b>Not yet</b> : <Day date={found.lastSignedInAt} />;
}

/** The page with this list: `product` and `state` null for all. */
export function statusUrl({
  product,
  state,
  search = '',
  after = '',
}: {
  readonly product: Product | null;
  readonly state: StatusQuery['state'];
  readonly search?: string;
  readonly after?: string;
}): string {
  const given = Object.entries({
    status_product: product ?? '',
    status_state: state ?? '',
    status_search: search,
    status_after: after,
  }).filter(([, value]) => value !== '');
  return `${SETTINGS_PATH}?${new URLSearchParams(given)}#sign-in-status`;
}
