import { setTimeout as wait } from 'node:timers/promises';
import type { Tenant } from '@ipscape/sso-core';
import type { AuditEvent } from '@ipscape/sso-store';
import { type Answer, type Command, type CommandContext, LIMIT, TENANT } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { findTenant } from '../find-tenant.js';
import { formatTable, formatTime } from '../format.js';
import { parseLimit } from '../parse-limit.js';
import { printable } from '../printable.js';

const POLL_INTERVAL_MS = 1_000;
/** Events that are read at each look; more when more came at once. */
const WINDOW = 100;
/** Longest list of ids that is kept: enough for whatever becomes visible late. */
const REMEMBERED = 1_000;

export const AUDIT_COMMANDS: readonly Command[] = [
  {
    words: 'audit tail',
    summary: 'Shows the last changes to a tenant, oldest first.',
    options: [
      TENANT,
      { name: 'follow', text: 'go on with new ones until Ctrl-C; with --json, one event a line' },
      { ...LIMIT, text: 'lines to begin with (default 20)' },
    ],
    example: 'audit tail --tenant acme.ipscape.com.au --follow',
    async run(context) {
      const { deps, input } = context;
      const tenant = await findTenant(deps, input.required('tenant'));
      const limit = parseLimit(input, 20);
      return input.has('follow') ? follow(context, tenant, limit) : show(context, tenant, limit);
    },
  },
];

async function show({ deps }: CommandContext, tenant: Tenant, limit: number): Promise<Answer> {
  const events = (await deps.store.listAuditEvents(tenant.id, { limit })).toReversed();
  const rows = events.map((event) => [
    formatTime(event.occurredAt),
    event.actor,
    event.action,
    event.subject ?? '',
    event.clientAddress ?? '',
    JSON.stringify(event.details),
  ]);
  const titles = ['TIME', 'ACTOR', 'ACTION', 'SUBJECT', 'FROM', 'DETAILS'];
  return { json: { events }, text: formatTable(titles, rows, 'Nothing happened yet.') };
}

/**
 * Reads the newest events again and again and prints those not seen before, because events that are written at the
 * same time become visible in any order: a cursor would skip one.
 */
async function follow({ deps, io, json }: CommandContext, tenant: Tenant, limit: number): Promise<ExitCode> {
  const unseen = createUnseenFilter();
  let isFirst = true;
  let window = Math.max(limit, WINDOW);
  while (!io.signal.aborted) {
    const events = await deps.store.listAuditEvents(tenant.id, { limit: window });
    const fresh = unseen.of(events);
    if (!isFirst && fresh.length === window) {
      window *= 2;
      continue;
    }
    unseen.remember(fresh);
    const shown = isFirst ? fresh.slice(0, limit) : fresh;
    for (const event of shown.toReversed()) await io.out(json ? `${JSON.stringify(event)}\n` : formatLine(event));
    [isFirst, window] = [false, WINDOW];
    await wait(POLL_INTERVAL_MS, undefined, { signal: io.signal }).catch(() => {});
  }
  return EXIT.done;
}

/** Remembers the ids of recent events; whatever is older than all of them counts as seen. */
function createUnseenFilter() {
  let seen: bigint[] = [];
  let floor = 0n;
  return {
    of: (events: readonly AuditEvent[]): readonly AuditEvent[] =>
      events.filter(({ id }) => BigInt(id) > floor && !seen.includes(BigInt(id))),
    remember(events: readonly AuditEvent[]): void {
      const ids = [...events.map(({ id }) => BigInt(id)), ...seen].sort((one, other) => (one > other ? -1 : 1));
      if (seen.length === 0 || ids.length > REMEMBERED) floor = ids.slice(0, REMEMBERED).at(-1) ?? 0n;
      seen = ids.slice(0, REMEMBERED);
    },
  };
}

function formatLine({ occurredAt, actor, action, subject, clientAddress, details }: AuditEvent): string {
  const cells = [formatTime(occurredAt), actor, action, subject ?? '', clientAddress ?? '', JSON.stringify(details)];
  return `${cells.map(printable).join('  ')}\n`;
}
