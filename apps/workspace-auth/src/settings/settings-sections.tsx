/**
 * @module
 * The tables below the form: directory check, held identities, sign-in log, audit trail.
 */
import { PRODUCT_NAMES, PRODUCTS, SSO_ERRORS } from '@ipscape/sso-core';
import type { ListedUser } from '@ipscape/sso-store';
import type { Child } from 'hono/jsx';
import { Day } from './day.js';
import type { SettingsData } from './load-settings-data.js';
import { SETTINGS_PATH } from './settings-paths.js';

interface Props {
  readonly data: SettingsData;
}

export function DirectorySection({ data: { directory } }: Props) {
  const { withoutEmail, colliding, disabled, products } = directory;
  return (
    <section aria-labelledby="directory-title">
      <h2 id="directory-title">Directory check</h2>
      <Table
        caption="Active users of each product, and who signed in within 30 days"
        columns={['Product', 'Users', 'Signed in', 'Not yet']}
      >
        {products.map(({ product, users, signedIn }) => (
          <tr>
            <th scope="row">{PRODUCT_NAMES[product]}</th>
            <td>{users}</td>
            <td>{signedIn}</td>
            <td>{users - signedIn}</td>
          </tr>
        ))}
      </Table>
      <p>
        {disabled} disabled {disabled === 1 ? 'user' : 'users'} cannot sign in.
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
  readonly count: number;
  readonly users: readonly ListedUser[];
}) {
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

export function LogSection({ data: { signInLog, filter, names } }: Props) {
  return (
    <section aria-labelledby="log-title" id="sign-in-log">
      <h2 id="log-title">Sign-in log</h2>
      <form method="get" action={`${SETTINGS_PATH}#sign-in-log`} class="inline">
        <div class="field">
          <label for="product">Product</label>
          <select id="product" name="product">
            <option value="">All</option>
            {PRODUCTS.map((product) => (
              <option value={product} selected={product === filter.product}>
                {PRODUCT_NAMES[product]}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="code">Code</label>
          <input id="code" name="code" value={filter.code ?? ''} />
        </div>
        <div class="field">
          <label for="reference">Reference</label>
          <input id="reference" name="reference" value={filter.reference ?? ''} />
        </div>
        <button class="button second" type="submit">
          Filter
        </button>
      </form>
      <Table
        caption="The newest 100 lines of the last 30 days"
        columns={['Time', 'Reference', 'Product', 'Stage', 'Code', 'User', 'Meaning']}
      >
        {signInLog.map((line) => (
          <tr>
            <td>
              <Day date={line.occurredAt} />
            </td>
            <td>{line.reference}</td>
            <td>{PRODUCT_NAMES[line.product]}</td>
            <td>{line.stage}</td>
            <td>{line.code}</td>
            <td>
              <bdi>{line.userId === null ? '' : (names.get(line.userId) ?? line.userId)}</bdi>
            </td>
            <td>{line.code in SSO_ERRORS ? SSO_ERRORS[line.code as keyof typeof SSO_ERRORS] : ''}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

export function AuditSection({ data: { audit, names } }: Props) {
  return (
    <section aria-labelledby="audit-title">
      <h2 id="audit-title">Audit trail</h2>
      <Table caption="The newest 100 changes and failed tries" columns={['Time', 'Who', 'What', 'Details']}>
        {audit.map(({ occurredAt, actor, action, details }) => (
          <tr>
            <td>
              <Day date={occurredAt} />
            </td>
            <td>
              <bdi>{names.get(actor) ?? actor}</bdi>
            </td>
            <td>{action}</td>
            <td>
              <code>{Object.keys(details).length === 0 ? '' : JSON.stringify(details)}</code>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Table({
  caption,
  columns,
  children,
}: {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly children?: Child;
}) {
  return (
    // What scrolls is reached by the keyboard only with a tab stop of its own.
    <section class="scroll" tabindex={0} aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col">{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
