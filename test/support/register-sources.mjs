/**
 * @module
 * Lets a child process of a test run everything from its TypeScript sources, pages included, without a build:
 * `node --import ./register-sources.mjs`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = new URL('../../', import.meta.url);
const PACKAGES = /^@ipscape\/(sso-core|okta-provider|sso-store|sso-hono|okta-devorg)(\/node)?$/;
/** Subpaths whose file has another name than theirs. */
const SUBPATHS = new Map([
  ['sso-core/testing', 'testing/index.ts'],
  ['sso-hono/tracing', 'node/start-tracing.ts'],
  ['sso-hono/cti-sign-in', 'cti-sign-in.ts'],
  ['sso-hono/keep-session', 'keep-session.ts'],
]);
const APPS = /^@ipscape\/(workspace-auth|cti-auth|toolbar-auth)$/;

registerHooks({
  resolve(specifier, context, next) {
    const [, name, node] = PACKAGES.exec(specifier) ?? [];
    if (name !== undefined) {
      return next(new URL(`packages/${name}/src/${node === undefined ? '' : 'node/'}index.ts`, ROOT).href, context);
    }
    const subpath = SUBPATHS.get(specifier.replace('@ipscape/', ''));
    if (subpath !== undefined) {
      return next(new URL(`packages/${specifier.split('/')[1]}/src/${subpath}`, ROOT).href, context);
    }
    const [, app] = APPS.exec(specifier) ?? [];
    if (app !== undefined) return next(new URL(`apps/${app}/src/app.ts`, ROOT).href, context);
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.startsWith('file:')) {
      for (const extension of ['.ts', '.tsx']) {
        const source = new URL(specifier.replace(/\.js$/, extension), context.parentURL);
        if (existsSync(fileURLToPath(source))) return { url: source.href, format: 'module', shortCircuit: true };
      }
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!/\.tsx?$/.test(url) || url.includes('/node_modules/')) return next(url, context);
    const { outputText } = ts.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), {
      // Its ending says whether there may be JSX in it.
      fileName: fileURLToPath(url),
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        jsx: ts.JsxEmit.ReactJSX,
        jsxImportSource: 'hono/jsx',
        verbatimModuleSyntax: true,
      },
    });
    return { format: 'module', source: outputText, shortCircuit: true };
  },
});
