/**
 * @module
 * What stands below the form: read when the page is shown, each part bounded.
 */
import { type EnforcementView, PRODUCTS, type Product, type RevisionView, type SettingsView } from '@ipscape/sso-core';
import type { AuditEvent, DirectoryOverview, HeldIdentity, SignInLogLine } from '@ipscape/sso-store';
import type { Workspace } from '../workspace-context.js';
import type { Act } from './require-actor.js';

export interface LogFilter {
  readonly product?: Product;
  readonly code?: string;
  readonly reference?: string;
}

export interface SettingsData {
  readonly view: SettingsView;
  readonly filter: LogFilter;
  readonly signInLog: readonly SignInLogLine[];
  readonly audit: readonly AuditEvent[];
  readonly directory: DirectoryOverview;
  readonly held: readonly HeldIdentity[];
  readonly enforcement: EnforcementView;
  /** E-mail addresses by user id, of everybody who occurs. */
  readonly names: ReadonlyMap<string, string>;
  /** What was corrected in the settings that wait for Save, as they were typed, one sentence each. */
  readonly repairs: readonly string[];
}

const LINES = 100;

export async function loadSettingsData(
  { tenant }: Act,
  filter: LogFilter,
  { adapter, settings }: Workspace,
): Promise<SettingsData> {
  const { store } = adapter;
  const [view, signInLog, audit, directory, held, enforcement] = await Promise.all([
    settings.view(tenant),
    store.listSignInLog(tenant.id, { limit: LINES, ...filter }),
    store.listAuditEvents(tenant.id, { limit: LINES }),
    store.findDirectoryOverview(tenant.id),
    store.listHeldIdentities(tenant.id),
    settings.enforcement(tenant),
  ]);
  const ids = [
    ...signInLog.flatMap(({ userId }) => (userId === null ? [] : [userId])),
    ...audit.map(({ actor }) => actor),
    ...held.map(({ userId }) => userId),
    ...[view.active, view.pending, view.restorable].flatMap((revision) => revision?.createdBy ?? []),
    enforcement.enforced?.by ?? '',
    enforcement.directory?.checkedBy ?? '',
  ];
  const users = await store.findUsersById(tenant.id, ids);
  const names = new Map([
    ...ids.filter((id) => id.startsWith('admin-link:')).map((id) => [id, 'link of the Service Desk'] as const),
    ...users.map(({ id, email }) => [id, email] as const),
  ]);
  const repairs = repairsOf(view, audit);
  return { view: withCreators(view, names), filter, signInLog, audit, directory, held, enforcement, names, repairs };
}

/** People are told by name who made a revision. */
function withCreators(view: SettingsView, names: ReadonlyMap<string, string>): SettingsView {
  const named = (revision: RevisionView | null): RevisionView | null =>
    revision === null ? null : { ...revision, createdBy: names.get(revision.createdBy) ?? revision.createdBy };
  const { active, pending, restorable } = view;
  return { ...view, active: named(active), pending: named(pending), restorable: named(restorable) };
}

function repairsOf({ pending }: SettingsView, audit: readonly AuditEvent[]): readonly string[] {
  if (pending === null) return [];
  const created = audit.find(({ action, subject }) => action === 'draft-created' && subject === pending.revisionId);
  const repairs = created?.details.repairs;
  return Array.isArray(repairs) ? repairs.map(String) : [];
}

/** Only what can be a filter: a product, a code, a reference. Anything else is no filter. */
export function toLogFilter(query: (name: string) => string | undefined): LogFilter {
  const product = PRODUCTS.find((known) => known === query('product'));
  const code = query('code')?.trim();
  const reference = query('reference')?.trim().toUpperCase();
  return {
    ...(product === undefined ? {} : { product }),
    ...(code !== undefined && /^[a-z-]{1,64}$/.test(code) ? { code } : {}),
    ...(reference !== undefined && /^[2-9A-Z]{4}-[2-9A-Z]{4}$/.test(reference) ? { reference } : {}),
  };
}
