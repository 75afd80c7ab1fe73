/**
 * @module
 * The tables below the form: directory check, held identities.
 */
import { PRODUCT_NAMES } from '@ipscape/sso-core';
import { Table } from './data-table.js';
import { Day } from './day.js';
import { FormKey } from './form-key.js';
import type { DirectoryView } from './insight-data.js';
import type { SettingsData } from './load-settings-data.js';
import { statusUrl } from './sign-in-status-section.js';

interface Props {
  readonly data: SettingsData;
}

export function DirectorySection({ data: { directory } }: Props) {
  const { withoutEmail, colliding, disabled, products } = directory;
  return (
    <section aria-labelledby="directory-title">
      <h2 id="directory-title">Directory check</h2>
      <Table
        caption="Active users of each product, and how many have signed in to it with single sign-on"
        columns={['Product', 'Users', 'Signed in', 'Not yet']}
      >
        {products.map(({ product, users, signedIn }) => (
          <tr>
            <th scope="row">{PRODUCT_NAMES[product]}</th>
            <td>{users}</td>
            <td>
              <a href={statusUrl({ product, state: 'signed-in' })}>{signedIn}</a>
            </td>
            <td>
              <a href={statusUrl({ product, state: 'not-signed-in' })}>{users - signedIn}</a>
            </td>
          </tr>
        ))}
      </Table>
      <p>
        {disabled === 0
          ? 'No user is disabled.'
          : `${disabled} disabled ${disabled === 1 ? 'user' : 'users'} cannot sign in.`}
      </p>
      <UserList title="Without an e-mail address that can be matched" {...withoutEmail} />
      <UserList title="With an address that another user has as well" {...colliding} />
    </section>
  );
}

function UserList({
  title,
  count,
  users,
}: {
  readonly title: string;
} & DirectoryView['withoutEmail']) {
  return (
    <>
      <h3>
        {title}: {count}
      </h3>
      {users.length === 0 ? null : (
        <ul>
          {users.map(({ email, name }) => (
            <li>
              <bdi>{name}</bdi> <bdi>{email}</bdi>
            </li>
          ))}
          {count > users.length ? <li>and {count - users.length} more</li> : null}
        </ul>
      )}
    </>
  );
}

export function HeldSection({ data: { held, names } }: Props) {
  return (
    <section aria-labelledby="held-title">
      <h2 id="held-title">Held identities</h2>
      {held.length === 0 ? (
        <p class="soft">
          None. An account with a known e-mail address but another identity waits here for your approval.
        </p>
      ) : (
        <Table
          caption="Approve only what you can explain: the identity takes the place of the user’s old one"
          columns={['User', 'Issuer', 'Subject', 'Last try', 'Decision']}
          isWide
        >
          {held.map(({ issuer, subject, userId, lastHeldAt }) => (
            <tr>
              <th scope="row">
                <bdi>{names.get(userId) ?? userId}</bdi>
              </th>
              <td>{issuer}</td>
              <td>{subject}</td>
              <td>
                <Day date={lastHeldAt} />
              </td>
              <td>
                <form method="post" class="actions">
                  <FormKey />
                  <input type="hidden" name="issuer" value={issuer} />
                  <input type="hidden" name="subject" value={subject} />
                  <input type="hidden" name="userId" value={userId} />
                  <button class="button small" type="submit" name="action" value="approve-identity">
                    Approve
                  </button>
                  <button class="button second small" type="submit" name="action" value="refuse-identity">
                    Refuse
                  </button>
                </form>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
