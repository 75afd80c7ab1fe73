import type { Tenant } from '@ipscape/sso-core';
import type { ConnectionRevision } from '@ipscape/sso-store';
import { ACTOR, type Answer, type Command, type CommandContext, TENANT } from '../command.js';
import { findTenant } from '../find-tenant.js';
import { formatFields, formatTable, formatTime } from '../format.js';
import { Refusal, wrongUsage } from '../refusal.js';

export const CONNECTION_COMMANDS: readonly Command[] = [
  {
    words: 'connection show',
    summary: 'Shows a tenant’s connection and its revisions; of secrets only the fingerprints.',
    options: [TENANT],
    example: 'connection show --tenant acme.ipscape.com.au',
    run: showConnection,
  },
  {
    words: 'connection disable',
    summary: 'Switches a tenant’s connection off; all of its sessions end at once.',
    options: [TENANT, ACTOR],
    example: 'connection disable --tenant acme.ipscape.com.au',
    run: (context) => setEnabled(context, false),
  },
  {
    words: 'connection enable',
    summary: 'Switches a disabled connection on again, with the revision that was in force.',
    options: [TENANT, ACTOR],
    example: 'connection enable --tenant acme.ipscape.com.au',
    run: (context) => setEnabled(context, true),
  },
  {
    words: 'connection rollback',
    summary: 'Puts a former revision into force again, without asking the provider.',
    options: [
      TENANT,
      { name: 'to', value: 'NUMBER', text: 'number of the revision (default: the last one before the current)' },
      ACTOR,
    ],
    example: 'connection rollback --tenant acme.ipscape.com.au --to 3',
    run: rollBack,
  },
];

async function showConnection({ deps, input }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const connection = await deps.store.findConnection(tenant.id);
  if (connection === null) {
    const text = `${tenant.domain} has no connection yet. Next: sso-admin admin-link create --tenant ${tenant.domain}\n`;
    return { json: { connection: null, revisions: [] }, text };
  }
  const revisions = await deps.store.listRevisions(tenant.id);
  const titles = ['REVISION', 'STATE', 'ISSUER', 'CLIENT ID', 'SECRET', 'NEXT SECRET', 'CREATED BY', 'ACTIVATED'];
  const rows = revisions.map((revision) => [
    String(revision.number),
    revision.state,
    revision.issuer,
    revision.clientId,
    revision.secret?.fingerprint ?? 'none',
    revision.nextSecret?.fingerprint ?? 'none',
    revision.createdBy,
    formatTime(revision.activatedAt),
  ]);
  const state = connection.enabled ? 'enabled' : 'disabled';
  const fields = formatFields([
    ['Provider', connection.providerId],
    ['State', connection.active === null ? `${state}, nothing in force` : state],
  ]);
  return { json: { connection, revisions }, text: `${fields}\n${formatTable(titles, rows, 'No revisions.')}` };
}

async function setEnabled({ deps, input, actor }: CommandContext, enabled: boolean): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  await deps.store.setConnectionEnabled({ tenantId: tenant.id, enabled, actor });
  const text = enabled ? 'is enabled' : 'is disabled, and its sessions have ended';
  return { json: { tenantId: tenant.id, enabled }, text: `The connection of ${tenant.domain} ${text}.\n` };
}

async function rollBack({ deps, input, actor }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const connection = await deps.store.findConnection(tenant.id);
  const all = await deps.store.listRevisions(tenant.id);
  const revisions = all.filter(({ connectionId }) => connectionId === connection?.connectionId);
  const { revisionId, number } = chooseRevision(tenant, revisions, input.optional('to'));
  await deps.store.restoreRevision({ tenantId: tenant.id, revisionId, actor });
  return {
    json: { restored: { revisionId, number } },
    text: `Revision ${number} of ${tenant.domain} is in force. Check it: sso-admin doctor --tenant ${tenant.domain}\n`,
  };
}

function chooseRevision(tenant: Tenant, revisions: readonly ConnectionRevision[], to: string | null) {
  if (to !== null) {
    if (!/^[1-9]\d{0,8}$/.test(to))
      throw wrongUsage(`"${to}" is not the number of a revision.`, 'Write for example --to 3.');
    const revision = revisions.find(({ number }) => number === Number(to));
    if (revision !== undefined) return revision;
  } else {
    const former = revisions
      .filter(({ state, activatedAt }) => state === 'superseded' && activatedAt !== null)
      .sort((one, other) => (other.activatedAt?.getTime() ?? 0) - (one.activatedAt?.getTime() ?? 0))[0];
    if (former !== undefined) return former;
  }
  throw new Refusal({
    code: 'revision-unknown',
    message:
      to === null
        ? `${tenant.domain} has no former revision to go back to.`
        : `The connection of ${tenant.domain} has no revision ${to}.`,
    advice: `"sso-admin connection show --tenant ${tenant.domain}" lists the revisions.`,
  });
}
