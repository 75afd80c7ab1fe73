/**
 * @module
 * The sign-in log. Most of all it is asked for a reference that somebody reads out on the telephone.
 */
import { PRODUCT_NAMES, PRODUCTS } from '@ipscape/sso-core';
import { Table } from './data-table.js';
import { Day } from './day.js';
import type { SettingsData } from './load-settings-data.js';
import type { LogQuery } from './log-filter.js';
import { SETTINGS_PATH } from './settings-paths.js';

const COLUMNS = ['Time', 'Reference', 'Product', 'Code', 'User', 'What happened', 'What to do'];

interface Props {
  readonly data: SettingsData;
}

export function LogSection({ data }: Props) {
  const { log, query } = data;
  return (
    <section aria-labelledby="log-title" id="sign-in-log">
      <h2 id="log-title">Sign-in log</h2>
      <LogForm data={data} />
      {log.lines.length === 0 ? (
        <p role="status">{emptyText(data)}</p>
      ) : (
        <Table caption="Sign-ins of the last 30 days, newest first" columns={COLUMNS} isWide>
          {log.lines.map(({ occurredAt, reference, product, stage, code, user, meaning, whatToDo }) => (
            <tr>
              <td>
                <Day date={occurredAt} />
              </td>
              <th scope="row" class="nowrap">
                {reference}
              </th>
              <td>{PRODUCT_NAMES[product]}</td>
              <td>
                {code} <span class="soft">({stage})</span>
              </td>
              <td>{user === null ? <span class="soft">not known</span> : <bdi>{user.email}</bdi>}</td>
              <td>{meaning}</td>
              <td>{whatToDo}</td>
            </tr>
          ))}
        </Table>
      )}
      <p class="actions">
        {query.log.before === '' ? null : <a href={pageUrl(query.log, '')}>Newest lines</a>}
        {log.next === null ? null : <a href={pageUrl(query.log, log.next)}>Older lines</a>}
      </p>
    </section>
  );
}

function LogForm({ data: { query, logErrors } }: Props) {
  const { log } = query;
  const field = (name: keyof LogQuery) => {
    const error = logErrors[name];
    return {
      id: `log-${name}`,
      name,
      value: log[name],
      autocomplete: 'off',
      ...(error === undefined ? {} : { 'aria-invalid': 'true' as const, 'aria-describedby': `log-${name}-error` }),
    };
  };
  const errors = Object.entries(logErrors);
  return (
    <form method="get" action={`${SETTINGS_PATH}#sign-in-log`}>
      {errors.map(([name, text]) => (
        <p class="field-error" id={`log-${name}-error`} role="alert">
          {text}
        </p>
      ))}
      <div class="filters">
        <div class="field">
          <label for="log-reference">Reference</label>
          <input {...field('reference')} placeholder="7K3M-9QXD" autocapitalize="characters" spellcheck={false} />
        </div>
        <div class="field">
          <label for="log-user">User’s e-mail address</label>
          <input {...field('user')} inputmode="email" autocapitalize="none" spellcheck={false} />
        </div>
        <div class="field">
          <label for="log-product">Product</label>
          <select id="log-product" name="product">
            <option value="">All</option>
            {PRODUCTS.map((product) => (
              <option value={product} selected={product === log.product}>
                {PRODUCT_NAMES[product]}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="log-result">Result</label>
          <select id="log-result" name="result">
            <option value="">All</option>
            <option value="failed" selected={log.result === 'failed'}>
              Failed
            </option>
            <option value="signed-in" selected={log.result === 'signed-in'}>
              Signed in
            </option>
          </select>
        </div>
        <div class="field">
          <label for="log-code">Code</label>
          <input {...field('code')} autocapitalize="none" spellcheck={false} />
        </div>
        <div class="field">
          <label for="log-from">From (UTC)</label>
          <input {...field('from')} type="date" />
        </div>
        <div class="field">
          <label for="log-to">Until (UTC)</label>
          <input {...field('to')} type="date" />
        </div>
        <button class="button second" type="submit">
          Find
        </button>
      </div>
    </form>
  );
}

function emptyText({ query, logErrors }: SettingsData): string {
  if (Object.keys(logErrors).length > 0) return 'Nothing was looked for: correct what is said above.';
  const isFiltered = Object.values(query.log).some((value) => value !== '');
  if (query.log.reference !== '') {
    return 'No sign-in of your organisation has this reference, or it is older than 30 days. Have it read out again, letter by letter.';
  }
  return isFiltered ? 'No sign-in of the last 30 days is like this.' : 'Nobody has tried to sign in yet.';
}

function pageUrl(query: LogQuery, before: string): string {
  const given = Object.entries({ ...query, before }).filter(([, value]) => value !== '');
  return `${SETTINGS_PATH}?${new URLSearchParams(given)}#sign-in-log`;
}
