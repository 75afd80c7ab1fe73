/**
 * @module
 * Administration > Organisation settings > Login and security.
 */
import type { FormField } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';
import { AuditSection } from './audit-section.js';
import { FrameOriginsConflict, SettingsConflict, type ShownConflict } from './conflict.js';
import { ConnectionStatus } from './connection-status.js';
import { EnforcementSection } from './enforcement-section.js';
import type { FrameOriginsState } from './frame-origins-form.js';
import { FrameOriginsSection } from './frame-origins-section.js';
import { Guide } from './guide.js';
import { LegacyCallbacks } from './legacy-callbacks.js';
import type { SettingsData } from './load-settings-data.js';
import { ResultPanel } from './result-panel.js';
import { SessionPolicySection } from './session-policy-section.js';
import { type FormState, SettingsForm } from './settings-form.js';
import { SETTINGS_SCRIPT_PATH } from './settings-paths.js';
import { DirectorySection, HeldSection } from './settings-sections.js';
import { LogSection } from './sign-in-log-section.js';
import { StatusSection } from './sign-in-status-section.js';
import { SupportSection } from './support-section.js';

export interface SettingsPageProps {
  readonly data: SettingsData;
  readonly state: FormState;
  readonly frameOrigins: FrameOriginsState;
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
  ['audit-trail', 'Audit trail'],
] as const;

export function SettingsPage({ data, state, frameOrigins, conflict, notice }: SettingsPageProps) {
  const { view } = data;
  const provider = view.providers.find(({ id }) => id === state.providerId);
  const problems = [
    ...inOrder(state.errors, provider?.fields ?? []),
    ...frameOrigins.originErrors.map((text) => ['frameOrigins', text] as const),
    ...(frameOrigins.instanceError === null ? [] : [['crmInstance', frameOrigins.instanceError] as const]),
  ];
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
      {conflict === null ? null : <SettingsConflict conflict={conflict} fields={provider?.fields ?? []} />}
      {frameOrigins.theirs === null ? null : <FrameOriginsConflict state={frameOrigins} theirs={frameOrigins.theirs} />}
      {view.tenant.ssoEntitled ? (
        <div class="columns">
          <div>
            <LegacyCallbacks view={view} />
            <ResultPanel view={view} />
            <SettingsForm view={view} state={state} />
            <ConnectionStatus view={view} isEnforced={data.enforcement.enforced !== null} />
            <FrameOriginsSection state={frameOrigins} />
            <SessionPolicySection policy={data.sessionPolicy} />
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

/** As the fields stand on the page. */
function inOrder(errors: FormState['errors'], fields: readonly FormField[]): readonly (readonly [string, string])[] {
  const names = ['form', 'enable', 'providerId', ...fields.map(({ name }) => name)];
  return Object.entries(errors).toSorted(([one], [other]) => names.indexOf(one) - names.indexOf(other));
}
