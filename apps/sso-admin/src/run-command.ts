import type { AdminDeps } from './admin-deps.js';
import type { AdminIo } from './admin-io.js';
import type { CommandInput } from './command.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { explainError } from './explain-error.js';
import { parseCommandLine } from './parse-command-line.js';
import { printable } from './printable.js';
import { wrongUsage } from './refusal.js';

/** Carries out a command line and returns its exit code. Rejects only when `io` does. */
export async function runCommand(deps: AdminDeps, argv: readonly string[], io: AdminIo): Promise<ExitCode> {
  try {
    const line = parseCommandLine(argv);
    if (line.kind === 'help') {
      await io.out(line.text);
      return EXIT.done;
    }
    const { command, input } = line;
    const json = input.has('json');
    const answer = await command.run({ deps, io, input, json, actor: parseActor(input, io) });
    if (typeof answer === 'number') return answer;
    await io.out(json ? `${JSON.stringify(answer.json, null, 2)}\n` : answer.text);
    return answer.exitCode ?? EXIT.done;
  } catch (error) {
    return await reportFailure(error, argv, io);
  }
}

/** Says what is wrong and what to do, for a program as one line of JSON, and returns the exit code. */
export async function reportFailure(error: unknown, argv: readonly string[], io: AdminIo): Promise<ExitCode> {
  if (io.signal.aborted) {
    await io.err('Interrupted; what was not finished was undone.\n');
    return EXIT.interrupted;
  }
  const { code, message, advice, exitCode } = explainError(error);
  const text = argv.includes('--json')
    ? JSON.stringify({ error: { code, message, advice, exitCode } })
    : `sso-admin: ${printable(message)}\n${printable(advice)}`;
  await io.err(`${text}\n`);
  return exitCode;
}

function parseActor(input: CommandInput, io: AdminIo): string {
  const given = input.optional('actor');
  if (given === null) return `service-desk:${io.operator}`;
  if (given !== printable(given) || given.trim() !== given || given.length > 200) {
    throw wrongUsage('--actor is not a plain name of at most 200 characters.', 'Write for example --actor jane.doe.');
  }
  return given;
}
