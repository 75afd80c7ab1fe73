import type { Command, CommandInput } from './command.js';
import { COMMANDS } from './commands.js';
import { distanceOf } from './distance-of.js';
import { renderHelp, renderOverview } from './help.js';
import { parseOptions } from './parse-options.js';
import { wrongUsage } from './refusal.js';

export type CommandLine =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'command'; readonly command: Command; readonly input: CommandInput };

/** Understands a command line; needs no database. @throws {Refusal} `wrong-usage` with the nearest that exists */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const firstOption = argv.findIndex((word) => word.startsWith('-'));
  const words = firstOption < 0 ? argv : argv.slice(0, firstOption);
  const wantsHelp = argv.some((word) => word === '--help' || word === '-h') || words[0] === 'help';
  const asked = words[0] === 'help' ? words.slice(1) : words;

  const command = findCommand(asked);
  if (command !== null) {
    if (wantsHelp) return { kind: 'help', text: renderHelp(command) };
    return { kind: 'command', command, input: parseOptions(command, argv.slice(command.words.split(' ').length)) };
  }
  const group = asked.join(' ');
  const members = COMMANDS.filter(({ words: name }) => asked.length === 0 || name.startsWith(`${group} `));
  if (wantsHelp && members.length > 0) return { kind: 'help', text: renderOverview(members, group) };
  throw notUnderstood(argv, asked, members);
}

function findCommand(words: readonly string[]): Command | null {
  const called = COMMANDS.filter(({ words: name }) => `${words.join(' ')} `.startsWith(`${name} `));
  return called.sort((one, other) => other.words.length - one.words.length)[0] ?? null;
}

function notUnderstood(argv: readonly string[], asked: readonly string[], members: readonly Command[]) {
  const all = '"sso-admin --help" lists the commands.';
  if (asked.length === 0 && argv.length > 0) return wrongUsage(`The command comes before "${argv[0]}".`, all);
  if (asked.length === 0) return wrongUsage('There is no command.', all);
  const typed = asked.join(' ');
  if (members.length > 0) {
    const names = members.map(({ words }) => `"${words}"`).join(', ');
    return wrongUsage(`"${typed}" is not a whole command.`, `It continues as one of ${names}.`);
  }
  const best = nearestCommand(asked);
  return wrongUsage(`"${typed}" is not a command.${best === null ? '' : ` Did you mean "${best}"?`}`, all);
}

/** By as many words as the candidate has: what follows may be an argument. */
function nearestCommand(asked: readonly string[]): string | null {
  const ranked = COMMANDS.map(({ words }) => {
    const typed = asked.slice(0, words.split(' ').length).join(' ');
    return { words, difference: distanceOf(typed.toLowerCase(), words) / words.length };
  }).sort((one, other) => one.difference - other.difference);
  const [best] = ranked;
  return best !== undefined && best.difference <= 1 / 3 ? best.words : null;
}
