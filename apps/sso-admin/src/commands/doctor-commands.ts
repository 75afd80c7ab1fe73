import { type Answer, type Command, type CommandContext, TENANT } from '../command.js';
import { checkConnection } from '../doctor/check-connection.js';
import { checkDirectory } from '../doctor/check-directory.js';
import { checkEnforcement } from '../doctor/check-enforcement.js';
import { checkTenant } from '../doctor/check-tenant.js';
import type { Finding } from '../doctor/finding.js';
import { EXIT } from '../exit-codes.js';
import { findTenant } from '../find-tenant.js';
import { formatCount } from '../format.js';
import { printable } from '../printable.js';

const MARKS: Readonly<Record<Finding['level'], string>> = { ok: 'ok      ', note: 'note    ', problem: 'PROBLEM ' };

export const DOCTOR_COMMANDS: readonly Command[] = [
  {
    words: 'doctor',
    summary: 'Finds what would stop a tenant’s users from signing in, and says what to do; exit code 1 if anything.',
    options: [TENANT],
    example: 'doctor --tenant acme.ipscape.com.au',
    run: examine,
  },
];

async function examine({ deps, input }: CommandContext): Promise<Answer> {
  const tenant = await findTenant(deps, input.required('tenant'));
  const findings = [
    ...(await checkTenant(deps, tenant)),
    ...(await checkConnection(deps, tenant)),
    ...(await checkEnforcement(deps, tenant)),
    ...(await checkDirectory(deps, tenant)),
  ];
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const verdict =
    problems === 0
      ? `Nothing would stop the users of ${tenant.domain} from signing in.`
      : `${formatCount(problems, 'problem')} would stop users of ${tenant.domain} from signing in.`;
  return {
    json: { tenant: { id: tenant.id, domain: tenant.domain }, healthy: problems === 0, findings },
    text: `${findings.map(formatFinding).join('')}\n${verdict}\n`,
    exitCode: problems === 0 ? EXIT.done : EXIT.refused,
  };
}

function formatFinding({ level, message, advice }: Finding): string {
  const first = `${MARKS[level]} ${printable(message)}\n`;
  return advice === null ? first : `${first}${' '.repeat(9)}→ ${printable(advice)}\n`;
}
