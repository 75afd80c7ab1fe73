import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const isCi = process.env.CI === 'true';

/** Tests import the packages' sources, so that a test run needs no build; the end-to-end tests start the built programs. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@ipscape\/(sso-core|sso-hono)\/node$/, replacement: source('./packages/$1/src/node/index.ts') },
      {
        find: /^@ipscape\/sso-hono\/(cti-sign-in|keep-session)$/,
        replacement: source('./packages/sso-hono/src/$1.ts'),
      },
      { find: '@ipscape/sso-hono/tracing', replacement: source('./packages/sso-hono/src/node/start-tracing.ts') },
      { find: '@ipscape/sso-core/testing', replacement: source('./packages/sso-core/src/testing/index.ts') },
      {
        find: /^@ipscape\/(sso-core|okta-provider|sso-store|sso-hono|okta-devorg)$/,
        replacement: source('./packages/$1/src/index.ts'),
      },
      { find: /^@ipscape\/(workspace-auth|cti-auth|toolbar-auth)$/, replacement: source('./apps/$1/src/app.ts') },
    ],
  },
  test: {
    include: ['packages/**/*.test.{ts,tsx}', 'apps/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Many tests wait for a process, a browser or a limit: one file at a time would leave half of two cores idle.
    maxWorkers: '100%',
    // Where a change has to pass to land, a machine that is busy with something else fails nothing; a second try is
    // printed.
    retry: isCi ? 1 : 0,
    globalSetup: ['./test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    reporters: ['default', './scripts/plain-reporter.mjs'],
  },
});
