/**
 * @module
 * Administration > Organisation settings > Login and security.
 */
import type { DraftResult, FormField } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';
import { ConnectionStatus } from './connection-status.js';
import { EnforcementSection } from './enforcement-section.js';
import { Guide } from './guide.js';
import type { SettingsData } from './load-settings-data.js';
import { ResultPanel } from './result-panel.js';
import { type FormState, SettingsForm } from './settings-form.js';
import { SETTINGS_SCRIPT_PATH } from './settings-paths.js';
import { AuditSection, DirectorySection, HeldSection, LogSection } from './settings-sections.js';

export interface SettingsPageProps {
  readonly data: SettingsData;
  readonly state: FormState;
  readonly conflict: Extract<DraftResult, { outcome: 'conflict' }> | null;
  /** What was just done, one sentence, or null. */
  readonly notice: string | null;
}

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
            <Repairs repairs={data.repairs} />
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
      <DirectorySection data={data} />
      <HeldSection data={data} />
      <LogSection data={data} />
      <AuditSection data={data} />
    </Page>
  );
}

function Repairs({ repairs }: { readonly repairs: readonly string[] }) {
  if (repairs.length === 0) return null;
  return (
    <div class="panel">
      <h2>Corrected as it was typed</h2>
      <ul>
        {repairs.map((text) => (
          <li>{text}</li>
        ))}
      </ul>
    </div>
  );
}

function Conflict({
  conflict: { newest, differences },
  fields,
}: {
  readonly conflict: NonNullable<SettingsPageProps['conflict']>;
  readonly fields: readonly FormField[];
}) {
  const labels = new Map(fields.map(({ name, label }) => [name, label]));
  return (
    <div class="panel bad" role="alert">
      <h2>Somebody else changed the settings</h2>
      <p>
        While you were typing, revision {newest.number} was saved. Yours was not. Your values are still in the form: if
        you press Save and authorise again, they replace the newer ones.
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
