import { parseArgs } from 'node:util';
import { COMMON_OPTIONS, type Command, type CommandInput, type CommandOption } from './command.js';
import { suggest } from './nearest.js';
import { wrongUsage } from './refusal.js';

/**
 * Reads what follows a command's words.
 *
 * @throws {Refusal} `wrong-usage` for anything that the command does not know, lacks, or has twice
 */
export function parseOptions(command: Command, args: readonly string[]): CommandInput {
  const known = [...command.options, ...COMMON_OPTIONS];
  const help = `"sso-admin ${command.words} --help" shows what the command takes.`;
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      known.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = known.find(({ name }) => name === token.name);
    const names = known.map(({ name }) => name);
    if (option === undefined || !token.rawName.startsWith('--')) {
      throw wrongUsage(
        `"${token.rawName}" is not an option of "${command.words}".`,
        adviseOption(token.name, names) + help,
      );
    }
    if (values.has(option.name)) throw wrongUsage(`--${option.name} is given twice.`, help);
    values.set(option.name, readValue(option, token.value, token.inlineValue === true, help));
  }
  for (const { name, required } of command.options) {
    if (required === true && !values.has(name)) throw wrongUsage(`--${name} is missing.`, help);
  }
  const [argument = '', surplus] = positionals;
  if (command.argument === undefined ? positionals.length > 0 : surplus !== undefined) {
    throw wrongUsage(`"${surplus ?? argument}" is more than "${command.words}" takes.`, help);
  }
  if (command.argument !== undefined && argument === '') {
    throw wrongUsage(`${command.argument.name} is missing: ${command.argument.text}.`, help);
  }
  return {
    argument,
    required(name) {
      const value = values.get(name);
      if (value === undefined) throw new TypeError(`--${name} is not a required option.`);
      return value;
    },
    optional: (name) => values.get(name) ?? null,
    has: (name) => values.has(name),
  };
}

function adviseOption(name: string, names: readonly string[]): string {
  const hint = suggest(
    `--${name}`,
    names.map((known) => `--${known}`),
  ).trimStart();
  return hint === '' ? '' : `${hint} `;
}

function readValue(option: CommandOption, value: string | undefined, isInline: boolean, help: string): string {
  if (option.value === undefined) {
    if (value !== undefined) throw wrongUsage(`--${option.name} takes no value.`, help);
    return '';
  }
  if (value === undefined || value === '' || (value.startsWith('-') && !isInline)) {
    throw wrongUsage(`--${option.name} needs a value: --${option.name} ${option.value}.`, help);
  }
  if (option.choices !== undefined && !option.choices.includes(value)) {
    const choices = option.choices.join(', ');
    throw wrongUsage(
      `"${value}" is not a value of --${option.name}.${suggest(value, option.choices)}`,
      `Choose one of ${choices}.`,
    );
  }
  return value;
}
