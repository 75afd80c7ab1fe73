/**
 * @module
 * What stands below the form: read when the page is shown, each part bounded.
 */
import {
  type EnforcementView,
  PRODUCTS,
  type Product,
  type RevisionView,
  type SessionPolicy,
  type SettingsView,
} from '@ipscape/sso-core';
import type { AuditEvent, HeldIdentity, SignInStatusFilter, SignInStatusPage } from '@ipscape/sso-store';
import type { Workspace } from '../workspace-context.js';
import { type DirectoryView, type LogPage, loadDirectory, loadLogPage } from './insight-data.js';
import {
  isPlain,
  type LogQuery,
  type ParsedLogQuery,
  parseLogQuery,
  readLogQuery,
  resolveLogUser,
} from './log-filter.js';
import type { Act } from './require-actor.js';

/** What the page's own forms asked to be shown. */
export interface SettingsQuery {
  readonly log: LogQuery;
  readonly status: StatusQuery;
  /** Id of the event before which the audit trail begins, or empty. */
  readonly audit: string;
}

/** As typed; anything that is no filter is none. */
export interface StatusQuery {
  readonly product: Product | null;
  readonly state: 'signed-in' | 'not-signed-in' | null;
  readonly search: string;
  readonly after: string;
}

export interface SettingsData {
  readonly view: SettingsView;
  readonly query: SettingsQuery;
  readonly log: LogPage;
  readonly logErrors: ParsedLogQuery['errors'];
  readonly audit: { readonly events: readonly AuditEvent[]; readonly next: string | null };
  readonly directory: DirectoryView;
  readonly status: SignInStatusPage;
  readonly held: readonly HeldIdentity[];
  readonly enforcement: EnforcementView;
  readonly frameOrigins: readonly string[];
  readonly sessionPolicy: SessionPolicy;
  /** E-mail addresses by user id, of everybody who occurs. */
  readonly names: ReadonlyMap<string, string>;
}

const LINES = 100;
const USERS = 50;
const EVENTS = 25;
const EVENT_ID = /^[1-9]\d{0,17}$/;

export async function loadSettingsData(
  { tenant }: Act,
  query: SettingsQuery,
  workspace: Workspace,
): Promise<SettingsData> {
  const { adapter, settings } = workspace;
  const { store } = adapter;
  const parsed = parseLogQuery(query.log);
  const isUsable = Object.keys(parsed.errors).length === 0;
  const filter = isUsable ? await resolveLogUser(parsed, tenant.id, workspace) : null;
  const connection = await store.findConnection(tenant.id);
  const [view, log, audit, directory, status, held, enforcement, frameOrigins, sessionPolicy] = await Promise.all([
    settings.view(tenant),
    loadLogPage({ tenantId: tenant.id, filter, limit: LINES }, workspace),
    loadAuditPage(tenant.id, query.audit, workspace),
    loadDirectory(tenant, connection?.active?.issuer, workspace),
    store.listSignInStatus(tenant.id, { ...toStatusFilter(query.status), limit: USERS }),
    store.listHeldIdentities(tenant.id),
    settings.enforcement(tenant),
    settings.frameOrigins(tenant),
    settings.sessionPolicy(tenant),
  ]);
  const ids = [
    ...audit.events.flatMap(({ actor, subject }) => [actor, subject ?? '']),
    ...held.map(({ userId }) => userId),
    ...[view.active, view.pending, view.restorable].flatMap((revision) => revision?.createdBy ?? []),
    enforcement.enforced?.by ?? '',
    enforcement.directory?.checkedBy ?? '',
  ];
  const { users } = await store.findUsers(tenant.id, { userIds: ids });
  const names = new Map([
    ...ids.filter((id) => id.startsWith('admin-link:')).map((id) => [id, 'link of the Service Desk'] as const),
    ...users.map(({ id, email }) => [id, email] as const),
  ]);
  const named = withCreators(view, names);
  return {
    view: named,
    query,
    log,
    logErrors: parsed.errors,
    audit,
    directory,
    status,
    held,
    enforcement,
    frameOrigins,
    sessionPolicy,
    names,
  };
}

async function loadAuditPage(
  tenantId: string,
  before: string,
  { adapter: { store } }: Workspace,
): Promise<SettingsData['audit']> {
  const found = await store.listAuditEvents(tenantId, { limit: EVENTS + 1, ...(before === '' ? {} : { before }) });
  const events = found.slice(0, EVENTS);
  return { events, next: found.length > EVENTS ? (events.at(-1)?.id ?? null) : null };
}

/** People are told by name who made a revision. */
function withCreators(view: SettingsView, names: ReadonlyMap<string, string>): SettingsView {
  const named = (revision: RevisionView | null): RevisionView | null =>
    revision === null ? null : { ...revision, createdBy: names.get(revision.createdBy) ?? revision.createdBy };
  const { active, pending, restorable } = view;
  return { ...view, active: named(active), pending: named(pending), restorable: named(restorable) };
}

export function readSettingsQuery(query: (name: string) => string | undefined): SettingsQuery {
  const text = (name: string): string => {
    const value = query(name)?.trim() ?? '';
    return isPlain(value) ? value : '';
  };
  const state = text('status_state');
  const audit = text('audit_before');
  return {
    log: readLogQuery(query),
    status: {
      product: PRODUCTS.find((known) => known === text('status_product')) ?? null,
      state: state === 'signed-in' || state === 'not-signed-in' ? state : null,
      search: text('status_search'),
      after: text('status_after'),
    },
    audit: EVENT_ID.test(audit) ? audit : '',
  };
}

function toStatusFilter({ product, state, search, after }: StatusQuery): SignInStatusFilter {
  return {
    ...(product === null ? {} : { product }),
    ...(state === null ? {} : { state }),
    ...(search === '' ? {} : { search }),
    ...(after === '' ? {} : { after }),
  };
}
