/**
 * @module
 * The audit trail, page by page.
 */
import { toFacts } from './audit-facts.js';
import { auditText } from './audit-texts.js';
import { Table } from './data-table.js';
import { Day } from './day.js';
import type { SettingsData } from './load-settings-data.js';
import { SETTINGS_PATH } from './settings-paths.js';

export function AuditSection({ data: { audit, names, query } }: { readonly data: SettingsData }) {
  return (
    <section aria-labelledby="audit-title" id="audit-trail">
      <h2 id="audit-title">Audit trail</h2>
      {audit.events.length === 0 ? (
        <p role="status">Nothing happened before that.</p>
      ) : (
        <Table caption="Changes and failed tries, newest first" columns={['Time', 'Who', 'What', 'Details']} isWide>
          {audit.events.map(({ occurredAt, actor, action, subject, clientAddress, details }) => (
            <tr>
              <td>
                <Day date={occurredAt} />
              </td>
              <td>
                <bdi>{names.get(actor) ?? actor}</bdi>
                {clientAddress === null ? null : <div class="soft">from {clientAddress}</div>}
              </td>
              <td>
                {auditText(action)} <span class="soft">({action})</span>
                <About user={subject === actor ? undefined : names.get(subject ?? '')} />
              </td>
              <td class="details">
                <bdi>{describe(details)}</bdi>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <p class="actions">
        {query.audit === '' ? null : <a href={auditUrl('')}>Newest events</a>}
        {audit.next === null ? null : <a href={auditUrl(audit.next)}>Older events</a>}
      </p>
    </section>
  );
}

function About({ user }: { readonly user: string | undefined }) {
  if (user === undefined) return null;
  return (
    <div class="soft">
      about <bdi>{user}</bdi>
    </div>
  );
}

function auditUrl(before: string): string {
  return `${SETTINGS_PATH}${before === '' ? '' : `?${new URLSearchParams({ audit_before: before })}`}#audit-trail`;
}

function describe(details: Readonly<Record<string, unknown>>): string {
  const facts = Object.entries(toFacts(details));
  return facts.map(([name, fact]) => `${name}: ${Array.isArray(fact) ? fact.join(', ') : String(fact)}`).join('; ');
}
