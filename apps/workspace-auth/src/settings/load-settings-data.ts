/**
 * @module
 * What stands below the form: read when the page is shown, each part bounded.
 */
import { type EnforcementView, PRODUCTS, type Product, type SettingsView } from '@ipscape/sso-core';
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
    enforcement.enforced?.by ?? '',
    enforcement.directory?.checkedBy ?? '',
  ];
  const users = await store.findUsersById(tenant.id, ids);
  const names = new Map(users.map(({ id, email }) => [id, email]));
  return { view, filter, signInLog, audit, directory, held, enforcement, names };
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
