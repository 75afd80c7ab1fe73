import type { DirectoryUser, Tenant } from '@ipscape/sso-core';
import type { HeldIdentity, LinkedIdentity } from '@ipscape/sso-store';
import type { AdminDeps } from '../admin-deps.js';
import { ACTOR, type Answer, type Command, type CommandContext, LIMIT, TENANT } from '../command.js';
import { findTenant } from '../find-tenant.js';
import { findUser } from '../find-user.js';
import { formatCut, formatTable, formatTime } from '../format.js';
import { parseLimit } from '../parse-limit.js';
import { Refusal } from '../refusal.js';

const USER = { name: 'USER', text: 'e-mail address or id of the user' } as const;
const SUBJECT = { name: 'subject', value: 'SUBJECT', text: 'which identity, when there are several' } as const;

export const IDENTITY_COMMANDS: readonly Command[] = [
  {
    words: 'identity list',
    summary: 'Lists who is linked to which identity of the provider, and identities that wait for a decision.',
    options: [TENANT, { name: 'held', text: 'only those that wait' }, LIMIT],
    example: 'identity list --tenant acme.ipscape.com.au --held',
    run: listIdentities,
  },
  {
    words: 'identity release',
    summary: 'Unlinks a user from the identity, whose sessions end; the next sign-in links the user anew by e-mail.',
    argument: USER,
    options: [TENANT, SUBJECT, ACTOR],
    example: 'identity release jane@acme.example --tenant acme.ipscape.com.au',
    run: releaseIdentity,
  },
  {
    words: 'identity approve',
    summary: 'Links a user to the identity that waits, in place of the former one, whose sessions end.',
    about: 'Approve it only when the customer confirms that the person at the provider is the same as before.',
    argument: USER,
    options: [TENANT, SUBJECT, ACTOR],
    example: 'identity approve jane@acme.example --tenant acme.ipscape.com.au',
    run: approveIdentity,
  },
];

async function listIdentities({ deps, input }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const limit = parseLimit(input);
  const held = await withUsers(deps, tenant, (await deps.store.listHeldIdentities(tenant.id)).slice(0, limit));
  const all = input.has('held') ? [] : await deps.store.listIdentities(tenant.id);
  const linked = await withUsers(deps, tenant, all.slice(0, limit));
  const heldRows = held.map((row) => [row.email, row.subject, row.issuer, formatTime(row.lastHeldAt)]);
  const rows = linked.map((row) => [row.email, row.subject, row.issuer, formatTime(row.lastSignInAt)]);
  const text = [
    held.length === 0 && !input.has('held') ? '' : 'Waiting for a decision (identity approve):\n',
    held.length === 0 && !input.has('held')
      ? ''
      : formatTable(['USER', 'SUBJECT', 'ISSUER', 'LAST TRY'], heldRows, 'Nothing waits.'),
    input.has('held') ? '' : formatTable(['USER', 'SUBJECT', 'ISSUER', 'LAST SIGN-IN'], rows, 'Nobody is linked yet.'),
    formatCut(linked.length, all.length, 'identity', 'identities'),
  ].join('');
  return { json: { held, identities: linked, total: all.length }, text };
}

async function releaseIdentity({ deps, input, actor }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const user = await findUser(deps, tenant, input.argument);
  const all = await deps.store.listIdentities(tenant.id);
  const { issuer, subject } = choose(all, user, input.optional('subject'), 'is linked to no');
  await deps.store.releaseIdentity({ tenantId: tenant.id, issuer, subject, actor });
  return {
    json: { released: { userId: user.id, issuer, subject } },
    text: `${user.email} is no longer linked to ${subject} of ${issuer}, and its sessions have ended.\n`,
  };
}

async function approveIdentity({ deps, input, actor }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const user = await findUser(deps, tenant, input.argument);
  const all = await deps.store.listHeldIdentities(tenant.id);
  const { issuer, subject } = choose(all, user, input.optional('subject'), 'has no waiting');
  await deps.store.approveHeldIdentity({ tenantId: tenant.id, issuer, subject, userId: user.id, actor });
  return {
    json: { approved: { userId: user.id, issuer, subject } },
    text: `${user.email} is linked to ${subject} of ${issuer}.\n`,
  };
}

function choose<T extends LinkedIdentity | HeldIdentity>(
  all: readonly T[],
  user: DirectoryUser,
  subject: string | null,
  none: string,
): T {
  const own = all.filter(({ userId }) => userId === user.id);
  const found = subject === null ? own : own.filter((identity) => identity.subject === subject);
  const [identity, other] = found;
  if (identity === undefined) {
    throw new Refusal({
      code: 'identity-unknown',
      message: `${user.email} ${none} identity${subject === null ? '' : ` with the subject "${subject}"`}.`,
      advice: '"sso-admin identity list" shows what there is.',
    });
  }
  if (other !== undefined) {
    throw new Refusal({
      code: 'identity-ambiguous',
      message: `${user.email} has ${found.length} identities to choose from.`,
      advice: `Name one: ${found.map((candidate) => `--subject ${candidate.subject}`).join(', ')}.`,
    });
  }
  return identity;
}

async function withUsers<T extends { readonly userId: string }>(deps: AdminDeps, tenant: Tenant, rows: readonly T[]) {
  const emails = new Map<string, string>();
  // A list of some hundreds is looked up one by one; a longer one costs less as the whole directory.
  const ids = rows.length > 100 ? null : rows.map(({ userId }) => userId);
  const users =
    ids === null
      ? await deps.store.listUsers(tenant.id)
      : (await Promise.all(ids.map((emailOrId) => deps.store.findUsers(tenant.id, { emailOrId })))).flatMap(
          (found) => found.users,
        );
  for (const { id, email } of users) emails.set(id, email);
  return rows.map((row) => ({ ...row, email: emails.get(row.userId) ?? row.userId }));
}
