import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../apps/sso-admin/src/parse-command-line.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type CodeBlock, codeBlocks, markdownFiles, ROOT, readMarkdown } from './markdown.js';

const BLOCKS = markdownFiles().flatMap(codeBlocks);
const PROGRAMS = BLOCKS.filter(({ language }) => language === 'ts' || language === 'js');
const place = ({ file, line }: CodeBlock): string => `${file}:${line}`;

/** Tested elsewhere: the proxies' files by real proxies, the list of users by its import. */
const OTHERS = ['sh', 'json', 'csv', 'nginx', 'caddyfile'];

test('every block is of a kind that is checked', () => {
  expect(PROGRAMS.length).toBeGreaterThan(12);
  const unknown = BLOCKS.filter(({ language }) => !['ts', 'js', ...OTHERS].includes(language));
  expect(unknown.map(place)).toEqual([]);
});

describe('programs', () => {
  // Inside of the repository, so that packages are found from there.
  let folder: string;
  const nameOf = (block: CodeBlock): string => `${place(block).replace(/[^a-zA-Z0-9]+/g, '-')}.${block.language}`;

  beforeAll(() => {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    folder = mkdtempSync(join(ROOT, '.cache/code-blocks-'));
    // What the adapter serves, for the type checker.
    writeFileSync(
      join(folder, 'sso.ts'),
      `import { createCtiSignIn, type CtiSignIn } from '@ipscape/sso-hono/cti-sign-in';
import { keepSession } from '@ipscape/sso-hono/keep-session';
export const { signIn, session, signOut, prepare, request, keep, on, texts }: CtiSignIn = createCtiSignIn({ keepSession });
export { createCtiSignIn, keepSession };
`,
    );
    // What blocks import as the reader's own.
    writeFileSync(join(folder, 'service.ts'), "export { createService } from '../../test/recipes/service.js';\n");
    writeFileSync(
      join(folder, 'front-end.ts'),
      `export declare const telephone: { on(event: string, listener: () => void): void };
export declare function banner(text: string, label?: string, action?: () => void): void;
export declare function hasUnsavedNotes(): boolean;
`,
    );
    for (const block of PROGRAMS) {
      const code = block.code.replace(/'\/(?:cti|toolbar)\/sso\.js'/g, "'./sso.js'");
      // A block is a module of its own, whether it exports something or not.
      writeFileSync(join(folder, nameOf(block)), `${code}\nexport {};\n`);
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        include: ['*.ts'],
      }),
    );
    // Plain JavaScript cannot say what may be null; names and arguments are checked all the same.
    writeFileSync(
      join(folder, 'tsconfig.js.json'),
      JSON.stringify({
        extends: './tsconfig.json',
        compilerOptions: { allowJs: true, checkJs: true, strict: false, exactOptionalPropertyTypes: false },
        include: ['*.js'],
      }),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['tsconfig.json', 'tsconfig.js.json'])('compile with %s', (config) => {
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const { stdout, status } = spawnSync(tsc, ['-p', join(folder, config), '--pretty', 'false'], {
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  const runnable = PROGRAMS.filter(({ runs }) => runs);
  test.each(runnable.map((block) => [place(block), block] as const))('%s runs', async (_place, block) => {
    const working = await temporaryFolder();
    const hooks = fileURLToPath(new URL('../support/register-sources.mjs', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, ['--import', hooks, join(folder, nameOf(block))], {
      cwd: working.path,
      encoding: 'utf8',
      env: { ...process.env, SSO_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`, DATABASE_URL: undefined },
    });
    await working.remove();
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('commands', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const lines = BLOCKS.filter(({ language }) => language === 'sh').flatMap((block) =>
    block.code
      .replaceAll('\\\n', ' ')
      .split('\n')
      .map((line) => line.replace(/ #.*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => ({ where: place(block), line })),
  );
  const inline = markdownFiles().flatMap((file) =>
    [...readMarkdown(file).matchAll(/`((?:npx )?sso-admin [^`\n]+|npm (?:run|start|test)[^`\n]*)`/g)].map(
      ([, line = '']) => ({ where: file, line }),
    ),
  );

  test('npm scripts that are told of are there', () => {
    const unknown = [...lines, ...inline].filter(({ line }) => {
      const [, script = ''] = /^(?:\w+=\S+ )*npm (?:run )?(?:-s )?([a-z:-]+)/.exec(line) ?? [];
      const isScript = / npm run /.test(` ${line}`) || script === 'start' || script === 'test';
      return isScript && !(script in scripts);
    });
    expect(unknown).toEqual([]);
  });

  /** A command as it is told of: `…` and capitals stand for what somebody fills in. */
  const commands = [...lines, ...inline]
    .filter(({ line }) => /^(?:npx )?sso-admin [a-z]/.test(line))
    .map(({ where, line }) => ({ where, words: line.replace(/^(?:npx )?sso-admin /, '').split(/\s+/) }));

  test.each(commands.map(({ where, words }) => [where, words.join(' '), words] as const))(
    '%s: sso-admin %s',
    (_where, _line, words) => {
      const told = words.filter((word) => word !== '…');
      try {
        expect(parseCommandLine(told)).toBeDefined();
      } catch (error) {
        // In prose a command may stand without what it needs; what stands there must be right.
        expect((error as Error).message).toMatch(/ is missing|is not a whole command/);
      }
    },
  );
});

test('JSON is JSON', () => {
  for (const { language, code } of BLOCKS)
    if (language === 'json') expect(() => JSON.parse(code) as unknown).not.toThrow();
});
