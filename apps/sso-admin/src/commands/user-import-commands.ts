import type { UserImportResult } from '@ipscape/sso-store';
import { ACTOR, type Command, type CommandContext, TENANT } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { findTenant } from '../find-tenant.js';
import { createImportReport } from '../import/import-report.js';
import { openUserFile } from '../import/open-user-file.js';
import { createProgressBar, type ProgressBar } from '../import/progress-bar.js';
import { readImportLines } from '../import/read-import-lines.js';

export const USER_IMPORT_COMMANDS: readonly Command[] = [
  {
    words: 'user import',
    summary: 'Adds and updates users from a CSV file: the whole file or nothing.',
    about:
      'Columns: email, name, role (administrator, supervisor, agent), products (workspace, cti, toolbar; separated by\n' +
      '";" or spaces), and if wanted status (active, disabled) and id. The first line names them, in any order. A row\n' +
      'changes the user with its id or exactly its e-mail address, or else adds one; nobody is deleted.',
    argument: { name: 'FILE.csv', text: 'the file, in UTF-8 with commas' },
    options: [TENANT, { name: 'dry-run', text: 'check everything and change nothing' }, ACTOR],
    example: 'user import users.csv --tenant acme.ipscape.com.au --dry-run',
    run: importFile,
  },
];

async function importFile(context: CommandContext): Promise<ExitCode> {
  const { deps, io, input, json, actor } = context;
  const tenant = await findTenant(deps, input.required('tenant'));
  const fileName = input.argument;
  const { handle, bytes } = await openUserFile(io.cwd, fileName);
  const progress = createProgressBar(io, bytes);
  const report = createImportReport({ io, json, progress });
  // The store makes its own error of whatever the file's reading throws; the cause is told here instead.
  const failure: { reason?: unknown } = {};
  async function* batches() {
    try {
      const chunks = countBytes(handle.createReadStream({ highWaterMark: 64 * 1024, autoClose: false }), progress);
      yield* readImportLines({ chunks, refuse: report.refuse, signal: io.signal });
      await progress.say('Writing …');
    } catch (error) {
      failure.reason = error;
      throw error;
    }
  }
  let result: UserImportResult | null = null;
  try {
    result = await deps.store.importUsers({
      tenantId: tenant.id,
      batches: batches(),
      report: (finding) => report.find(finding),
      dryRun: input.has('dry-run'),
      actor,
    });
  } catch (error) {
    throw failure.reason ?? error;
  } finally {
    await handle.close();
    await report.finish(result, fileName);
  }
  return result.outcome === 'refused' ? EXIT.refused : EXIT.done;
}

async function* countBytes(chunks: AsyncIterable<Buffer>, progress: ProgressBar): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of chunks) {
    yield chunk;
    done += chunk.length;
    await progress.update(done);
  }
}
