/**
 * @module
 * Administration > Organisation settings > Login and security.
 */
import type { FieldDifference, FormField } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';
import { ConnectionStatus } from './connection-status.js';
import { EnforcementSection } from './enforcement-section.js';
import { Guide } from './guide.js';
import type { SettingsData } from './load-settings-data.js';
import { ResultPanel } from './result-panel.js';
import { type FormState, SettingsForm } from './settings-form.js';
import { SETTINGS_SCRIPT_PATH } from './settings-paths.js';
import { AuditSection, DirectorySection, HeldSection } from './settings-sections.js';
import { LogSection } from './sign-in-log-section.js';
import { StatusSection } from './sign-in-status-section.js';
import { SupportSection } from './support-section.js';

/** Somebody saved in between: their revision's number, and what differs from what was typed. */
export interface ShownConflict {
  readonly number: number;
  readonly differences: readonly FieldDifference[];
}

export interface SettingsPageProps {
  readonly data: SettingsData;
  readonly state: FormState;
  readonly conflict: ShownConflict | null;
  /** What was just done, one sentence, or null. */
  readonly notice: string | null;
}

/** What an administrator comes back for, below a form that is filled in once. */
const PARTS = [
  ['directory-title', 'Directory check'],
  ['sign-in-status', 'Who has signed in'],
  ['held-title', 'Held identities'],
  ['sign-in-log', 'Sign-in log'],
  ['support-title', 'Support bundle'],
  ['audit-title', 'Audit trail'],
] as const;

export function SettingsPage({ data, state, conflict, notice }: SettingsPageProps) {
  const { view } = data;
  const provider = view.providers.find(({ id }) => id === state.providerId);
  const problems = Object.entries(state.errors);
  return (
    <Page title="Login and security" about="Workspace" full scriptSrc={SETTINGS_SCRIPT_PATH}>
      <p class="soft">Administration &gt; Organisation settings</p>
      <h1>Login and security</h1>
      {notice === null ? null : (
        <div class="panel" role="status">
          <p>{notice}</p>
        </div>
      )}
      {problems.length === 0 ? null : (
        <div class="panel bad" role="alert">
          <h2>Please correct this</h2>
          <ul>
            {problems.map(([name, text]) => (
              <li>{name === 'form' ? text : <a href={`#${name}`}>{text}</a>}</li>
            ))}
          </ul>
        </div>
      )}
      {conflict === null ? null : <Conflict conflict={conflict} fields={provider?.fields ?? []} />}
      {view.tenant.ssoEntitled ? (
        <div class="columns">
          <div>
            <ResultPanel view={view} />
            <SettingsForm view={view} state={state} />
            <ConnectionStatus view={view} isEnforced={data.enforcement.enforced !== null} />
            <EnforcementSection enforcement={data.enforcement} names={data.names} />
          </div>
          {provider === undefined ? null : <Guide provider={provider} />}
        </div>
      ) : (
        <div class="panel">
          <h2>Single sign on</h2>
          <p>
            Single sign-on is not enabled for your organisation. To use it, raise a request with the ipSCAPE Service
            Desk. Nothing can be changed here until it is enabled.
          </p>
        </div>
      )}
      <nav aria-label="On this page">
        <ul>
          {PARTS.map(([id, title]) => (
            <li>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
      <DirectorySection data={data} />
      <StatusSection data={data} />
      <HeldSection data={data} />
      <LogSection data={data} />
      <SupportSection />
      <AuditSection data={data} />
    </Page>
  );
}

function Conflict({
  conflict: { number, differences },
  fields,
}: {
  readonly conflict: ShownConflict;
  readonly fields: readonly FormField[];
}) {
  const labels = new Map(fields.map(({ name, label }) => [name, label]));
  return (
    <div class="panel bad" role="alert">
      <h2>Somebody else changed the settings</h2>
      <p>
        While you were typing, revision {number} was saved. Yours was not. Your values are still in the form: if you
        press Save and authorise again, they replace the newer ones.
      </p>
      {differences.length === 0 ? null : (
        <section class="scroll" tabindex={0} aria-label="What differs">
          <table>
            <caption>What differs</caption>
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Yours</th>
                <th scope="col">Theirs</th>
              </tr>
            </thead>
            <tbody>
              {differences.map(({ field, yours, theirs }) => (
                <tr>
                  <th scope="row">{labels.get(field) ?? field}</th>
                  <td>{yours}</td>
                  <td>{theirs}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}
