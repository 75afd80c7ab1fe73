// Asks the registry for known holes in what is locked: of any severity in what the packages bring along, high or
// critical in what only builds and tests them. Ends with 1 for a hole, and names it.
//   npm run advisories                 where the registry cannot be asked it says so and ends with 0
//   npm run advisories -- --required   there it ends with 1: a release must know
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const isRequired = process.argv.includes('--required');

const QUESTIONS = [
  {
    scope: 'that are published or deployed',
    options: ['--omit=dev'],
    count: 'prod',
    severities: ['info', 'low', 'moderate', 'high', 'critical'],
  },
  { scope: 'in all', options: [], count: 'total', severities: ['high', 'critical'] },
];

function ask(options) {
  const { stdout, error } = spawnSync('npm', ['audit', '--json', '--package-lock-only', ...options], {
    cwd: root,
    encoding: 'utf8',
    timeout: 120_000,
    shell: process.platform === 'win32',
  });
  try {
    const report = JSON.parse(stdout);
    if (report.auditReportVersion !== undefined) return { report };
    return { reason: String(report.message ?? report.error?.summary ?? 'no report') };
  } catch {
    return { reason: error?.message ?? 'no report' };
  }
}

let holes = 0;
for (const { scope, options, count, severities } of QUESTIONS) {
  const { report, reason } = ask(options);
  if (report === undefined) {
    console.log(`Advisories: the registry could not be asked about packages ${scope}. ${reason.split('\n')[0]}`);
    if (isRequired) process.exit(1);
    continue;
  }
  const found = Object.values(report.vulnerabilities).filter(({ severity }) => severities.includes(severity));
  for (const { name, severity, via } of found) {
    const titles = via.map((cause) =>
      typeof cause === 'string' ? `through ${cause}` : `${cause.title}, ${cause.url}`,
    );
    console.error(`${name} (${severity}): ${titles.join('; ')}`);
  }
  console.log(
    `Advisories: ${found.length} of ${report.metadata.dependencies[count]} packages ${scope} have holes to close.`,
  );
  holes += found.length;
}
process.exit(holes === 0 ? 0 : 1);
