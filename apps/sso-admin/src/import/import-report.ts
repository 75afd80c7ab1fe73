/**
 * @module
 * What `user import` says, while it goes on: a file of nothing but bad rows must not pile up in memory.
 */
import type { ImportFinding, UserImportResult } from '@ipscape/sso-store';
import type { AdminIo } from '../admin-io.js';
import { formatCount } from '../format.js';
import { printable } from '../printable.js';
import type { ProgressBar } from './progress-bar.js';

export interface ImportReport {
  /** A row that cannot be used. All of them come before the first finding. */
  refuse(line: number, problems: readonly string[]): Promise<void>;
  /** What the whole file or the directory showed: all problems, or else all warnings. */
  find(finding: ImportFinding): Promise<void>;
  /** Ends the report; null when the import failed for another reason than the file. */
  finish(result: UserImportResult | null, fileName: string): Promise<void>;
}

/** Lines of each kind that a person is shown. */
const SHOWN = 1_000;

const TEXTS: Readonly<Record<ImportFinding['finding'], (otherLine: number | null) => string>> = {
  'email-repeated': (line) => `email is the same as on line ${line}; such rows need an id each`,
  'user-repeated': (line) => `it is about the same user as line ${line}`,
  'email-ambiguous': () => 'email belongs to more than one user; the row needs an id',
  'email-collides': () => 'another user has the same address, so neither can sign in by it',
  'email-unmatchable': () => 'email is not an address that a sign-in can match, so nobody signs in with it',
};

export function createImportReport({ io, json, progress }: { io: AdminIo; json: boolean; progress: ProgressBar }) {
  return json ? createJsonReport(io) : createTextReport(io, progress);
}

function isWarning({ finding }: ImportFinding): boolean {
  return finding === 'email-collides' || finding === 'email-unmatchable';
}

function createTextReport(io: AdminIo, progress: ProgressBar): ImportReport {
  const counts = { problem: 0, warning: 0 };
  async function tell(kind: keyof typeof counts, line: number, text: string): Promise<void> {
    counts[kind]++;
    if (counts[kind] > SHOWN) return;
    await progress.clear();
    await io.err(`${kind === 'warning' ? 'warning, ' : ''}line ${line}: ${printable(text)}\n`);
  }
  return {
    refuse: (line, problems) => tell('problem', line, problems.join('; ')),
    find: (found) => tell(isWarning(found) ? 'warning' : 'problem', found.line, TEXTS[found.finding](found.otherLine)),
    async finish(result, fileName) {
      await progress.clear();
      for (const [kind, count] of Object.entries(counts)) {
        if (count <= SHOWN) continue;
        await io.err(`… and ${formatCount(count - SHOWN, `more ${kind}`)}; --json lists them all.\n`);
      }
      if (result !== null) await io.out(summarise(result, counts, printable(fileName)));
    },
  };
}

function summarise(result: UserImportResult, counts: { problem: number; warning: number }, fileName: string): string {
  const { outcome, added, updated, unchanged, disabled, lines } = result;
  if (outcome === 'refused') {
    const bad = `${formatCount(counts.problem, 'bad row')} in ${formatCount(lines, 'row')}`;
    return `Nothing was imported: ${bad} of ${fileName}. Correct ${counts.problem === 1 ? 'it' : 'them'} and import the file again.\n`;
  }
  const did = outcome === 'checked' ? 'Nothing was changed. The import would have' : 'The import has';
  const dropped = disabled === 0 ? '' : ` (${disabled.toLocaleString('en')} of them disabled)`;
  const numbers = `added ${formatCount(added, 'user')}, updated ${updated.toLocaleString('en')}${dropped} and left ${unchanged.toLocaleString('en')} as they were`;
  const warned = counts.warning === 0 ? '' : ` ${formatCount(counts.warning, 'warning')}.`;
  return `${did} ${numbers}.${warned}\n`;
}

/** One document, written piece by piece. */
function createJsonReport(io: AdminIo): ImportReport {
  let part: 'none' | 'problems' | 'warnings' = 'none';
  let isFirst = true;
  async function open(wanted: 'problems' | 'warnings'): Promise<void> {
    if (part === 'none') await io.out('{"problems":[');
    if (part !== 'warnings' && wanted === 'warnings') {
      await io.out('],"warnings":[');
      isFirst = true;
    }
    part = wanted;
  }
  async function write(wanted: 'problems' | 'warnings', entry: unknown): Promise<void> {
    if (part !== wanted) await open(wanted);
    await io.out(`${isFirst ? '' : ','}\n${JSON.stringify(entry)}`);
    isFirst = false;
  }
  return {
    refuse: (line, problems) => write('problems', { line, reasons: problems }),
    find: (found) =>
      write(isWarning(found) ? 'warnings' : 'problems', {
        line: found.line,
        code: found.finding,
        otherLine: found.otherLine,
        reasons: [TEXTS[found.finding](found.otherLine)],
      }),
    async finish(result) {
      await open('warnings');
      await io.out(`],\n"result":${JSON.stringify(result)}}\n`);
    },
  };
}
