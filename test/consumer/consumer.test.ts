import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createConsumerProject, PACKAGES } from './consumer-project.js';
import { EXPECTED, observe } from './observations.js';

const created = await createConsumerProject();

if (!created.ok) {
  test.skip(`a product outside the workspace: ${created.missing}`, () => {});
} else {
  const { project } = created;
  afterAll(() => project.remove());

  describe.each(PACKAGES)('the tarball of %s', (name) => {
    const files = project.packed[`@ipscape/${name}`] ?? [];
    const manifest = JSON.parse(
      readFileSync(join(project.folder, `node_modules/@ipscape/${name}/package.json`), 'utf8'),
    );

    test('has the built files, its texts, and nothing else', () => {
      const other = files.filter((file) => !/^dist\/[\w/-]+(?:\.d\.ts|\.js|\.js\.map)$/.test(file));
      expect(other.filter((file) => file !== 'CHANGELOG.md')).toEqual(['LICENSE', 'README.md', 'package.json']);
      expect(
        files.filter((file) =>
          /test|mock|fixture/.test(file.replace('dist/testing/', '').replace('test-product-tokens', '')),
        ),
      ).toEqual([]);
    });

    test('has types for every entry, and says that its modules have no side effects', () => {
      const { '.': main, './package.json': own, ...entries } = manifest.exports;
      expect(own).toBe('./package.json');
      for (const entry of [main, ...Object.values(entries)] as { types: string; default: string }[]) {
        expect(files).toContain(entry.types.slice(2));
        expect(files).toContain(entry.default.slice(2));
      }
      expect(manifest).toMatchObject({ type: 'module', sideEffects: false });
    });
  });

  // The compiler reads all libraries, which takes long on a machine that does something else as well.
  const options = { timeout: 120_000 };
  describe('strict TypeScript, libraries checked, accepts the recipes, the guides and the service', options, () => {
    test.each([
      ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
      ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
    ])('with moduleResolution %s', (name, resolution) => {
      // Hono's own declarations need the DOM's types.
      expect(check(name, { ...resolution, lib: ['es2023', 'dom', 'dom.iterable'] }, ['*.ts', 'guides/*.ts'])).toBe('');
    });

    test('without the DOM’s types, where no page is concerned', () => {
      const files = [
        'portable-service.ts',
        'host-node.ts',
        'express-service.ts',
        'fastify-service.ts',
        'node-service.ts',
      ];
      expect(check('no-dom', { module: 'nodenext', lib: ['es2023'] }, files)).toBe('');
    });

    test('and refuses a session that nobody verified', () => {
      const forged = `import type { ProductSession } from '@ipscape/sso-core';
export const session: ProductSession = { sessionId: '1' };`;
      writeFileSync(join(project.folder, 'forged.ts'), forged);
      expect(check('forged', { module: 'nodenext', lib: ['es2023'] }, ['forged.ts'])).toContain('error TS');
    });
  });

  test('a service and a sign-in of the installed packages work on this Node', () => {
    expect(observe(project, { command: process.execPath, args: ['host-node.ts'] })).toEqual(EXPECTED);
  });

  test.each([
    ['a verifier of product tokens', 'createProductTokenVerifier', 140_000],
    ['a question for the way in', 'createSsoPolicyLookup', 120_000],
  ])('%s in a bundle brings neither Node’s modules nor the whole of zod', (_what, name, maxBytes) => {
    writeFileSync(join(project.folder, 'entry.js'), `export { ${name} } from '@ipscape/sso-core';`);
    const flags = ['--bundle', '--minify', '--format=esm', '--platform=browser', '--log-level=error'];
    const { status, output } = project.run('esbuild', ['entry.js', ...flags]);
    expect(status).toBe(0);
    expect(output.length).toBeLessThan(maxBytes);
  });

  function check(name: string, options: Readonly<Record<string, unknown>>, include: readonly string[]): string {
    const compilerOptions = {
      target: 'es2023',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      skipLibCheck: false,
      allowImportingTsExtensions: true,
      noEmit: true,
      types: ['node'],
      ...options,
    };
    const file = `tsconfig.${name}.json`;
    writeFileSync(
      join(project.folder, file),
      JSON.stringify({
        compilerOptions,
        include,
        exclude: ['forged.ts', 'node_modules'].filter((path) => !include.includes(path)),
      }),
    );
    return project.run('tsc', ['-p', file]).output;
  }
}
