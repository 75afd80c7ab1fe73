import { PRODUCTS, type Product } from '@ipscape/sso-core';
import type { LiveSession } from '@ipscape/sso-store';
import { ACTOR, type Answer, type Command, type CommandContext, type CommandInput, LIMIT, TENANT } from '../command.js';
import { findTenant } from '../find-tenant.js';
import { findUser } from '../find-user.js';
import { formatCount, formatCut, formatTable, formatTime } from '../format.js';
import { parseLimit } from '../parse-limit.js';
import { wrongUsage } from '../refusal.js';

const USER = { name: 'user', value: 'USER', text: 'only this user’s: e-mail address or id' } as const;
const PRODUCT = { name: 'product', value: 'PRODUCT', text: 'only those of', choices: PRODUCTS } as const;

export const SESSION_COMMANDS: readonly Command[] = [
  {
    words: 'session list',
    summary: 'Lists who is signed in.',
    options: [TENANT, USER, PRODUCT, LIMIT],
    example: 'session list --tenant acme.ipscape.com.au --product toolbar',
    run: listSessions,
  },
  {
    words: 'session revoke',
    summary: 'Ends sessions: one of them, those of a user or product, or all.',
    options: [
      TENANT,
      { name: 'session', value: 'ID', text: 'this session' },
      USER,
      PRODUCT,
      { name: 'all', text: 'everybody’s' },
      { name: 'at-once', text: 'in the middle of a call as well, whatever the tenant chose' },
      ACTOR,
    ],
    example: 'session revoke --tenant acme.ipscape.com.au --user jane@acme.example',
    run: revokeSessions,
  },
];

const REASONS = {
  'idle-limit': 'idle for too long',
  'absolute-limit': 'time is up',
  revocation: 'revoked',
} as const satisfies Record<NonNullable<LiveSession['deferral']>['reason'], string>;

async function listSessions({ deps, input }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const named = input.optional('user');
  const userId = named === null ? null : (await findUser(deps, tenant, named)).id;
  const { sessions, total } = await deps.store.listSessions(tenant.id, {
    limit: parseLimit(input),
    ...(userId === null ? {} : { userId }),
    ...productOf(input),
  });
  const rows = sessions.map((session) => [
    session.email,
    session.product,
    formatTime(session.authTime),
    session.deferral === null
      ? formatTime(session.idleExpiresAt)
      : `with the call (${REASONS[session.deferral.reason]})`,
    formatTime(session.deferral?.until ?? session.absoluteExpiresAt),
    session.call === null ? '' : `since ${formatTime(session.call.startedAt)}`,
    session.id,
  ]);
  const titles = ['USER', 'PRODUCT', 'SIGNED IN', 'ENDS WHEN IDLE', 'ENDS AT THE LATEST', 'CALL', 'ID'];
  const text = formatTable(titles, rows, 'Nobody is signed in.') + formatCut(sessions.length, total, 'session');
  return { json: { sessions, total }, text };
}

async function revokeSessions({ deps, input, actor }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const [sessionId, named] = [input.optional('session'), input.optional('user')];
  const filters = ['session', 'user', 'product'].filter((name) => input.has(name));
  if (filters.length === 0 && !input.has('all')) {
    throw wrongUsage('It is not said which sessions.', 'Add --session, --user or --product, or --all for everybody’s.');
  }
  if (input.has('all') && filters.length > 0) {
    throw wrongUsage(`--all and --${filters[0]} contradict each other.`, 'Leave one of them out.');
  }
  if (sessionId !== null && filters.length > 1) {
    throw wrongUsage(`--session names one session already.`, `Leave --${filters[1]} out.`);
  }
  const userId = named === null ? null : (await findUser(deps, tenant, named)).id;
  const revoked = await deps.store.revokeSessions({
    tenantId: tenant.id,
    actor,
    ...(sessionId === null ? {} : { sessionId }),
    ...(userId === null ? {} : { userId }),
    ...productOf(input),
    ...(input.has('at-once') ? { atOnce: true } : {}),
  });
  const { sessions } = await deps.store.listSessions(tenant.id, { limit: MAX_WAITING });
  const waiting = sessions.filter(({ deferral }) => deferral?.reason === 'revocation').length;
  return { json: { revoked, waiting }, text: `Ended ${formatCount(revoked, 'session')}.\n${describeWaiting(waiting)}` };
}

/** A tenant has not so many calls at once. */
const MAX_WAITING = 100_000;

function describeWaiting(waiting: number): string {
  if (waiting === 0) return '';
  const verb = waiting === 1 ? 'waits' : 'wait';
  const waits = `${formatCount(waiting, 'revoked session')} of the tenant ${verb} for the end of a call, as the tenant chose.`;
  return `${waits} --at-once ends ${waiting === 1 ? 'it' : 'them'} now.\n`;
}

function productOf(input: CommandInput): { readonly product?: Product } {
  const product = PRODUCTS.find((name) => name === input.optional('product'));
  return product === undefined ? {} : { product };
}
