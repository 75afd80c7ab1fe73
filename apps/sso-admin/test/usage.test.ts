import { describe, expect, it, test } from 'vitest';
import { COMMANDS } from '../src/commands.js';
import { createTestDeps, NO_STORE, run } from './captured-io.js';

const deps = createTestDeps(NO_STORE);

/** Command lines that are not understood: what was typed, and what the answer must say. */
const WRONG: readonly (readonly [line: string, ...says: string[]])[] = [
  ['', 'There is no command'],
  ['tenants', '"tenants" is not a command', '--help'],
  ['tenant', 'not a whole command', '"tenant add"'],
  ['tenant sso', '"tenant sso enable"', '"tenant sso disable"'],
  ['tenant lits', 'Did you mean "tenant list"?'],
  ['tenant sso enabel --tenant a.b', 'Did you mean "tenant sso enable"?'],
  ['conection show --tenant a.b', 'Did you mean "connection show"?'],
  ['user improt f.csv --tenant a.b', 'Did you mean "user import"?'],
  ['docter --tenant a.b', 'Did you mean "doctor"?'],
  ['xyzzy', '"xyzzy" is not a command.'],
  ['--tenant a.b tenant show', 'The command comes before "--tenant"'],
  ['tenant list --jsno', '"--jsno" is not an option of "tenant list"', 'Did you mean "--json"?'],
  ['tenant list -j', '"-j" is not an option'],
  ['tenant list --tenant a.b', '"--tenant" is not an option of "tenant list"'],
  ['tenant list extra', '"extra" is more than "tenant list" takes'],
  ['tenant list --json --json', '--json is given twice'],
  ['tenant list --json=yes', '--json takes no value'],
  ['tenant show', '--tenant is missing'],
  ['tenant show --tenant', '--tenant needs a value'],
  ['tenant show --tenant=', '--tenant needs a value'],
  ['tenant show --tenant --json', '--tenant needs a value'],
  ['tenant show --tenant a.b --tenant c.d', '--tenant is given twice'],
  ['tenant show --tennant a.b', 'Did you mean "--tenant"?'],
  ['tenant show a.b', '--tenant is missing'],
  ['tenant add', '--name is missing'],
  ['tenant add --name X', 'DOMAIN is missing'],
  ['tenant add a.b c.d --name X', '"c.d" is more than'],
  ['user add --tenant a.b --name X', 'EMAIL is missing'],
  ['user add a@b.c --tenant a.b', '--name is missing'],
  ['user add a@b.c --tenant a.b --name X --role agnet', '"agnet" is not a value of --role', 'Did you mean "agent"?'],
  ['user list --tenant a.b --status gone', 'Choose one of active, disabled'],
  ['user list --tenant a.b --product CTI', '"CTI" is not a value of --product', 'Did you mean "cti"?'],
  ['user disable --tenant a.b', 'USER is missing'],
  ['user import --tenant a.b', 'FILE.csv is missing'],
  ['user import f.csv', '--tenant is missing'],
  ['keys rotate --batch 0', '"0" is not a value of --batch'],
  ['keys rotate --tenant acme', '--tenant is only for --signing-keys'],
  ['keys rotate --signing-keys now', '"now" is not a value of --signing-keys'],
  ['keys rotate --batch many', '"many" is not a value of --batch'],
  ['keys rotate --actor "\u001b[2J"', '--actor is not a plain name'],
];

describe('a wrong command line', () => {
  test.each(WRONG)('%s', async (line, ...says) => {
    const argv = line.split(' ').filter((word) => word !== '');
    const { exitCode, out, err } = await run(deps, argv);
    expect(exitCode).toBe(2);
    expect(out).toBe('');
    for (const text of says) expect(err).toContain(text);
    expect(err).not.toContain('\u001b');
  });

  it('is told to programs as JSON', async () => {
    const { exitCode, err } = await run(deps, ['tenant', 'show', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(err)).toEqual({
      error: {
        code: 'wrong-usage',
        message: '--tenant is missing.',
        advice: '"sso-admin tenant show --help" shows what the command takes.',
        exitCode: 2,
      },
    });
  });
});

describe('help', () => {
  test.each(COMMANDS.map(({ words }) => words))(
    'of %s names its options and one example that is understood',
    async (words) => {
      const command = COMMANDS.find((candidate) => candidate.words === words);
      const { exitCode, out } = await run(deps, [...words.split(' '), '--help']);
      expect(exitCode).toBe(0);
      expect(out).toContain(`Usage: sso-admin ${words}`);
      for (const { name } of command?.options ?? []) expect(out).toContain(`--${name}`);
      expect(out).toContain(`Example: sso-admin ${words}`);
      // The example comes as far as the database.
      const argv = command?.example.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? [];
      const tried = await run(deps, argv);
      expect(tried.exitCode).toBe(1);
      expect(tried.err).toContain('unexpected');
    },
  );

  test.each([['--help'], ['-h'], ['help'], ['help', 'tenant'], ['tenant', '--help'], ['help', 'user', 'import']])(
    '%s %s %s',
    async (...argv) => {
      const { exitCode, out, err } = await run(deps, argv);
      expect([exitCode, err]).toEqual([0, '']);
      expect(out).toContain('Usage: sso-admin');
    },
  );

  it('of everything lists every command', async () => {
    const { out } = await run(deps, ['--help']);
    for (const { words } of COMMANDS) expect(out).toContain(`  ${words}`);
    expect(out).toContain('3 database unavailable');
  });
});
