/**
 * @module
 * What page and API both show of the sign-in log, of the directory and of who has signed in.
 */
import { PRODUCTS, type Tenant } from '@ipscape/sso-core';
import type { DirectoryCheck, SignInLogFilter, SignInLogLine } from '@ipscape/sso-store';
import type { Workspace } from '../workspace-context.js';
import { type CodeExplanation, explainCode } from './sign-in-advice.js';

export interface ExplainedLine extends Omit<SignInLogLine, 'userId'>, CodeExplanation {
  readonly user: { readonly userId: string; readonly email: string; readonly name: string } | null;
}

export interface LogPage {
  readonly lines: readonly ExplainedLine[];
  /** Id of the last line when there are older ones. */
  readonly next: string | null;
}

interface LoadLogInput {
  readonly tenantId: string;
  /** Null finds nothing. */
  readonly filter: (SignInLogFilter & { readonly before?: string }) | null;
  readonly limit: number;
}

export async function loadLogPage({ tenantId, filter, limit }: LoadLogInput, { adapter }: Workspace): Promise<LogPage> {
  const { store } = adapter;
  if (filter === null) return { lines: [], next: null };
  const found = await store.listSignInLog(tenantId, { ...filter, limit: limit + 1 });
  const shown = found.slice(0, limit);
  const userIds = shown.flatMap(({ userId }) => (userId === null ? [] : [userId]));
  const { users } = await store.findUsers(tenantId, { userIds });
  const byId = new Map(users.map(({ id, email, name }) => [id, { userId: id, email, name }]));
  const lines = shown.map(({ userId, ...line }) => ({
    ...line,
    user: userId === null ? null : (byId.get(userId) ?? null),
    ...explainCode(line.code),
  }));
  return { lines, next: found.length > limit ? (shown.at(-1)?.id ?? null) : null };
}

export interface DirectoryView {
  readonly users: number;
  readonly active: number;
  readonly disabled: number;
  readonly products: readonly {
    readonly product: (typeof PRODUCTS)[number];
    readonly users: number;
    readonly signedIn: number;
  }[];
  readonly withoutEmail: DirectoryFinding;
  readonly colliding: DirectoryFinding;
}

interface DirectoryFinding {
  readonly count: number;
  readonly users: readonly { readonly userId: string; readonly email: string; readonly name: string }[];
}

const MAX_EXAMPLES = 100;

/** Whoever is linked to the connected provider already is no finding: the address is not asked for any more. */
export async function loadDirectory(
  tenant: Tenant,
  issuer: string | undefined,
  { adapter }: Workspace,
): Promise<DirectoryView> {
  const options = { maxExamples: MAX_EXAMPLES, ...(issuer === undefined ? {} : { issuer }) };
  const check = await adapter.store.checkDirectory(tenant.id, options);
  const { users, active, disabled, perProduct, signedIn } = check;
  const products = PRODUCTS.map((product) => ({ product, users: perProduct[product], signedIn: signedIn[product] }));
  return {
    users,
    active,
    disabled,
    products,
    withoutEmail: toFinding(check.unmatchable),
    colliding: toFinding(check.colliding),
  };
}

function toFinding({ count, examples }: DirectoryCheck['unmatchable']): DirectoryFinding {
  return { count, users: examples.map(({ id, email, name }) => ({ userId: id, email, name })) };
}
