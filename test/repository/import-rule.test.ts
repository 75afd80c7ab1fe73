import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Imports that break the rule, each in a tree of the same shape as ours: file, import, the rule that must speak. */
const PLANTED = [
  ['packages/sso-core/src/a.ts', '../../sso-store/src/index.js', 'core-is-a-leaf'],
  ['packages/sso-core/src/b.ts', '../../../apps/cti-auth/src/app.js', 'packages-not-apps'],
  ['packages/sso-core/src/c.ts', 'node:fs', 'portable-code-has-no-node-built-ins'],
  ['packages/okta-provider/src/a.ts', 'node:crypto', 'portable-code-has-no-node-built-ins'],
  ['packages/okta-provider/src/b.ts', '../../sso-hono/src/index.js', 'packages-import-only-core'],
  ['packages/sso-hono/src/a.ts', '../../sso-store/src/index.js', 'packages-import-only-core'],
  ['packages/sso-store/src/a.ts', '../../okta-provider/src/index.js', 'packages-import-only-core'],
  ['packages/okta-devorg/src/a.ts', '../../sso-core/src/index.js', 'the-local-okta-is-a-stranger'],
  ['apps/cti-auth/src/a.ts', '../../toolbar-auth/src/app.js', 'apps-do-not-know-each-other'],
] as const;

const ALLOWED = [
  ['packages/sso-hono/src/ok.ts', '../../sso-core/src/index.js'],
  ['packages/sso-core/src/node/ok.ts', 'node:crypto'],
  ['apps/cti-auth/src/ok.ts', '../../../packages/sso-hono/src/index.js'],
  ['apps/dev-stack/src/ok.ts', '../../cti-auth/src/app.js'],
] as const;

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

describe('the import rule', () => {
  let violations: readonly Violation[];
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    remove = folder.remove;
    const put = async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(folder.path, path)), { recursive: true });
      await writeFile(join(folder.path, path), text);
    };
    await put('tsconfig.json', '{}');
    for (const name of ['sso-core', 'sso-store', 'sso-hono', 'okta-provider', 'okta-devorg']) {
      await put(`packages/${name}/src/index.ts`, 'export const name = 1;');
    }
    for (const name of ['cti-auth', 'toolbar-auth', 'dev-stack'])
      await put(`apps/${name}/src/app.ts`, 'export const name = 1;');
    for (const [file, imported] of [...PLANTED, ...ALLOWED])
      await put(file, `import * as planted from '${imported}';\nexport { planted };`);
    await put('packages/sso-core/src/circle-a.ts', "export { b } from './circle-b.js';\nexport const a = 1;");
    await put('packages/sso-core/src/circle-b.ts', "export { a } from './circle-a.js';\nexport const b = 1;");

    const result = spawnSync(
      'depcruise',
      ['--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json', 'packages', 'apps'],
      {
        cwd: folder.path,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}` },
      },
    );
    violations = (JSON.parse(result.stdout) as { summary: { violations: readonly Violation[] } }).summary.violations;
  });
  afterAll(() => remove());

  test.each(PLANTED)('%s may not import %s', (file, _imported, rule) => {
    expect(violations.filter(({ from }) => from === file).map(({ rule: { name } }) => name)).toContain(rule);
  });

  test.each(ALLOWED)('%s may import %s', (file) => {
    expect(violations.filter(({ from }) => from === file)).toEqual([]);
  });

  test('no file imports itself through others', () => {
    expect(violations.map(({ rule: { name } }) => name)).toContain('no-circular');
  });
});
