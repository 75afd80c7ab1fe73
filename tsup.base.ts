import { defineConfig, type Options } from 'tsup';

/** One published library: ES modules; declarations are emitted by tsc beside them. */
export const library = (entry: string[]): ReturnType<typeof defineConfig> =>
  defineConfig({ entry, format: ['esm'], dts: false, sourcemap: true, clean: true, target: 'es2023' });

/**
 * One deployable app as a single file: module resolution is most of a cold start.
 * PGlite stays outside because it finds its WebAssembly beside its own module; it is loaded only when no
 * database server is configured.
 */
export const app = (entry: string[], options: Options = {}): ReturnType<typeof defineConfig> =>
  defineConfig({
    entry,
    format: ['esm'],
    platform: 'node',
    dts: false,
    sourcemap: true,
    clean: true,
    target: 'node22',
    // What is loaded only on demand (tracing) lies in the same file and is run only then.
    splitting: false,
    noExternal: [/^(?!node:|@electric-sql\/pglite|pg-native)/],
    // CommonJS dependencies (pg, pino, prom-client) require Node's built-in modules by name.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    ...options,
  });
