/**
 * @module
 * Help texts, made of what the commands say about themselves.
 */
import { COMMON_OPTIONS, type Command, type CommandOption } from './command.js';

const NOTES = `Exit codes: 0 done; 1 refused, failed, or doctor found something; 2 wrong usage; 3 database unavailable;
            4 environment or installation; 130 interrupted.

Database:   DATABASE_URL, or else the embedded one in SSO_DATA_DIR (default: the repository's .data); beside a running
            "npm start" the command is carried out by the local stack.`;

/** The commands that begin with the given words; with none, all of them. */
export function renderOverview(commands: readonly Command[], words = ''): string {
  const width = Math.max(...commands.map((command) => usageOf(command).length));
  const lines = commands.map((command) => `  ${usageOf(command).padEnd(width)}  ${command.summary}`);
  const title = words === '' ? 'The Service Desk’s command line.' : `Commands of "${words}".`;
  return [
    title,
    '',
    `Usage: sso-admin ${words === '' ? 'COMMAND' : words} … [--json] [--help]`,
    '',
    ...lines,
    '',
    '"sso-admin COMMAND --help" shows a command’s options and an example.',
    ...(words === '' ? ['', NOTES] : []),
    '',
  ].join('\n');
}

export function renderHelp(command: Command): string {
  const options = [...command.options, ...COMMON_OPTIONS];
  const width = Math.max(...options.map((option) => nameOf(option).length), command.argument?.name.length ?? 0);
  const required = command.options.filter((option) => option.required === true);
  const line = (name: string, text: string): string => `  ${name.padEnd(width)}  ${text}`;
  return [
    command.summary,
    ...(command.about === undefined ? [] : ['', command.about]),
    '',
    `Usage: sso-admin ${[usageOf(command), ...required.map(nameOf), '[options]'].join(' ')}`,
    '',
    ...(command.argument === undefined ? [] : [line(command.argument.name, command.argument.text)]),
    ...options.map((option) => line(nameOf(option), describe(option))),
    '',
    `Example: sso-admin ${command.example}`,
    '',
  ].join('\n');
}

function usageOf(command: Command): string {
  return command.argument === undefined ? command.words : `${command.words} ${command.argument.name}`;
}

function nameOf({ name, value }: CommandOption): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function describe({ text, required, choices }: CommandOption): string {
  const values = choices === undefined ? '' : `: ${choices.join(', ')}`;
  return `${text}${values}${required === true ? ' (required)' : ''}`;
}
