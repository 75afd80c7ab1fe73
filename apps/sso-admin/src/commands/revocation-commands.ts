import { ACTOR, type Answer, type Command, type CommandContext, TENANT } from '../command.js';
import { findTenant } from '../find-tenant.js';

export const REVOCATION_COMMANDS: readonly Command[] = [
  {
    words: 'tenant revocation-waits on',
    summary: 'A session that is revoked during a call ends with the call, two hours later at most.',
    options: [TENANT, ACTOR],
    example: 'tenant revocation-waits on --tenant acme.ipscape.com.au',
    run: (context) => choose(context, true),
  },
  {
    words: 'tenant revocation-waits off',
    summary: 'A session that is revoked ends at once, whatever its user does; so do those that wait.',
    options: [TENANT, ACTOR],
    example: 'tenant revocation-waits off --tenant acme.ipscape.com.au',
    run: (context) => choose(context, false),
  },
];

async function choose({ deps, input, actor }: CommandContext, revocationWaitsForCalls: boolean): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  await deps.store.setSessionPolicy({ tenantId: tenant.id, revocationWaitsForCalls, actor });
  const text = revocationWaitsForCalls
    ? `Sessions of ${tenant.domain} that are revoked during a call end with the call, two hours later at most.\n`
    : `Sessions of ${tenant.domain} that are revoked end at once, and those that waited have ended.\n`;
  return { json: { tenantId: tenant.id, revocationWaitsForCalls }, text };
}
