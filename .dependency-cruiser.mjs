/**
 * The import rule of ARCHITECTURE.md, enforced: apps -> sso-hono | sso-store | okta-provider -> sso-core.
 * `doNotFollow` rather than `exclude` for dist: an excluded module is not seen at all, and every rule would pass.
 */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-a-leaf',
      comment: 'sso-core imports no sibling: everything else depends on it.',
      severity: 'error',
      from: { path: '^packages/sso-core/' },
      to: { path: '^(packages/(?!sso-core/)|apps/)' },
    },
    {
      name: 'packages-import-only-core',
      severity: 'error',
      from: { path: '^packages/(okta-provider|sso-store|sso-hono)/src', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^packages/(?!sso-core/)', pathNot: '^packages/$1/' },
    },
    {
      name: 'the-local-okta-is-a-stranger',
      comment: 'okta-devorg stands for somebody else’s server, so it may share no code with ours.',
      severity: 'error',
      from: { path: '^packages/okta-devorg/src', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^(packages/(?!okta-devorg/)|apps/)' },
    },
    {
      name: 'packages-not-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-do-not-know-each-other',
      comment: 'Only the dev stack puts the adapters together.',
      severity: 'error',
      from: { path: '^apps/(?!dev-stack/)([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'portable-code-has-no-node-built-ins',
      comment: 'sso-core and okta-provider run on Node, Bun, Deno and workerd; sso-core/node is the one exception.',
      severity: 'error',
      from: { path: '^packages/(sso-core|okta-provider)/src', pathNot: '(^packages/sso-core/src/node/|\\.test\\.ts$)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-undeclared-dependency',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src', pathNot: '\\.test\\.tsx?$' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-dev', 'unknown'],
        dependencyTypesNot: ['npm-peer'],
        pathNot: '^node:',
      },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'default'] },
  },
};
